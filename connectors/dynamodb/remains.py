"""What keeps items after they are gone: point-in-time recovery, on-demand backups, streams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from connectors.dynamodb.client import translated
from connectors.dynamodb.table import Table, Tables
from retention.errors import TerminalFailure
from retention.model.outcome import Residue

_RECOVERY_DAYS: Final = 35
"""The longest that point-in-time recovery reaches back, and its default."""
_STREAM: Final = timedelta(hours=24)
"""How long a stream keeps a change, old image included."""


class Remains:
    """The horizons of one table, looked up before a change and told after it."""

    def __init__(self, tables: Tables, table: Table) -> None:
        """Ask the store what it keeps.

        Raises:
            TerminalFailure: an on-demand backup exists and nobody has said how long such backups are kept.

        """
        self._table = table
        with translated(f"{tables.system}.{table.name}"):
            continuous = tables.client.describe_continuous_backups(TableName=table.name)
            pages = tables.client.get_paginator("list_backups").paginate(TableName=table.name, BackupType="ALL")
            backups = [backup for page in pages for backup in page["BackupSummaries"]]
        told: Any = continuous["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        enabled = told.get("PointInTimeRecoveryStatus") == "ENABLED"
        self._recovery = timedelta(days=told.get("RecoveryPeriodInDays", _RECOVERY_DAYS)) if enabled else None
        self._backups = max((_end(tables, table, dict(backup)) for backup in backups), default=None)

    def now(self) -> tuple[Residue, ...]:
        """Return what is still there of what has just been changed."""
        return tuple(self._residues(datetime.now(UTC)))

    def _residues(self, now: datetime) -> Iterator[Residue]:
        if self._recovery is not None:
            yield Residue("point-in-time-recovery", now + self._recovery)
        if self._backups is not None:
            yield Residue("on-demand-backup", max(self._backups, now))
        if self._table.streams:
            yield Residue("stream", now + _STREAM)


def _end(tables: Tables, table: Table, backup: dict[str, Any]) -> datetime:
    expires: datetime | None = backup.get("BackupExpiryDateTime")
    if expires is not None:
        return expires
    if tables.options.backups is None:
        raise TerminalFailure(
            f"{tables.system}.{table.name}: an on-demand backup exists, and nobody can say when it will be gone",
            hint=f"say in retention.yaml how long they are kept: systems.{tables.system}.backups: P90D",
        )
    created: datetime = backup["BackupCreationDateTime"]
    return created + tables.options.backups
