"""The whole policy file → `Policy`, or one error with every problem in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from retention.errors import PolicyError
from retention.grammar import Cell, Document, Record, nearest
from retention.model.ids import RuleId
from retention.model.policy import (
    Controller,
    Disposal,
    Policy,
    PreApproval,
    Reductions,
    Rule,
    Version,
)
from retention.model.recipient import Recipient
from retention.model.statute import Statutes
from retention.model.terms import Terms
from retention.policy.clauses import read_hold, read_rule
from retention.policy.counts import read_counts
from retention.policy.purposes import read_categories, read_purposes, undeclared
from retention.policy.rights import RequestTerms, read_reach
from retention.policy.sharing import read_joint_uses, read_processors, read_recipients, read_stated_purposes
from retention.policy.statutes import REGIMES
from retention.policy.texts import read_citations, read_consents, read_notices, read_officer, read_residency
from retention.policy.words import ID, ID_WORDS, PURPOSE, some_of, titles

_Clause = TypeVar("_Clause")

_MONTH_AND_DAY = re.compile(r"\d{2}-\d{2}")
_REQUIRED = ("policy", "controller", "timezone", "regimes", "categories", "rules", "requests")
_OPTIONAL = (
    "fiscal_year_ends",
    "holds",
    "processors",
    "preapproved",
    "purposes",
    "version",
    "consents",
    "joint_use",
    "statistics",
    "recipes",  # read by `retention.deidentify.reading`: what recipes are is not known here
    "pseudonymised",
    "recipients",
    "notices",
    "citations",
    "dpo",
    "residency",
    "reach",
    "end_states",
)
_AT_ANNOUNCEMENT = "at-announcement"
_EVERY_END = (Disposal.ERASE, Disposal.ANONYMIZE)
_REDUCTIONS = {way.value: way for way in Reductions}
_LEAP_YEAR = 2024


def read_policy(text: str, label: str, statutes: Statutes | None = None) -> Policy:
    """Read a policy file.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.
        statutes: What may be cited; None: codes of statutes are taken as they are.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    record = Cell.root(document).record(_REQUIRED, _OPTIONAL)
    purposes = read_purposes(record["purposes"]) if "purposes" in record else None
    kinds = None if statutes is None else statutes.kinds()
    categories = read_categories(record["categories"], purposes, kinds)
    rules = _rules(record["rules"], categories, statutes, _recipes(record))
    rule_ids = [rule.rule_id for rule in rules if rule.rule_id]
    holds = record["holds"].items("a list of holds", may_be_empty=True)
    requests = RequestTerms(record["requests"])
    processors, connected = read_processors(record["processors"], categories) if "processors" in record else ((), ())
    recipients = read_recipients(record["recipients"], categories) if "recipients" in record else ()
    policy = Policy(
        policy_id=record["policy"].matching(ID, ID_WORDS),
        controller=_controller(record["controller"]),
        timezone=_timezone(record["timezone"]),
        fiscal_year_end=_month_and_day(record["fiscal_year_ends"]) if "fiscal_year_ends" in record else (3, 31),
        regimes=_words(record["regimes"], REGIMES),
        purposes=undeclared(categories) if purposes is None else purposes,
        categories=categories,
        rules=rules,
        holds=tuple(_unique(holds, lambda cell: read_hold(cell, statutes), lambda hold: hold.hold_id)),
        requests=requests.rules,
        processors=processors,
        preapproved=_preapproved(record["preapproved"], rule_ids) if "preapproved" in record else None,
        digest=document.digest,
        version=_version(record["version"]) if "version" in record else None,
        terms=_terms(record, requests, (*connected, *recipients)),
        end_states=_end_states(record["end_states"], record["rules"], rules) if "end_states" in record else _EVERY_END,
    )
    document.refuse_problems(PolicyError)
    return policy


def _controller(cell: Cell) -> Controller:
    record = cell.record(("name", "address", "responsible"))
    return Controller(titles(record["name"]), record["address"].text(), record["responsible"].text())


