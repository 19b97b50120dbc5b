#!/usr/bin/env python3
"""Check an evidence bundle: this one file, Python 3.8 or later, nothing installed, no network.

    python3 verifier.py BUNDLE [--key VKEY]

Exit code 0: authentic (a line says if the case is not complete). 1: broken, and the first line says
what. 2: the file cannot be read, or wrong usage. Give the verifier key you know from elsewhere
with --key; without it the bundle only agrees with the key it brings itself.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass

FORMAT = "https://retention.example/evidence-bundle/v1"
SEAL_TYPE = "application/vnd.retention.evidence-bundle+json"
ATTACHMENT_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_STATEMENT_TYPE = "application/vnd.in-toto+json"
_PREDICATE_TYPE = "https://retention.example/attestation/erasure/v1"
_DISPOSALS = {"erasure": "erased", "redaction": "redacted", "anonymization": "anonymized"}
_PLAN_BOUND = (*_DISPOSALS, "approval", "rejection", "verification", "kept", "subjectsCommitted")
_DISPOSAL_FIELDS: dict[str, type] = {"planDigest": str, "stepId": str, "dataset": str, "effect": dict}
_FIELDS: dict[str, dict[str, type]] = {
    "planned": {"planId": str, "planDigest": str},
    "approval": {"planDigest": str, "approverRef": str, "standing": bool},
    "rejection": {"planDigest": str, "approverRef": str},
    "erasure": _DISPOSAL_FIELDS,
    "redaction": _DISPOSAL_FIELDS,
    "anonymization": _DISPOSAL_FIELDS,
    "verification": {"planDigest": str, "dataset": str, "passed": bool, "residual": int},
    "processorAck": {"orderId": str, "processor": str, "state": str},
    "copyRemains": {"system": str, "what": str, "until": str},
    "copyExpired": {"system": str, "copyId": str},
    "kept": {"planDigest": str, "dataset": str, "fields": list, "rows": int, "statute": str, "holdId": str},
    "denial": {"reason": str},
    "keyDestroyed": {"checkValue": str},
    "subjectsCommitted": {"planDigest": str, "count": int, "commitRoot": str, "epoch": str},
    "restoreReplayed": {"system": str, "suppressions": int, "found": int},
}

CLAIMS = (
    "Each fact below was signed by the key named here and stands in the log at its number; neither was altered since.",
    "Every step on data belongs to a plan whose exact bytes were approved before.",
)
CLAIM_COMPLETE = "Other code looked at every dataset after its last step and found nothing left."
LIMITS = (
    "It proves what was done and seen, not that nobody has a copy outside the systems on the data map.",
    "A processor's word, and a key's destruction, are the word of whoever runs that system.",
    "Copies listed under 'remains' are out of use and physically there until the date given.",
    "Whether the bundle has every entry of the case shows only against the published log (its tiles).",
    "Times are those of the signer's clock.",
)


class BundleError(Exception):
    """What broke; the message names the part first: `entry 3: inclusion proof …`."""


@dataclass(frozen=True)
class Fact:
    """One signed fact at its place in the log."""

    index: int
    kind: str
    at: str
    told: dict[str, object]
    """The predicate."""

    def text(self, name: str) -> str:
        """Return a field as text."""
        return str(self.told.get(name, ""))


@dataclass(frozen=True)
class Report:
    """What was found. `authentic`: every byte is as signed and the story holds together."""

    authentic: bool
    broken: str = ""
    """The first thing that broke; empty if nothing did."""
    still_open: tuple[str, ...] = ()
    """Why the case is not complete; authentic all the same."""
    case_id: str = ""
    origin: str = ""
    size: int = 0
    root: str = ""
    fingerprint: str = ""
    pinned: bool = False
    """Whether the caller brought the key; without that, the bundle vouches for itself."""
    facts: tuple[Fact, ...] = ()
    attachments: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all that was planned was done, verified and answered."""
        return self.authentic and not self.still_open


