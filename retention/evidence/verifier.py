#!/usr/bin/env python3
"""Check an evidence bundle: this one file, Python 3.8 or later, nothing installed, no network.

    python3 verifier.py BUNDLE [--key VKEY] [--witnesses POLICYFILE] [--after OLDER] [--language ja]

Exit code 0: authentic (a line says if it is not complete). 1: broken, and the first line says
what. 2: the file cannot be read, or wrong usage. Give the verifier key you know from elsewhere
with --key; without it the bundle only agrees with the key it brings itself. With --witnesses, too
few cosignatures of the witnesses that the file names (C2SP tlog-policy) are broken as well.

The parts, in this order: the words; what is reported; the file's parts; nothing is left out;
the story; the summary; JSON, base64, Merkle trees and Ed25519; witnesses; for people.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol

FORMAT = "https://retention.example/evidence-bundle/v2"
SEAL_TYPE = "application/vnd.retention.evidence-bundle+json"
ATTACHMENT_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_STATEMENT_TYPE = "application/vnd.in-toto+json"
_PREDICATE_TYPE = "https://retention.example/attestation/erasure/v1"
_PLAN_NAME = r"plan(?:-[A-Za-z0-9-]{1,80})?\.json"
_INSTANT = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{6})?Z"
_DISPOSALS = ("deletion", "anonymize", "pseudonymize")
_DONE = {"erase": "erased", "redact": "redacted", "anonymize": "anonymized", "pseudonymize": "pseudonymized"}
_SETTLED = ("completed", "best-effort")
"""What a processor can say so that its order is not open; of these only the first says that it is erased."""
_STEPS = (*_DISPOSALS, "suspension", "disclosure")
_PLAN_BOUND = (
    *(*_STEPS, "approval", "rejection", "notApproved", "verification", "kept", "subjectsCommitted", "batchShare"),
)
_DISPOSAL_FIELDS: dict[str, type] = {"planDigest": str, "stepId": str, "dataset": str, "rules": list, "effect": dict}
_FIELDS: dict[str, dict[str, type]] = {
    "planned": {"planId": str, "planDigest": str},
    "approval": {"planDigest": str, "approverRef": str, "standing": bool},
    "rejection": {"planDigest": str, "approverRef": str},
    "notApproved": {"planDigest": str, "reason": str},
    "deletion": {**_DISPOSAL_FIELDS, "action": str},
    "anonymize": _DISPOSAL_FIELDS,
    "pseudonymize": {**_DISPOSAL_FIELDS, "domain": str},
    "suspension": {"planDigest": str, "stepId": str, "dataset": str, "rules": list, "state": str, "rows": int},
    "disclosure": {"planDigest": str, "stepId": str, "dataset": str, "right": str, "state": str, "rows": int},
    "verification": {"planDigest": str, "dataset": str, "passed": bool, "residual": int},
    "processorAck": {"orderId": str, "processor": str, "state": str},
    "processorProbe": {"orderId": str, "processor": str, "found": bool},
    "orderNote": {"orderId": str, "processor": str, "note": str},
    "processorContract": {"processor": str, "role": str, "subprocessors": list},
    "copyRemains": {"system": str, "what": str, "why": str},
    "beyondUse": {"system": str, "noDecisions": bool, "noAccess": bool, "secured": bool, "willDelete": bool},
    "backupExpired": {"system": str, "copyId": str},
    "kept": {"planDigest": str, "dataset": str, "fields": list, "rows": int, "statute": str, "holdId": str},
    "denial": {"reason": str},
    "keyDestroyed": {"checkValue": str},
    "subjectsCommitted": {"planDigest": str, "count": int, "commitRoot": str, "epoch": str},
    "holdPlaced": {"holdId": str, "reason": str},
    "holdReleased": {"holdId": str},
    "restoreReplayed": {"system": str, "suppressions": int, "found": int},
    "correction": {"supersedes": str, "reason": str},
    "canary": {"canaryRef": str, "state": str, "lookedIn": int, "survivedIn": list},
    "identityDecision": {"question": str, "answer": str, "values": int, "rows": int, "deciderRef": str},
    "mapLook": {"dataset": str, "passed": bool, "expectations": int, "failed": int},
    "restoreGate": {"system": str, "verdict": str, "suppressions": int, "found": int, "findings": list},
    "rescan": {"round": str, "state": str, "late": bool, "found": int, "foundIn": list},
    "readmission": {"reason": str, "statutes": list, "keys": int},
    "mediaSanitized": {"medium": str, "method": str, "tool": str, "verifierRef": str},
    "papersDestroyed": {"kinds": list, "digests": list, "checkValue": str},
    "batchShare": {"planDigest": str, "batch": str, "done": list, "kept": list, "orders": list},
    "logIndex": {"entries": int, "keys": int, "root": str},
}
"""Kind → the fields that are read here; docs/evidence/erasure-v1.schema.json has all of them."""

# --- the words ---------------------------------------------------------------------------------

CATALOGUE: dict[str, tuple[str, str]] = {
    "C1": (
        (
            "Each statement was signed by the key named here and stands in the log at its number; "
            "neither was altered since."
        ),
        "各記述は、ここに示す鍵で署名され、記録のその番号に置かれており、その後は改変されていません。",
    ),
    "C2": (
        (
            "Where a verification passed, other code than the eraser's looked at the whole dataset "
            "and found nothing left and nothing else changed."
        ),
        (
            "検証に合格したデータについては、消去とは別のプログラムが全体を見直し、"
            "残りがないことと、ほかが変わっていないことを確かめました。"
        ),
    ),
    "C3": (
        "Earlier versions of objects were removed together with the current ones, in the number stated.",
        "オブジェクトの過去の版も、記載した数だけ、現在の版とともに除去されました。",
    ),
    "C4": (
        "Copies in backups are out of use and are gone by the date stated.",
        "バックアップ内の複製は利用を停止しており、記載した日までに失われます。",
    ),
    "C5": ("Processors confirmed with their own signature.", "委託先が自らの署名をもって完了を確認しました。"),
    "C6": (
        "The key named by its check value was destroyed, by the key store's word.",
        "検査値で示す鍵は、鍵管理の申告によれば破棄されました。",
    ),
    "C7": (
        "No statement about this case, rule or dataset that the log's index counts is missing here.",
        "この事案・規則・データについて記録の索引が数える記述は、すべてここに含まれています。",
    ),
    "C8": (
        (
            "Every statement of the log between the first and the last one here is in this file, "
            "and the log only grew in between."
        ),
        "最初から最後までの間に記録された記述はすべてこのファイルにあり、記録はその間、追加だけがなされました。",
    ),
    "C9": (
        "Every step on data belongs to a plan whose exact bytes were approved before.",
        "データへの操作はすべて、事前に内容そのものが承認された計画に属します。",
    ),
    "C10": (
        "All that was planned was done, and other code looked at every dataset after its last step.",
        "計画したことはすべて行われ、最後の操作の後に、別のプログラムがすべてのデータを見直しました。",
    ),
    "L1": (
        "It proves what was done and seen, not that nobody has a copy outside the systems on the data map.",
        "行ったことと確かめたことを示すもので、データマップにない場所に複製がないことは示せません。",
    ),
    "L2": (
        "It says nothing about traces on physical media; for them the provider's word (NIST SP 800-88) is needed.",
        "物理媒体上の痕跡については何も示しません。事業者の証明(NIST SP 800-88)が必要です。",
    ),
    "L3": (
        "Logs, caches and trained models count only where the data map names them.",
        "ログ、キャッシュ、学習済みモデルは、データマップに載っている場合だけ対象になります。",
    ),
    "L4": (
        "Until the dates stated, copies that are out of use are physically there.",
        "記載した日までは、利用を停止した複製が物理的に残っています。",
    ),
    "L5": (
        "What was scanned is the word of the program that scanned it; look yourself at samples.",
        "何を調べたかは、調べたプログラムの申告です。標本によりご自身でもお確かめください。",
    ),
    "L6": (
        "Data that was made anonymous or pseudonymous stays.",
        "匿名化または仮名化されたデータは残ります。",
    ),
    "L7": (
        "Times are those of the signer's clock.",
        "時刻は署名者の時計によります。",
    ),
    "L8": (
        "The index is the signer's own; whoever replays the published log finds out if it counts wrong.",
        "索引は署名者が作ったものです。公開された記録を再計算すれば、数え誤りは必ず分かります。",
    ),
    "L9": (
        "That everyone is shown the same log needs witnesses, or the checkpoints that others were given.",
        "全員に同じ記録が示されていることの確認には、立会人か、他者に渡されたチェックポイントが必要です。",
    ),
    "L10": (
        "A processor's answer and a key's destruction are the word of whoever runs that system.",
        "委託先の回答と鍵の破棄は、そのシステムを運用する者の申告です。",
    ),
}
"""Claims and limits by code, in English and Japanese. A bundle brings those that its statements support."""

LIMITS = tuple(english for code, (english, _) in CATALOGUE.items() if code.startswith("L"))


class BundleError(Exception):
    """What broke; the message names the part first: `entry 3: inclusion proof …`."""


class SignedBy(Protocol):
    """Whether an Ed25519 signature fits; the key has been checked before."""

    def __call__(self, public: bytes, message: bytes, signature: bytes, /) -> bool:
        """Return whether it is the key's signature over the message."""
        ...


