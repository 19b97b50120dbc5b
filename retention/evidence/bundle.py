"""One file with everything about one case: anyone can check it, offline, with `verifier.py` alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

from retention.errors import InputError, UnknownNameError
from retention.evidence import verifier
from retention.evidence.canonical import Json, canonical
from retention.evidence.dsse import pae
from retention.evidence.log import EvidenceLog
from retention.evidence.tree import Tree
from retention.model.ids import CaseId
from retention.ports.ledger import LogEntry


def export_bundle(log: EvidenceLog, case_id: CaseId, attachments: Mapping[str, bytes]) -> bytes:
    """Publish the log and return the case's bundle: canonical JSON under an outer signature.

    Args:
        log: the evidence log.
        case_id: the case.
        attachments: files by name, for example `plan.json`, `policy.yaml`, `certificate.ja.html`.

    Raises:
        UnknownNameError: the log has no entry of the case.
        InputError: an attachment's name is not a plain file name.
        FoundError: the log cannot be published (see `EvidenceLog.publish`).

    """
    entries = log.sequence.of_case(case_id)
    if not entries:
        raise UnknownNameError(f"evidence log: expected entries of the case {case_id}, found none")
    if wrong := [name for name in attachments if not re.fullmatch(verifier.ATTACHMENT_NAME, name)]:
        raise InputError(f"evidence bundle: expected plain file names as attachments, found {len(wrong)} others")
    checkpoint = log.publish()
    tree = log.tree(checkpoint.size)
    body: Json = {
        "attachments": [_attachment(name, attachments[name]) for name in sorted(attachments)],
        "caseId": case_id,
        "checkpoint": checkpoint.note.decode(),
        "entries": [_entry(entry, tree) for entry in entries],
        "format": verifier.FORMAT,
        "origin": log.origin,
        "vkey": log.vkey,
    }
    seal = log.signer.sign(pae(verifier.SEAL_TYPE, canonical(body)))
    return canonical({"body": body, "seal": _text(seal)})


def _attachment(name: str, content: bytes) -> Json:
    return {"content": _text(content), "name": name, "sha256": hashlib.sha256(content).hexdigest()}


def _entry(entry: LogEntry, tree: Tree) -> Json:
    proof = [_text(part) for part in tree.inclusion(entry.index, tree.size)]
    return {"envelope": _text(entry.envelope), "index": entry.index, "proof": proof}


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