def verify(data: bytes, vkey: str | None = None) -> Report:
    """Check a bundle; never raises for any `data`.

    Args:
        data: the bundle.
        vkey: the verifier key the caller trusts, or None to take the bundle's own.

    Raises:
        ValueError: `vkey` is not a verifier key.

    """
    if vkey is not None:
        try:
            _read_key(vkey)
        except BundleError as error:
            raise ValueError(str(error)) from error
    try:
        return _verified(data, vkey)
    except BundleError as error:
        return Report(authentic=False, broken=str(error))


def _verified(data: bytes, pinned: str | None) -> Report:
    """Cheap checks first: form, hashes, then signatures."""
    body, seal = _read_bundle(data)
    vkey = _text(body, "vkey", "bundle")
    if pinned is not None and vkey != pinned:
        raise BundleError("key: the bundle is signed by another key than the one given")
    name, key_id, public = _read_key(vkey)
    checkpoint = _text(body, "checkpoint", "bundle")
    size, root, signature = _read_checkpoint(checkpoint, _text(body, "origin", "bundle"), name, key_id)
    attached = dict(_read_attachment(item) for item in _list(body, "attachments", "bundle"))
    if list(attached) != sorted(attached) or len(attached) != len(_list(body, "attachments", "bundle")):
        raise BundleError("attachments: expected each name once, in order")
    envelopes = _read_entries(_list(body, "entries", "bundle"), size, root)
    if not _signed_by(public, checkpoint.rpartition("\n\n")[0].encode() + b"\n", signature):
        raise BundleError("checkpoint signature: does not verify")
    if not _signed_by(public, _pae(SEAL_TYPE, _canonical(body)), seal):
        raise BundleError("seal: does not verify: something in the bundle was changed, added or left out")
    case_id = _text(body, "caseId", "bundle")
    facts = tuple(_read_fact(index, envelope, public, case_id) for index, envelope in envelopes)
    plan = _checked_plan(facts, attached)
    return Report(
        authentic=True,
        still_open=tuple(_open_ends(facts, plan)),
        case_id=case_id,
        origin=_text(body, "origin", "bundle"),
        size=size,
        root=root.hex(),
        fingerprint=hashlib.sha256(public).hexdigest(),
        pinned=pinned is not None,
        facts=facts,
        attachments=tuple(attached),
    )


# --- the parts of the file ---------------------------------------------------------------------


def _read_bundle(data: bytes) -> tuple[dict[str, object], bytes]:
    bundle = _parse(data, "bundle")
    _exactly(bundle, ("body", "seal"), "bundle")
    body = bundle["body"]
    _exactly(body, ("attachments", "caseId", "checkpoint", "entries", "format", "origin", "vkey"), "body")
    assert isinstance(body, dict)  # noqa: S101 -- narrows the type; _exactly has checked it
    if body["format"] != FORMAT:
        raise BundleError("format: expected " + FORMAT)
    return body, _decode(_text(bundle, "seal", "bundle"), "seal")