# --- what is reported --------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """One signed fact at its place in the log."""

    index: int
    kind: str
    at: str
    told: dict[str, object]
    """The predicate."""
    leaf: bytes = field(default=b"", repr=False)
    """The hash of the whole entry."""

    def text(self, name: str) -> str:
        """Return a field as text."""
        return str(self.told.get(name, ""))

    @property
    def case_id(self) -> str:
        """The case, or nothing for what belongs to none."""
        return str(self.told.get("caseId") or "")


@dataclass(frozen=True)
class Report:
    """What was found. `authentic`: every byte is as signed and the story holds together."""

    authentic: bool
    broken: str = ""
    """The first thing that broke; empty if nothing did."""
    still_open: tuple[str, ...] = ()
    """Why it is not complete; authentic all the same."""
    case_id: str = ""
    """The case, if the bundle is about one."""
    scope: str = ""
    """What the bundle is about: `case C-…`, `rule …`, `dataset …`, `period … to …`."""
    origin: str = ""
    size: int = 0
    root: str = ""
    before: int = 0
    """For a period: the size of the earlier log that this one was shown to continue."""
    fingerprint: str = ""
    pinned: bool = False
    """Whether the caller brought the key; without that, the bundle vouches for itself."""
    checkpoint: str = ""
    """The checkpoint's signed text: origin, size and root, each with its line break."""
    others: tuple[str, ...] = ()
    """Further signature lines of the checkpoint, as they stand; judged only with a policy file of witnesses."""
    witnessed: tuple[tuple[str, str], ...] = ()
    """Witnesses of the policy file who cosigned the checkpoint, by name, each with when it says it did."""
    quorum: str = ""
    """What the policy file asks for, in words; it was reached, or the bundle would not be authentic."""
    facts: tuple[Fact, ...] = ()
    superseded: tuple[str, ...] = ()
    """Ids of the statements among them that a correction withdrew."""
    attachments: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    """Codes of CATALOGUE, claims and limits."""

    @property
    def complete(self) -> bool:
        """Whether all that was planned was done, verified and answered."""
        return self.authentic and not self.still_open


def verify(
    data: bytes, vkey: str | None = None, *, witnesses: str | None = None, signed_by: SignedBy | None = None
) -> Report:
    """Check a bundle; never raises for any `data`.

    Args:
        data: the bundle.
        vkey: the verifier key the caller trusts, or None to take the bundle's own.
        witnesses: the text of a policy file (C2SP tlog-policy) whose quorum must have cosigned the checkpoint.
        signed_by: a faster check of Ed25519 signatures than the one in this file.

    Raises:
        ValueError: `vkey` is not a verifier key, or `witnesses` is not a policy.

    """
    policy = None if witnesses is None else read_policy(witnesses)
    if vkey is not None:
        try:
            _read_key(vkey, _signed_by)
        except BundleError as error:
            raise ValueError(str(error)) from error
    try:
        return _verified(data, vkey, signed_by or _signed_by, policy)
    except BundleError as error:
        return Report(authentic=False, broken=str(error))


def verify_after(older: bytes, newer: bytes, report: Report, vkey: str | None = None) -> Report:
    """Return the later bundle's report, or what is broken in the earlier one or between the two.

    Args:
        older: an earlier bundle, not verified yet.
        newer: a period's bundle.
        report: the later bundle's, which is authentic.
        vkey: the verifier key the caller trusts.

    Raises:
        ValueError: `vkey` is not a verifier key.

    """
    earlier = verify(older, vkey)
    broken = "after: " + earlier.broken if earlier.broken else broken_continuation(older, newer)
    return Report(authentic=False, broken=broken) if broken else report


def _verified(data: bytes, pinned: str | None, signed_by: SignedBy, policy: Policy | None) -> Report:
    """Cheap checks first: form, hashes, then signatures, then the story."""
    body, seal = _read_bundle(data)
    vkey = _text(body, "vkey", "bundle")
    if pinned is not None and vkey != pinned:
        raise BundleError("key: the bundle is signed by another key than the one given")
    key = _read_key(vkey, signed_by)
    head = _read_checkpoint(_text(body, "checkpoint", "bundle"), _text(body, "origin", "bundle"), key)
    attached = _read_attachments(_list(body, "attachments", "bundle"))
    entries = _read_entries(_list(body, "entries", "bundle"), head)
    _check_signed(head, key)
    witnessed = _check_quorum(head, vkey, policy, signed_by) if policy else {}
    if not key.accepts(_pae(SEAL_TYPE, _canonical(body)), seal):
        raise BundleError("seal: does not verify: something in the bundle was changed, added or left out")
    facts = tuple(_read_fact(entry, key) for entry in entries)
    scope = _read_scope(body["scope"])
    if "from" in scope:
        told = _whole_period(scope, body, facts, head, key)
    else:
        told = _whole_by_index(scope, body, facts, head.size)
    story = read_story(told, attached, starts=facts[0].index == 0 or "from" not in scope)
    says = summarize(story, scope)
    if _canonical(body["summary"]) != _canonical(says):
        raise BundleError("summary: says something else than the statements do")
    return Report(
        authentic=True,
        still_open=tuple(story.still_open),
        case_id=scope.get("case", ""),
        scope=_scope_text(scope),
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        before=facts[0].index if "from" in scope else 0,
        fingerprint=hashlib.sha256(key.public).hexdigest(),
        pinned=pinned is not None or (policy is not None and vkey in policy.logs),
        checkpoint=head.text.decode("utf-8"),
        others=head.others,
        witnessed=tuple(sorted(witnessed.items())),
        quorum=policy.needs() if policy else "",
        facts=told,
        superseded=story.superseded,
        attachments=tuple(attached),
        claims=story.claims(scope),
    )


