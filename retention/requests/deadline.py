"""By when a request is answered."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from retention.model.period import Period
from retention.model.policy import RequestRules

_LAST_SECOND = time(23, 59, 59)


def due_at(received_at: datetime, rules: RequestRules, zone: ZoneInfo) -> datetime:
    """Return the last second of the day by which the person is answered, in the zone given.

    The day of receipt is not counted. Months end on the same date, or on the month's last day
    (GDPR art. 12(3) with Regulation 1182/71): never later than under the Civil Code, which gives
    a request of 28 February until 31 March. `P14D` ends on the day before a person may go to
    court under APPI art. 39: received 1 April, answered by 15 April.

    Raises:
        ValueError: `received_at` has no time zone.

    """
    if received_at.tzinfo is None:
        raise ValueError("expected an instant with a time zone as `received_at`, found one without")
    day = same_date(received_at.astimezone(zone).date(), rules.answer_within)
    return datetime.combine(day, _LAST_SECOND, tzinfo=zone)


def same_date(day: date, period: Period) -> date:
    """Return the same date after the period's months, or the month's last day, and then its days."""
    year, month = divmod(day.year * 12 + day.month - 1 + period.years * 12 + period.months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last)) + timedelta(days=period.days)
