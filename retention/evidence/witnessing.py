"""The log's side: ask every witness to cosign the newest checkpoint, and keep what they signed beside it.

Publishing never waits for witnesses: the checkpoint stands first, and whoever did not sign is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.errors import FoundError, TransientFailure
from retention.evidence import verifier
from retention.evidence.cosigning import Submission, text_of
from retention.evidence.log import EvidenceLog
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint
from retention.ports.tiles import TileStore
from retention.ports.witness import Cosignatures, Declined, OtherSize, WitnessAnswer, WitnessClient

COSIGNED = "checkpoint.cosigned"
"""The newest checkpoint that anybody cosigned, with those lines; beside `checkpoint` in the published files."""
_AT_ONCE = 8
_CLOCKS_DIFFER = timedelta(minutes=10)
_LARGEST_SIZE = 1 << 53


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Whom the log asks, and how many must sign."""

    policy: verifier.Policy
    clients: Mapping[str, WitnessClient]
    """By name in the policy."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Who stands behind a checkpoint."""

    origin: str
    size: int
    cosigned: Mapping[str, str]
    """Witness → when it says it signed."""
    missing: Mapping[str, str]
    """Witness → a code: `unreachable`, `declined-403`, `contradicts` (it has seen another tree of this or
    an earlier size), `ahead` (it has seen a larger tree than ours), `false-signature`, `wrong-clock`."""
    needed: str
    is_quorum: bool


def ask(log: EvidenceLog, witnesses: Witnesses, now: datetime) -> Witnessed:
    """Publish the log and ask all witnesses that have not signed this checkpoint yet; keep what they sign.

    Raises:
        FoundError: the log cannot be published (see `EvidenceLog.publish`).

    """
    checkpoint = log.publish()
    kept = cosigned_note(log.tiles, checkpoint)
    lines = {name: line for line in _others(kept, checkpoint) for name in _signers(line, checkpoint, witnesses)}
    asked = {name: client for name, client in witnesses.clients.items() if name not in lines}
    missing: dict[str, str] = {}
    earlier = _last_size(log)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = {name: pool.submit(_ask, log, checkpoint, client, earlier) for name, client in asked.items()}
    for name, answer in answers.items():
        found = _judged(answer.result(), checkpoint, witnesses.policy.witnesses[name], now)
        if found.startswith("\N{EM DASH}"):
            lines[name] = found
        else:
            missing[name] = found
    note = checkpoint.note + "".join(f"{lines[name]}\n" for name in sorted(lines)).encode()
    if note not in (kept, checkpoint.note):
        _keep(log.tiles, checkpoint, note)
    signed = {name: _when(line, checkpoint, witnesses.policy.witnesses[name]) for name, line in lines.items()}
    unasked = witnesses.policy.witnesses.keys() - lines.keys() - missing.keys()
    missing |= dict.fromkeys(sorted(unasked), "no-address")
    policy = witnesses.policy
    reached = policy.is_reached(lines)
    return Witnessed(checkpoint.origin, checkpoint.size, signed, missing, policy.needs(), reached)


def cosigned_note(tiles: TileStore, checkpoint: Checkpoint) -> bytes:
    """Return the checkpoint's note with the cosignatures that are kept for it; its own if there are none."""
    kept = tiles.read(COSIGNED)
    if kept is None or text_of(kept) != text_of(checkpoint.note):
        return checkpoint.note
    return checkpoint.note + "".join(f"{line}\n" for line in _others(kept, checkpoint)).encode()


def _others(note: bytes, checkpoint: Checkpoint) -> list[str]:
    ours = checkpoint.note.decode().splitlines()
    lines = note.rpartition(b"\n\n")[2].decode(errors="replace").splitlines()
    return [line for line in lines if line not in ours and len(line.split(" ")) == 3]  # noqa: PLR2004 -- dash, name, signature


def _ask(log: EvidenceLog, checkpoint: Checkpoint, client: WitnessClient, earlier: int) -> WitnessAnswer | str:
    """Send the checkpoint; once more if the witness stands at another size than we thought."""
    try:
        answer = client.add_checkpoint(_submission(log, checkpoint, min(earlier, checkpoint.size)).body)
        if isinstance(answer, OtherSize) and answer.size > checkpoint.size:
            return "ahead"
        if isinstance(answer, OtherSize) and answer.size != earlier:
            answer = client.add_checkpoint(_submission(log, checkpoint, answer.size).body)
    except TransientFailure:
        return "unreachable"
    return answer


def _submission(log: EvidenceLog, checkpoint: Checkpoint, old: int) -> Submission:
    proof = log.consistency(old, checkpoint.size) if 0 < old < checkpoint.size else ()
    return Submission(old, proof, checkpoint.note, checkpoint.origin)


def _judged(answer: WitnessAnswer | str, checkpoint: Checkpoint, witness: verifier.Witness, now: datetime) -> str:
    """Return the witness's line if it is good, or the code of why there is none."""
    match answer:
        case str(code):
            return code
        case OtherSize():
            return "contradicts"
        case Declined(status):
            return "contradicts" if status in _DISAGREEING else f"declined-{status}"
        case Cosignatures(raw):
            lines = raw.decode(errors="replace").splitlines()
    for line in lines:
        at = _cosigned_at(line, checkpoint, witness)
        if at is not None and at <= (now + _CLOCKS_DIFFER).timestamp():
            return line
        if at is not None:
            return "wrong-clock"
    return "false-signature"


_DISAGREEING = frozenset({409, 422})
"""Conflict, and a consistency proof that does not lead from what the witness has seen to what we show."""


def _cosigned_at(line: str, checkpoint: Checkpoint, witness: verifier.Witness) -> int | None:
    try:
        return verifier.cosigned_at(line, text_of(checkpoint.note), witness, _signed_by)
    except (verifier.BundleError, ValueError):
        return None


def _signers(line: str, checkpoint: Checkpoint, witnesses: Witnesses) -> list[str]:
    known = witnesses.policy.witnesses.items()
    return [name for name, witness in known if _cosigned_at(line, checkpoint, witness) is not None]


def _when(line: str, checkpoint: Checkpoint, witness: verifier.Witness) -> str:
    at = _cosigned_at(line, checkpoint, witness)
    return "" if at is None else verifier.utc(at)


def _last_size(log: EvidenceLog) -> int:
    """Return the size that witnesses have probably signed last; a wrong guess costs one more request."""
    kept = log.tiles.read(COSIGNED)
    try:
        size = 0 if kept is None else open_checkpoint(kept, log.signer.verifier, log.origin).size
    except FoundError:
        return 0
    return size if 0 <= size < _LARGEST_SIZE else 0


def _keep(tiles: TileStore, checkpoint: Checkpoint, note: bytes) -> None:
    """Put the note in place unless a larger tree stands there, or someone was faster; then his stays."""
    before = tiles.read(COSIGNED)
    if before is None or _size_of(before) <= checkpoint.size:
        tiles.replace(COSIGNED, before, note)


def _size_of(note: bytes) -> int:
    line = note.split(b"\n")[1:2]
    return int(line[0]) if line and line[0].isdigit() else 0


def _signed_by(public: bytes, message: bytes, signature: bytes, /) -> bool:
    return Verifier("", public).accepts(message, signature)
