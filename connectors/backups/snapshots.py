"""Snapshots of one database instance of RDS: automated ones expire with it, manual ones never by themselves.

The point-in-time window needs no copy of its own: a restore to a moment before the erasure starts
from an automated snapshot that is older still, and when those are gone nobody can restore to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.aws import code_of
from connectors.backups.client import make_client, translated
from connectors.backups.expiry import expires_at
from connectors.backups.horizons import by_store, in_order, make_copy, registered
from connectors.backups.names import copy_id
from connectors.backups.settings import BackupsSettings, OfInstance
from retention.errors import TerminalFailure
from retention.model.copies import Copy, CopyFinding, CopyKind, Fault, Registered, Why
from retention.model.ids import CopyId
from retention.model.period import Period

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_rds.type_defs import DBSnapshotTypeDef

_NO_INSTANCE = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
_AUTOMATED = "automated"


class SnapshotKeeper:
    """The list of an instance's snapshots; see `retention.ports.keeper.CopyKeeper`."""

    def __init__(self, settings: BackupsSettings, place: OfInstance) -> None:
        """Open nothing before first use."""
        self._settings = settings
        self._instance = place.instance

    @cached_property
    def _client(self) -> RDSClient:
        client: RDSClient = make_client("rds", self._settings)
        return client

    def copies(self) -> tuple[Copy, ...]:
        """Return the instance's snapshots, oldest first; those that are being deleted are still there."""
        kept = self._kept_for()
        return in_order(self._copy(snapshot, kept) for snapshot in self._listed())

    def exists(self, copy_id: CopyId) -> bool:
        """Whether the snapshot is there.

        Raises:
            TerminalFailure: the copy is not one of this system.

        """
        if copy_id.partition("/")[0] != self._settings.system:
            raise TerminalFailure(f"copy {copy_id}: expected a snapshot of {self._settings.system}")
        return any(self._named(snapshot) == copy_id for snapshot in self._listed())

    def examine(self) -> Registered:
        """Return the snapshots; one that other accounts can restore is a finding."""
        copies = self.copies()
        return registered(self._settings, copies, self._shared(), region=self._settings.region, lock=None)

    def _listed(self) -> Iterator[DBSnapshotTypeDef]:
        pages = self._client.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=self._instance)
        with translated(f"list the snapshots of {self._instance}"):
            for page in pages:
                yield from page["DBSnapshots"]

    def _copy(self, snapshot: DBSnapshotTypeDef, kept: Period | None) -> Copy:
        made: datetime = snapshot["SnapshotCreateTime"]
        automated = snapshot["SnapshotType"] == _AUTOMATED
        until = expires_at(made, kept) if automated and kept is not None else None
        return make_copy(
            self._settings,
            self._named(snapshot),
            CopyKind.AUTOMATED_SNAPSHOT if automated else CopyKind.MANUAL_SNAPSHOT,
            taken_at=snapshot.get("OriginalSnapshotCreateTime", made),
            ends=by_store(self._settings, Why.RETENTION, until),
            region=snapshot["DBSnapshotArn"].split(":")[3] or None,
        )

    def _named(self, snapshot: DBSnapshotTypeDef) -> CopyId:
        return copy_id(self._settings.system, snapshot["DBSnapshotIdentifier"])

    def _kept_for(self) -> Period | None:
        """Return how long the instance keeps automated snapshots; None if it is gone or keeps none."""
        with translated(f"ask for the instance {self._instance}"):
            try:
                (found,) = self._client.describe_db_instances(DBInstanceIdentifier=self._instance)["DBInstances"]
            except self._client.exceptions.ClientError as error:
                if code_of(error) in _NO_INSTANCE:
                    return None
                raise
        days = found["BackupRetentionPeriod"]
        return Period(days=days) if days else None

    def _shared(self) -> Iterator[CopyFinding]:
        for snapshot in self._listed():
            if snapshot["SnapshotType"] == _AUTOMATED:
                continue  # RDS shares manual ones only
            with translated(f"ask who may restore a snapshot of {self._instance}"):
                answer = self._client.describe_db_snapshot_attributes(
                    DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"]
                )
            attributes = answer["DBSnapshotAttributesResult"].get("DBSnapshotAttributes", [])
            others = {who for a in attributes if a.get("AttributeName") == "restore" for who in a["AttributeValues"]}
            if others:
                found = "everybody" if "all" in others else f"{len(others)} other accounts"
                yield CopyFinding(
                    Fault.SHARED, self._settings.system, self._named(snapshot), "this account alone", found
                )

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]
