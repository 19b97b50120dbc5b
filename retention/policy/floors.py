"""Whether what a policy keeps can end before what a statute asks to keep."""

from __future__ import annotations

from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, Keep, SinceDate

_YEAR = Period(years=1)


def may_end_before(keep: Keep, floor: Keep) -> bool:
    """Whether, for some row, `keep` ends before `floor` does.

    Clocks that start with different events cannot be compared: then the answer is no. A date of
    the row lies at or up to a year before the end of its fiscal year.
    """
    lasts, asked = keep.plus + keep.keep_for, floor.plus + floor.keep_for
    match keep.start, floor.start:
        case SinceDate(), AfterFiscalYear():
            return lasts.may_be_shorter_than(asked + _YEAR)
        case (SinceDate(), SinceDate()) | (AfterFiscalYear(), SinceDate() | AfterFiscalYear()):
            return lasts.may_be_shorter_than(asked)
        case AfterEvent(one), AfterEvent(other):
            return one == other and lasts.may_be_shorter_than(asked)
        case _:
            return False


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
