"""The receipt: a statement, its proof, and the openings of one person, small enough for one QR code.

Format: docs/evidence/receipt.md. It holds no personal value; who knows the value can check that it is meant.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from retention.errors import FoundError, InputError
from retention.evidence import merkle
from retention.evidence.canonical import canonical
from retention.evidence.dsse import STATEMENT_TYPE, pae
from retention.evidence.log import EvidenceLog
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint
from retention.evidence.shape import check
from retention.evidence.shapes import statement_shape
from retention.evidence.subjects import Opening
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.ports.ledger import LogEntry

FORMAT = "retention.example/receipt@v1"
PROOF_FORMAT = "c2sp.org/tlog-proof@v1"
LARGEST = 2953
"""Bytes in one QR code: version 40, error correction L, byte mode (ISO/IEC 18004)."""
KIND = "subjectsCommitted"
_NUMBER = r"0|[1-9][0-9]{0,14}"
_HASH = r"[A-Za-z0-9+/]{43}="
_FORM = re.compile(
    rf"{re.escape(FORMAT)}\nkey (?P<key>[!-~]+)\n(?P<openings>(?:opening [ -~]+\n)+)statement (?P<envelope>[ -~]+)\n"
    rf"{re.escape(PROOF_FORMAT)}\nindex (?P<index>{_NUMBER})\n(?P<proof>(?:{_HASH}\n)*)\n"
    rf"(?P<note>(?P<origin>[!-~]+)\n(?:{_NUMBER})\n{_HASH}\n\n(?:\N{{EM DASH}} [!-~]+ [A-Za-z0-9+/]+=*\n)+)"
)
_OPENING = re.compile(
    rf"opening (?P<name>[A-Za-z][A-Za-z0-9_]*) (?P<index>{_NUMBER}) (?P<count>{_NUMBER}) "
    rf"(?P<hashes>{_HASH}(?: {_HASH})*)"
)


@dataclass(frozen=True, slots=True)
class Committed:
    """A `subjectsCommitted` statement, checked."""

    case_id: CaseId
    at: str
    """When it was stated (RFC 3339)."""
    plan_digest: str
    root: bytes
    count: int
    epoch: str
    destroy_at: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An authentic receipt: signed, in the log, openings and statement of one case."""

    vkey: str
    checkpoint: Checkpoint
    index: int
    """The statement's place in the log."""
    statement: Committed
    openings: tuple[Opening, ...] = field(repr=False)

    def is_about(self, key: SubjectKey) -> bool:
        """Whether the receipt is about whoever has this key."""
        case, root = self.statement.case_id, self.statement.root
        return any(opening.shows(case, key, root) for opening in self.openings)


def write_receipt(log: EvidenceLog, entry: LogEntry, openings: Sequence[Opening]) -> bytes:
    """Publish the log and return the receipt; later openings are left out where it would not fit one QR code.

    Raises:
        InputError: not even the first opening fits.
        FoundError: the log cannot be published (see `EvidenceLog.publish`).

    """
    checkpoint = log.publish()
    proof = merkle.inclusion(log.leaves(checkpoint.size), entry.index)
    for kept in range(len(openings), 0, -1):
        head = [FORMAT, f"key {log.vkey}", *map(_opening_line, openings[:kept]), f"statement {entry.envelope.decode()}"]
        tail = [PROOF_FORMAT, f"index {entry.index}", *map(_text, proof), "", checkpoint.note.decode()]
        content = "\n".join([*head, *tail]).encode()
        if len(content) <= LARGEST:
            return content
    raise InputError(
        f"receipt: expected at most {LARGEST} bytes with one opening, found more",
        hint="the case has too many commitments, or the checkpoint too many witnesses: hand out the bundle instead",
    )


