"""The clauses of a policy: clocks, rules and holds."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date

from retention.grammar import EVENT_KINDS, FISCAL_YEAR_CLOSED, PURPOSES_ENDED, Cell, Record
from retention.model.ids import CategoryId, HoldId, RuleId
from retention.model.period import Period
from retention.model.policy import (
    AfterEvent,
    AfterFiscalYear,
    AfterPurposes,
    Authority,
    ClockStart,
    Disposal,
    FieldHold,
    Keep,
    Rule,
    SinceDate,
    Source,
)
from retention.model.statute import Statutes
from retention.policy.floors import may_end_before, worded
from retention.policy.words import ID, ID_WORDS, STATUTE, STATUTE_WORDS, truth

CLOCK = ("after", "since", "of", "plus")
"""Keys that say, beside `for`, how long."""
_HELD_FIELD = re.compile(r"[a-z0-9][a-z0-9_-]*\.\w+")
_STARTS = EVENT_KINDS | {FISCAL_YEAR_CLOSED, PURPOSES_ENDED}
_AUTHORITIES = {authority.value: authority for authority in Authority}
_DISPOSALS = {disposal.value: disposal for disposal in Disposal}
_SOURCES = {source.value: source for source in Source}
_DEFAULT_DATE = "accounted"
_DEFAULT_K = 5


def read_rule(
    cell: Cell, categories: Collection[str], statutes: Statutes | None, recipes: Collection[str] = ()
) -> Rule:
    """Read one entry of `rules`."""
    record = cell.record(
        ("id", "category", "effective", "keep", "then", "source"), ("k", "statute", "authority", "preference", "recipe")
    )
    effective = record["effective"].record(("from",), ("until",))
    effective_from = effective["from"].date()
    effective_until = effective["until"].date() if "until" in effective else None
    if effective_until is not None and date.min < effective_until <= effective_from:
        effective["until"].complain(f"a day after {effective_from}")
    then = _disposal(record["then"])
    source = _SOURCES.get(record["source"].word(_SOURCES), Source.DEFAULT)
    if source is Source.STATUTE and "statute" not in record:
        cell.complain("the key `statute`", "`source: statute` without it", "name the law the period comes from")
    return Rule(
        rule_id=RuleId(record["id"].matching(ID, ID_WORDS)),
        category=CategoryId(record["category"].word(categories, "a category of this policy")),
        effective_from=effective_from,
        effective_until=effective_until,
        keep=read_keep(record["keep"]),
        then=then,
        source=source,
        statute=_cited(record["statute"], statutes, effective_from, effective_until) if "statute" in record else None,
        k=_k(record, then),
        authority=_authority(record),
        preference=truth(record, "preference"),
        recipe=_recipe(record, then, recipes),
    )


def read_hold(cell: Cell, statutes: Statutes | None) -> FieldHold:
    """Read one entry of `holds`; it may not be shorter than the statute it cites."""
    record = cell.record(("id", "fields", "keep", "statute"))
    fields = record["fields"].items("a list of fields")
    hold = FieldHold(
        hold_id=HoldId(record["id"].matching(ID, ID_WORDS)),
        fields=tuple(
            field.matching(_HELD_FIELD, "a dataset's short name and a field: payments.amount") for field in fields
        ),
        keep=read_keep(record["keep"], may_be_zero=False),
        statute=_cited(record["statute"], statutes, date.min, None),
    )
    known = None if statutes is None else statutes.by_id.get(hold.statute)
    for floor in () if known is None else known.retains:
        if may_end_before(hold.keep, floor.keep):
            record["keep"].complain(f"at least what {hold.statute} asks for, {worded(floor.keep)}", worded(hold.keep))
    return hold


def _cited(cell: Cell, statutes: Statutes | None, begin: date, end: date | None) -> str:
    """Read a statute's code; it must be known, and bind on some day of the range."""
    code = cell.matching(STATUTE, STATUTE_WORDS)
    if not code or statutes is None:
        return code
    known = statutes.by_id.get(cell.word(statutes.by_id, "a statute of statutes.yaml"))
    if known is not None and not known.in_force_within(begin, end):
        found = f"`{code}`, " + ("which is not in force in that time" if known.enabled else "which has no date yet")
        cell.complain("a statute that is in force", found)
    return code


def read_keep(cell: Cell, *, may_be_zero: bool = True) -> Keep:
    """Read a clock: `{for: P12M, after: account.closed}` or `{for: P12M, since: requested}`."""
    return keep_of(cell, cell.record(("for",), CLOCK), may_be_zero=may_be_zero)


def keep_of(cell: Cell, record: Record, *, may_be_zero: bool = True) -> Keep:
    """Return the clock of a record that may say more than a clock."""
    keep_for = record["for"].period(may_be_zero=may_be_zero)
    plus = record["plus"].period() if "plus" in record else Period()
    return Keep(keep_for=keep_for, start=_start(cell, record), plus=plus)


def _start(cell: Cell, record: Record) -> ClockStart:
    if ("after" in record) == ("since" in record):
        found = "both" if "after" in record else "neither"
        if record.cells:
            cell.complain("either `after` (an event) or `since` (a date of the row)", found)
        return AfterEvent("")
    if "since" in record:
        _refuse_of(record)
        return SinceDate(record["since"].matching(ID, "the name of a date in the data map"))
    event = record["after"].word(_STARTS, "a kind of event in the catalogue")
    if event == PURPOSES_ENDED:
        _refuse_of(record)
        return AfterPurposes()
    if event == FISCAL_YEAR_CLOSED:
        named = record["of"].matching(ID, "the name of a date in the data map") if "of" in record else _DEFAULT_DATE
        return AfterFiscalYear(named)
    _refuse_of(record)
    return AfterEvent(event)


def _refuse_of(record: Record) -> None:
    if "of" in record:
        record["of"].complain(f"`of` only with `after: {FISCAL_YEAR_CLOSED}`", "`of` with another clock", "remove it")


def _authority(record: Record) -> Authority:
    if "authority" not in record:
        return Authority.INDIVIDUAL
    return _AUTHORITIES.get(record["authority"].word(_AUTHORITIES), Authority.INDIVIDUAL)


def _disposal(cell: Cell) -> Disposal:
    return _DISPOSALS.get(cell.word(_DISPOSALS, " or ".join(_DISPOSALS)), Disposal.ERASE)


def _recipe(record: Record, then: Disposal, recipes: Collection[str]) -> str | None:
    """Read which recipe pseudonymizes; no other disposal has one."""
    if then is Disposal.PSEUDONYMIZE:
        if "recipe" not in record:
            record["then"].complain("the key `recipe` with `then: pseudonymize`", "no such key")
        return record["recipe"].word(recipes, "a recipe of this policy (`recipes`)") or None
    if "recipe" in record:
        record["recipe"].complain("`recipe` only with `then: pseudonymize`", f"`recipe` with `then: {then.value}`")
    return None


def _k(record: Record, then: Disposal) -> int:
    if "k" not in record:
        return _DEFAULT_K
    if then is not Disposal.ANONYMIZE:
        record["k"].complain("`k` only with `then: anonymize`", f"`k` with `then: {then.value}`", "remove it")
    return record["k"].integer(2)
