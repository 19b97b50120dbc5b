"""Statutes as data: what a law forces, where it stands, and when it is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TypeAlias

from retention.model.period import Period
from retention.model.policy import Keep
from retention.model.terms import Right


class Certainty(Enum):
    """How well we know the text of a statute."""

    READ = "read"
    """The text itself was read."""
    SECONDARY = "secondary"
    """A secondary source was read."""
    KNOWN = "known"
    """From knowledge; nothing was read."""
    UNVERIFIED = "unverified"
    """To be checked before anyone relies on it."""


class Strength(Enum):
    """How a duty binds."""

    DUTY = "duty"
    ENDEAVOUR = "endeavour"
    """A duty to endeavour (努めなければならない), as APPI arts. 22 and 36."""


@dataclass(frozen=True, slots=True)
class Retain:
    """A floor: data of these kinds must be kept at least so long."""

    keep: Keep
    data: tuple[str, ...]
    """Kinds of data; a category of a policy names its own with `kinds`."""


@dataclass(frozen=True, slots=True)
class Erase:
    """A duty to erase: when something has happened, or after a ceiling, or both."""

    when: tuple[str, ...]
    """`no-longer-needed`, `consent-withdrawn` …"""
    ceiling: Keep | None
    data: tuple[str, ...]
    """Kinds of data; empty for all."""
    strength: Strength


@dataclass(frozen=True, slots=True)
class Answer:
    """A request must be answered in time."""

    within: Period | None
    """None: without delay."""
    extended_by: Period | None
    acknowledge_within: Period | None
    rights: tuple[Right, ...]
    """Empty for all."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something else that people must do or leave; the code is stable."""

    code: str


Force: TypeAlias = Retain | Erase | Answer | Duty


@dataclass(frozen=True, slots=True)
class Statute:
    """One provision that a policy may cite."""

    statute_id: str
    """`jp.appi.22`."""
    title: Mapping[str, str]
    article: Mapping[str, str]
    """As lawyers cite it: `APPI art. 22`."""
    regime: str
    certainty: Certainty
    effective_from: date | None
    """None: no date has been set yet; then it is not enabled."""
    effective_until: date | None
    """First day on which it is no longer in force."""
    enabled: bool
    forces: tuple[Force, ...]

    def in_force(self, day: date) -> bool:
        """Whether it binds on the day."""
        begun = self.effective_from is not None and self.effective_from <= day
        return self.enabled and begun and (self.effective_until is None or day < self.effective_until)

    def in_force_within(self, begin: date, end: date | None) -> bool:
        """Whether it binds on some day of the range; `end` is the first day after it."""
        if not self.enabled or self.effective_from is None:
            return False
        return max(self.effective_from, begin) < min(self.effective_until or date.max, end or date.max)

    @property
    def retains(self) -> Iterator[Retain]:
        """Yield its duties to keep."""
        return (force for force in self.forces if isinstance(force, Retain))


@dataclass(frozen=True, slots=True)
class Statutes:
    """All statutes that we know, by id."""

    by_id: Mapping[str, Statute]
    digest: str
    """SHA-256 (hex) of the file's bytes."""

    def article(self, statute_id: str, language: str = "en") -> str:
        """Return the citation in the language, or English, or the id itself if we do not know it."""
        known = self.by_id.get(statute_id)
        if known is None:
            return statute_id
        return known.article.get(language) or known.article.get("en") or statute_id

    def binds(self, statute_id: str, day: date) -> bool:
        """Whether it is in force on the day; what we do not know is taken to be."""
        known = self.by_id.get(statute_id)
        return known is None or known.in_force(day)

    def kinds(self) -> frozenset[str]:
        """Return every kind of data that some statute names."""
        named = (force.data for s in self.by_id.values() for force in s.forces if isinstance(force, Retain | Erase))
        return frozenset(kind for data in named for kind in data)
