"""Text out of an object, plain or packed, in blocks that end where a line ends.

Memory is bounded by a block and a line. What is packed is known by its first bytes: gzip (RFC 1952, several members
are one text) and zstd (RFC 8878, several frames are one text).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

import pyarrow as pa

from connectors.lake.segments import Source
from connectors.lake.sources import opened
from retention.errors import TerminalFailure

_BLOCK = 4 << 20
_LONGEST_LINE = 64 << 20
_GZIP = zlib.MAX_WBITS | 16

Item = TypeVar("Item")


class Packing(Enum):
    """How the text is packed."""

    PLAIN = b""
    GZIP = b"\x1f\x8b"
    ZSTD = b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines; only the last block's last line may lack its end."""

    start: int
    """Where it begins in the unpacked text."""
    content: bytes


def packing_of(source: Source) -> Packing:
    """Return how the object is packed."""
    head = source.read(0, 4)
    return next(kind for kind in (Packing.GZIP, Packing.ZSTD, Packing.PLAIN) if head.startswith(kind.value))


def blocks(name: str, source: Source, packing: Packing) -> Iterator[Block]:
    """Yield the text; the next block is fetched while one is worked on.

    Raises:
        TerminalFailure: it cannot be unpacked, or a line is longer than 64 MiB.

    """
    start, rest = 0, b""
    for chunk in _ahead(_unpacked(name, source, packing)):
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            if len(rest) > _LONGEST_LINE:
                raise TerminalFailure(f"{name}: a line is longer than {_LONGEST_LINE} bytes")
            continue
        content = rest + chunk[:cut]
        yield Block(start, content)
        start, rest = start + len(content), chunk[cut:]
    if rest:
        yield Block(start, rest)


def _unpacked(name: str, source: Source, packing: Packing) -> Iterator[bytes]:
    match packing:
        case Packing.PLAIN:
            return _raw(source)
        case Packing.GZIP:
            return _gunzipped(name, _raw(source))
        case Packing.ZSTD:
            return _unzstd(name, source)


def _raw(source: Source) -> Iterator[bytes]:
    for start in range(0, source.size, _BLOCK):
        yield source.read(start, min(start + _BLOCK, source.size))


def _gunzipped(name: str, packed: Iterable[bytes]) -> Iterator[bytes]:
    unpack = zlib.decompressobj(_GZIP)
    begun = False
    try:
        for chunk in packed:
            rest = chunk
            while rest:
                rest = rest if begun else rest.lstrip(b"\0")  # padding after a member
                begun = begun or bool(rest)
                if content := unpack.decompress(rest, _BLOCK):
                    yield content
                rest = unpack.unconsumed_tail or unpack.unused_data
                if unpack.eof:
                    unpack, begun = zlib.decompressobj(_GZIP), False
    except zlib.error as error:
        raise TerminalFailure(f"{name}: not a gzip file that can be read ({error.args[0][:40]})") from None
    if begun:
        raise TerminalFailure(f"{name}: not a gzip file that can be read (it ends too early)")


def _unzstd(name: str, source: Source) -> Iterator[bytes]:
    try:
        with opened(source) as file, pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd") as stream:
            while content := stream.read(_BLOCK):
                yield content
    except pa.ArrowException as error:
        raise TerminalFailure(f"{name}: not a zstd file that can be read ({type(error).__name__})") from None
    except OSError as error:
        if error.errno is not None:
            raise  # the system's, not the format's
        raise TerminalFailure(f"{name}: not a zstd file that can be read (damaged, or it ends too early)") from None


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """Yield the items, each made while the one before is used."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # the end is not yielded


# -- packing


def packed(contents: Iterable[bytes], packing: Packing) -> Iterator[bytes]:
    """Yield the text packed again, at the library's usual level."""
    match packing:
        case Packing.PLAIN:
            yield from contents
        case Packing.GZIP:
            yield from _gzipped(contents)
        case Packing.ZSTD:
            yield from _zstd(contents)


def _gzipped(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one gzip member whose blocks were packed side by side: each ends at a byte's edge."""
    yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    checksum, size = 0, 0
    with ThreadPoolExecutor(2) as pool:
        waiting = []
        for content in contents:
            checksum, size = zlib.crc32(content, checksum), size + len(content)
            waiting.append(pool.submit(_deflated, content))
            if len(waiting) > 2:  # noqa: PLR2004 -- two workers, and one block that waits for them
                yield waiting.pop(0).result()
        for each in waiting:
            yield each.result()
    yield b"\x03\x00" + checksum.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")


def _deflated(content: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return pack.compress(content) + pack.flush(zlib.Z_SYNC_FLUSH)


def _zstd(contents: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one frame a block: together they are one text."""
    codec = pa.Codec("zstd")
    for content in contents:
        yield codec.compress(content, asbytes=True)
