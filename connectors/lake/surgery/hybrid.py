"""Parquet's hybrid of run lengths and packed bits: levels, dictionary numbers and booleans.

Packing works on all values at once: of every eight values one lane at a time, by shifts of
unaligned words. Source: Apache Parquet format, "Run Length Encoding / Bit-Packing Hybrid".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.uint32]

_MORE: Final = 0x80
_LOW: Final = 0x7F
_FULL: Final = 0x7F
"""The head of a packed run of 63 groups: the longest that a head of one byte can announce."""
_FULL_GROUPS: Final = 63
_LONG_RUN: Final = 64
_WIDEST: Final = 32
_IN_A_WORD: Final = 24
_IN_ONE_GO: Final = 8


class CorruptRunsError(ValueError):
    """The bytes hold fewer values than they should, or end inside a run."""


def decode(data: bytes, start: int, stop: int, width: int, count: int) -> Numbers:
    """Return `count` numbers of `width` bits from bytes [start, stop).

    Raises:
        CorruptRunsError: there are not so many.

    """
    if width > _WIDEST:
        raise CorruptRunsError("numbers wider than 32 bits")
    if width == 0 or count == 0:
        return np.zeros(count, np.uint32)
    try:
        found = _runs(data, start, stop, width, count)
    except IndexError:
        raise CorruptRunsError("the runs end too early") from None
    packed = b"".join(found.packed)
    literals = _unpack(packed, 0, len(packed), width)
    if len(found.packed) == len(found.counts):
        return literals[:count]
    counts = np.array(found.counts)
    numbers = np.repeat(np.array(found.values, np.uint32), counts)
    if len(literals):
        numbers[np.repeat(np.array(found.is_packed), counts)] = literals
    return numbers[:count]


@dataclass(frozen=True, slots=True)
class _Runs:
    """Runs one after the other; packed ones have their bytes apart, and their value means nothing."""

    counts: list[int]
    values: list[int]
    is_packed: list[bool]
    packed: list[bytes]


def _runs(data: bytes, at: int, stop: int, width: int, left: int) -> _Runs:
    counts: list[int] = []
    values: list[int] = []
    is_packed: list[bool] = []
    packed: list[bytes] = []
    size = (width + 7) // 8
    while left > 0:
        head = data[at]
        if head & 1:
            part, at = _packed_run(data, at, stop, width, left)
            count, value = len(part) // width * 8, 0
            packed.append(part)
        else:
            head, at = (head, at + 1) if head < _MORE else _head(data, at)
            count, value = min(head >> 1, left), int.from_bytes(data[at : at + size], "little")
            at += size
        if not count or at > stop or at > len(data):
            raise CorruptRunsError("a run of no values, or one that goes beyond its page")
        counts.append(count)
        values.append(value)
        is_packed.append(head & 1 == 1)
        left -= count
    return _Runs(counts, values, is_packed, packed)


def constant(data: bytes, start: int, stop: int, width: int, count: int) -> int | None:
    """Return the number that all `count` are, if one run says so; None if one has to look."""
    if width == 0 or start >= stop:
        return 0 if width == 0 else None
    head, at = _head(data, start)
    return data[at] if not head & 1 and head >> 1 >= count and width <= _IN_ONE_GO else None


def _head(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    head, shift = byte & _LOW, 7
    while byte & _MORE:
        byte = data[at]
        at += 1
        head |= (byte & _LOW) << shift
        shift += 7
        if shift > _WIDEST:
            raise CorruptRunsError("a run's head is too long")
    return head, at


def _packed_run(data: bytes, at: int, stop: int, width: int, left: int) -> tuple[bytes, int]:
    head = data[at]
    if head == _FULL and left >= _FULL_GROUPS * 8:
        return _full_runs(data, at, stop, width)
    head, at = (head, at + 1) if head < _MORE else _head(data, at)
    size = (head >> 1) * width
    usable = min(size, -(-left // 8) * width)  # a lying head must not make us unpack more than there are values
    if at + usable > len(data):
        raise CorruptRunsError("a run goes beyond its page")
    return data[at : at + usable], at + size


def _full_runs(data: bytes, at: int, stop: int, width: int) -> tuple[bytes, int]:
    """Take all leading runs of 63 groups at once: their heads stand at equal distances."""
    stride = 1 + _FULL_GROUPS * width
    most = (stop - at) // stride
    if most == 0:
        raise CorruptRunsError("a run goes beyond its page")
    table = np.frombuffer(data, np.uint8, most * stride, at).reshape(most, stride)
    other = table[:, 0] != _FULL
    runs = int(other.argmax()) if other.any() else most
    return table[:runs, 1:].tobytes(), at + runs * stride


def _unpack(data: bytes, start: int, size: int, width: int) -> Numbers:
    if start + size > len(data):
        raise CorruptRunsError("a run goes beyond its page")
    groups = size // width
    if groups == 0:
        return np.zeros(0, np.uint32)
    if width == 1:
        return np.unpackbits(np.frombuffer(data, np.uint8, size, start), bitorder="little").astype(np.uint32)
    raw = np.zeros(size + 8, np.uint8)
    raw[:size] = np.frombuffer(data, np.uint8, size, start)
    word = "<u4" if width <= _IN_A_WORD else "<u8"
    mask = np.dtype(word).type((1 << width) - 1)
    numbers = np.empty((groups, 8), np.uint32)
    for lane in range(8):
        offset, shift = divmod(lane * width, 8)
        words: NDArray[np.uint64] = np.ndarray((groups,), word, raw, offset, (width,))
        numbers[:, lane] = (words >> np.dtype(word).type(shift)) & mask
    return numbers.reshape(-1)


def encode(numbers: Numbers, width: int) -> bytes:
    """Return the numbers as runs: long repetitions as one, the rest packed."""
    count = len(numbers)
    if count == 0:
        return b""
    if width == 0:
        return _varint(count << 1)
    if not _may_repeat(numbers):
        return _packed(numbers, width)
    edges = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
    if not len(edges):
        return _repeated(int(numbers[0]), count, width)
    starts = np.concatenate([[0], edges])
    lengths = np.diff(np.concatenate([starts, [count]]))
    long = np.flatnonzero(lengths >= _LONG_RUN)
    if not len(long):
        return _packed(numbers, width)
    return _mixed(numbers, width, starts[long].tolist(), lengths[long].tolist())


def _may_repeat(numbers: Numbers) -> bool:
    """Whether there can be a long repetition: it would hold seven samples of every eighth number, all equal."""
    if len(numbers) < _LONG_RUN:
        return True
    samples = numbers[::8]
    equal = samples[1:] == samples[:-1]
    pairs = equal[1:] & equal[:-1]
    return bool((pairs[4:] & pairs[2:-2] & pairs[:-4]).any()) or len(pairs) <= 4  # noqa: PLR2004 -- too few to tell


def _mixed(numbers: Numbers, width: int, starts: list[int], lengths: list[int]) -> bytes:
    """Write long repetitions as runs; what lies between is packed in eights, filled up from the repetition."""
    out: list[bytes] = []
    at = 0
    for start, length in zip(starts, lengths, strict=True):
        stop = start + length
        begin = max(start, at)
        begin += -(begin - at) % 8
        if stop - begin < 8:  # noqa: PLR2004 -- an eight
            continue
        if begin > at:
            out.append(_packed(numbers[at:begin], width))
        out.append(_repeated(int(numbers[start]), stop - begin, width))
        at = stop
    if at < len(numbers):
        out.append(_packed(numbers[at:], width))
    return b"".join(out)


def _repeated(value: int, count: int, width: int) -> bytes:
    return _varint(count << 1) + value.to_bytes((width + 7) // 8, "little")


def _packed(numbers: Numbers, width: int) -> bytes:
    groups = -(-len(numbers) // 8)
    if width == 1:
        return _varint(groups << 1 | 1) + np.packbits(numbers.astype(np.uint8), bitorder="little").tobytes()
    wide = np.zeros(groups * 8, np.uint64)
    wide[: len(numbers)] = numbers
    lanes = wide.reshape(groups, 8)
    words = np.zeros((groups, -(-width // 8)), np.uint64)
    for lane in range(8):
        word, shift = divmod(lane * width, 64)
        words[:, word] |= lanes[:, lane] << np.uint64(shift)
        if shift + width > 64:  # noqa: PLR2004 -- bits of a word
            words[:, word + 1] |= lanes[:, lane] >> np.uint64(64 - shift)
    packed = words.view(np.uint8).reshape(groups, -1)[:, :width]
    return _varint(groups << 1 | 1) + packed.tobytes()


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= _MORE:
        out.append((number & _LOW) | _MORE)
        number >>= 7
    out.append(number)
    return bytes(out)
