"""The plots of the audit report, drawn mark by mark: the same on screen and on paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from retention.evidence.blocks import Bar, Disc, Drawing, Label, Mark, Stroke
from retention.evidence.page import BAD, GOOD, INK, LINE, SOFT, WAIT

WIDTH = 720.0
PALE, MIDDLE = "#b9c4d8", "#6d83ab"
_MOST = 24
"""Requests that are drawn one by one; of more, the slowest are shown."""


class Counted(Protocol):
    """Rows of a month, by what was done."""

    @property
    def label(self) -> str:
        """The month."""
        ...

    @property
    def erased(self) -> int:
        """Rows erased."""
        ...

    @property
    def redacted(self) -> int:
        """Rows with fields emptied."""
        ...

    @property
    def deidentified(self) -> int:
        """Rows anonymized or pseudonymized."""
        ...


class Asked(Protocol):
    """A request and its days."""

    @property
    def case_id(self) -> str:
        """Its case."""
        ...

    @property
    def opened_on(self) -> date:
        """When it came."""
        ...

    @property
    def due_on(self) -> date:
        """When it must be answered."""
        ...

    @property
    def ended_on(self) -> date | None:
        """When it was."""
        ...


class Remaining(Protocol):
    """Copies of a system."""

    @property
    def system(self) -> str:
        """The system."""
        ...

    @property
    def until(self) -> date | None:
        """When the last is gone; None while nobody can say."""
        ...

    @property
    def overdue(self) -> int:
        """How many should be gone."""
        ...


def months(counted: Sequence[Counted], words: Mapping[str, str]) -> Drawing:
    """Draw one column a month: erased, emptied and de-identified rows on top of one another."""
    left, top, height = 56.0, 34.0, 150.0
    highest = max((m.erased + m.redacted + m.deidentified for m in counted), default=0)
    step = _step(highest)
    ceiling = step * max(math.ceil(highest / step), 1)
    gap = (WIDTH - left) / max(len(counted), 1)
    marks = list(_legend(left, ((INK, words["erased"]), (MIDDLE, words["redacted"]), (PALE, words["deidentified"]))))
    for tick in range(0, ceiling + 1, step):
        y = top + height * (1 - tick / ceiling)
        marks += [Stroke(left, y, WIDTH, y, LINE), Label(left - 8, y + 4, f"{tick:,}", 10.5, SOFT, "end")]
    wide = min(gap * 0.5, 46)
    for at, month in enumerate(counted):
        x, y = left + gap * (at + 0.5), top + height
        for count, colour in ((month.erased, INK), (month.redacted, MIDDLE), (month.deidentified, PALE)):
            y -= height * count / ceiling
            marks.append(Bar(x - wide / 2, y, wide, height * count / ceiling, colour))
        marks.append(Label(x, top + height + 18, month.label, 10.5, SOFT, "middle"))
    return Drawing(WIDTH, top + height + 26, tuple(marks))


def answers(requests: Sequence[Asked], on: date, words: Mapping[str, str]) -> Drawing:
    """Draw one line a request, from its first day to its answer, against the days that were allowed."""
    shown = sorted(requests, key=lambda r: _days(r.opened_on, r.ended_on or on), reverse=True)[:_MOST]
    longest = max(max(_days(r.opened_on, r.ended_on or on), _days(r.opened_on, r.due_on)) for r in shown) or 1
    left, top, room = 150.0, 30.0, WIDTH - 150.0 - 60.0
    legend = ((GOOD, words["in_time"]), (BAD, words["too_late"]), (WAIT, words["open"]), (PALE, words["allowed"]))
    marks = list(_legend(left, legend))
    for row, request in enumerate(shown):
        y = top + 12 + row * 19
        used, allowed = _days(request.opened_on, request.ended_on or on), _days(request.opened_on, request.due_on)
        colour = BAD if used > allowed else GOOD if request.ended_on else WAIT
        end = left + room * used / longest
        marks += [
            Label(left - 12, y + 4, request.case_id, 10.5, INK, "end"),
            Bar(left, y - 5, room * allowed / longest, 10, "#eef1f6"),
            Stroke(left + room * allowed / longest, y - 7, left + room * allowed / longest, y + 7, PALE, 1.6),
            Stroke(left, y, end, y, colour, 3),
            Disc(end, y, 4.2, colour),
            Label(end + 10, y + 4, words["days"].format(used), 10.5, SOFT),
        ]
    return Drawing(WIDTH, top + len(shown) * 19 + 12, tuple(marks))


def remaining(copies: Sequence[Remaining], start: date, words: Mapping[str, str]) -> Drawing:
    """Draw one line a system, from the end of the period to the day its last copy is gone."""
    left, room = 150.0, WIDTH - 150.0 - 90.0
    span = max(1, *(_days(start, c.until) for c in copies if c.until))
    marks: list[Mark] = [Stroke(left, 4, left, len(copies) * 26 + 6, LINE)]
    for row, system in enumerate(copies):
        y, end = 18.0 + row * 26, left + room
        if system.until:
            end = left + room * max(_days(start, system.until), 0) / span
        colour = BAD if system.overdue else WAIT
        marks += [
            Label(left - 12, y + 4, system.system, 11, INK, "end"),
            Stroke(left, y, end, y, colour, 3),
            Disc(end, y, 4.6, colour),
            Label(end + 10, y + 4, words["short_date"].format(system.until) if system.until else "?", 10.5, SOFT),
        ]
    foot = len(copies) * 26 + 22.0
    return Drawing(
        WIDTH, foot + 6, (*marks, Label(left, foot, words["short_date"].format(start), 10.5, SOFT, "middle"))
    )


def _legend(x: float, entries: tuple[tuple[str, str], ...]) -> list[Mark]:
    marks: list[Mark] = []
    for colour, text in entries:
        marks += [Bar(x, 4, 10, 10, colour), Label(x + 15, 13, text, 10.5, SOFT)]
        x += 34 + sum(11.0 if ord(sign) > 0x2E80 else 5.6 for sign in text)  # noqa: PLR2004 -- wide signs of East Asia
    return marks


def _step(highest: int) -> int:
    """Return a round distance between lines, so that there are about four."""
    if highest <= 4:  # noqa: PLR2004 -- one line a row
        return 1
    rough = highest / 4
    power = 10 ** int(math.log10(rough))
    return next(int(power * factor) for factor in (1, 2, 5, 10) if power * factor >= rough)


def _days(first: date, last: date) -> int:
    return (last - first).days