# --- the file's parts --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Key:
    name: str
    key_id: bytes
    public: bytes
    signed_by: SignedBy = field(repr=False)

    def accepts(self, message: bytes, signature: bytes) -> bool:
        return self.signed_by(self.public, message, signature)


@dataclass(frozen=True)
class _Head:
    """A checkpoint: what is signed, the log's own signature, and the lines of others."""

    origin: str
    size: int
    root: bytes
    text: bytes
    signature: bytes
    others: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    index: int
    envelope: bytes
    leaf: bytes


def _read_bundle(data: bytes) -> tuple[dict[str, object], bytes]:
    bundle = _parse(data, "bundle")
    _exactly(bundle, ("body", "seal"), "bundle")
    body = bundle["body"]
    if isinstance(body, dict) and body.get("format") != FORMAT:
        raise BundleError("format: expected " + FORMAT)
    names = ("attachments", "before", "checkpoint", "entries", "format", "index", "origin", "scope", "summary", "vkey")
    _exactly(body, names, "body")
    assert isinstance(body, dict)  # noqa: S101 -- narrows the type; _exactly has checked it
    return body, _decode(_text(bundle, "seal", "bundle"), "seal")


def _read_key(vkey: str, signed_by: SignedBy) -> _Key:
    """Read `name+keyid+base64`; the key must be a point of the curve, and not of small order."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _decode(encoded, "key")
    expected = hashlib.sha256(name.encode("utf-8", "replace") + b"\n" + raw).digest()[:4]
    if not name or len(raw) != 33 or raw[:1] != b"\x01" or key_id != expected.hex():  # noqa: PLR2004 -- 1 + 32 bytes
        raise BundleError("key: not an Ed25519 verifier key of the form name+keyid+base64")
    point = _decompressed(raw[1:])
    if point is None or _times_eight(point)[0] == 0:
        raise BundleError("key: not a point that signatures can be checked with")
    return _Key(name, expected, raw[1:], signed_by)


def _read_checkpoint(note: str, origin: str, key: _Key) -> _Head:
    """Read a signed note: three lines, an empty one, and signature lines, exactly one of them by the log's key.

    Lines of other signers are kept and not judged (C2SP signed-note): witnesses add them.
    """
    form = re.fullmatch("(([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n)\n((?:\u2014 [^\n ]+ [^\n ]+\n){1,64})", note)
    if form is None:
        raise BundleError("checkpoint: expected origin, size, root and signature lines")
    ours: list[bytes] = []
    others: list[str] = []
    for line in form.group(5).splitlines():
        _, name, encoded = line.split(" ")
        signature = _decode(encoded, "checkpoint signature")
        if name == key.name and signature[:4] == key.key_id:
            ours.append(signature[4:])
        else:
            others.append(line)
    if form.group(2) != origin:
        raise BundleError("checkpoint: of another log than the bundle names")
    if len(ours) != 1:
        raise BundleError("checkpoint signature: expected exactly one by the key that the bundle names")
    root = _decode(form.group(4), "checkpoint root")
    return _Head(origin, int(form.group(3)), root, form.group(1).encode("utf-8"), ours[0], tuple(others))


def _check_signed(head: _Head, key: _Key) -> None:
    if not key.accepts(head.text, head.signature):
        raise BundleError("checkpoint signature: does not verify")


def _read_attachments(items: list[object]) -> dict[str, bytes]:
    attached: dict[str, bytes] = {}
    for item in items:
        _exactly(item, ("content", "name", "sha256"), "attachment")
        name = _text(item, "name", "attachment")
        if not re.fullmatch(ATTACHMENT_NAME, name):
            raise BundleError("attachment: expected a plain file name")
        if attached and name <= list(attached)[-1]:
            raise BundleError("attachments: expected each name once, in order")
        content = _decode(_text(item, "content", "attachment " + name), "attachment " + name)
        if hashlib.sha256(content).hexdigest() != _text(item, "sha256", "attachment " + name):
            raise BundleError("attachment " + name + ": its bytes do not have the digest stated")
        attached[name] = content
    return attached


def _read_entries(items: list[object], head: _Head) -> list[_Entry]:
    """Return every entry, each proven to be in the log."""
    entries: list[_Entry] = []
    for position, item in enumerate(items):
        where = f"entry at position {position}"
        _exactly(item, ("envelope", "index", "proof"), where)
        index = _count(item, "index", where)
        where = f"entry {index}"
        if entries and index <= entries[-1].index:
            raise BundleError(where + ": index: expected entries in the log's order, each once")
        envelope = _decode(_text(item, "envelope", where), where + ": envelope")
        proof = [_decode(part, where + ": inclusion proof") for part in _list(item, "proof", where)]
        leaf = hashlib.sha256(b"\x00" + envelope).digest()
        if not _included(leaf, index, head.size, proof, head.root):
            raise BundleError(where + ": inclusion proof: the entry is not in the log of the checkpoint")
        entries.append(_Entry(index, envelope, leaf))
    if not entries:
        raise BundleError("entries: expected at least one, found none")
    return entries


def _read_fact(entry: _Entry, key: _Key) -> Fact:
    where = f"entry {entry.index}"
    sealed = _parse(entry.envelope, where + ": envelope")
    _exactly(sealed, ("payload", "payloadType", "signatures"), where + ": envelope")
    payload = _decode(_text(sealed, "payload", where), where + ": payload")
    signatures = _list(sealed, "signatures", where)
    if sealed["payloadType"] != _STATEMENT_TYPE or len(signatures) != 1:
        raise BundleError(where + ": envelope: expected an in-toto statement with one signature")
    _exactly(signatures[0], ("keyid", "sig"), where + ": signature")
    if _text(signatures[0], "keyid", where) != hashlib.sha256(key.public).hexdigest():
        raise BundleError(where + ": signature: by another key than the bundle names")
    signature = _decode(_text(signatures[0], "sig", where), where + ": signature")
    if not key.accepts(_pae(_STATEMENT_TYPE, payload), signature):
        raise BundleError(where + ": signature: does not verify")
    return _read_statement(entry, payload)


def _read_statement(entry: _Entry, payload: bytes) -> Fact:
    """Read a statement of a kind that is known here."""
    where = f"entry {entry.index}: statement"
    statement = _parse(payload, where)
    _exactly(statement, ("_type", "predicate", "predicateType", "subject"), where)
    told = statement["predicate"]
    if statement["predicateType"] != _PREDICATE_TYPE or not isinstance(told, dict):
        raise BundleError(where + ": expected the predicate " + _PREDICATE_TYPE)
    fact = Fact(entry.index, _text(told, "kind", where), _text(told, "at", where), told, entry.leaf)
    if fact.kind not in _FIELDS:
        raise BundleError(where + ": of a kind that this verifier does not know")
    if not re.fullmatch(_INSTANT, fact.at) or not isinstance(told.get("caseId"), (str, type(None))):
        raise BundleError(where + ": expected an instant and a case")
    for name, kind in {"statementId": str, **_FIELDS[fact.kind]}.items():
        if not isinstance(told.get(name), kind) or (kind is int and isinstance(told[name], bool)):
            raise BundleError(where + ": expected " + name)
    return fact


def _read_scope(scope: object) -> dict[str, str]:
    """Read what the bundle is about: one case, one rule, one dataset, or a period."""
    names = tuple(sorted(scope)) if isinstance(scope, dict) else ()
    if names not in (("case",), ("dataset",), ("rule",), ("from", "to")):
        raise BundleError("scope: expected a case, a dataset, a rule, or from and to")
    read = {name: _text(scope, name, "scope") for name in names}
    if "from" in read and not (_moment(read["from"], "scope") < _moment(read["to"], "scope")):
        raise BundleError("scope: expected from before to")
    return read


def _scope_text(scope: dict[str, str]) -> str:
    if "from" in scope:
        return "period " + scope["from"] + " to " + scope["to"]
    return " ".join(*scope.items())


def _moment(text: str, where: str) -> str:
    """Return an instant so that its order as text is its order in time."""
    if not re.fullmatch(_INSTANT, text):
        raise BundleError(where + ": expected an instant like 2026-11-23T01:02:03Z")
    return text[:-1]


# --- nothing is left out -----------------------------------------------------------------------


def index_keys(told: dict[str, object]) -> list[str]:
    """Return what a statement is filed under: its case, its dataset, its rules and its hold."""
    keys = []
    if isinstance(told.get("caseId"), str):
        keys.append("case:{}".format(told["caseId"]))
    if isinstance(told.get("dataset"), str):
        keys.append("dataset:{}".format(told["dataset"]))
    rules = told.get("rules")
    keys += [f"rule:{rule}" for rule in (rules if isinstance(rules, list) else [])]
    if told.get("kind") == "kept":
        keys.append("rule:{}".format(told["holdId"]))
    return sorted(set(keys))


def index_line(key: str, members: list[tuple[int, bytes]]) -> bytes:
    """Return the index's line of a key: how many entries it has, and a digest over their numbers and leaf hashes."""
    filed = hashlib.sha256(b"".join(index.to_bytes(8, "big") + leaf for index, leaf in members))
    return _canonical({"count": len(members), "digest": filed.hexdigest(), "key": key})


