"""From what was declared and what the store says to one horizon, and to what does not fit. Pure.

The later end wins, and "nobody can say" is later than any date: nobody may be told of an
earlier end than the true one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from retention.model.copies import Copy, CopyFinding, Fault, Why

SLACK = timedelta(days=1)
"""Stores remove what has expired once a day, and a copy takes a while to write: less is no disagreement."""
_OF_THE_STORE = frozenset({Why.LIFECYCLE, Why.RETENTION})
_OPEN = "no date"


def latest(dates: Iterable[datetime | None]) -> datetime | None:
    """Return the latest of at least one date; None (nobody can say) is later than all."""
    known = list(dates)
    return None if None in known else max(date for date in known if date is not None)


def is_later(one: datetime | None, other: datetime | None) -> bool:
    """Whether `one` ends after `other`; None is later than any date, and not later than itself."""
    if other is None:
        return False
    return one is None or one > other


def day(until: datetime | None) -> str:
    """Write an end as findings do: its day, or that there is none."""
    return _OPEN if until is None else f"{until:%Y-%m-%d}"


def disagreements(copy: Copy) -> Iterator[CopyFinding]:
    """Yield where the store removes the copy at another time than retention.yaml says, or never."""
    ends = {end.why: end for end in copy.ends}
    declared = ends.get(Why.DECLARED)
    expected = day(declared.until) if declared else "a date"
    if Why.NO_EXPIRY in ends:
        yield CopyFinding(Fault.NO_EXPIRY, copy.keeper, copy.copy_id, expected, _OPEN)
    if declared is None or declared.until is None:
        return
    real = [end.until for end in copy.ends if end.why in _OF_THE_STORE and end.until is not None]
    locked = [end.until for end in copy.ends if end.why in (Why.OBJECT_LOCK, Why.VAULT_LOCK) and end.until is not None]
    for until in {max(ends) for ends in (real, locked) if ends}:
        if until > declared.until + SLACK:
            yield CopyFinding(Fault.LATER, copy.keeper, copy.copy_id, expected, day(until))
    if real and max(real) < declared.until - SLACK:
        yield CopyFinding(Fault.EARLIER, copy.keeper, copy.copy_id, expected, day(max(real)))