def _read_key(vkey: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and public key of `name+keyid+base64`."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _decode(encoded, "key")
    expected = hashlib.sha256(name.encode("utf-8", "replace") + b"\n" + raw).digest()[:4]
    if not name or len(raw) != 33 or raw[:1] != b"\x01" or key_id != expected.hex():  # noqa: PLR2004 -- 1 + 32 bytes
        raise BundleError("key: not an Ed25519 verifier key of the form name+keyid+base64")
    return name, expected, raw[1:]


def _read_checkpoint(note: str, origin: str, name: str, key_id: bytes) -> tuple[int, bytes, bytes]:
    """Return size, root hash and signature; the form admits one signature line."""
    form = re.fullmatch("([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n\n\u2014 ([^\n ]+) ([^\n ]+)\n", note)
    if form is None:
        raise BundleError("checkpoint: expected origin, size, root and one signature line")
    signature = _decode(form.group(5), "checkpoint signature")
    if form.group(1) != origin:
        raise BundleError("checkpoint: of another log than the bundle names")
    if form.group(4) != name or signature[:4] != key_id:
        raise BundleError("checkpoint signature: by another key than the bundle names")
    return int(form.group(2)), _decode(form.group(3), "checkpoint root"), signature[4:]


def _read_attachment(item: object) -> tuple[str, bytes]:
    _exactly(item, ("content", "name", "sha256"), "attachment")
    name = _text(item, "name", "attachment")
    if not re.fullmatch(ATTACHMENT_NAME, name):
        raise BundleError("attachment: expected a plain file name")
    content = _decode(_text(item, "content", "attachment " + name), "attachment " + name)
    if hashlib.sha256(content).hexdigest() != _text(item, "sha256", "attachment " + name):
        raise BundleError("attachment " + name + ": its bytes do not have the digest stated")
    return name, content


def _read_entries(items: list[object], size: int, root: bytes) -> list[tuple[int, bytes]]:
    """Return index and envelope of every entry, each proven to be in the log."""
    entries: list[tuple[int, bytes]] = []
    for position, item in enumerate(items):
        where = f"entry at position {position}"
        _exactly(item, ("envelope", "index", "proof"), where)
        index = item["index"] if isinstance(item, dict) else None
        if not isinstance(index, int) or isinstance(index, bool):
            raise BundleError(where + ": index: expected a whole number")
        where = f"entry {index}"
        if entries and index <= entries[-1][0]:
            raise BundleError(where + ": index: expected entries in the log's order, each once")
        envelope = _decode(_text(item, "envelope", where), where + ": envelope")
        proof = [_decode(part, where + ": inclusion proof") for part in _list(item, "proof", where)]
        if not _included(hashlib.sha256(b"\x00" + envelope).digest(), index, size, proof, root):
            raise BundleError(where + ": inclusion proof: the entry is not in the log of the checkpoint")
        entries.append((index, envelope))
    if not entries:
        raise BundleError("entries: expected at least one, found none")
    return entries


def _read_fact(index: int, envelope: bytes, public: bytes, case_id: str) -> Fact:
    where = f"entry {index}"
    sealed = _parse(envelope, where + ": envelope")
    _exactly(sealed, ("payload", "payloadType", "signatures"), where + ": envelope")
    payload = _decode(_text(sealed, "payload", where), where + ": payload")
    signatures = _list(sealed, "signatures", where)
    if sealed["payloadType"] != _STATEMENT_TYPE or len(signatures) != 1:
        raise BundleError(where + ": envelope: expected an in-toto statement with one signature")
    _exactly(signatures[0], ("keyid", "sig"), where + ": signature")
    if _text(signatures[0], "keyid", where) != hashlib.sha256(public).hexdigest():
        raise BundleError(where + ": signature: by another key than the bundle names")
    signature = _decode(_text(signatures[0], "sig", where), where + ": signature")
    if not _signed_by(public, _pae(_STATEMENT_TYPE, payload), signature):
        raise BundleError(where + ": signature: does not verify")
    return _read_statement(index, _parse(payload, where + ": statement"), case_id)


def _read_statement(index: int, statement: dict[str, object], case_id: str) -> Fact:
    where = f"entry {index}: statement"
    _exactly(statement, ("_type", "predicate", "predicateType", "subject"), where)
    told = statement["predicate"]
    if statement["predicateType"] != _PREDICATE_TYPE or not isinstance(told, dict):
        raise BundleError(where + ": expected the predicate " + _PREDICATE_TYPE)
    fact = Fact(index, _text(told, "kind", where), _text(told, "at", where), told)
    if _text(told, "caseId", where) != case_id:
        raise BundleError(where + ": belongs to another case than the bundle")
    for name, kind in _FIELDS.get(fact.kind, {"a kind this verifier knows": str}).items():
        if not isinstance(told.get(name), kind):
            raise BundleError(where + ": expected " + name)
    return fact


# --- the story ---------------------------------------------------------------------------------


def _checked_plan(facts: tuple[Fact, ...], attached: dict[str, bytes]) -> dict[str, object]:
    """Check that plan, approval, steps and attachments are about the same bytes; return plan.json if attached."""
    planned = {fact.text("planDigest") for fact in facts if fact.kind == "planned"}
    approved: set[str] = set()
    for fact in facts:
        digest = fact.text("planDigest")
        if fact.kind in _PLAN_BOUND and digest not in planned:
            raise BundleError(f"entry {fact.index}: plan digest: no planned entry has it")
        if fact.kind == "approval":
            approved.add(digest)
        if fact.kind in _DISPOSALS and digest not in approved:
            raise BundleError(f"entry {fact.index}: plan digest: no earlier approval names it")
    if "plan.json" not in attached:
        return {}
    if hashlib.sha256(attached["plan.json"]).hexdigest() not in planned:
        raise BundleError("attachment plan.json: not the plan whose digest is in the log")
    plan = _parse(attached["plan.json"], "attachment plan.json")
    for name, field in (("policy.yaml", "policy_digest"), ("datamap.yaml", "datamap_digest")):
        if name in attached and hashlib.sha256(attached[name]).hexdigest() != plan.get(field):
            raise BundleError("attachment " + name + ": not the file that the plan was made from")
    return plan


def _open_ends(facts: tuple[Fact, ...], plan: dict[str, object]) -> list[str]:
    """Say why the case is not complete; nothing if it is."""
    disposals = [fact for fact in facts if fact.kind in _DISPOSALS]
    if not disposals and any(fact.kind == "denial" for fact in facts):
        return []
    rows = [] if disposals or plan else ["nothing has been carried out"]
    return rows + _unverified(facts, disposals) + _undone(facts, disposals, plan) + _unanswered(facts)


def _unverified(facts: tuple[Fact, ...], disposals: list[Fact]) -> list[str]:
    last_steps = {(fact.text("planDigest"), fact.text("dataset")): fact.index for fact in disposals}
    problems = []
    for (digest, dataset), index in sorted(last_steps.items()):
        looks = [
            fact.told["passed"]
            for fact in facts
            if fact.kind == "verification"
            and (fact.text("planDigest"), fact.text("dataset")) == (digest, dataset)
            and fact.index > index
        ]
        if not looks:
            problems.append(dataset + ": not verified after its last step")
        elif not looks[-1]:
            problems.append(dataset + ": the latest verification failed")
    return problems


def _undone(facts: tuple[Fact, ...], disposals: list[Fact], plan: dict[str, object]) -> list[str]:
    """Compare with the steps of plan.json, where it is attached."""
    steps = plan.get("steps")
    done = {fact.text("stepId") for fact in disposals}
    answered = {fact.text("processor") for fact in facts if fact.kind == "processorAck"}
    problems = []
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict):
            continue
        if "dataset" in step and step.get("step_id") not in done:
            problems.append("step {}: not carried out".format(step.get("step_id")))
        if step.get("is") == "TellProcessor" and step.get("system") not in answered:
            problems.append("processor {}: has not answered".format(step.get("system")))
    return problems


