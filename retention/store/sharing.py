"""Joint use in the ledger: sets, token keys, accesses to them, published notices."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, Table, select

from retention.errors import UnknownNameError
from retention.model.ids import CaseId, DatasetId
from retention.model.sharing import (
    ExportId,
    KeyAccess,
    KeyName,
    KeyUse,
    PublishedNotice,
    SetState,
    SharedSet,
    TokenKey,
)
from retention.store.engine import Database
from retention.store.outside_tables import JOINT_NOTICES, KEY_ACCESSES, SHARED_SETS, TOKEN_KEYS


class SqlSharing:
    """Implements `ports.sharing.Sharing`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def put_set(self, shared: SharedSet) -> None:
        """Keep a set, or its newest state."""
        self._put(SHARED_SETS, {**asdict(shared), "state": shared.state.value}, "export_id")

    def get_set(self, export_id: ExportId) -> SharedSet:
        """Return the set.

        Raises:
            UnknownNameError: none has that number.

        """
        found = next((shared for shared in self.sets() if shared.export_id == export_id), None)
        if found is None:
            raise UnknownNameError(f"no set {export_id[:24]}", hint="see `retention joint-use sets`")
        return found

    def sets(self) -> tuple[SharedSet, ...]:
        """Return every set, oldest first."""
        return tuple(_set(row) for row in self._rows(SHARED_SETS, "made_at", "export_id"))

    def put_key(self, key: TokenKey) -> None:
        """Keep what is known of a key, or its newest state."""
        self._put(TOKEN_KEYS, asdict(key), "key_name")

    def get_key(self, key_name: KeyName) -> TokenKey:
        """Return what is known of the key.

        Raises:
            UnknownNameError: none has that name.

        """
        found = next((key for key in self.token_keys() if key.key_name == key_name), None)
        if found is None:
            raise UnknownNameError(f"no token key {key_name[:48]}", hint="see `retention joint-use keys`")
        return found

    def token_keys(self) -> tuple[TokenKey, ...]:
        """Return every key, destroyed ones too, oldest first."""
        return tuple(_key(row) for row in self._rows(TOKEN_KEYS, "made_at", "key_name"))

    def note_access(self, access: KeyAccess) -> None:
        """Keep that a key was taken out."""
        with self._database.writing() as connection:
            connection.execute(self._database.insert(KEY_ACCESSES).values({**asdict(access), "use": access.use.value}))

    def accesses(self, key_name: KeyName | None = None) -> tuple[KeyAccess, ...]:
        """Return who took a key, or any, out, oldest first."""
        rows = self._rows(KEY_ACCESSES, "seq")
        return tuple(
            KeyAccess(KeyName(row.key_name), KeyUse(row.use), row.by, row.at)
            for row in rows
            if key_name in (None, row.key_name)
        )

    def publish(self, notice: PublishedNotice) -> None:
        """Keep that a notice was made public; the first stays."""
        with self._database.writing() as connection:
            connection.execute(self._database.insert(JOINT_NOTICES).values(asdict(notice)).on_conflict_do_nothing())

    def notices(self, joint_use: str | None = None) -> tuple[PublishedNotice, ...]:
        """Return published notices, oldest first."""
        rows = self._rows(JOINT_NOTICES, "published_at", "digest")
        return tuple(
            PublishedNotice(row.joint_use, row.digest, row.published_at, row.address)
            for row in rows
            if joint_use in (None, row.joint_use)
        )

    def _rows(self, table: Table, *order: str) -> list[Row[Any]]:
        with self._database.reading() as connection:
            return list(connection.execute(select(table).order_by(*(table.c[name] for name in order))))

    def _put(self, table: Table, values: dict[str, Any], key: str) -> None:
        insert = self._database.insert(table).values(values)
        changed = {name: value for name, value in values.items() if name != key}
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[key], set_=changed))


def _set(row: Row[Any]) -> SharedSet:
    parts = dict(row._mapping)  # noqa: SLF001 -- SQLAlchemy's public way to a row's names
    return SharedSet(
        **{
            **parts,
            "export_id": ExportId(row.export_id),
            "dataset": DatasetId(row.dataset),
            "case_id": CaseId(row.case_id),
            "key_name": None if row.key_name is None else KeyName(row.key_name),
            "state": SetState(row.state),
        }
    )


def _key(row: Row[Any]) -> TokenKey:
    parts = dict(row._mapping)  # noqa: SLF001 -- same
    return TokenKey(**{**parts, "key_name": KeyName(row.key_name), "dataset": DatasetId(row.dataset)})
