"""What a witness decides and signs (C2SP tlog-witness, tlog-cosignature).

A witness remembers, for each log, the largest tree it has signed for. It signs a later one only with a
proof that the tree has merely grown: so a log cannot show two histories to people who ask the same witness.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from retention.errors import FoundError, InputError
from retention.evidence import merkle
from retention.evidence.merkle import HASH_SIZE
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint

_COSIGNATURE = b"\x04"
_KEY_ID_SIZE = 4
_LONGEST_PROOF = 63
LARGEST_SUBMISSION = 16_384
"""Bytes; 63 proof lines and a checkpoint with a few dozen signatures fit."""


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness's private key under its name."""

    name: str
    public: bytes
    """32 bytes."""
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Cosigner:
        """Make the cosigner from 32 secret bytes.

        Raises:
            InputError: the name has spaces or `+`, or the seed is not 32 bytes.

        """
        if not name or "+" in name or any(sign.isspace() for sign in name):
            raise InputError("witness: expected a name without spaces and without +, found another")
        if len(seed) != HASH_SIZE:
            raise InputError(f"witness: expected a seed of {HASH_SIZE} bytes, found {len(seed)}")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(name, private.public_key().public_bytes_raw(), private)

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, 4, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _COSIGNATURE + self.public).digest()[:_KEY_ID_SIZE]

    @property
    def vkey(self) -> str:
        """The verifier key as text, for policy files."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_COSIGNATURE + self.public).decode()}"

    def cosign(self, checkpoint: Checkpoint, at: datetime) -> bytes:
        """Return the signature line: this is the largest consistent tree of the log that we have seen until `at`."""
        seconds = int(at.timestamp())
        message = b"cosignature/v1\ntime %d\n%b" % (seconds, text_of(checkpoint.note))
        raw = self.key_id + seconds.to_bytes(8, "big") + self._private.sign(message)
        return f"\N{EM DASH} {self.name} {base64.b64encode(raw).decode()}\n".encode()


@dataclass(frozen=True, slots=True)
class Submission:
    """What a log sends: its checkpoint, and a proof that it continues the tree of size `old`."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes
    origin: str

    @property
    def body(self) -> bytes:
        """The request's body."""
        lines = [f"old {self.old}", *(base64.b64encode(part).decode() for part in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest tree of a log that the witness has signed for."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """No cosignature; with the protocol's status."""

    status: HTTPStatus
    size: int | None = None
    """On a conflict: the size of what was signed last."""
    is_proof: bool = False
    """The log's own signature stands under two different trees of one size: it has shown two histories."""


NOTHING = Seen(0, merkle.EMPTY_ROOT)


def text_of(note: bytes) -> bytes:
    """Return what is signed of a note."""
    return note.rpartition(b"\n\n")[0] + b"\n"


def read_submission(body: bytes) -> Submission:
    """Read a request's body.

    Raises:
        InputError: it has not the protocol's form.

    """
    head, _, note = body.partition(b"\n\n")
    first, *lines = head.decode("ascii", "replace").split("\n")
    old = re.fullmatch(r"old (0|[1-9][0-9]{0,15})", first)
    origin = note.partition(b"\n")[0].decode(errors="replace")
    if old is None or len(lines) > _LONGEST_PROOF or not note.endswith(b"\n") or not origin:
        raise InputError("witness: expected `old SIZE`, up to 63 hashes, an empty line and a checkpoint")
    try:
        proof = tuple(base64.b64decode(line, validate=True) for line in lines)
    except binascii.Error:
        proof = (b"",)
    if any(len(part) != HASH_SIZE for part in proof):
        raise InputError("witness: expected hashes of 32 bytes in base64")
    return Submission(int(old[1]), proof, note, origin)


def judge(submission: Submission, seen: Seen, log: Verifier) -> Checkpoint | Refusal:
    """Return the checkpoint to be cosigned and remembered, or why not; the order of checks is the protocol's."""
    try:
        checkpoint = open_checkpoint(submission.note, log, submission.origin)
    except FoundError:
        return Refusal(HTTPStatus.FORBIDDEN)
    root = base64.b64encode(checkpoint.root).decode()
    plain = f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n".encode()
    if text_of(checkpoint.note) != plain or len(checkpoint.root) != HASH_SIZE or submission.old > checkpoint.size:
        return Refusal(HTTPStatus.BAD_REQUEST)
    same_size = checkpoint.size == seen.size
    if same_size and checkpoint.root != seen.root:
        return Refusal(HTTPStatus.CONFLICT, seen.size, is_proof=True)
    if submission.old != seen.size:
        return Refusal(HTTPStatus.CONFLICT, seen.size)
    if not _continues(submission.proof, seen, checkpoint):
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY)
    return checkpoint


def _continues(proof: tuple[bytes, ...], seen: Seen, checkpoint: Checkpoint) -> bool:
    if seen.size == 0:
        return not proof and (checkpoint.size > 0 or checkpoint.root == merkle.EMPTY_ROOT)
    return merkle.extends(seen.size, checkpoint.size, proof, seen.root, checkpoint.root)
