"""By which keys a case's person was named, kept under the case's own key."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from itertools import count

from retention.app.context import Context
from retention.errors import UnknownNameError
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey


def keep_start(context: Context, case_id: CaseId, name: str, key: SubjectKey) -> None:
    """Keep a key by which the person was named, under the case's own key."""
    text = json.dumps({"name": key.name, "value": key.value}, ensure_ascii=False)
    context.ledger.vault.put(case_id, name, text.encode())


def also_of(context: Context, case_id: CaseId) -> frozenset[SubjectKey]:
    """Return the further keys by which the person was named."""
    found: set[SubjectKey] = set()
    with suppress(UnknownNameError):
        for number in count():
            found.add(start_of(context, case_id, f"also-{number}"))
    return frozenset(found)


def start_of(context: Context, case_id: CaseId, name: str = "start") -> SubjectKey:
    """Return a key by which the person, or the tenant, was named; raises UnknownNameError, StateError if shredded."""
    return _read(context.ledger.vault.get(case_id, name))


def starts_of(context: Context, cases: Iterable[CaseId]) -> dict[CaseId, SubjectKey]:
    """Return the keys that people were named by, of many cases."""
    return {case_id: _read(body) for case_id, body in context.ledger.many_vaults.read(cases, "start").items()}


def _read(body: bytes) -> SubjectKey:
    start = json.loads(body)
    return SubjectKey(start["name"], start["value"])
