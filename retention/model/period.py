"""Calendar periods in ISO 8601 notation: `P7Y`, `P12M`, `P35D`.

A period is never turned into a number of days: seven years are seven years.
Arithmetic lives in `retention.clocks.calendar`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ISO = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?")


@dataclass(frozen=True, slots=True)
class Period:
    """Years, months and days of the calendar; weeks are counted as seven days."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ISO 8601 (`P1Y6M`, `P2W`, `P0D`).

        Raises:
            ValueError: the text is not such a period.

        """
        match = _ISO.fullmatch(text)
        if match is None or not any(match.groups()):
            message = f"{text!r} is not a period like P12M, P7Y or P35D"
            raise ValueError(message)
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        return cls(years, months, weeks * 7 + days)

    @property
    def is_zero(self) -> bool:
        """Whether disposal is due at the very start of the clock."""
        return not (self.years or self.months or self.days)

    def __add__(self, other: Period) -> Period:
        """Return both, one after the other."""
        return Period(self.years + other.years, self.months + other.months, self.days + other.days)

    def may_be_shorter_than(self, other: Period) -> bool:
        """Whether there is a day from which it ends earlier than the other: a month has 28 to 31 days."""
        months = (other.years - self.years) * 12 + other.months - self.months
        days = self.days - other.days
        return months * (31 if months > 0 else 28) > days

    def __str__(self) -> str:
        """Return the ISO 8601 form."""
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0D")
