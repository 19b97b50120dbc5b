"""What every keeper adds: the ends of a copy put together, and what does not fit what was declared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from connectors.backups.expiry import expires_at
from connectors.backups.settings import BackupsSettings, Remover
from retention.model.copies import Copy, CopyFinding, CopyKind, End, Fault, Registered, Why
from retention.model.horizons import disagreements, latest
from retention.model.ids import CopyId


def make_copy(
    settings: BackupsSettings,
    copy_id: CopyId,
    kind: CopyKind,
    *,
    taken_at: datetime,
    ends: Iterable[End],
    region: str | None = None,
) -> Copy:
    """Return the copy with its horizon: of what was declared and every end that the store gives, the latest."""
    every = (End(Why.DECLARED, expires_at(taken_at, settings.expire)), *ends)
    return Copy(
        copy_id=copy_id,
        keeper=settings.system,
        of_systems=settings.of_systems,
        taken_at=taken_at,
        expires_at=latest(end.until for end in every),
        ends=every,
        kind=kind,
        region=region,
    )


def by_store(settings: BackupsSettings, why: Why, until: datetime | None) -> tuple[End, ...]:
    """Return the end that the store's own rule makes; none where a program of ours is to remove copies."""
    if settings.removed_by is Remover.JOB:
        return ()
    return (End(Why.NO_EXPIRY, None) if until is None else End(why, until),)


def registered(
    settings: BackupsSettings,
    copies: tuple[Copy, ...],
    findings: Iterable[CopyFinding],
    *,
    region: str | None,
    lock: str | None,
) -> Registered:
    """Return the system as it is, with everything that does not fit."""
    found = [finding for copy in copies for finding in disagreements(copy)]
    regions = dict.fromkeys([region, *(copy.region for copy in copies)])
    away = [name for name in regions if name is not None and name != settings.region]
    if settings.region is not None:
        found += [CopyFinding(Fault.OTHER_REGION, settings.system, "region", settings.region, name) for name in away]
    return Registered(
        system=settings.system,
        layout=settings.layout.value,
        expire=settings.expire,
        cadence=settings.cadence,
        removed_by=settings.removed_by.value,
        region=region,
        lock=lock,
        copies=copies,
        findings=(*found, *findings),
    )


def in_order(copies: Iterable[Copy]) -> tuple[Copy, ...]:
    """Return them oldest first."""
    return tuple(sorted(copies, key=lambda copy: (copy.taken_at, copy.copy_id)))
