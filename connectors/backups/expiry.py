"""When a copy is gone by its schedule."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

from retention.model.period import Period


def expires_at(taken_at: datetime, expire: Period) -> datetime:
    """Return the first moment (UTC) after the period, counted from the day after the copy was taken.

    A store removes what has expired once a day, so a copy taken late on a day counts from the
    next midnight: better a day too late than a promise not kept. A day the month does not
    have becomes its last one.
    """
    day = _plus_months(taken_at.astimezone(UTC).date(), expire.years * 12 + expire.months)
    return datetime.combine(day + timedelta(days=expire.days + 1), time(), tzinfo=UTC)


def _plus_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
