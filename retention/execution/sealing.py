"""The end of the road: the case's key is shredded, and the log is published."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from retention.evidence import EvidenceLog
from retention.model.facts import KeyDestroyed, Recorded
from retention.model.ids import CaseId
from retention.ports.keys import KeyStore
from retention.ports.ledger import Ledger


def is_shredded(keys: KeyStore, case_id: CaseId) -> bool:
    """Whether the case's key is gone."""
    return keys.read(_key_name(case_id)) is None


def shred_case_key(ledger: Ledger, log: EvidenceLog, case_id: CaseId, now: datetime) -> None:
    """Destroy what ties the case to a person, and state it. Harmless to repeat.

    From here on nobody, ourselves included, can read from the ledger whom the case was about.
    """
    check = ledger.vault.key_check(case_id)
    ledger.vault.destroy(case_id)
    log.record(_destroyed(case_id, check, now))


def shred_case_keys(ledger: Ledger, log: EvidenceLog, cases: Iterable[CaseId], now: datetime) -> None:
    """Do so for several cases at once."""
    checks = ledger.many_vaults.shred(cases)
    log.record_many([_destroyed(case_id, check, now) for case_id, check in sorted(checks.items())])


def _destroyed(case_id: CaseId, check: str, now: datetime) -> Recorded:
    reference = hashlib.sha256(_key_name(case_id).encode()).hexdigest()
    return Recorded(case_id, now, KeyDestroyed(reference, check))


def _key_name(case_id: CaseId) -> str:
    return f"case/{case_id.lower()}"