def _whole_by_index(
    scope: dict[str, str], body: dict[str, object], facts: tuple[Fact, ...], size: int
) -> tuple[Fact, ...]:
    """Check that no statement of the scope is missing; return those of its cases.

    The log's index (a statement itself) counts what entries 0 to N-1 hold about each key. From N
    on, every entry of the log is in the bundle. So what is not here is not in the log.
    """
    if body["before"] is not None:
        raise BundleError("before: only a period has one")
    index = body["index"]
    _exactly(index, ("at", "heads"), "index")
    place = _count(index, "at", "index")
    stated = [fact for fact in facts if fact.index == place and fact.kind == "logIndex"]
    if not stated:
        raise BundleError("index: the bundle does not hold the entry that it names")
    covered = _count(stated[0].told, "entries", "index")
    tail = [fact for fact in facts if fact.index >= covered]
    if covered > place or len(tail) != size - covered:
        raise BundleError("index: expected every entry of the log from the index's end to the checkpoint")
    early = [(fact, index_keys(fact.told)) for fact in facts if fact.index < covered]
    heads = _heads(_list(index, "heads", "index"), early, stated[0])
    needed = _needed(tuple(fact for fact, _ in early), scope)
    if needed != set(heads):
        raise BundleError("index: expected a head for the scope and for each of its cases, and no other")
    for fact, keys in early:
        if not needed & set(keys):
            raise BundleError(f"entry {fact.index}: does not belong to what the bundle is about")
    return told_in(facts, scope, covered)


def _needed(facts: tuple[Fact, ...], scope: dict[str, str]) -> set[str]:
    """Return the keys that a bundle must show whole: what it is about, and every case of that."""
    asked = ":".join(*scope.items())
    return {asked} | {"case:" + fact.case_id for fact in facts if fact.case_id and asked in index_keys(fact.told)}


def told_in(facts: tuple[Fact, ...], scope: dict[str, str], covered: int) -> tuple[Fact, ...]:
    """Return the facts that a bundle is about; the others only show that nothing is missing.

    Args:
        facts: all that stand in the bundle, in the log's order.
        scope: what the bundle is about.
        covered: how many entries the index covers; has no meaning for a period.

    """
    if "from" in scope:
        before = _moment(facts[0].at, "entries") < _moment(scope["from"], "scope")
        after = _moment(facts[-1].at, "entries") >= _moment(scope["to"], "scope")
        return facts[before : len(facts) - after]
    needed = _needed(tuple(fact for fact in facts if fact.index < covered), scope)
    return tuple(fact for fact in facts if needed & set(index_keys(fact.told)))


def _heads(heads: list[object], filed: list[tuple[Fact, list[str]]], stated: Fact) -> list[str]:
    """Check each head against the entries here and against the index's root; return the keys."""
    keys: list[str] = []
    for head in heads:
        _exactly(head, ("key", "place", "proof"), "index: head")
        key = _text(head, "key", "index: head")
        if keys and key <= keys[-1]:
            raise BundleError("index: expected each key once, in order")
        line = index_line(key, [(fact.index, fact.leaf) for fact, of in filed if key in of])
        proof = [_decode(part, "index: proof") for part in _list(head, "proof", "index: head")]
        leaf = hashlib.sha256(b"\x00" + line).digest()
        count, root = _count(stated.told, "keys", "index"), stated.text("root")
        if not _included(leaf, _count(head, "place", "index"), count, proof, _unhex(root)):
            raise BundleError(f"index: the log counts other entries of {key} than the bundle holds")
        keys.append(key)
    return keys


def _whole_period(
    scope: dict[str, str],
    body: dict[str, object],
    facts: tuple[Fact, ...],
    head: _Head,
    key: _Key,
) -> tuple[Fact, ...]:
    """Check that the entries are a stretch of the log without gaps that holds the period; return the period's."""
    if body["index"] is not None:
        raise BundleError("index: a period has none, it holds the log's entries one after the other")
    first, last = facts[0], facts[-1]
    if last.index - first.index + 1 != len(facts):
        raise BundleError("entries: expected every number from the first to the last, found a gap")
    if first.index > 0 and _moment(first.at, "entries") >= _moment(scope["from"], "scope"):
        raise BundleError("entries: the first is not from before the period: something may be missing")
    if last.index < head.size - 1 and _moment(last.at, "entries") < _moment(scope["to"], "scope"):
        raise BundleError("entries: the last is not from after the period: something may be missing")
    _continues(body["before"], first.index, head, key)
    if first.index == 0:
        _check_indexes(facts)
    told = told_in(facts, scope, 0)
    start, end = _moment(scope["from"], "scope"), _moment(scope["to"], "scope")
    if not told or _moment(told[0].at, "entries") < start or _moment(told[-1].at, "entries") >= end:
        raise BundleError("entries: expected the period's, one before it and one after it, found others")
    return told


def _continues(before: object, size: int, head: _Head, key: _Key) -> None:
    """Check that the log only grew since the checkpoint before the first entry."""
    if size == 0:
        if before is not None:
            raise BundleError("before: the bundle starts with the log's first entry, so there is nothing before")
        return
    _exactly(before, ("checkpoint", "proof"), "before")
    earlier = _read_checkpoint(_text(before, "checkpoint", "before"), head.origin, key)
    proof = [_decode(part, "before: consistency proof") for part in _list(before, "proof", "before")]
    if earlier.size != size:
        raise BundleError("before: expected the checkpoint that ends where the first entry begins")
    if not _extends(earlier.size, head.size, proof, earlier.root, head.root):
        raise BundleError("before: consistency proof: the log was rewritten since")
    _check_signed(earlier, key)


