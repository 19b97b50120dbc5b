"""Until when a file is locked."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta

from retention.model.period import Period

_MONTHS = 12


def locked_until(now: datetime, retain: Period) -> datetime:
    """Return the instant one calendar period after now; the last day of a month stays within its month."""
    year, month = divmod(now.year * _MONTHS + now.month - 1 + retain.years * _MONTHS + retain.months, _MONTHS)
    day = min(now.day, calendar.monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day) + timedelta(days=retain.days)
