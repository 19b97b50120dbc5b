"""Wrapped keys of people in SQL: SQLite for one machine, PostgreSQL for several.

A new key is added only while its epoch is the current one, under the lock of the epoch's row;
an epoch retires under the same lock. So when a retired epoch has no living key left, none can
come any more, and its key-encryption key may be destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from retention.errors import StateError
from retention.model.subject_keys import (
    EpochCount,
    EpochState,
    KeyEpoch,
    KeyRef,
    ShreddedKey,
    StandingKey,
    WrappedKey,
)
from retention.store.engine import Database, make_database
from retention.store.key_tables import KEY_EPOCHS, KEY_METADATA, SUBJECT_KEYS
from retention.store.schema import use_wal

ALONE = 0x6C656405
"""One process makes the tables, or begins an epoch; the others wait and find it (PostgreSQL)."""
_AT_ONCE = 500
"""References in one statement."""
_LIVES = SUBJECT_KEYS.c.wrapped.is_not(None)


class SqlShelf:
    """Implements `ports.subject_keys.KeyShelf`; opened, and its tables made where needed, at first use."""

    def __init__(self, url: str) -> None:
        """Keep the database, which holds nothing else; nothing is reached yet.

        Args:
            url: `sqlite:///FILE` (the caller resolves the path) or `postgresql+psycopg://…`.

        Raises:
            SettingsError: the URL cannot be used.
            MissingExtraError: the PostgreSQL driver is not installed.

        """
        self._unopened = make_database(url)

    @cached_property
    def _database(self) -> Database:
        use_wal(self._unopened)
        with self._unopened.writing(alone_in=ALONE) as connection:
            KEY_METADATA.create_all(connection)
        return self._unopened

    def epochs(self) -> tuple[KeyEpoch, ...]:
        """Return all epochs, oldest first."""
        with self._database.reading() as connection:
            return tuple(map(_epoch, connection.execute(select(KEY_EPOCHS).order_by(KEY_EPOCHS.c.number))))

    def begin(self, epoch: KeyEpoch) -> KeyEpoch:
        """Make the epoch the current one, and let the one before retire; return what stands under its number."""
        this = KEY_EPOCHS.c.number == epoch.number
        with self._database.writing(alone_in=ALONE) as connection:
            standing = connection.execute(select(KEY_EPOCHS).where(this)).one_or_none()
            if standing is not None:
                return _epoch(standing)
            before = and_(KEY_EPOCHS.c.number < epoch.number, KEY_EPOCHS.c.state == EpochState.CURRENT.value)
            connection.execute(update(KEY_EPOCHS).where(before).values(state=EpochState.RETIRING.value))
            row = {"number": epoch.number, "kek": epoch.kek, "made_at": epoch.made_at, "state": epoch.state.value}
            connection.execute(self._database.insert(KEY_EPOCHS).values(row))
        return epoch

    def end(self, number: int) -> None:
        """Note that a retired epoch's key is to be destroyed.

        Raises:
            StateError: it is the current one, or a living key is still wrapped by it.

        """
        with self._database.writing(alone_in=ALONE) as connection:
            state = _locked(connection, number)
            living = connection.scalar(
                select(func.count()).select_from(SUBJECT_KEYS).where(_LIVES, SUBJECT_KEYS.c.epoch == number)
            )
            if state == EpochState.CURRENT.value or living:
                raise StateError(
                    f"key epoch {number} still wraps {living} living keys; its key was not destroyed",
                    hint="retention keys rotate wraps them by the next one first",
                )
            ended = {"state": EpochState.DESTROYED.value}
            connection.execute(update(KEY_EPOCHS).where(KEY_EPOCHS.c.number == number).values(ended))

    def ended(self, number: int, gone_at: datetime) -> None:
        """Note when the epoch's key is gone; forget shredded keys of the epochs before it."""
        with self._database.writing() as connection:
            connection.execute(update(KEY_EPOCHS).where(KEY_EPOCHS.c.number == number).values(gone_at=gone_at))
            old = and_(SUBJECT_KEYS.c.epoch < number, SUBJECT_KEYS.c.shredded_at.is_not(None))
            connection.execute(delete(SUBJECT_KEYS).where(old))

    def find(self, ref: KeyRef) -> StandingKey | None:
        """Return what stands under the reference."""
        return next(iter(self.find_all([ref])), None)

    def find_all(self, refs: Iterable[KeyRef]) -> tuple[StandingKey, ...]:
        """Return what stands under the references."""
        with self._database.reading() as connection:
            return tuple(key for part in _in_parts(refs) for key in _found(connection, part))

    def add(self, key: WrappedKey) -> StandingKey | None:
        """Keep a new key and return what stands: ours, or the one that was first; None if its epoch has retired."""
        row = {"ref": key.ref, "epoch": key.epoch, "wrapped": key.wrapped, "check_value": key.check_value}
        with self._database.writing() as connection:
            if _locked(connection, key.epoch, together=True) != EpochState.CURRENT.value:
                return None
            insert = self._database.insert(SUBJECT_KEYS).values(row)
            connection.execute(insert.on_conflict_do_nothing(index_elements=["ref"]))
            return next(iter(_found(connection, [key.ref])))

    def of_epoch(self, number: int, limit: int) -> tuple[WrappedKey, ...]:
        """Return living keys that this epoch wraps."""
        query = select(SUBJECT_KEYS).where(_LIVES, SUBJECT_KEYS.c.epoch == number).limit(limit)
        with self._database.reading() as connection:
            return tuple(_wrapped(row) for row in connection.execute(query))

    def rewrap(self, keys: Iterable[tuple[WrappedKey, WrappedKey]]) -> None:
        """Put each second key in the place of the first; one that changed since is left alone."""
        with self._database.writing() as connection:
            for old, new in keys:
                same = and_(SUBJECT_KEYS.c.ref == old.ref, SUBJECT_KEYS.c.epoch == old.epoch, _LIVES)
                values = {"epoch": new.epoch, "wrapped": new.wrapped}
                connection.execute(update(SUBJECT_KEYS).where(same).values(values))
        self._forget_rows()

    def shred(self, refs: Iterable[KeyRef], now: datetime) -> tuple[ShreddedKey, ...]:
        """Overwrite the wrapped keys, and return what is left of them; unknown references are left out.

        SQLite overwrites in place (`secure_delete`) and its write-ahead log is emptied; PostgreSQL's
        removed rows are vacuumed, its own log and older copies of either live on until the epoch's
        key-encryption key is gone.

        Raises:
            TransientFailure: also if someone is reading the older state of a SQLite file; run again.

        """
        parts = list(_in_parts(refs))
        with self._database.writing() as connection:
            for part in parts:
                these = and_(SUBJECT_KEYS.c.ref.in_(part), _LIVES)
                connection.execute(update(SUBJECT_KEYS).where(these).values(wrapped=None, shredded_at=now))
            left = [key for part in parts for key in _found(connection, part)]
        self._forget_rows()
        return tuple(key for key in left if isinstance(key, ShreddedKey))

    def counts(self) -> tuple[EpochCount, ...]:
        """Return what each epoch wraps."""
        counted = select(
            SUBJECT_KEYS.c.epoch, func.count(SUBJECT_KEYS.c.wrapped), func.count(SUBJECT_KEYS.c.shredded_at)
        ).group_by(SUBJECT_KEYS.c.epoch)
        with self._database.reading() as connection:
            found = {number: (living, shredded) for number, living, shredded in connection.execute(counted)}
        return tuple(EpochCount(epoch, *found.get(epoch.number, (0, 0))) for epoch in self.epochs())

    def close(self) -> None:
        """Give connections back."""
        self._unopened.close()

    def _forget_rows(self) -> None:
        self._database.forget_log()
        self._database.vacuum(SUBJECT_KEYS)


