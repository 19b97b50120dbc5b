"""Hashes without a key: whoever can guess the value can check it, and e-mails and telephones can be guessed.

Known inputs are hashed again, in the forms people hash them in, and compared with the output's
values. A column of digests none of whose inputs is known is refused as well, unless a key of ours
made it: nobody can tell it from a hash without a key.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterable, Sequence

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
LENGTHS = frozenset(hashlib.new(name, usedforsecurity=False).digest_size for name in ALGORITHMS)
HEXADECIMAL = re.compile(r"(?:0x)?([0-9a-fA-F]+)")
SHARE = 0.9
KNOWN = 2_000
"""Inputs that are hashed again; a column that is hashed is hashed in all its rows."""


def digests(values: Sequence[str]) -> list[bytes]:
    """Return those texts that are a digest by their form, as bytes."""
    return [raw for raw in map(_digest, values) if raw is not None]


def looks_hashed(values: Sequence[str]) -> bool:
    """Say whether nine in ten of some texts have the form of a digest."""
    return bool(values) and len(digests(values)) >= SHARE * len(values)


def rehashed(values: Sequence[str], inputs: Iterable[str]) -> int:
    """Count the texts that are the unkeyed hash of one of the inputs."""
    held = set(digests(values))
    if not held:
        return 0
    made = {
        hashlib.new(name, form.encode(), usedforsecurity=False).digest()
        for value in inputs
        for form in forms(value)
        for name in ALGORITHMS
    }
    return len(held & made)


def forms(value: str) -> set[str]:
    """Return the forms in which a value is hashed: as it stands, trimmed, lower case, digits only, +81."""
    trimmed = value.strip()
    number = re.sub(r"\D", "", trimmed)
    out = {value, trimmed, trimmed.lower(), trimmed.upper()}
    if len(number) >= 9:  # noqa: PLR2004 -- the shortest telephone number
        national = "0" + number[2:] if number.startswith("81") else number
        out |= {number, national, "81" + national[1:], "+81" + national[1:]}
    return out


def _digest(text: str) -> bytes | None:
    found = HEXADECIMAL.fullmatch(text)
    if found and len(found[1]) % 2 == 0 and len(found[1]) // 2 in LENGTHS:
        return bytes.fromhex(found[1])
    if len(text) * 3 // 4 - text.count("=") not in LENGTHS or re.search(r"\s", text):
        return None
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        return None
