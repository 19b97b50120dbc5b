"""Keyed tokens: the same value gets the same token only under the same key.

Each purpose, recipient, dataset, field and epoch has a key of its own, so that what two
recipients hold cannot be joined, and a leaked key opens one field of one file.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace

import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 16


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

    Numbers and dates are taken by their text; texts by their UTF-8 bytes, as they stand.
    """
    column = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    coded = column.dictionary_encode()
    tokens = [
        None if text is None else hmac.digest(key, text.encode(), "sha256")[:TOKEN_BYTES].hex()
        for text in coded.dictionary.cast(pa.string()).to_pylist()
    ]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(tokens, pa.string())).dictionary_decode()
