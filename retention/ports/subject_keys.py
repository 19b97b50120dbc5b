"""Keys of people: who holds the key-encryption keys, where wrapped keys lie, and what the road may ask of both.

As with stores, reading, writing and looking again are three types: planning receives a
`KeyFinder`, execution a `KeyShredder`, verification a `KeyInspector`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

from retention.model.ids import SystemId
from retention.model.subject_keys import (
    EpochCount,
    KeyEpoch,
    KeyOwner,
    KeyRef,
    ShreddedKey,
    StandingKey,
    WrappedKey,
)


@dataclass(frozen=True, slots=True)
class KeySystemSettings:
    """One entry of `subject_keys` in retention.yaml, secrets already resolved."""

    system: SystemId
    store: str = field(repr=False)
    """Where wrapped keys lie: `sqlite:///FILE` or `postgresql+psycopg://…`; a database of its own."""
    provider: str
    """Who holds the key-encryption keys: `file`, or an entry point of `retention.keystores` (`aws-kms`)."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the provider asks for; it checks it and raises SettingsError."""
    rotate_after: timedelta = timedelta(days=30)
    """By when a key-encryption key is replaced and destroyed: what is promised of old copies of wrapped keys."""
    workspace: Path = Path()
    """The folder relative paths start from."""


class KeyWrapper(Protocol):
    """Who holds the key-encryption keys; they never leave it.

    Every method raises TransientFailure (not reached, busy) or TerminalFailure (it refuses).
    """

    @property
    def waits(self) -> timedelta:
        """How long `destroy` only schedules: until then somebody with the right may cancel it."""
        ...

    def make(self, epoch: int) -> str:
        """Return the name of the epoch's key-encryption key, made if there is none; a repeat returns the same."""
        ...

    def wrap(self, kek: str, plain: bytes, bound_to: str) -> bytes:
        """Encrypt a data key; it is opened only with the same `bound_to`."""
        ...

    def unwrap(self, kek: str, wrapped: bytes, bound_to: str) -> bytes:
        """Decrypt a data key.

        Raises:
            KeyGoneFailure: the key-encryption key cannot be used any more, or another one wrapped this.

        """
        ...

    def destroy(self, kek: str, now: datetime) -> datetime:
        """Let nobody use the key from now on, and return when it is gone for good; a repeat returns the same."""
        ...

    def is_gone(self, kek: str) -> bool:
        """Whether nobody can bring the key back."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


ConnectKeys: TypeAlias = Callable[[KeySystemSettings], KeyWrapper]
"""The type of the entry points `retention.keystores`, by provider. They do not touch the network."""


class KeyShelf(Protocol):
    """Where wrapped keys lie: never in a backup of what they encrypt.

    Every method raises TransientFailure or TerminalFailure; every write is durable on return, whole or not at all.
    """

    def epochs(self) -> tuple[KeyEpoch, ...]:
        """Return all epochs, oldest first."""
        ...

    def begin(self, epoch: KeyEpoch) -> KeyEpoch:
        """Make the epoch the current one, and let the one before retire; return what stands under its number."""
        ...

    def end(self, number: int) -> None:
        """Note that a retiring epoch's key is to be destroyed.

        Raises:
            StateError: a living key is still wrapped by it.

        """
        ...

    def ended(self, number: int, gone_at: datetime) -> None:
        """Note when the epoch's key is gone; forget shredded keys of the epochs before it."""
        ...

    def find(self, ref: KeyRef) -> StandingKey | None:
        """Return what stands under the reference."""
        ...

    def find_all(self, refs: Iterable[KeyRef]) -> tuple[StandingKey, ...]:
        """Return what stands under the references."""
        ...

    def add(self, key: WrappedKey) -> StandingKey | None:
        """Keep a new key and return what stands: ours, or the one that was first; None if its epoch has retired."""
        ...

    def of_epoch(self, number: int, limit: int) -> tuple[WrappedKey, ...]:
        """Return living keys that this epoch wraps."""
        ...

    def rewrap(self, keys: Iterable[tuple[WrappedKey, WrappedKey]]) -> None:
        """Put each second key in the place of the first; one that changed since is left alone."""
        ...

    def shred(self, refs: Iterable[KeyRef], now: datetime) -> tuple[ShreddedKey, ...]:
        """Overwrite the wrapped keys, and return what is left of them; unknown references are left out."""
        ...

    def counts(self) -> tuple[EpochCount, ...]:
        """Return what each epoch wraps."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class KeyFinder(Protocol):
    """What planning may ask of subject keys. Reads only."""

    def standing(self, owners: Iterable[KeyOwner]) -> Mapping[KeyOwner, StandingKey]:
        """Return whose keys live or were shredded; who never had one is left out."""
        ...

    def horizon(self, now: datetime) -> datetime:
        """Return by when a key shredded now cannot be read from an old copy of the wrapped keys either."""
        ...


class KeyShredder(Protocol):
    """The writing side."""

    def shred(self, owners: Iterable[KeyOwner], now: datetime) -> tuple[ShreddedKey, ...]:
        """Shred their keys, by reference sorted; harmless to repeat. Durable on return."""
        ...


class KeyInspector(Protocol):
    """The side that verification looks by: it tries what is left."""

    def remaining(self, owners: Iterable[KeyOwner]) -> tuple[KeyRef, ...]:
        """Return the references under which a wrapped key still lies, sorted."""
        ...

    def opened(self, owners: Iterable[KeyOwner]) -> tuple[KeyRef, ...]:
        """Try every key-encryption key there is on whatever is left; return what still opens, sorted."""
        ...

    def is_gone(self, epoch: int) -> bool:
        """Whether nobody can bring the epoch's key-encryption key back."""
        ...


class SubjectKeySystem(Protocol):
    """One system of subject keys, as the road sees it."""

    def finder(self) -> KeyFinder:
        """Return the reading side."""
        ...

    def shredder(self) -> KeyShredder:
        """Return the writing side."""
        ...

    def inspector(self) -> KeyInspector:
        """Return the side that verification looks by."""
        ...

    def show(self) -> tuple[EpochCount, ...]:
        """Return what each epoch wraps."""
        ...

    def rotate_by(self) -> datetime | None:
        """Return when the current epoch should have ended; None before the first key."""
        ...

    def rotate(self, now: datetime) -> tuple[KeyEpoch, ...]:
        """Wrap living keys by a new key-encryption key and destroy the old; return the epochs that ended."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
