"""Publish the evidence log by schedule, audit it, and compare two of its heads."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.errors import TransientFailure
from retention.evidence.audit import AuditReport, audit, audit_ledger, prove_consistent, published
from retention.evidence.note import Checkpoint, open_checkpoint

_LEASE = "evidence/publish"
_AT_MOST = timedelta(minutes=1)
"""Whoever died holds it no longer than this; whoever needs longer is joined by others, and nothing breaks."""


@dataclass(frozen=True, slots=True)
class Consistency:
    """Two heads of the log, and the proof that one continues the other."""

    old_size: int
    new_size: int
    proof: tuple[str, ...]
    """Hashes in hex (RFC 9162, 2.1.4)."""


def publish(context: Context, now: datetime) -> Checkpoint:
    """Publish what is new, under a lease: of many workers one does the work.

    The lease spares double work and nothing more. That no two heads disagree, and none goes back,
    is seen to by the log itself, for those that publish without a lease too (sealing, exporting).

    Raises:
        TransientFailure: someone else is at it.
        FoundError: see `EvidenceLog.publish`.

    """
    holder = secrets.token_hex(8)
    if not context.ledger.lease(_LEASE, holder, now, now + _AT_MOST):
        raise TransientFailure("evidence log: someone else is publishing", hint="nothing is lost; run again later")
    try:
        return context.log.publish()
    finally:
        context.ledger.give_back(_LEASE, holder)


def audit_log(context: Context) -> AuditReport:
    """Hash the published log again, and the ledger's entries, and compare.

    Raises:
        FoundError: the first file or entry that does not fit.

    """
    log = context.log
    report = audit(log.tiles.read, log.signer.verifier, log.origin)
    audit_ledger(log.sequence, report)
    return report


def consistency(context: Context, old: bytes, new: bytes | None) -> Consistency:
    """Prove that one checkpoint of this log continues another; with the published one if `new` is None.

    Raises:
        FoundError: one is not of this log, or they contradict each other.

    """
    log = context.log
    now_published = published(log.tiles.read, log.signer.verifier, log.origin)
    older = open_checkpoint(old, log.signer.verifier, log.origin)
    newer = now_published if new is None else open_checkpoint(new, log.signer.verifier, log.origin)
    proof = prove_consistent(log.tiles.read, older, newer, now_published)
    return Consistency(older.size, newer.size, tuple(hashed.hex() for hashed in proof))
