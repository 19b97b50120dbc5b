"""Whether what a policy keeps can end before what a statute asks to keep."""

from __future__ import annotations

from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, Keep, SinceDate

_YEAR = Period(years=1)
_ROLLED = Period(days=6)
"""A month without the corresponding day ends up to three days later, once a part (Civil Code art. 143)."""


def may_end_before(keep: Keep, floor: Keep) -> bool:
    """Whether, for some row, `keep` may end before `floor` does; in doubt it may.

    Clocks that start with different events cannot be compared: then the answer is no. A date of
    the row lies at or up to a year before the end of its fiscal year.
    """
    match keep.start, floor.start:
        case SinceDate(), AfterFiscalYear():
            return _lasts(keep).may_be_shorter_than(_lasts(floor) + _YEAR + _ROLLED)
        case (SinceDate(), SinceDate()) | (AfterFiscalYear(), SinceDate() | AfterFiscalYear()):
            return _may_be_shorter(keep, floor)
        case AfterEvent(one), AfterEvent(other):
            return one == other and _may_be_shorter(keep, floor)
        case _:
            return False


def _may_be_shorter(keep: Keep, floor: Keep) -> bool:
    """Compare part by part; parts that are split otherwise are compared as sums, with a margin."""
    parts = ((keep.plus, floor.plus), (keep.keep_for, floor.keep_for))
    if not any(mine.may_be_shorter_than(asked) for mine, asked in parts):
        return False
    return _lasts(keep).may_be_shorter_than(_lasts(floor) + _ROLLED)


def _lasts(keep: Keep) -> Period:
    return keep.plus + keep.keep_for


def comparable(keep: Keep, floor: Keep) -> bool:
    """Whether the two clocks start in ways that can be compared."""
    match keep.start, floor.start:
        case (SinceDate() | AfterFiscalYear(), SinceDate() | AfterFiscalYear()):
            return True
        case AfterEvent(one), AfterEvent(other):
            return one == other
        case _:
            return False


def worded(keep: Keep) -> str:
    """Return the clock as a reader of the file would write it."""
    plus = "" if keep.plus.is_zero else f" plus {keep.plus}"
    match keep.start:
        case AfterEvent(event):
            return f"{keep.keep_for}{plus} after {event}"
        case AfterPurposes():
            return f"{keep.keep_for}{plus} after the last purpose has ended"
        case SinceDate(name):
            return f"{keep.keep_for}{plus} since {name}"
        case AfterFiscalYear(name):
            return f"{keep.keep_for}{plus} after the fiscal year of {name}"
