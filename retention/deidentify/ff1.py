"""Format-preserving encryption FF1 (NIST SP 800-38G), over whole columns at once.

`keep_format` is for columns of text; `encrypt` and `decrypt` are FF1 itself on rows of numerals.
Whoever has the key can decrypt: for pseudonyms it is deletion information, kept apart; for
anonymous data FF1 is never allowed.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from retention.errors import InputError, Problem

Numerals: TypeAlias = npt.NDArray[np.uint8]
"""Rows by numerals, each below the radix."""

ROUNDS = 10
BLOCK = 16
SMALLEST_DOMAIN = 1_000_000
"""Shorter texts can be guessed (SP 800-38G, revision 1 draft)."""
LARGEST_HALF = 1 << 55
"""Halves are held in 64 bits, with a byte to spare for the remainder."""
ROWS_AT_ONCE = 1 << 14
"""So many rows stay in the processor's cache."""
SEPARATORS = r"[-() +./]"
"""What may stand between the digits of a telephone, card or account number; it stays."""


def keep_format(values: pa.Array | pa.ChunkedArray, key: bytes, column: str) -> pa.Array:
    """Replace the digits of each text by as many others; separators stay where they are, null stays null.

    Raises:
        InputError: a text has fewer than 6 digits, more than 32, or anything but digits and separators,
            which would go out as it is.

    """
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    texts = pc.cast(whole, pa.string())
    plain = pc.all(pc.ascii_is_decimal(texts)).as_py()
    digits = texts if plain else pc.replace_substring_regex(texts, SEPARATORS, "")
    lengths = pc.utf8_length(digits)
    fine = pc.and_(pc.ascii_is_decimal(digits), pc.and_(pc.greater_equal(lengths, 6), pc.less_equal(lengths, 32)))
    wrong = pc.sum(pc.invert(fine)).as_py() or 0
    if wrong:
        problem = Problem(
            where=column,
            expected="texts of 6 to 32 digits, with separators at most",
            found=f"{wrong} of other kinds",
            hint="use a keyed token there",
        )
        raise InputError("the format cannot be kept", problems=(problem,))
    changed = _by_length(digits, key)
    return changed if plain else _separated(texts, changed)


def _by_length(digits: pa.Array, key: bytes) -> pa.Array:
    """Encrypt all texts of one length together."""
    lengths = pc.fill_null(pc.utf8_length(digits), 0).to_numpy(zero_copy_only=False)
    parts, places = [pa.nulls(int((lengths == 0).sum()), pa.string())], [np.flatnonzero(lengths == 0)]
    for length in np.unique(lengths[lengths > 0]):
        at = np.flatnonzero(lengths == length)
        some = digits if len(at) == len(digits) else digits.take(pa.array(at))
        rows = np.frombuffer(some.buffers()[2], np.uint8, len(at) * int(length), _start(some))
        out = encrypt(key, rows.reshape(len(at), length) - ord("0"), 10)
        out += ord("0")
        offsets = pa.py_buffer(np.arange(0, (len(at) + 1) * length, length, dtype=np.int32))
        parts.append(pa.Array.from_buffers(pa.string(), len(at), [None, offsets, pa.py_buffer(out)]))
        places.append(at)
    order = np.empty(len(digits), np.int64)
    order[np.concatenate(places)] = np.arange(len(digits))
    return pa.concat_arrays(parts).take(pa.array(order))


def _start(texts: pa.Array) -> int:
    return int(np.frombuffer(texts.buffers()[1], np.int32)[texts.offset])


def _separated(texts: pa.Array, digits: pa.Array) -> pa.Array:
    """Put the separators back."""
    out = []
    for text, changed in zip(texts.to_pylist(), digits.to_pylist(), strict=True):
        following = iter(changed or "")
        out.append(None if text is None else "".join(next(following) if c.isdigit() else c for c in text))
    return pa.array(out, pa.string())


def encrypt(key: bytes, numerals: Numerals, radix: int, tweak: bytes = b"") -> Numerals:
    """Encrypt rows of numerals (SP 800-38G, algorithm 7).

    Raises:
        ValueError: fewer than 10^6 texts of that length exist, or half of one does not fit 55 bits.

    """
    return _network(key, numerals, radix, tweak, range(ROUNDS), forward=True)


def decrypt(key: bytes, numerals: Numerals, radix: int, tweak: bytes = b"") -> Numerals:
    """Undo `encrypt` (algorithm 8)."""
    return _network(key, numerals, radix, tweak, range(ROUNDS - 1, -1, -1), forward=False)