def read_receipt(content: bytes, vkey: str | None = None) -> Receipt:
    """Read a receipt and check everything that can be checked without knowing the person.

    Args:
        content: its bytes.
        vkey: the verifier key that is trusted, or None to take the receipt's own.

    Raises:
        InputError: `vkey` is not a verifier key.
        FoundError: broken, or of another key; the message names the part.

    """
    trusted = Verifier.parse(vkey) if vkey else None
    found = _FORM.fullmatch(content.decode("utf-8", "replace"))
    if found is None or len(content) > LARGEST:
        raise FoundError("receipt: expected the form of docs/evidence/receipt.md, found another")
    verifier = _own_key(found["key"])
    if trusted is not None and trusted.vkey != found["key"]:
        raise FoundError("receipt: key: made under another key than the one given")
    checkpoint = open_checkpoint(found["note"].encode(), verifier, found["origin"])
    index, envelope = int(found["index"]), found["envelope"].encode()
    proof = [_hash(line) for line in found["proof"].splitlines()]
    if not merkle.includes(merkle.leaf_hash(envelope), index, checkpoint.size, proof, checkpoint.root):
        raise FoundError("receipt: inclusion proof: the statement is not in the log of the checkpoint")
    statement = read_committed(envelope, verifier)
    openings = tuple(map(_opening, found["openings"].splitlines()))
    if any(opening.count != statement.count for opening in openings):
        raise FoundError("receipt: opening: of another number of commitments than the statement")
    return Receipt(found["key"], checkpoint, index, statement, openings)


def read_committed(envelope: bytes, verifier: Verifier) -> Committed:
    """Read a signed `subjectsCommitted` statement from its envelope.

    Raises:
        FoundError: it is not one, or not signed by this key.

    """
    try:
        sealed = json.loads(envelope)
        payload = _base64(sealed["payload"])
        (signature,) = sealed["signatures"]
        signed = signature["keyid"] == verifier.fingerprint and verifier.accepts(
            pae(STATEMENT_TYPE, payload), _base64(signature["sig"])
        )
        told = json.loads(payload)
        exact = canonical(sealed) == envelope and canonical(told) == payload
        check(told, statement_shape(KIND), "statement")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, InputError) as error:
        raise FoundError(f"receipt: statement: expected a signed {KIND} statement, found something else") from error
    if not signed or not exact or sealed["payloadType"] != STATEMENT_TYPE or len(sealed) != 3:  # noqa: PLR2004 -- DSSE
        raise FoundError("receipt: statement: its signature does not verify")
    return committed(told["predicate"])


def committed(predicate: dict[str, object]) -> Committed:
    """Return what a checked predicate of the kind says."""
    return Committed(
        case_id=CaseId(str(predicate["caseId"])),
        at=str(predicate["at"]),
        plan_digest=str(predicate["planDigest"]),
        root=bytes.fromhex(str(predicate["commitRoot"])),
        count=int(str(predicate["count"])),
        epoch=str(predicate["epoch"]),
        destroy_at=str(predicate["openingsDestroyAt"]),
    )


def digest(content: bytes) -> str:
    """Return the receipt's SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def _own_key(vkey: str) -> Verifier:
    try:
        return Verifier.parse(vkey)
    except InputError as error:
        raise FoundError("receipt: key: not a verifier key of the form name+keyid+base64") from error


def _opening_line(opening: Opening) -> str:
    hashes = " ".join(map(_text, (opening.salt, *opening.path)))
    return f"opening {opening.key_name} {opening.index} {opening.count} {hashes}"


def _opening(line: str) -> Opening:
    found = _OPENING.fullmatch(line)
    if found is None:
        raise FoundError("receipt: opening: expected a key name, two numbers and hashes, found something else")
    salt, *path = map(_hash, found["hashes"].split(" "))
    return Opening(found["name"], int(found["index"]), int(found["count"]), salt, tuple(path))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _hash(text: str) -> bytes:
    try:
        return _base64(text)
    except ValueError as error:
        raise FoundError("receipt: expected canonical base64, found another spelling") from error


def _base64(text: str) -> bytes:
    """Read base64 in its one canonical spelling; raises ValueError for another."""
    raw = base64.b64decode(text.encode("ascii"), validate=True)
    if _text(raw) != text:
        raise binascii.Error("another spelling")
    return raw
