"""The dictionary attack: try every telephone number against all that evidence leaves behind.

`python -m benchmarks.dictionary [NUMBERS]` measures how fast this machine tries numbers and says how long all
3·10^8 Japanese mobile numbers (070, 080, 090 and eight digits) take. tests/e2e/test_linkability.py runs the
same attack on a sealed case; a bound of 256 bits, not this speed, is what protects people.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator

ALL = 3 * 10**8
"""070, 080, 090, and eight digits."""
_HEX = re.compile(rb"[0-9a-f]{64}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==")
_LONG = re.compile(rb"[A-Za-z0-9+/]{64,}={0,2}")


def numbers(count: int, seed: int = 6) -> Iterator[str]:
    """Yield that many different mobile numbers, evenly from all three ranges."""
    for number in random.Random(seed).sample(range(ALL), count):  # noqa: S311 -- a seeded sample, no secret
        yield f"0{(7, 8, 9)[number // 10**8]}0{number % 10**8:08d}"


def targets(material: Iterable[bytes]) -> frozenset[bytes]:
    """Return every 32-byte value in the material: in hex, in base64, and inside what is base64 itself."""
    found: set[bytes] = set()
    waiting = list(material)
    while waiting:
        content = waiting.pop()
        found |= {bytes.fromhex(text.decode()) for text in _HEX.findall(content)}
        found |= {base64.b64decode(text)[:32] for text in _BASE64.findall(content)}
        for text in _LONG.findall(content):
            try:
                waiting.append(base64.b64decode(text, validate=True))
            except ValueError:
                continue
    return frozenset(found)


def guesses(number: str, key_names: Iterable[str], case_ids: Iterable[str], keys: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the digests under which somebody could have written the number down."""
    for name in key_names:
        for message in (number.encode(), f"{name}\0{number}".encode(), f"{name}={number}".encode()):
            yield hashlib.sha256(message).digest()
            for key in keys:
                yield hmac.digest(key, message, hashlib.sha256)
        for case_id in case_ids:
            committed = b"erasure-subject/v1\0" + f"{case_id}\0{name}\0{number}".encode()
            plain = hashlib.sha256(committed).digest()
            yield plain
            yield hashlib.sha256(b"\0" + plain).digest()
            for key in keys:
                commitment = hmac.digest(key, committed, hashlib.sha256)
                yield commitment
                yield hashlib.sha256(b"\0" + commitment).digest()


def attack(tried: Iterable[str], wanted: frozenset[bytes], guess: Callable[[str], Iterable[bytes]]) -> set[str]:
    """Return the numbers one of whose digests is among the wanted: the people found out."""
    return {number for number in tried if any(digest in wanted for digest in guess(number))}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    count = int(arguments[0]) if arguments else 200_000
    tried = list(numbers(count))
    wanted = frozenset(hashlib.sha256(number.encode()).digest() for number in ("not a number", "nor this"))
    begun = time.perf_counter()
    hits = attack(tried, wanted, lambda number: [hashlib.sha256(number.encode()).digest()])
    plain = time.perf_counter() - begun
    begun = time.perf_counter()
    hits |= attack(tried, wanted, lambda number: guesses(number, ["phone"], ["C-20261123-7f3k2q"], [b"key"]))
    thorough = time.perf_counter() - begun
    assert not hits
    for what, seconds in (("unkeyed SHA-256", plain), ("every digest we can think of", thorough)):
        hours = seconds / count * ALL / 3600
        print(f"{what}: {count / seconds:,.0f} numbers/s on one core; all {ALL:,} in {hours:.1f} h")
    print("salted commitment without its salt: 2^256 salts a number; the epoch's key or the receipt is needed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