def _unanswered(facts: tuple[Fact, ...]) -> list[str]:
    latest = {fact.text("orderId"): fact for fact in facts if fact.kind == "processorAck"}
    open_orders = [fact for fact in latest.values() if fact.text("state") != "completed"]
    return ["processor {}: {}".format(fact.text("processor"), fact.text("state")) for fact in open_orders]


# --- JSON, base64, Merkle, Ed25519 -------------------------------------------------------------


def _parse(data: bytes, where: str) -> dict[str, object]:
    """Read an object of canonical JSON: one spelling only, so that no byte is free."""
    try:
        value = json.loads(data.decode("utf-8"))
        same = _canonical(value) == data
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(where + ": not JSON") from error
    if not same:
        raise BundleError(where + ": not canonical JSON (order, spaces, repeated names or another spelling)")
    if not isinstance(value, dict):
        raise BundleError(where + ": expected an object")
    return value


def _canonical(value: object) -> bytes:
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda name: str(name).encode("utf-16-be"))}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) >= 2**53):
        raise ValueError("fractions and numbers beyond 2^53 have no place here")
    return value


def _exactly(value: object, names: tuple[str, ...], where: str) -> None:
    if not isinstance(value, dict) or set(value) != set(names):
        raise BundleError(where + ": expected exactly " + ", ".join(names))


