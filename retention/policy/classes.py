"""Deletion classes (ISO/IEC 27555): a starting event and a period; every rule is in exactly one class."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from retention.model.ids import RuleId
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, ClockStart, Rule, SinceDate


@dataclass(frozen=True, slots=True)
class DeletionClass:
    """One cell of the matrix that has rules in it."""

    name: str
    """A letter for the start, a number for the period: `B2`."""
    start: ClockStart
    plus: Period
    keep_for: Period
    rules: tuple[RuleId, ...]


def deletion_classes(rules: Iterable[Rule]) -> tuple[DeletionClass, ...]:
    """Return the classes by name: starts in the order of the rules, periods from short to long.

    Row clocks of different dates are one start: what counts is that the record's own date does.
    """
    rules = tuple(rules)
    starts = list(dict.fromkeys(_kind(rule.keep.start) for rule in rules))
    lengths = sorted({(rule.keep.keep_for, rule.keep.plus) for rule in rules}, key=_rank)
    found: dict[str, DeletionClass] = {}
    for rule in sorted(rules, key=lambda r: (starts.index(_kind(r.keep.start)), _rank((r.keep.keep_for, r.keep.plus)))):
        number = lengths.index((rule.keep.keep_for, rule.keep.plus)) + 1
        name = f"{_letter(starts.index(_kind(rule.keep.start)))}{number}"
        known = found.get(name)
        members = (*known.rules, rule.rule_id) if known else (rule.rule_id,)
        found[name] = DeletionClass(name, rule.keep.start, rule.keep.plus, rule.keep.keep_for, members)
    return tuple(found.values())


def class_of(classes: Iterable[DeletionClass]) -> Mapping[RuleId, str]:
    """Return the class's name by rule."""
    return {rule: one.name for one in classes for rule in one.rules}


def _kind(start: ClockStart) -> tuple[str, str]:
    match start:
        case AfterEvent(event):
            return ("event", event)
        case AfterPurposes():
            return ("purposes", "")
        case SinceDate():
            return ("row", "")
        case AfterFiscalYear():
            return ("fiscal-year", "")


def _rank(length: tuple[Period, Period]) -> tuple[float, str]:
    """Order by length; a year is counted as 365.2425 days, which only sorts."""
    keep_for, plus = length
    months = (keep_for.years + plus.years) * 12 + keep_for.months + plus.months
    return months * 30.436875 + keep_for.days + plus.days, f"{plus} {keep_for}"


def _letter(number: int) -> str:
    """Return A to Z, then AA, AB and so on."""
    first, last = divmod(number, len(ascii_uppercase))
    return (ascii_uppercase[first - 1] if first else "") + ascii_uppercase[last]
