"""A breach or a wrongful deletion: must it be reported, and by when (APPI art. 26, Enforcement Rules 7, 8). Pure.

The day on which it became known is the first day; weekends count. A last day on which public offices are closed
moves to the next working day (Civil Code art. 142).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TypeAlias

from retention.requests.workdays import japan, next_workday

MANY = 1000
"""More people than this make any incident reportable (Rule 7(iv))."""
_PRELIMINARY, _FINAL, _FINAL_IF_IMPROPER = 5, 30, 60


class Affected(Enum):
    """What makes an incident reportable whatever its size (Rule 7(i)-(iii))."""

    SPECIAL_CARE = "special-care"
    """Health, creed, criminal record and the like."""
    PROPERTY = "property"
    """Card numbers, logins of payment services: property damage may follow."""
    IMPROPER_PURPOSE = "improper-purpose"
    """Somebody did it on purpose: intrusion, ransom, a dishonest employee, deletion out of malice."""


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened: data leaked, lost (erased that should not have been) or damaged (a key lost)."""

    known_on: date
    """When anybody in the company knew."""
    people: int
    affected: frozenset[Affected]
    encrypted: bool = False
    """Under strong encryption whose key is safe: then nothing is reportable (Rule 7, parenthesis)."""


@dataclass(frozen=True, slots=True)
class Report:
    """By when the Commission is told, first and in full."""

    preliminary_by: date
    final_by: date


@dataclass(frozen=True, slots=True)
class NoReport:
    """The law asks for none; people may be told all the same."""


Duty: TypeAlias = Report | NoReport


def duty_of(incident: Incident) -> Duty:
    """Return what the law asks.

    Raises:
        ValueError: nobody is affected.

    """
    if incident.people < 1:
        raise ValueError("expected at least one person, found none")
    if incident.encrypted or not (incident.affected or incident.people > MANY):
        return NoReport()
    longest = _FINAL_IF_IMPROPER if Affected.IMPROPER_PURPOSE in incident.affected else _FINAL
    return Report(_day(incident.known_on, _PRELIMINARY), next_workday(_day(incident.known_on, longest), japan))


def _day(known_on: date, count: int) -> date:
    """Return the day of that number; the first is the day itself."""
    return known_on + timedelta(days=count - 1)
