"""A bundle whose plan shreds people's keys is complete only when each of them is stated destroyed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

import pytest

from retention.evidence import EvidenceLog, export_bundle, verify
from retention.model.facts import KeyDestroyed
from retention.model.ids import CaseId

CASE = CaseId("C-20261123-7f3k2q")


def sha(text: str) -> str:
    """Return the SHA-256 (hex)."""
    return hashlib.sha256(text.encode()).hexdigest()


OWN = KeyDestroyed(sha(f"case/{CASE.lower()}"), "0" * 16)
HERS = (KeyDestroyed(sha("members/a"), "1" * 16), KeyDestroyed(sha("members/b"), "2" * 16))


@pytest.mark.parametrize(
    ("stated", "missing"),
    [
        ((OWN,), ("keys: 0 of 2 were shredded",)),
        ((OWN, HERS[0]), ("keys: 1 of 2 were shredded",)),
        ((OWN, *HERS), ()),
    ],
)
def test_each_key_of_the_plan_is_stated(
    log: EvidenceLog, story: Any, stated: tuple[KeyDestroyed, ...], missing: tuple[str, ...]
) -> None:
    """The case's own key does not count for one of hers."""
    body = json.loads(story.attachments["plan.json"])
    keys = {"is": "KeySet", "keyset_id": "k1", "size": 2, "commitment": "c"}
    body["steps"].append({"is": "ShredKeys", "step_id": "04-shred-members.viewing", "system": "members", "keys": keys})
    plan = json.dumps(body, sort_keys=True, separators=(",", ":"))
    facts = [
        dataclasses.replace(fact, plan_digest=sha(plan)) if hasattr(fact, "plan_digest") else fact
        for fact in story.facts
        if not isinstance(fact, KeyDestroyed)
    ]
    told = type(story)((*facts, *stated), story.attachments | {"plan.json": plan.encode()})
    told.record(log)
    report = verify(export_bundle(log, CASE, told.attachments))
    assert (report.authentic, report.still_open) == (True, missing), report.broken