def _locked(connection: Connection, number: int, *, together: bool = False) -> str | None:
    """Return the epoch's state, and let nobody change it before this transaction ends; several may look together."""
    this = select(KEY_EPOCHS.c.state).where(KEY_EPOCHS.c.number == number).with_for_update(read=together)
    state: str | None = connection.scalar(this)
    return state


def _found(connection: Connection, refs: Sequence[KeyRef]) -> Iterator[StandingKey]:
    query = select(SUBJECT_KEYS).where(SUBJECT_KEYS.c.ref.in_(refs)).order_by(SUBJECT_KEYS.c.ref)
    for row in connection.execute(query):
        shredded = row.shredded_at is not None
        yield ShreddedKey(row.ref, row.epoch, row.check_value, row.shredded_at) if shredded else _wrapped(row)


def _in_parts(refs: Iterable[KeyRef]) -> Iterator[Sequence[KeyRef]]:
    every = sorted(set(refs))
    return (every[at : at + _AT_ONCE] for at in range(0, len(every), _AT_ONCE))


def _wrapped(row: Row[Any]) -> WrappedKey:
    return WrappedKey(row.ref, row.epoch, row.wrapped, row.check_value)


def _epoch(row: Row[Any]) -> KeyEpoch:
    return KeyEpoch(row.number, row.kek, row.made_at, EpochState(row.state), row.gone_at)