def broken_continuation(older: bytes, newer: bytes) -> str:
    """Say why a period's bundle does not continue an earlier one of the same log; nothing if it does.

    The earlier bundle holds the entry just before the later one's first, with its proof. Of that
    proof, the hashes to the left give the root of the log up to that entry (RFC 9162, section 2.1.4),
    which must be the root of the later bundle's `before`.

    Args:
        older: a bundle that has been verified.
        newer: a period's bundle that has been verified.

    """
    old, new = json.loads(older)["body"], json.loads(newer)["body"]
    if old["vkey"] != new["vkey"] or old["origin"] != new["origin"]:
        return "after: the earlier bundle is of another log or key"
    kept = {entry["index"]: entry for entry in old["entries"]}
    for entry in new["entries"]:
        if kept.get(entry["index"], entry)["envelope"] != entry["envelope"]:
            return "after: entry {} was another one in the earlier bundle".format(entry["index"])
    if new["before"] is None:
        return "" if new["index"] is None else "after: only a period's bundle continues an earlier one"
    _, size, root, *_ = new["before"]["checkpoint"].split("\n")
    joint = kept.get(int(size) - 1)
    if joint is None:
        return f"after: the earlier bundle does not hold entry {int(size) - 1}: something between them may be missing"
    node = hashlib.sha256(b"\x00" + base64.b64decode(joint["envelope"])).digest()
    index, last = joint["index"], int(old["checkpoint"].split("\n")[1]) - 1
    for sibling in joint["proof"]:
        if index & 1 or index == last:
            node = hashlib.sha256(b"\x01" + base64.b64decode(sibling) + node).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return "" if base64.b64encode(node).decode() == root else "after: the log was rewritten since the earlier bundle"


def _check_indexes(facts: tuple[Fact, ...]) -> None:
    """Where the log is here from its start, compute every index again."""
    members: dict[str, list[tuple[int, bytes]]] = {}
    for fact in facts:
        if fact.kind == "logIndex":
            covered = _count(fact.told, "entries", "index")
            early = {key: [item for item in items if item[0] < covered] for key, items in members.items()}
            lines = [index_line(key, items) for key, items in sorted(early.items()) if items]
            root = _tree_root([hashlib.sha256(b"\x00" + line).digest() for line in lines])
            if covered > fact.index or (fact.told["keys"], fact.text("root")) != (len(lines), root.hex()):
                raise BundleError(f"entry {fact.index}: the index counts other entries than the log has")
        for key in index_keys(fact.told):
            members.setdefault(key, []).append((fact.index, fact.leaf))


# --- the story ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """The facts of one or more cases, and what they amount to."""

    facts: tuple[Fact, ...]
    superseded: tuple[str, ...]
    """Ids of statements that a later correction withdrew."""
    still_open: tuple[str, ...]

    def standing(self, *kinds: str) -> list[Fact]:
        """Return the facts of these kinds that no correction withdrew."""
        return [f for f in self.facts if f.kind in kinds and f.text("statementId") not in self.superseded]

    def claims(self, scope: dict[str, str]) -> tuple[str, ...]:
        """Return the codes of what is claimed, and of what cannot be shown."""
        disposals, acks = self.standing(*_DISPOSALS), self.standing("processorAck")
        copies = self.standing("copyRemains", "backupExpired")
        effects = [fact.told["effect"] for fact in disposals]
        versions = [e.get("versionsRemoved") for e in effects if isinstance(e, dict)]
        looks = self.standing("verification")
        changed = self.standing("anonymize", "pseudonymize")
        keys = self.standing("keyDestroyed")
        answered = [f for f in acks if f.text("state") == "completed" and f.told.get("keyId") is not None]
        chosen = {
            "C1": True,
            "C2": any(fact.told["passed"] for fact in looks if not fact.text("dataset").startswith("disclosure.")),
            "C3": any(versions),
            "C4": bool(copies) and all(copy["until"] for copy in _remains(self)),
            "C5": bool(answered),
            "C6": bool(keys),
            "C7": "from" not in scope,
            "C8": "from" in scope,
            "C9": bool(disposals),
            "C10": bool(disposals) and not self.still_open,
            "L1": True,
            "L2": bool(disposals),
            "L3": bool(disposals),
            "L4": bool(copies) or any(isinstance(e, dict) and e.get("residues") for e in effects),
            "L5": bool(looks),
            "L6": bool(changed),
            "L7": True,
            "L8": "from" not in scope,
            "L9": True,
            "L10": bool(acks or keys),
        }
        return tuple(code for code in CATALOGUE if chosen[code])


def read_story(facts: tuple[Fact, ...], attached: dict[str, bytes], *, starts: bool) -> Story:
    """Check that plans, approvals, steps and attachments are about the same bytes.

    Args:
        facts: in the log's order.
        attached: the attachments.
        starts: whether every case in it is told from its start.

    Raises:
        BundleError: they are not.

    """
    superseded = _superseded(facts, starts=starts)
    plans = _read_plans(facts, attached)
    still_open: list[str] = []
    cases = sorted({fact.case_id for fact in facts if fact.case_id})
    for case in cases:
        of_case = tuple(fact for fact in facts if fact.case_id == case)
        begun_before = not starts and not any(f.kind in ("planned", "denial") for f in of_case)
        if begun_before:
            problems = ["began before this period: see the bundle of the case"]
        else:
            _check_plans(of_case)
            problems = _open_ends(of_case, superseded, plans)
        still_open += problems if len(cases) == 1 else [case + ": " + problem for problem in problems]
    for fact in facts:
        if fact.kind == "canary" and fact.text("state") == "survived":
            still_open.append("canary: survived in " + _words(fact.told["survivedIn"]))
    return Story(facts, superseded, tuple(still_open))


def _superseded(facts: tuple[Fact, ...], *, starts: bool) -> tuple[str, ...]:
    """Return what corrections withdrew; each must name an earlier statement of its case."""
    seen: dict[str, str] = {}
    withdrawn = []
    for fact in facts:
        if fact.kind == "correction":
            named = fact.text("supersedes")
            if seen.get(named, "" if starts else fact.case_id) != fact.case_id:
                raise BundleError(f"entry {fact.index}: correction: no earlier statement of the case")
            withdrawn.append(named)
        seen[fact.text("statementId")] = fact.case_id
    return tuple(withdrawn)


def _read_plans(facts: tuple[Fact, ...], attached: dict[str, bytes]) -> dict[str, dict[str, object]]:
    """Return the attached plans by digest; policy and data map must be those that a plan was made from."""
    named = {fact.text("planDigest") for fact in facts}
    plans: dict[str, dict[str, object]] = {}
    for name, content in attached.items():
        if re.fullmatch(_PLAN_NAME, name):
            digest = hashlib.sha256(content).hexdigest()
            if digest not in named:
                raise BundleError("attachment " + name + ": not a plan whose digest is in the log")
            plans[digest] = _parse(content, "attachment " + name)
    for name, names in (("policy.yaml", "policy_digest"), ("datamap.yaml", "datamap_digest")):
        digests = [plan.get(names) for plan in plans.values()]
        if name in attached and hashlib.sha256(attached[name]).hexdigest() not in digests:
            raise BundleError("attachment " + name + ": not the file that a plan here was made from")
    return plans


