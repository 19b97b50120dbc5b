"""Texts of a policy: consents, notices with placeholders, citations, the officer, regions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType

from retention.grammar import Cell, nearest
from retention.model.terms import Citation, Complaints, Consent, ConsentKind, Notice, ProtectionOfficer
from retention.policy.words import (
    ID,
    ID_WORDS,
    PURPOSE,
    PURPOSE_WORDS,
    STATUTE,
    STATUTE_WORDS,
    TITLES,
    one_of,
    optional_titles,
    titles,
    titles_of,
)

PLACEHOLDERS: Mapping[Notice, frozenset[str]] = MappingProxyType(
    {
        Notice.ACKNOWLEDGEMENT: frozenset({"date", "method", "due"}),
        Notice.MORE_INFORMATION: frozenset({"items", "date"}),
        Notice.REDIRECT: frozenset({"tenant", "contact"}),
        Notice.DONE: frozenset({"live", "copies", "recipients", "record"}),
        Notice.DEFERRED: frozenset({"fields", "law", "date"}),
        Notice.REFUSED: frozenset({"act", "code", "reason", "complaint"}),
        Notice.LESSER_MEASURE: frozenset({"measure", "reason"}),
        Notice.EXTENSION: frozenset({"date", "reason"}),
        Notice.PROCESSOR_ORDER: frozenset({"category", "reference", "date"}),
        Notice.RECIPIENT: frozenset({"reference", "date"}),
        Notice.CORRECTION: frozenset({"category", "reference", "date"}),
        Notice.RESTRICTION_LIFT: frozenset({"date"}),
        Notice.POLICY_CHANGE: frozenset({"version", "date", "changes"}),
        Notice.SERVICE_ENDED: frozenset({"service", "date"}),
        Notice.PROVISION_LABEL: frozenset(),
    }
)
"""What each notice can be filled with."""

_NOTICES = {notice.value: notice for notice in Notice}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


def read_consents(cell: Cell) -> tuple[Consent, ...]:
    """Read `consents`: `{use: {kind: deemed, purposes: [A8]}}`."""
    found = []
    for name, entry in cell.entries("consents by name").items():
        if not ID.fullmatch(name):
            entry.complain(ID_WORDS, f"`{name}`")
        record = entry.record(("kind",), ("title", "purposes"))
        purposes = record["purposes"].items() if "purposes" in record else ()
        served = tuple(purpose.matching(PURPOSE, PURPOSE_WORDS) for purpose in purposes)
        found.append(Consent(name, one_of(record["kind"], ConsentKind.DEEMED), optional_titles(record), served))
    return tuple(found)


def read_notices(cell: Cell) -> Mapping[Notice, Mapping[str, str]]:
    """Read `notices`: kind → text by language; every placeholder must be one of the kind's."""
    found = {}
    for name, entry in cell.entries("notices by kind").items():
        notice = _NOTICES.get(name)
        if notice is None:
            entry.complain(f"one of {', '.join(_NOTICES)}", f"the unknown notice `{name}`", nearest(name, _NOTICES))
            continue
        parts = entry.entries(TITLES)
        texts = titles_of(parts)
        for language, part in parts.items():
            _check_placeholders(part, texts[language], PLACEHOLDERS[notice])
        found[notice] = texts
    return found


def _check_placeholders(cell: Cell, text: str, known: frozenset[str]) -> None:
    expected = f"only {', '.join(f'{{{name}}}' for name in sorted(known))}" if known else "no placeholder"
    try:
        parts = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(text) if name is not None]
    except ValueError:
        cell.complain(f"balanced braces; {expected}", "a brace without its partner")
        return
    for name, spec, conversion in parts:
        if name not in known or spec or conversion:
            cell.complain(expected, f"{{{name}}}", nearest(name, known))


def read_citations(cell: Cell) -> tuple[Citation, ...]:
    """Read `citations`: what the text cites, what it means, and where that stands today."""
    found = []
    for entry in cell.items("a list of citations"):
        record = entry.record(("cites", "as", "today"))
        cites, today = (record[key].matching(STATUTE, STATUTE_WORDS) for key in ("cites", "today"))
        found.append(Citation(cites, titles(record["as"]), today))
    return tuple(found)


def read_complaints(cell: Cell) -> Complaints:
    """Read `complaints`: `{contact: privacy@shop.example, accredited: none}`, or the organisation's name."""
    record = cell.record(("contact", "accredited"))
    accredited = None if record["accredited"].is_word("none") else titles(record["accredited"])
    return Complaints(record["contact"].text("an address"), accredited)


def read_officer(cell: Cell) -> ProtectionOfficer:
    """Read `dpo`."""
    record = cell.record(("office",), ("contact",))
    contact = record["contact"].text("an address") if "contact" in record else None
    return ProtectionOfficer(record["office"].text("an office"), contact)


def read_residency(cell: Cell) -> tuple[str, ...]:
    """Read `residency`: the regions that data may lie in."""
    return tuple(item.matching(_REGION, "a region like ap-northeast-1") for item in cell.items("a list of regions"))