def _text(record: object, name: str, where: str) -> str:
    value = record.get(name) if isinstance(record, dict) else None
    if not isinstance(value, str):
        raise BundleError(where + ": " + name + ": expected text")
    return value


def _list(record: object, name: str, where: str) -> list[object]:
    value = record.get(name) if isinstance(record, dict) else None
    if not isinstance(value, list):
        raise BundleError(where + ": " + name + ": expected a list")
    return value


def _decode(text: object, where: str) -> bytes:
    """Read base64 in its one canonical spelling: no spaces, no stray bits."""
    try:
        raw = base64.b64decode(str(text).encode("ascii"), validate=True)
    except ValueError as error:
        raise BundleError(where + ": not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise BundleError(where + ": not canonical base64")
    return raw


def _pae(kind: str, payload: bytes) -> bytes:
    """Return what DSSE signs."""
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def _included(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Check an inclusion proof (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    last, node = size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_ZERO = (0, 1, 1, 0)


def _signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Check an Ed25519 signature (RFC 8032, section 5.1.7) strictly: one encoding only, no small-order key."""
    point = _decompressed(public)
    scalar = int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or scalar >= _ORDER:  # noqa: PLR2004 -- R and s, 32 bytes each
        return False
    if _times_eight(point)[0] == 0:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % _ORDER
    x, y, z, t = point
    return _compressed(_combined(scalar, _BASE, challenge, (-x, y, z, -t))) == signature[:32]


def _add(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Add two points in extended coordinates (RFC 8032, section 5.1.4)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % _P
    f = (a[1] + a[0]) * (b[1] + b[0]) % _P
    g = 2 * a[3] * b[3] * _D % _P
    h = 2 * a[2] * b[2] % _P
    k, m, n, o = f - e, h - g, h + g, f + e
    return k * m % _P, n * o % _P, m * n % _P, k * o % _P


def _double(a: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    e, f = a[0] * a[0] % _P, a[1] * a[1] % _P
    h = e + f
    k = h - (a[0] + a[1]) * (a[0] + a[1]) % _P
    m = e - f
    n = 2 * a[2] * a[2] + m
    return k * n % _P, m * h % _P, n * m % _P, k * h % _P


def _times_eight(a: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return _double(_double(_double(a)))


def _combined(s: int, a: tuple[int, int, int, int], t: int, b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return s·a + t·b in one pass over the bits."""
    sums = (_ZERO, a, b, _add(a, b))
    total = _ZERO
    for bit in range(max(s.bit_length(), t.bit_length()) - 1, -1, -1):
        total = _double(total)
        choice = (s >> bit & 1) | (t >> bit & 1) << 1
        if choice:
            total = _add(total, sums[choice])
    return total


def _compressed(a: tuple[int, int, int, int]) -> bytes:
    inverse = pow(a[2], _P - 2, _P)
    x, y = a[0] * inverse % _P, a[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompressed(raw: bytes) -> tuple[int, int, int, int] | None:
    """Return the point, or None for an encoding that is not canonical or not on the curve."""
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if len(raw) != 32 or y >= _P:  # noqa: PLR2004 -- a point is 32 bytes
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE_POINT = _decompressed((4 * pow(5, _P - 2, _P) % _P).to_bytes(32, "little"))
assert _BASE_POINT is not None  # noqa: S101 -- a constant of the curve
_BASE = _BASE_POINT


# --- for people --------------------------------------------------------------------------------


def summary(report: Report) -> str:
    """Return what was found, for people, in plain ASCII."""
    if not report.authentic:
        return _printable("BROKEN: " + report.broken) + "\n"
    lines = ["AUTHENTIC: case " + report.case_id + (", complete" if report.complete else "")]
    lines += ["NOT COMPLETE: " + why for why in report.still_open]
    lines += ["", f"log    {report.origin}, {report.size} entries, root {report.root}"]
    lines += ["key    sha256 " + report.fingerprint]
    trust = "the one you gave" if report.pinned else "NOT PINNED: compare it with the published one, or use --key"
    lines += ["       " + trust]
    lines += ["files  " + ", ".join(report.attachments)] if report.attachments else []
    lines += ["", "facts, in the log's order", *(_line(fact) for fact in report.facts)]
    lines += ["", "remains", *(_remains(report.facts) or ["  nothing that the log knows of"])]
    lines += ["", "what this shows", *("  - " + claim for claim in CLAIMS)]
    lines += ["  - " + CLAIM_COMPLETE] if report.complete else []
    lines += ["", "what it cannot show", *("  - " + limit for limit in LIMITS)]
    return "\n".join(_printable(line) for line in lines) + "\n"


def _line(fact: Fact) -> str:
    return f"  #{fact.index:<5} {fact.at:<20.20} {fact.kind:<16} {_detail(fact)}".rstrip()


def _detail(fact: Fact) -> str:
    """Say the heart of the fact in a few words."""
    if fact.kind in _DISPOSALS:
        return "{}: {}".format(fact.text("dataset"), _counts(fact))
    if fact.kind == "verification":
        verdict = "passed" if fact.told["passed"] else "FAILED"
        return "{}: {}, {} left".format(fact.text("dataset"), verdict, fact.text("residual"))
    if fact.kind == "kept":
        return "{}: {} rows under {}".format(fact.text("dataset"), fact.text("rows"), fact.text("statute"))
    shown = ("planDigest", "processor", "state", "system", "what", "until", "copyId", "reason", "checkValue", "found")
    return " ".join(fact.text(name) for name in shown if name in fact.told)


def _counts(fact: Fact) -> str:
    effect = fact.told["effect"]
    assert isinstance(effect, dict)  # noqa: S101 -- narrows the type; _FIELDS has checked it
    words = "{} rows {}".format(effect.get("rows", 0), _DISPOSALS[fact.kind])
    if effect.get("rowsSuppressed"):
        words += ", {} of them erased as too rare".format(effect["rowsSuppressed"])
    if effect.get("versionsRemoved"):
        words += ", {} old versions removed".format(effect["versionsRemoved"])
    return words


def _remains(facts: tuple[Fact, ...]) -> list[str]:
    gone = {(fact.text("system"), fact.text("copyId")) for fact in facts if fact.kind == "copyExpired"}
    latest: dict[tuple[str, str], str] = {}
    for fact in facts:
        if fact.kind == "copyRemains":
            copy = fact.text("system"), fact.text("what")
            latest[copy] = max(latest.get(copy, ""), fact.text("until"))
    lines = [
        f"  {system} {what}: out of use, gone by {until}"
        for (system, what), until in latest.items()
        if (system, what) not in gone
    ]
    for fact in facts:
        if fact.kind == "kept":
            until = str(fact.told.get("until") or "a date nobody can say yet")
            lines.append("  {}: {}, kept until {}".format(fact.text("dataset"), _fields(fact), until))
    return lines


def _fields(fact: Fact) -> str:
    names = fact.told["fields"]
    return ", ".join(str(name) for name in names) if isinstance(names, list) else ""


def _printable(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def main(arguments: list[str] | None = None) -> int:
    """Run as a program; return the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle, offline.")
    parser.add_argument("bundle", help="the file")
    parser.add_argument("--key", metavar="VKEY", help="the verifier key you trust: name+keyid+base64")
    options = parser.parse_args(arguments)
    try:
        with open(options.bundle, "rb") as file:  # noqa: PTH123 -- one dependency less to read
            data = file.read()
        report = verify(data, options.key)
    except (OSError, ValueError) as error:
        sys.stderr.write("cannot check: " + _printable(str(error)) + "\n")
        return 2
    sys.stdout.write(summary(report))
    return 0 if report.authentic else 1


if __name__ == "__main__":
    sys.exit(main())
