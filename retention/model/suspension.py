"""How the use of rows is stopped while they are kept (利用停止: APPI art. 35, GDPR art. 18), and whose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from retention.model.ids import CaseId, RuleId

FlagValue: TypeAlias = bool | int | str
SUSPENDED, LIFTED = "suspension", "lift"
"""Scopes under which a plan names whose data it suspends, or whose suspension it lifts: people who may come back."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A column says so; the application heeds it."""

    column: str
    value: FlagValue
    """What a suspended row holds."""
    lifted: FlagValue | None
    """What every other row holds; None: nothing."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows lie in a table that the application cannot read, until they are moved back."""

    table: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The primary keys of suspended rows stand in a table, and a view leaves those rows out."""

    table: str


Means: TypeAlias = Flag | Moved | Listed


@dataclass(frozen=True, slots=True)
class Suspension:
    """How the rows of one dataset are suspended."""

    means: Means
    view: str | None = None
    """The view by which the application reads, and in which suspended rows must not be seen."""


class SuspendsBy(Enum):
    """A means that a store may be capable of."""

    FLAG = "flag"
    MOVE = "move"
    VIEW = "view"


def needed_for(suspension: Suspension) -> SuspendsBy:
    """Return what a store must be able to do."""
    if suspension.view is not None:
        return SuspendsBy.VIEW
    return SuspendsBy.FLAG if isinstance(suspension.means, Flag) else SuspendsBy.MOVE


@dataclass(frozen=True, slots=True)
class SuspendedKey:
    """One key of a person whose data is suspended, as the ledger keeps it: by keyed digest only."""

    case_id: CaseId
    """The case that suspended it."""
    key_name: str
    digest: str
    """Under the suppression key."""
    since: datetime
    rules: tuple[RuleId, ...]
    """Rules that stopped the use; empty when the person asked."""
    statutes: tuple[str, ...]
    until: datetime | None
    """None while nobody can say: until it is lifted."""
    lifted_at: datetime | None = None
    lifted_by: CaseId | None = None
    """The case that lifted it."""
