"""What a store enforces among its tables. Not part of `Store`: `Capabilities.constrains` says which stores do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from retention.ports.connector import Store


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Rows of one table refer to rows of another, and the store sees to it."""

    table: str
    here: tuple[str, ...]
    parent: str
    there: tuple[str, ...]
    on_delete: str
    """What the store does to the referring rows: `restrict`, `cascade`, `set null` or `set default`."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """Everything of that kind in one store."""

    foreign_keys: tuple[ForeignKey, ...]
    required: Mapping[str, frozenset[str]]
    """Table → columns that cannot be null."""


class ConstrainingStore(Store, Protocol):
    """A store whose capabilities say that it constrains."""

    def constraints(self) -> Constraints:
        """Return what the store enforces now.

        Raises:
            TransientFailure: the store could not be reached.

        """
        ...