def _version(cell: Cell) -> Version:
    record = cell.record(("id", "announced", "effective", "reductions"), ("before", "takes_effect"))
    announced, effective = record["announced"].date(), record["effective"].date()
    if date.min < effective < announced:
        record["effective"].complain(f"a day on or after the announcement, {announced}")
    at_announcement = "takes_effect" in record and bool(record["takes_effect"].word((_AT_ANNOUNCEMENT,)))
    if at_announcement and effective > announced:
        record["effective"].complain(f"{announced}, as `takes_effect: {_AT_ANNOUNCEMENT}` says")
    return Version(
        version_id=record["id"].matching(PURPOSE, "a version's name, like 2026-11"),
        announced_on=announced,
        effective_from=effective,
        reductions=_REDUCTIONS.get(record["reductions"].word(_REDUCTIONS), Reductions.ANNOUNCEMENT),
        before=record["before"].text("the file of the version before") if "before" in record else None,
        at_announcement=at_announcement,
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


def _terms(record: Record, requests: RequestTerms, recipients: tuple[Recipient, ...]) -> Terms:
    """Read what the text says beside the rules."""
    own = record["pseudonymised"].record(("purposes",))["purposes"] if "pseudonymised" in record else None
    return Terms(
        states_rights=requests.states_rights,
        rights=requests.rights,
        documents=requests.documents,
        only_for=requests.only_for,
        consents=read_consents(record["consents"]) if "consents" in record else (),
        joint_uses=read_joint_uses(record["joint_use"], _recipes(record)) if "joint_use" in record else (),
        statistics=read_counts(record["statistics"]) if "statistics" in record else (),
        pseudonymised=() if own is None else read_stated_purposes(own),
        recipients=recipients,
        notices=read_notices(record["notices"]) if "notices" in record else {},
        citations=read_citations(record["citations"]) if "citations" in record else (),
        officer=read_officer(record["dpo"]) if "dpo" in record else None,
        residency=read_residency(record["residency"]) if "residency" in record else (),
        reach=read_reach(record["reach"]) if "reach" in record else None,
        redirects=requests.redirects,
    )


def _recipes(record: Record) -> tuple[str, ...]:
    """Name the recipes; what stands in them is not looked at here."""
    return tuple(record["recipes"].entries("recipes by name")) if "recipes" in record else ()


def _end_states(cell: Cell, rules_cell: Cell, rules: Collection[Rule]) -> tuple[Disposal, ...]:
    """Read what may become of data in the end; a rule may ask for nothing else."""
    states = some_of(cell, Disposal.ERASE)
    allowed = " or ".join(state.value for state in states)
    for rule, entry in zip(rules, rules_cell.items(), strict=True):
        if states and rule.then not in states:
            entry.complain(f"`then: {allowed}`, as `end_states` says", f"`then: {rule.then.value}`")
    return states


def _rules(
    cell: Cell, categories: Collection[str], statutes: Statutes | None, recipes: Collection[str]
) -> tuple[Rule, ...]:
    cells = cell.items("a list of rules")
    rules = _unique(cells, lambda entry: read_rule(entry, categories, statutes, recipes), lambda rule: rule.rule_id)
    for index, (rule, entry) in enumerate(zip(rules, cells, strict=True)):
        for earlier in rules[:index]:
            same = rule.category and (rule.category, rule.authority) == (earlier.category, earlier.authority)
            if same and _overlap(rule, earlier):
                found = f"two at once: `{earlier.rule_id}` and `{rule.rule_id}`"
                entry.complain(
                    f"one rule in force for `{rule.category}`", found, "end the first with `effective.until`"
                )
    return tuple(rules)


def _overlap(one: Rule, other: Rule) -> bool:
    ends = (one.effective_until or date.max, other.effective_until or date.max)
    return max(one.effective_from, other.effective_from) < min(ends)


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
