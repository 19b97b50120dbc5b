"""The file of statutes → `Statutes`, or one error with every problem in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from retention.errors import PolicyError
from retention.grammar import Cell, Document
from retention.law import Regime
from retention.model.period import Period
from retention.model.statute import Answer, Certainty, Duty, Erase, Force, Retain, Statute, Statutes, Strength
from retention.model.terms import Right
from retention.packs import STATUTES, read_statutes_file
from retention.policy.clauses import CLOCK, keep_of
from retention.policy.words import STATUTE, STATUTE_WORDS, names, one_of, some_of, span, titles, truth

REGIMES = tuple(regime.value for regime in Regime)
"""Regimes that a policy can be under."""

_REGIMES = (*REGIMES, "jp", "standard")
_FORCES = ("retain", "erase", "answer", "duty")
_CODE = re.compile(r"[a-z0-9][a-z0-9-]*")
OCCASIONS = (
    "no-longer-needed",
    "consent-withdrawn",
    "objection",
    "unlawful",
    "legal-obligation",
    "child-service",
    "request",
    "contract-ended",
    "out-of-purpose",
    "breach",
    "likely-harm",
)
"""When a law asks for erasure."""


@cache
def shipped_statutes() -> Statutes:
    """Return the statutes that come with the product."""
    return read_statutes(read_statutes_file(), STATUTES)


def read_statutes(text: str, label: str) -> Statutes:
    """Read a file of statutes.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    cells = Cell.root(document).record(("statutes",))["statutes"].entries("statutes by code")
    found = {name: _statute(name, cell) for name, cell in cells.items()}
    document.refuse_problems(PolicyError)
    return Statutes(found, document.digest)


def _statute(name: str, cell: Cell) -> Statute:
    if not STATUTE.fullmatch(name):
        cell.complain(STATUTE_WORDS, f"`{name}`")
    record = cell.record(("title", "article", "regime", "certainty", "forces"), ("effective", "enabled"))
    enabled = truth(record, "enabled", otherwise=True)
    begin, end = span(record["effective"].record((), ("from", "until"))) if "effective" in record else (None, None)
    if enabled and begin is None:
        cell.complain("`effective: {from: …}`, or `enabled: false`", "no date from which it is in force")
    return Statute(
        statute_id=name,
        title=titles(record["title"]),
        article=titles(record["article"]),
        regime=record["regime"].word(_REGIMES),
        certainty=one_of(record["certainty"], Certainty.UNVERIFIED),
        effective_from=begin,
        effective_until=end,
        enabled=enabled,
        forces=_forces(record["forces"]),
    )


def _forces(cell: Cell) -> tuple[Force, ...]:
    cells = cell.items("what it forces") if cell.is_list else (cell,)
    return tuple(force for force in map(_force, cells) if force is not None)


def _force(cell: Cell) -> Force | None:
    before = len(cell.document.problems)
    record = cell.record((), _FORCES)
    if len(record.cells) != 1:
        if not cell.is_missing and len(cell.document.problems) == before:
            cell.complain("exactly one of `retain`, `erase`, `answer`, `duty`", f"{len(record.cells)} of them")
        return None
    ((kind, found),) = record.cells.items()
    match kind:
        case "retain":
            return _retain(found)
        case "erase":
            return _erase(found)
        case "answer":
            return _answer(found)
        case _:
            return Duty(found.matching(_CODE, "a code like no-contact"))


def _retain(cell: Cell) -> Retain:
    record = cell.record(("for", "data"), CLOCK)
    return Retain(keep_of(cell, record, may_be_zero=False), names(record["data"]))


def _erase(cell: Cell) -> Erase:
    record = cell.record((), ("for", *CLOCK, "when", "data", "strength"))
    if "for" not in record and "when" not in record:
        cell.complain("`when`, or a clock with `for`", "neither")
    return Erase(
        when=_words(record["when"], OCCASIONS) if "when" in record else (),
        ceiling=keep_of(cell, record) if "for" in record else None,
        data=names(record["data"]) if "data" in record else (),
        strength=one_of(record["strength"], Strength.DUTY) if "strength" in record else Strength.DUTY,
    )


def _answer(cell: Cell) -> Answer:
    record = cell.record(("within",), ("extended_by", "acknowledge_within", "rights"))
    within = record["within"]
    return Answer(
        within=None if within.is_word("without-delay") else within.period(may_be_zero=False),
        extended_by=_period(record["extended_by"]) if "extended_by" in record else None,
        acknowledge_within=_period(record["acknowledge_within"]) if "acknowledge_within" in record else None,
        rights=some_of(record["rights"], Right.DISCLOSURE) if "rights" in record else (),
    )


def _period(cell: Cell) -> Period:
    return cell.period(may_be_zero=False)


def _words(cell: Cell, words: Collection[str]) -> tuple[str, ...]:
    return tuple(item.word(words) for item in cell.items())
