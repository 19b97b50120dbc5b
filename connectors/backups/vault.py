"""Recovery points in one vault of AWS Backup, with its lock and the legal holds on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.backups.client import make_client, translated
from connectors.backups.expiry import expires_at
from connectors.backups.horizons import by_store, in_order, make_copy, registered
from connectors.backups.names import copy_id
from connectors.backups.settings import BackupsSettings, InVault
from retention.errors import TerminalFailure
from retention.model.copies import Copy, CopyFinding, CopyKind, End, Fault, Registered, Why
from retention.model.ids import CopyId
from retention.model.period import Period

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_backup.type_defs import RecoveryPointByBackupVaultTypeDef

_DELETED_WITHIN = timedelta(hours=8)
"""AWS Backup deletes an expired recovery point at a random moment of the hours after."""
_STUCK = "EXPIRED"
"""The status of a recovery point that AWS Backup tried to delete and could not."""


@dataclass(frozen=True, slots=True)
class _Lock:
    """What the vault's lock forbids."""

    least: Period | None
    """How long a recovery point stays at least; None without a lock or minimum."""
    told: str | None


class VaultKeeper:
    """The list of a vault's recovery points; see `retention.ports.keeper.CopyKeeper`."""

    def __init__(self, settings: BackupsSettings, place: InVault) -> None:
        """Open nothing before first use."""
        self._settings = settings
        self._vault = place.vault

    @cached_property
    def _client(self) -> BackupClient:
        client: BackupClient = make_client("backup", self._settings)
        return client

    def copies(self) -> tuple[Copy, ...]:
        """Return the vault's recovery points, oldest first; whatever their status, they are there."""
        return self._copies(self._lock(), list(self._listed()))

    def exists(self, copy_id: CopyId) -> bool:
        """Whether the recovery point is there.

        Raises:
            TerminalFailure: the copy is not one of this system.

        """
        if copy_id.partition("/")[0] != self._settings.system:
            raise TerminalFailure(f"copy {copy_id}: expected a recovery point of {self._settings.system}")
        return any(self._named(point) == copy_id for point in self._listed())

    def examine(self) -> Registered:
        """Return the recovery points; one that could not be deleted is a finding."""
        lock, points = self._lock(), list(self._listed())
        stuck = [
            CopyFinding(Fault.STUCK, self._settings.system, self._named(point), "deleted", "expired and still there")
            for point in points
            if point["Status"] == _STUCK
        ]
        copies = self._copies(lock, points)
        return registered(self._settings, copies, stuck, region=self._settings.region, lock=lock.told)

    def _copies(self, lock: _Lock, points: list[RecoveryPointByBackupVaultTypeDef]) -> tuple[Copy, ...]:
        held = self._held() if points else frozenset()
        return in_order(self._copy(point, lock, held) for point in points)

    def _listed(self) -> Iterator[RecoveryPointByBackupVaultTypeDef]:
        paginator = self._client.get_paginator("list_recovery_points_by_backup_vault")
        with translated(f"list the recovery points of {self._vault}"):
            for page in paginator.paginate(BackupVaultName=self._vault):
                yield from page["RecoveryPoints"]

    def _lock(self) -> _Lock:
        with translated(f"ask for the vault {self._vault}"):
            found = self._client.describe_backup_vault(BackupVaultName=self._vault)
        if not found.get("Locked"):
            return _Lock(None, None)
        days = found.get("MinRetentionDays")
        return _Lock(Period(days=days) if days else None, f"vault P{days}D" if days else "vault")

    def _held(self) -> frozenset[str]:
        """Return the recovery points (ARNs) under a legal hold that is in force."""
        with translated("list legal holds"):
            pages = self._client.get_paginator("list_legal_holds").paginate()
            every = [hold for page in pages for hold in page["LegalHolds"]]
            holds = [hold["LegalHoldId"] for hold in every if hold["Status"] != "CANCELED"]
            points = self._client.get_paginator("list_recovery_points_by_legal_hold")
            return frozenset(
                point["RecoveryPointArn"]
                for hold in holds
                for page in points.paginate(LegalHoldId=hold)
                for point in page["RecoveryPoints"]
            )

    def _copy(self, point: RecoveryPointByBackupVaultTypeDef, lock: _Lock, held: frozenset[str]) -> Copy:
        made: datetime = point["CreationDate"]
        ends = [*by_store(self._settings, Why.RETENTION, _deleted_at(point))]
        if lock.least is not None:
            ends.append(End(Why.VAULT_LOCK, expires_at(made, lock.least)))
        if point["RecoveryPointArn"] in held:
            ends.append(End(Why.LEGAL_HOLD, None))
        return make_copy(
            self._settings,
            self._named(point),
            CopyKind.RECOVERY_POINT,
            taken_at=made,
            ends=ends,
            region=point["RecoveryPointArn"].split(":")[3] or None,
        )

    def _named(self, point: RecoveryPointByBackupVaultTypeDef) -> CopyId:
        return copy_id(self._settings.system, point["RecoveryPointArn"].split(":", 5)[5])

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]


def _deleted_at(point: RecoveryPointByBackupVaultTypeDef) -> datetime | None:
    """Return when the recovery point is surely deleted by its own lifecycle; None if it has no end."""
    at = point.get("CalculatedLifecycle", {}).get("DeleteAt")
    days = point.get("Lifecycle", {}).get("DeleteAfterDays", 0)
    if at is None and days > 0:
        at = point["CreationDate"] + timedelta(days=days)
    return None if at is None else expires_at(at + _DELETED_WITHIN, Period())
