"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint): the head of the log, in readable text.

retention.example/log
42
<root hash, base64>

— retention.example/log <key id and signature, base64>
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from retention.errors import FoundError, InputError
from retention.evidence.merkle import HASH_SIZE

_ED25519 = b"\x01"
_KEY_ID_SIZE = 4
_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under a name."""

    name: str
    public: bytes
    """32 bytes."""

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Read a verifier key: `name+keyid+base64`.

        Raises:
            InputError: it is not one, or its key id belongs to another key.

        """
        name, _, rest = vkey.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:  # binascii.Error, or letters outside ASCII
            raw = b""
        key = cls(name, raw[1:])
        if len(raw) != 1 + HASH_SIZE or not name or key.vkey != vkey or key.key_id.hex() != key_id:
            raise InputError("expected a verifier key (name+keyid+base64), found something else")
        return key

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name, newline, algorithm, key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:_KEY_ID_SIZE]

    @property
    def vkey(self) -> str:
        """The key as text, to be published and pinned."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the public key: what people compare, and the key's id in DSSE envelopes."""
        return hashlib.sha256(self.public).hexdigest()

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature over the message is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under a name; the name stands in every signature line."""

    verifier: Verifier
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Signer:
        """Make the signer from 32 secret bytes (the key store's key `signing`).

        Raises:
            InputError: the name has spaces or `+`, or the seed is not 32 bytes.

        """
        if not name or "+" in name or any(sign.isspace() for sign in name):
            raise InputError("signer: expected a name without spaces and without +, found another")
        if len(seed) != HASH_SIZE:
            raise InputError(f"signer: expected a seed of {HASH_SIZE} bytes, found {len(seed)}")
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(Verifier(name, private.public_key().public_bytes_raw()), private)

    @property
    def vkey(self) -> str:
        """The verifier key as text."""
        return self.verifier.vkey

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature (64 bytes)."""
        return self._private.sign(message)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log at one size, signed."""

    origin: str
    size: int
    root: bytes
    note: bytes
    """The signed note, byte for byte."""


def sign_checkpoint(signer: Signer, origin: str, size: int, root: bytes) -> Checkpoint:
    """Return the signed checkpoint."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = base64.b64encode(signer.verifier.key_id + signer.sign(text.encode())).decode()
    return Checkpoint(origin, size, root, f"{text}\n{_DASH}{signer.verifier.name} {signature}\n".encode())


def open_checkpoint(note: bytes, verifier: Verifier, origin: str) -> Checkpoint:
    """Read a checkpoint and check its signature; lines of other signers are passed over.

    Raises:
        FoundError: it is not a checkpoint of this origin signed by this key.

    """
    text, _, lines = note.decode(errors="replace").rpartition("\n\n")
    text += "\n"
    if not any(_signed(line, text, verifier) for line in lines.splitlines()):
        raise FoundError(f"checkpoint: expected a signature of {verifier.name}, found none that verifies")
    head = text.splitlines()
    try:
        checkpoint = Checkpoint(head[0], int(head[1]), base64.b64decode(head[2], validate=True), note)
    except (IndexError, ValueError) as error:
        raise FoundError("checkpoint: expected origin, size and root, found other lines") from error
    if checkpoint.origin != origin:
        raise FoundError(f"checkpoint: expected the log {origin}, found {checkpoint.origin}")
    return checkpoint


def _signed(line: str, text: str, verifier: Verifier) -> bool:
    prefix = f"{_DASH}{verifier.name} "
    if not line.startswith(prefix):
        return False
    try:
        raw = base64.b64decode(line[len(prefix) :], validate=True)
    except ValueError:  # binascii.Error, or letters outside ASCII
        return False
    return raw[:_KEY_ID_SIZE] == verifier.key_id and verifier.accepts(text.encode(), raw[_KEY_ID_SIZE:])
