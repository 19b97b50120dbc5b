"""Keyed tokens: the same value gets the same token only under the same key.

Each purpose, recipient, dataset, field and epoch has a key of its own, so that what two
recipients hold cannot be joined, and a leaked key opens one field of one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retention.deidentify.classes import Coded, code, encoded, mostly_distinct

TOKEN_BYTES = 16
"""128 bits: of a billion values two share a token with a chance of 10^-21."""


@dataclass(frozen=True, slots=True)
class Domain:
    """Where tokens may be compared: inside one of these and nowhere else (EDPB Guidelines 01/2025)."""

    purpose: str
    recipient: str
    dataset: str
    epoch: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """The root key and the domain it is used in. The root is never shown, and never leaves the vault whole."""

    root: bytes = field(repr=False)
    domain: Domain

    def of(self, column: str) -> bytes:
        """Return the key of one column."""
        return derive(self.root, replace(self.domain, field=column))


def derive(root: bytes, domain: Domain) -> bytes:
    """Return the 32-byte key of a domain: HKDF-SHA256 (RFC 5869) with the domain as its `info`.

    Raises:
        ValueError: the root has fewer than 32 bytes.

    """
    if len(root) < 32:  # noqa: PLR2004 -- as long as the keys derived from it
        raise ValueError(f"expected a root key of at least 32 bytes, found {len(root)}")
    parts = (domain.purpose, domain.recipient, domain.dataset, domain.field, domain.epoch)
    # Lengths before the parts: no two domains are the same bytes.
    info = b"retention.token.v1" + b"".join(len(raw).to_bytes(4, "big") + raw for raw in (p.encode() for p in parts))
    return HKDF(SHA256(), 32, None, info).derive(root)


def tokenize(values: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """Return a token of 32 hexadecimal digits for each value; null stays null.

    Numbers and dates are taken by their text; texts by their UTF-8 bytes, as they stand. Where
    values repeat, each is worked on once, and the array is dictionary-encoded, its dictionary sorted
    by token: an order of first appearance would tell of the original's rows.
    """
    column = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    if not pa.types.is_dictionary(column.type) and mostly_distinct(column):
        return pa.concat_arrays([_tokens(_texts(chunk), key) for chunk in column.chunks])
    coded = code(column)
    tokens = _tokens(_texts(coded.values), key)
    return encoded(Coded(coded.codes, tokens), pc.sort_indices(tokens).to_numpy())


def _texts(values: pa.Array) -> pa.Array:
    return pc.cast(values, pa.string())


def _tokens(texts: pa.Array, key: bytes) -> pa.Array:
    """HMAC-SHA256 (RFC 2104) of each text, cut to 128 bits; the two padded keys are hashed once.

    About three times as fast as a new HMAC for each value.
    """
    block = key.ljust(64, b"\0") if len(key) <= 64 else sha256(key).digest().ljust(64, b"\0")  # noqa: PLR2004 -- SHA-256's
    inner = sha256(bytes(byte ^ 0x36 for byte in block)).copy
    outer = sha256(bytes(byte ^ 0x5C for byte in block)).copy
    tokens: list[str | None] = []
    for text in texts.cast(pa.binary()).to_pylist():
        if text is None:
            tokens.append(None)
            continue
        inside, outside = inner(), outer()
        inside.update(text)
        outside.update(inside.digest())
        tokens.append(outside.hexdigest()[: 2 * TOKEN_BYTES])
    return pa.array(tokens, pa.string())