def _check_plans(facts: tuple[Fact, ...]) -> None:
    """Check that every plan digest was planned, and that every step's was approved before."""
    planned = {fact.text("planDigest") for fact in facts if fact.kind == "planned"}
    approved = set()
    for fact in facts:
        digest = fact.text("planDigest")
        if fact.kind in _PLAN_BOUND and digest not in planned:
            raise BundleError(f"entry {fact.index}: plan digest: no planned entry has it")
        if fact.kind == "approval":
            approved.add(digest)
        if fact.kind in _STEPS and digest not in approved:
            raise BundleError(f"entry {fact.index}: plan digest: no earlier approval names it")


def _open_ends(facts: tuple[Fact, ...], superseded: tuple[str, ...], plans: dict[str, dict[str, object]]) -> list[str]:
    """Say why the case is not complete; nothing if it is. A correction can take away, never add."""
    standing = [fact for fact in facts if fact.text("statementId") not in superseded]
    disposals = [fact for fact in standing if fact.kind in _DISPOSALS]
    if not disposals and any(fact.kind == "denial" for fact in standing):
        return []
    if not disposals and any(fact.kind == "batchShare" for fact in standing):
        # stated when all of the batch was done, verified and answered: its own bundle shows the steps
        return _unanswered(standing) + _back(standing)
    digests = [fact.text("planDigest") for fact in facts if fact.kind == "planned"]
    plan = plans.get(digests[-1], {}) if digests else {}
    rows = [] if disposals or plan else ["nothing has been carried out"]
    if disposals and not plan:
        rows.append("its plan is not attached: whether all of it was done cannot be seen")
    withdrawn = [f for f in facts if f.kind in _STEPS and f.text("statementId") in superseded]
    rows += ["step {}: its statement was withdrawn".format(f.text("stepId")) for f in withdrawn]
    return rows + _unverified(facts, superseded) + _undone(standing, plan) + _unanswered(standing) + _back(standing)


def _unverified(facts: tuple[Fact, ...], superseded: tuple[str, ...]) -> list[str]:
    last_steps = {
        (fact.text("planDigest"), fact.text("dataset")): fact.index for fact in facts if fact.kind in _DISPOSALS
    }
    problems = []
    for (digest, dataset), index in sorted(last_steps.items()):
        looks = [
            fact.told["passed"] and fact.text("statementId") not in superseded
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


def _undone(facts: list[Fact], plan: dict[str, object]) -> list[str]:
    """Compare with the steps of the plan, where it is attached."""
    steps = plan.get("steps")
    done = {fact.text("stepId") for fact in facts if fact.kind in _STEPS}
    answered = {fact.text("processor") for fact in facts if fact.kind == "processorAck"}
    problems = []
    for step in steps if isinstance(steps, list) else []:
        if not isinstance(step, dict):
            continue
        if "dataset" in step and str(step.get("step_id")) not in done:
            problems.append("step {}: not carried out".format(step.get("step_id")))
        if step.get("is") == "TellProcessor" and str(step.get("system")) not in answered:
            problems.append("processor {}: has not answered".format(step.get("system")))
    return problems + _unshredded(facts, steps if isinstance(steps, list) else [])


def _unshredded(facts: list[Fact], steps: list[object]) -> list[str]:
    """Compare the people's keys that the plan was to shred with those stated destroyed; the case's own is no such."""
    wanted = 0
    for step in steps:
        keys = step.get("keys") if isinstance(step, dict) and step.get("is") == "ShredKeys" else None
        size = keys.get("size") if isinstance(keys, dict) else 0
        wanted += size if isinstance(size, int) else 0
    own = {hashlib.sha256("case/{}".format(fact.text("caseId").lower()).encode()).hexdigest() for fact in facts}
    gone = {fact.text("keyRef") for fact in facts if fact.kind == "keyDestroyed"} - own
    if len(gone) < wanted:
        return [f"keys: {len(gone)} of {wanted} were shredded"]
    return []


def _unanswered(facts: list[Fact]) -> list[str]:
    latest = {fact.text("orderId"): fact for fact in facts if fact.kind == "processorAck"}
    open_orders = [fact for fact in latest.values() if fact.text("state") not in _SETTLED]
    known = {fact.text("orderId"): fact for fact in facts if fact.kind == "processorProbe"}
    found = [fact for fact in known.values() if fact.told["found"]]
    return [
        *("processor {}: {}".format(fact.text("processor"), fact.text("state")) for fact in open_orders),
        *("processor {}: a look-up still finds the person".format(fact.text("processor")) for fact in found),
    ]


def _back(facts: list[Fact]) -> list[str]:
    """Name the return cases that have not erased again what a re-scan found."""
    looks = [fact for fact in facts if fact.kind == "rescan"]
    erased = {fact.told.get("returnCase") for fact in looks if fact.text("state") == "erased"}
    cases = {fact.told.get("returnCase") for fact in looks if fact.text("state") == "returned"} - erased
    return [f"data came back: {case} has not erased it again" for case in sorted(map(str, cases))]


# --- the summary -------------------------------------------------------------------------------


def summarize(story: Story, scope: dict[str, str]) -> dict[str, object]:
    """Return what a bundle says in words and dates: made from the statements, and checked against them."""
    looks = story.standing("verification")
    passed = sum(1 for look in looks if look.told["passed"])
    codes = story.claims(scope)
    return {
        "claims": [_in_words(code) for code in codes if code.startswith("C")],
        "kept": [
            {"dataset": f.text("dataset"), "fields": f.told["fields"], "statute": f.told["statute"], "until": until}
            for f in story.standing("kept")
            for until in [f.told.get("until")]
        ]
        + [
            {name: kept.get(name) for name in ("dataset", "fields", "statute", "until")}
            for f in story.standing("batchShare")
            for kept in _records(f.told["kept"])
        ],
        "limits": [_in_words(code) for code in codes if code.startswith("L")],
        "open": list(story.still_open),
        "remains": _remains(story),
        "verifications": {"failed": len(looks) - passed, "passed": passed},
    }


def _in_words(code: str) -> dict[str, str]:
    english, japanese = CATALOGUE[code]
    return {"code": code, "en": english, "ja": japanese}


def _remains(story: Story) -> list[dict[str, str | None]]:
    """Return the copies that are out of use and not yet gone, each with its latest horizon; None is later than any."""
    gone = {(fact.text("system"), fact.text("copyId")) for fact in story.standing("backupExpired")}
    latest: dict[tuple[str, str], str | None] = {}
    for fact in story.standing("copyRemains"):
        copy, until = (fact.text("system"), fact.text("what")), _end(fact)
        known = latest.get(copy, "")
        latest[copy] = None if known is None or until is None else max(known, until)
    for fact in story.facts:
        if fact.kind == "copyRemains":  # a correction may name another date, it cannot make the copy vanish
            latest.setdefault((fact.text("system"), fact.text("what")), _end(fact))
    return [
        {"system": system, "until": until, "what": what}
        for (system, what), until in sorted(latest.items())
        if (system, what) not in gone
    ]


def _end(fact: Fact) -> str | None:
    """Return until when a copy remains, or None where nobody can say."""
    return None if fact.told.get("until") is None else fact.text("until")


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


def _count(record: object, name: str, where: str) -> int:
    value = record.get(name) if isinstance(record, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BundleError(where + ": " + name + ": expected a whole number")
    return value


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text) if re.fullmatch("[0-9a-f]{64}", text) else b""


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


def _extends(size: int, larger: int, proof: list[bytes], root: bytes, larger_root: bytes) -> bool:
    """Check a consistency proof (RFC 9162, section 2.1.4.2)."""
    if not 0 < size <= larger:
        return False
    if size == larger:
        return not proof and root == larger_root
    path = [root, *proof] if size & (size - 1) == 0 else proof
    if not path:
        return False
    index, last = size - 1, larger - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    small = large = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            small = hashlib.sha256(b"\x01" + sibling + small).digest()
            large = hashlib.sha256(b"\x01" + sibling + large).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            large = hashlib.sha256(b"\x01" + large + sibling).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and (small, large) == (root, larger_root)


def _tree_root(level: list[bytes]) -> bytes:
    """Return the root over leaf hashes; an odd last node moves up as it is."""
    if not level:
        return hashlib.sha256(b"").digest()
    while len(level) > 1:
        pairs = range(0, len(level) - 1, 2)
        above = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in pairs]
        level = above + level[len(level) & ~1 :]
    return level[0]


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