def _network(key: bytes, numerals: Numerals, radix: int, tweak: bytes, rounds: range, *, forward: bool) -> Numerals:
    rows, length = numerals.shape
    left = length // 2
    if radix**length < SMALLEST_DOMAIN or radix ** (length - left) >= LARGEST_HALF:
        raise ValueError(f"expected 10^6 texts or more and halves below 2^55, found {length} numerals of radix {radix}")
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 -- the block function that FF1 is made of
    block = _Block(aes, radix, length, tweak)
    moduli = (radix**left, radix ** (length - left))
    out = np.empty_like(numerals)
    for at in range(0, rows, ROWS_AT_ONCE):
        some = numerals[at : at + ROWS_AT_ONCE]
        a, b = _number(some[:, :left], radix), _number(some[:, left:], radix)
        for turn in rounds:
            modulus = moduli[turn % 2]
            y = block.remainders(turn, b if forward else a, modulus)
            if forward:
                a, b = b, _below(a + y, modulus)
            else:
                a, b = _below(b + (np.uint64(modulus) - y), modulus), a
        _spell(a, radix, out[at : at + ROWS_AT_ONCE, :left])
        _spell(b, radix, out[at : at + ROWS_AT_ONCE, left:])
    return out


class _Block:
    """The round function: AES of one block a row, all before it being the same for every row and round."""

    def __init__(self, aes: CipherContext, radix: int, length: int, tweak: bytes) -> None:
        """Work off what does not change: the block P and the tweak (steps 5 and 6 i)."""
        half = length - length // 2
        self.aes = aes
        self.bytes = math.ceil(math.ceil(half * math.log2(radix)) / 8)
        self.wide = 4 * math.ceil(self.bytes / 4) + 4 > 8  # noqa: PLR2004 -- more than one word of 64 bits is needed
        fixed = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([ROUNDS, length // 2 % 256])
        fixed += length.to_bytes(4, "big") + len(tweak).to_bytes(4, "big")
        fixed += tweak + bytes((-len(tweak) - self.bytes - 1) % BLOCK)
        state = bytes(BLOCK)
        whole = len(fixed) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            state = aes.update(bytes(x ^ y for x, y in zip(state, fixed[at : at + BLOCK], strict=True)))
        rest = fixed[whole:]
        self.start = np.frombuffer(bytes(x ^ y for x, y in zip(state, rest.ljust(BLOCK, b"\0"), strict=True)), np.uint8)

    def remainders(self, turn: int, half: npt.NDArray[np.uint64], modulus: int) -> npt.NDArray[np.uint64]:
        """Return y mod radix^m for every row (steps 6 ii to vi)."""
        start = self.start.copy()
        start[BLOCK - 1 - self.bytes] ^= turn
        high, low = start.view(">u8").astype(np.uint64)
        words = np.empty((len(half), 2), ">u8")
        words[:, 0] = high
        words[:, 1] = half ^ low
        made = np.frombuffer(self.aes.update(words.data.cast("B")), ">u8").reshape(-1, 2)
        first = made[:, 0].astype(np.uint64)
        if not self.wide:
            return _modulo(first, modulus)
        rest = _modulo(first, modulus)
        for shift in (56, 48, 40, 32):
            byte = (made[:, 1].astype(np.uint64) >> np.uint64(shift)) & np.uint64(255)
            rest = _modulo((rest << np.uint64(8)) | byte, modulus)
        return rest


def _modulo(number: npt.NDArray[np.uint64], modulus: int) -> npt.NDArray[np.uint64]:
    """Return the remainder; division by one number is a multiplication in numpy, and its `%` is not."""
    divisor = np.uint64(modulus)
    return number - number // divisor * divisor


def _below(number: npt.NDArray[np.uint64], modulus: int) -> npt.NDArray[np.uint64]:
    """Bring a sum of two numbers below the modulus to one."""
    divisor = np.uint64(modulus)
    return np.where(number >= divisor, number - divisor, number)


def _number(numerals: Numerals, radix: int) -> npt.NDArray[np.uint64]:
    """Read numerals, the first being the most significant."""
    total = np.zeros(len(numerals), np.uint64)
    for column in np.ascontiguousarray(numerals.T):
        total *= np.uint64(radix)
        total += column
    return total


def _spell(number: npt.NDArray[np.uint64], radix: int, out: Numerals) -> None:
    """Write numerals, the first being the most significant."""
    base = np.uint64(radix)
    for at in range(out.shape[1] - 1, -1, -1):
        above = number // base
        out[:, at] = number - above * base
        number = above
