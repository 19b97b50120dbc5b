"""What becomes of an example's data, and whether it is what its writer expects.

Clocks and holds mean here what they mean in a plan: a due rule is paused by a restriction, then
held by what people placed and by the laws that name the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import assert_never
from zoneinfo import ZoneInfo

from retention.clocks import (
    Due,
    NotStarted,
    OpenPurposes,
    OutsideAudience,
    Paused,
    Running,
    Standing,
    Unrestricted,
    free_at,
    restricted,
    row_standing,
    standing,
)
from retention.grammar import Finding, Severity
from retention.model.example import Example, Fate, Outcome
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, FieldHold, Policy, Rule, SinceDate
from retention.planning.holding import date_name


def failing(examples: Iterable[Example], policy: Policy) -> Iterator[Finding]:
    """Yield a finding for each example that comes out otherwise than expected."""
    for example in examples:
        found = outcome(example, policy)
        expected = example.expected
        differs = (
            found.fate is not expected.fate
            or (expected.until is not None and found.until != expected.until)
            or (expected.because is not None and expected.because not in found.because)
        )
        if differs:
            wanted = Outcome(expected.fate, expected.until, () if expected.because is None else (expected.because,))
            text = f"{example.name}: expected {_worded(wanted)}, found {_worded(found)}"
            yield Finding("EXAMPLE_FAILED", example.place, text, Severity.ERROR)


def outcome(example: Example, policy: Policy) -> Outcome:
    """Return what becomes of the example's data at its moment."""
    for rule in _rules(example, policy):
        stands = _standing(rule, example, policy)
        if not isinstance(stands, OutsideAudience):
            return _held(_outcome(stands, rule), example, policy)
    return Outcome(Fate.KEPT, None, ())


def _rules(example: Example, policy: Policy) -> Iterator[Rule]:
    """Yield the rules in force that the example asks about."""
    today = _today(example, policy)
    for rule in policy.rules:
        if rule.in_force(today) and (rule.rule_id == example.rule or rule.category == example.category):
            yield rule


def _standing(rule: Rule, example: Example, policy: Policy) -> Standing:
    if isinstance(rule.keep.start, AfterEvent | AfterPurposes):
        return standing(rule, policy, example.events, example.at)
    stands = row_standing(rule, policy, example.dates.get(date_name(rule.keep)), example.at)
    match restricted(example.events, example.at):
        case Unrestricted():
            return stands
        case placed:
            return Paused(placed.placed_at, None if isinstance(stands, NotStarted) else stands.free_on)


def _outcome(stands: Standing, rule: Rule) -> Outcome:
    because = (rule.rule_id, _started_by(rule), *(() if rule.statute is None else (rule.statute,)))
    match stands:
        case NotStarted():
            return Outcome(Fate.KEPT, None, because)
        case Running(_, free_on, open_purposes):
            return Outcome(Fate.KEPT, free_on, (*because, *open_purposes))
        case OpenPurposes(purposes, free_on):
            return Outcome(Fate.OPEN_PURPOSE, free_on, (*purposes, *because))
        case Paused(_, free_on):
            return Outcome(Fate.PAUSED, free_on, ("restriction.placed", *because))
        case Due(_, free_on):
            return Outcome(Fate.DUE, free_on, because)
        case OutsideAudience():
            return Outcome(Fate.KEPT, None, because)
        case unknown:
            assert_never(unknown)


def _held(found: Outcome, example: Example, policy: Policy) -> Outcome:
    """Return the outcome under the holds on the example's field; what is not due needs none."""
    if found.fate is not Fate.DUE:
        return found
    holding = [
        (hold, free)
        for hold in policy.holds
        if example.field in hold.fields
        for free in (_free(hold, example, policy),)
        if free is None or free > _today(example, policy)
    ]
    because = (*example.holds, *(name for hold, _ in holding for name in (hold.hold_id, hold.statute)))
    if not because:
        return found
    ends = [free for _, free in holding if free is not None]
    is_open = bool(example.holds) or len(ends) < len(holding)
    return Outcome(Fate.HELD, None if is_open else max(ends), (*because, *found.because))


def _free(hold: FieldHold, example: Example, policy: Policy) -> date | None:
    """Return the first day on which the hold lets go; None if nobody can say: the date is missing."""
    day = example.dates.get(date_name(hold.keep))
    try:
        return None if day is None else free_at(day, hold.keep, policy.fiscal_year_end)
    except (OverflowError, ValueError):
        return None


def _today(example: Example, policy: Policy) -> date:
    return example.at.astimezone(ZoneInfo(policy.timezone)).date()


def _started_by(rule: Rule) -> str:
    match rule.keep.start:
        case AfterEvent(event):
            return event
        case AfterPurposes():
            return "purposes.ended"
        case SinceDate(name) | AfterFiscalYear(name):
            return name
        case unknown:
            assert_never(unknown)


def _worded(found: Outcome) -> str:
    until = "" if found.until is None else f" until {found.until}"
    because = f" because of {', '.join(found.because)}" if found.because else ""
    return f"{found.fate.value}{until}{because}"