# --- witnesses: C2SP tlog-policy and tlog-cosignature ------------------------------------------


@dataclass(frozen=True)
class Witness:
    """Someone who cosigns checkpoints, after checking that the log only grew."""

    name: str
    """In the policy file."""
    key_name: str
    key_id: bytes
    public: bytes
    url: str
    """Where the log asks for cosignatures; may be empty."""


@dataclass(frozen=True)
class Policy:
    """Which logs, which witnesses, and how many of them must have cosigned."""

    logs: tuple[str, ...]
    """Verifier keys; empty: any log."""
    witnesses: dict[str, Witness]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    """Name → how many of which members."""
    quorum: str

    def is_reached(self, cosigners: Iterable[str]) -> bool:
        """Whether these witnesses are a quorum."""
        return self.quorum == "none" or self._stands(self.quorum, frozenset(cosigners))

    def needs(self) -> str:
        """Say the quorum in words: `2 of (a, b, c)`."""
        return self._words(self.quorum)

    def _stands(self, name: str, cosigners: frozenset[str]) -> bool:
        if name in self.witnesses:
            return name in cosigners
        least, members = self.groups[name]
        return sum(self._stands(member, cosigners) for member in members) >= least

    def _words(self, name: str) -> str:
        if name not in self.groups:
            return name
        least, members = self.groups[name]
        return "{} of ({})".format(least, ", ".join(self._words(member) for member in members))


