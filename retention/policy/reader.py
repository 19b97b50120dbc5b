"""The whole policy file → `Policy`, or one error with every problem in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from retention.errors import PolicyError
from retention.grammar import Cell, Document, nearest
from retention.model.ids import CategoryId, RuleId, SystemId
from retention.model.policy import (
    Controller,
    Policy,
    PreApproval,
    ProcessorRules,
    Reductions,
    RequestRules,
    Rule,
    Version,
)
from retention.policy.clauses import ID, ID_WORDS, read_hold, read_rule
from retention.policy.purposes import PURPOSE, read_categories, read_purposes, read_titles, undeclared

_Clause = TypeVar("_Clause")

REGIMES = ("jp.appi", "eu.gdpr", "us.ccpa")
_MONTH_AND_DAY = re.compile(r"\d{2}-\d{2}")
_REQUIRED = ("policy", "controller", "timezone", "regimes", "categories", "rules", "requests")
_OPTIONAL = ("fiscal_year_ends", "holds", "processors", "preapproved", "purposes", "version")
_REDUCTIONS = {way.value: way for way in Reductions}
_LEAP_YEAR = 2024


def read_policy(text: str, label: str) -> Policy:
    """Read a policy file.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    record = Cell.root(document).record(_REQUIRED, _OPTIONAL)
    purposes = read_purposes(record["purposes"]) if "purposes" in record else None
    categories = read_categories(record["categories"], purposes)
    rules = _rules(record["rules"], categories)
    rule_ids = [rule.rule_id for rule in rules if rule.rule_id]
    holds = record["holds"].items("a list of holds", may_be_empty=True)
    policy = Policy(
        policy_id=record["policy"].matching(ID, ID_WORDS),
        controller=_controller(record["controller"]),
        timezone=_timezone(record["timezone"]),
        fiscal_year_end=_month_and_day(record["fiscal_year_ends"]) if "fiscal_year_ends" in record else (3, 31),
        regimes=_words(record["regimes"], REGIMES),
        purposes=undeclared(categories) if purposes is None else purposes,
        categories=categories,
        rules=rules,
        holds=tuple(_unique(holds, read_hold, lambda hold: hold.hold_id)),
        requests=_requests(record["requests"]),
        processors=_processors(record["processors"], categories) if "processors" in record else (),
        preapproved=_preapproved(record["preapproved"], rule_ids) if "preapproved" in record else None,
        digest=document.digest,
        version=_version(record["version"]) if "version" in record else None,
    )
    document.refuse_problems(PolicyError)
    return policy


def _controller(cell: Cell) -> Controller:
    record = cell.record(("name", "address", "responsible"))
    return Controller(read_titles(record["name"]), record["address"].text(), record["responsible"].text())


def _version(cell: Cell) -> Version:
    record = cell.record(("id", "announced", "effective", "reductions"), ("before",))
    announced, effective = record["announced"].date(), record["effective"].date()
    if date.min < effective < announced:
        record["effective"].complain(f"a day on or after the announcement, {announced}")
    return Version(
        version_id=record["id"].matching(PURPOSE, "a version's name, like 2026-11"),
        announced_on=announced,
        effective_from=effective,
        reductions=_REDUCTIONS.get(record["reductions"].word(_REDUCTIONS), Reductions.ANNOUNCEMENT),
        before=record["before"].text("the file of the version before") if "before" in record else None,
    )


def _timezone(cell: Cell) -> str:
    name = cell.text("a time zone like Asia/Tokyo")
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            cell.complain("a time zone like Asia/Tokyo", hint=nearest(name, available_timezones()))
    return name


def _month_and_day(cell: Cell) -> tuple[int, int]:
    expected = 'month and day of the last day, like "03-31"'
    text = cell.matching(_MONTH_AND_DAY, expected)
    if not text:
        return (3, 31)
    month, day = int(text[:2]), int(text[3:])
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError:
        cell.complain(expected)
    return month, day


def _rules(cell: Cell, categories: Collection[str]) -> tuple[Rule, ...]:
    cells = cell.items("a list of rules")
    rules = _unique(cells, lambda entry: read_rule(entry, categories), lambda rule: rule.rule_id)
    for index, (rule, entry) in enumerate(zip(rules, cells, strict=True)):
        for earlier in rules[:index]:
            if _same_data(rule, earlier) and _overlap(rule, earlier):
                found = f"two at once: `{earlier.rule_id}` and `{rule.rule_id}`"
                entry.complain(
                    f"one rule in force for `{rule.category}`", found, "end the first with `effective.until`"
                )
    return tuple(rules)


def _same_data(one: Rule, other: Rule) -> bool:
    """Whether both speak of the same rows: an individual's and a tenant's are never the same."""
    return bool(one.category) and (one.category, one.authority) == (other.category, other.authority)


def _overlap(one: Rule, other: Rule) -> bool:
    ends = (one.effective_until or date.max, other.effective_until or date.max)
    return max(one.effective_from, other.effective_from) < min(ends)


def _requests(cell: Cell) -> RequestRules:
    record = cell.record(("answer_within", "channels", "identity_documents"))
    return RequestRules(
        answer_within=record["answer_within"].period(may_be_zero=False),
        channels=tuple(channel.matching(ID, ID_WORDS) for channel in record["channels"].items()),
        identity_documents=tuple(kind.matching(ID, ID_WORDS) for kind in record["identity_documents"].items()),
    )


def _processors(cell: Cell, categories: Collection[str]) -> tuple[ProcessorRules, ...]:
    found = []
    for name, entry in cell.entries("processors by system", may_be_empty=True).items():
        if not ID.fullmatch(name):
            entry.complain(ID_WORDS, f"`{name}`")
        record = entry.record(("categories", "key", "answer_within"))
        found.append(
            ProcessorRules(
                system=SystemId(name),
                categories=tuple(
                    map(CategoryId, _words(record["categories"], categories, "a category of this policy"))
                ),
                key=record["key"].matching(ID, "an identity key of the data map"),
                answer_within=record["answer_within"].period(may_be_zero=False),
            )
        )
    return tuple(found)


def _preapproved(cell: Cell, rule_ids: Collection[str]) -> PreApproval:
    sweep = cell.record(("sweep",))["sweep"].record(("by", "rules"))
    rules = _words(sweep["rules"], rule_ids, "a rule of this policy")
    return PreApproval(sweep["by"].text(), tuple(RuleId(rule) for rule in rules))


def _words(cell: Cell, words: Collection[str], what: str = "") -> tuple[str, ...]:
    return tuple(item.word(words, what) for item in cell.items())


def _unique(cells: Iterable[Cell], read: Callable[[Cell], _Clause], name: Callable[[_Clause], str]) -> list[_Clause]:
    """Read every entry; an id that an earlier entry has is a problem."""
    first: dict[str, int] = {}
    clauses = []
    for cell in cells:
        clause = read(cell)
        clause_id = name(clause)
        if clause_id in first:
            cell.complain("an id that is used once", f"`{clause_id}` again (first in line {first[clause_id]})")
        elif clause_id:
            first[clause_id] = cell.line
        clauses.append(clause)
    return clauses