def read_policy(text: str) -> Policy:
    """Read a policy file (C2SP tlog-policy).

    Raises:
        ValueError: it is not one; the message names the line.

    """
    policy = Policy((), {}, {}, "")
    used: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        words = re.split("[ \t]+", line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        try:
            policy = _with_line(policy, words, used)
        except (BundleError, ValueError) as error:
            raise ValueError(f"policy of witnesses, line {number}: {error}") from None
    if not policy.quorum:
        raise ValueError("policy of witnesses: expected one line `quorum NAME`, found none")
    return policy


def _with_line(policy: Policy, words: list[str], used: set[str]) -> Policy:
    kind, rest = words[0], words[1:]
    if kind == "log" and len(rest) in (1, 2):
        _read_key(rest[0], _signed_by)
        if any(rest[0].rpartition("+")[2] == known.rpartition("+")[2] for known in policy.logs):
            raise ValueError("the log's key stands here twice")
        return replace(policy, logs=(*policy.logs, rest[0]))
    if kind == "witness" and len(rest) in (2, 3):
        witness = _read_witness(rest[0], rest[1], rest[2] if rest[2:] else "")
        if any(witness.public == known.public for known in policy.witnesses.values()):
            raise ValueError("the witness's key stands here twice")
        _check_new(policy, witness.name)
        return replace(policy, witnesses={**policy.witnesses, witness.name: witness})
    if kind == "group" and len(rest) >= 3:  # noqa: PLR2004 -- name, threshold, members
        _check_new(policy, rest[0])
        return replace(policy, groups={**policy.groups, rest[0]: _read_group(policy, rest[1], rest[2:], used)})
    if kind == "quorum" and len(rest) == 1 and not policy.quorum:
        if rest[0] != "none":
            _check_known(policy, rest[0])
        return replace(policy, quorum=rest[0])
    raise ValueError("expected log VKEY, witness NAME VKEY, group NAME K MEMBERS or one quorum NAME")


def _read_witness(name: str, vkey: str, url: str) -> Witness:
    key_name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _decode(encoded, "key")
    expected = hashlib.sha256(key_name.encode("utf-8", "surrogateescape") + b"\n" + raw).digest()[:4]
    if not key_name or len(raw) != 33 or raw[:1] != b"\x04" or key_id != expected.hex():  # noqa: PLR2004 -- 1 + 32
        raise ValueError("expected the key of an Ed25519 cosigner (name+keyid+base64, type 4)")
    point = _decompressed(raw[1:])
    if point is None or _times_eight(point)[0] == 0:
        raise ValueError("not a point that signatures can be checked with")
    return Witness(name, key_name, expected, raw[1:], url)


def _read_group(policy: Policy, least: str, members: list[str], used: set[str]) -> tuple[int, tuple[str, ...]]:
    for member in members:
        _check_known(policy, member)
        if member in used:
            raise ValueError("a member may count in one group only, once")
        used.add(member)
    number = {"any": 1, "all": len(members)}.get(least)
    if number is None and re.fullmatch("[1-9][0-9]{0,3}", least) and int(least) <= len(members):
        number = int(least)
    if number is None:
        raise ValueError("expected any, all or a number of 1 to the number of members")
    return number, tuple(members)


def _check_new(policy: Policy, name: str) -> None:
    if name == "none" or name in policy.witnesses or name in policy.groups:
        raise ValueError("expected a new name, found one that is taken")


def _check_known(policy: Policy, name: str) -> None:
    if name not in policy.witnesses and name not in policy.groups:
        raise ValueError("expected a witness or group of the lines above, found another name")


def cosigned_at(line: str, text: bytes, witness: Witness, signed_by: SignedBy | None = None) -> int | None:
    """Return when the witness says it cosigned the checkpoint's text (seconds since 1970).

    None: the line is not the witness's.

    Raises:
        BundleError: the line is in the witness's name and does not verify.

    """
    _, name, encoded = line.split(" ")
    raw = _decode(encoded, "cosignature of " + witness.name)
    if name != witness.key_name or raw[:4] != witness.key_id:
        return None
    at, signature = int.from_bytes(raw[4:12], "big"), raw[12:]
    message = b"cosignature/v1\ntime %d\n%b" % (at, text)
    if at >= 1 << 63 or not (signed_by or _signed_by)(witness.public, message, signature):
        raise BundleError("cosignature of " + witness.name + ": does not verify for this checkpoint")
    return at


def _check_quorum(head: _Head, vkey: str, policy: Policy, signed_by: SignedBy) -> dict[str, str]:
    """Return who cosigned, and when.

    Raises:
        BundleError: not by the policy's log, a cosignature does not verify, or too few are there.

    """
    if policy.logs and vkey not in policy.logs:
        raise BundleError("key: the bundle is signed by a log that the policy of witnesses does not name")
    found: dict[str, str] = {}
    for line in head.others:
        for name, witness in policy.witnesses.items():
            at = cosigned_at(line, head.text, witness, signed_by)
            if at is not None:
                found[name] = utc(at)
    if not policy.is_reached(found):
        who = ", ".join(sorted(found)) or "none"
        raise BundleError(f"witnesses: the quorum is not reached: needed {policy.needs()}, found {who}")
    return found


def utc(seconds: int) -> str:
    """Write seconds since 1970 as an instant; raises BundleError if no calendar has it."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        raise BundleError("cosignature: at no time that a calendar has") from None


# --- for people --------------------------------------------------------------------------------

_HEADINGS = {
    "en": (
        "facts, in the log's order",
        "remains",
        "nothing that the log knows of",
        "what this shows",
        "what it cannot show",
    ),
    "ja": ("記録された事実(記録順)", "残るもの", "記録が知る限りありません", "示すこと", "示せないこと"),
}


def summary(report: Report, language: str = "en") -> str:
    """Return what was found, for people; in English, or with claims and limits in Japanese."""
    if not report.authentic:
        return _printable("BROKEN: " + report.broken) + "\n"
    facts, remains, nothing, shows, limits = _HEADINGS[language]
    lines = ["AUTHENTIC: " + report.scope + (", complete" if report.complete else "")]
    lines += ["NOT COMPLETE: " + why for why in report.still_open]
    lines += ["", f"log    {report.origin}, {report.size} entries, root {report.root}"]
    lines += [f"       continues the log of {report.before} entries"] if report.before else []
    lines += ["key    sha256 " + report.fingerprint]
    trust = "the one you gave" if report.pinned else "NOT PINNED: compare it with the published one, or use --key"
    lines += ["       " + trust]
    lines += [f"       cosigned by {name} at {at}" for name, at in report.witnessed]
    lines += ["       quorum reached: " + report.quorum] if report.quorum else []
    unjudged = len(report.others) - len(report.witnessed)
    lines += [f"       {unjudged} signatures of others, not judged here"] if unjudged > 0 else []
    lines += ["files  " + ", ".join(report.attachments)] if report.attachments else []
    lines += ["", facts, *(_line(fact, report.superseded) for fact in report.facts)]
    lines += ["", remains, *(_remaining(report) or ["  " + nothing])]
    for heading, letter in ((shows, "C"), (limits, "L")):
        codes = [code for code in report.claims if code.startswith(letter)]
        lines += ["", heading, *(f"  {code:<4}{CATALOGUE[code][language == 'ja']}" for code in codes)]
    return "\n".join(line if language == "ja" else _printable(line) for line in lines) + "\n"


def _line(fact: Fact, superseded: tuple[str, ...]) -> str:
    mark = " (withdrawn)" if fact.text("statementId") in superseded else ""
    return f"  #{fact.index:<5} {fact.at:<20.20} {fact.kind:<16} {_detail(fact)}{mark}".rstrip()


def _detail(fact: Fact) -> str:
    """Say the heart of the fact in a few words."""
    if fact.kind in _DISPOSALS:
        return "{}: {}".format(fact.text("dataset"), _counts(fact))
    if fact.kind == "verification":
        verdict = "passed" if fact.told["passed"] else "FAILED"
        return "{}: {}, {} left".format(fact.text("dataset"), verdict, fact.text("residual"))
    if fact.kind == "kept":
        return "{}: {} rows under {}".format(fact.text("dataset"), fact.text("rows"), fact.text("statute"))
    if fact.kind == "batchShare":
        done = _records(fact.told["done"])
        words = [_DONE.get(str(part.get("action")), "changed") for part in done]
        counts = [(part.get("dataset"), part.get("rows"), word) for part, word in zip(done, words, strict=True)]
        parts = ["{}: {} rows {}".format(*each) for each in counts]
        return "with batch {}: {}".format(fact.text("batch"), ", ".join(parts) or "nothing was there")
    if fact.kind == "rescan":
        late = ", late" if fact.told["late"] else ""
        return "{}: {}, {} found{}".format(fact.text("round"), fact.text("state"), fact.text("found"), late)
    if fact.kind == "beyondUse":
        tests = {"noDecisions": "no decisions", "noAccess": "no access", "secured": "secured", "willDelete": "deletion"}
        answers = ", ".join(f"{words}: {'yes' if fact.told[name] else 'NO'}" for name, words in tests.items())
        return "{}: {}".format(fact.text("system"), answers)
    who = ("planDigest", "medium", "method", "processor", "state", "note", "system", "holdId", "supersedes", "dataset")
    shown = (*who, "what", "why", "until", "copyId", "reason", "checkValue", "found", "entries")
    return " ".join(fact.text(name) for name in shown if name in fact.told)


def _counts(fact: Fact) -> str:
    effect = fact.told["effect"]
    assert isinstance(effect, dict)  # noqa: S101 -- narrows the type; _FIELDS has checked it
    words = "{} rows {}".format(effect.get("rows", 0), _DONE.get(fact.text("action") or fact.kind, "changed"))
    if effect.get("rowsSuppressed"):
        words += ", {} of them erased as too rare".format(effect["rowsSuppressed"])
    if effect.get("versionsRemoved"):
        words += ", {} old versions removed".format(effect["versionsRemoved"])
    return words


def _remaining(report: Report) -> list[str]:
    lines = [
        "  {} {}: out of use, gone by {}".format(copy["system"], copy["what"], copy["until"] or "a date nobody can say")
        for copy in _remains(Story(report.facts, report.superseded, ()))
    ]
    for fact in report.facts:
        for kept in [fact.told] if fact.kind == "kept" else _records(fact.told.get("kept")):
            until = str(kept.get("until") or "a date nobody can say yet")
            lines.append("  {}: {}, kept until {}".format(kept.get("dataset"), _words(kept.get("fields")), until))
    return lines


def _records(items: object) -> list[dict[str, object]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _words(names: object) -> str:
    return ", ".join(str(name) for name in names) if isinstance(names, list) else ""


def _printable(text: str) -> str:
    return "".join(sign if " " <= sign <= "~" else "?" for sign in text)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 -- one dependency less to read
        return file.read()


def _read_text(path: str | None) -> str | None:
    if path is None:
        return None
    return _read(path).decode("utf-8", "surrogateescape")


def main(arguments: list[str] | None = None) -> int:
    """Run as a program; return the exit code."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle, offline.")
    parser.add_argument("bundle", help="the file")
    parser.add_argument("--key", metavar="VKEY", help="the verifier key you trust: name+keyid+base64")
    parser.add_argument("--after", metavar="OLDER", help="an earlier bundle that this period's must continue")
    parser.add_argument("--language", choices=sorted(_HEADINGS), default="en", help="of claims and limits")
    parser.add_argument("--witnesses", metavar="POLICYFILE", help="witnesses whose quorum must have cosigned")
    options = parser.parse_args(arguments)
    try:
        data = _read(options.bundle)
        report = verify(data, options.key, witnesses=_read_text(options.witnesses))
        if options.after and report.authentic:
            report = verify_after(_read(options.after), data, report, options.key)
    except (OSError, ValueError) as error:
        sys.stderr.write("cannot check: " + _printable(str(error)) + "\n")
        return 2
    sys.stdout.buffer.write(summary(report, options.language).encode("utf-8"))
    return 0 if report.authentic else 1


if __name__ == "__main__":
    sys.exit(main())
