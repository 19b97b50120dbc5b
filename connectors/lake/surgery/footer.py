"""A Parquet file's footer: read, checked against the file it stands in, and asked.

Every offset and length of it is checked before anything is read by it, so a footer that lies is
an error and never a wrong file. Source: Apache Parquet format 2.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from connectors.lake.segments import Source
from connectors.lake.surgery.fields import CODECS, Chunk, File, Group, Meta
from connectors.lake.surgery.schema import Leaf, Schema, read_tree
from connectors.lake.surgery.shape import FOOTER, checked
from connectors.lake.surgery.thrift import CorruptThriftError, Struct, get, items
from retention.errors import TerminalFailure

MAGIC: Final = b"PAR1"
_ENCRYPTED: Final = b"PARE"
_TAIL: Final = 1 << 16
_END: Final = 8
_SMALLEST: Final = 12


class DamagedParquetError(TerminalFailure):
    """The file is truncated, or says things about itself that are not so."""


class EncryptedParquetError(TerminalFailure):
    """The file, or a column of it, is encrypted: positions are bound into the encryption, so no part can move."""


@dataclass(frozen=True, slots=True)
class Footer:
    """What the file says about itself."""

    tree: Struct
    schema: Schema
    groups: tuple[Struct, ...]
    content: bytes
    """The footer as it stands in the file."""

    @property
    def rows(self) -> int:
        """Return the number of rows of the file."""
        return int(get(self.tree, File.ROWS))

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        """Return the columns of values, in order."""
        return self.schema.leaves

    @property
    def tops(self) -> tuple[str, ...]:
        """Return the names of the top-level fields, in order."""
        return self.schema.tops

    def leaves_of(self, top: int) -> tuple[int, ...]:
        """Return the numbers of the leaves under a top-level field."""
        return self.schema.under[top]


def rows_of(group: Struct) -> int:
    """Return a row group's number of rows."""
    return int(get(group, Group.ROWS))


def meta_of(group: Struct, leaf: int) -> Struct:
    """Return the metadata of a leaf's chunk."""
    found: Struct = get(items(group, Group.CHUNKS)[leaf], Chunk.META)
    return found


def span(meta: Struct) -> tuple[int, int]:
    """Return where a chunk's pages begin and end in the file."""
    start = int(get(meta, Meta.DATA))
    dictionary = get(meta, Meta.DICTIONARY)
    if dictionary and (0 < dictionary < start or start == 0):  # 0: no data pages, as of a group without rows
        start = dictionary
    return start, start + int(get(meta, Meta.COMPRESSED))


def read_footer(name: str, source: Source) -> Footer:
    """Read and check the footer; `name` stands in messages.

    Raises:
        DamagedParquetError: wrong magic, truncated, or a claim that cannot be.
        EncryptedParquetError: encrypted as a whole or in part.

    """
    content = _footer_bytes(name, source)
    try:
        tree, schema, stop = read_tree(content)
        if File.ENCRYPTION in tree:
            raise EncryptedParquetError(f"{name}: columns of it are encrypted", hint="decrypt it where the keys are")
        if stop != len(content):
            raise damaged(name, "bytes after the footer")
        checked(tree, FOOTER)
        return _checked(name, Footer(tree, schema, tuple(items(tree, File.GROUPS)), content), source.size)
    except (CorruptThriftError, KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise damaged(name, f"a footer that cannot be read ({type(error).__name__})") from None


def _footer_bytes(name: str, source: Source) -> bytes:
    if source.size < _SMALLEST:
        raise damaged(name, f"{source.size} bytes")
    tail = source.read(max(0, source.size - _TAIL), source.size)
    head = source.read(0, len(MAGIC))
    if tail.endswith(_ENCRYPTED) or head == _ENCRYPTED:
        raise EncryptedParquetError(f"{name}: its footer is encrypted", hint="decrypt it where the keys are")
    if not tail.endswith(MAGIC) or head != MAGIC:
        raise damaged(name, "no Parquet magic at both ends")
    length = int.from_bytes(tail[-_END:-4], "little")
    if length + _SMALLEST > source.size:
        raise damaged(name, "a footer longer than the file")
    if length + _END > len(tail):
        return source.read(source.size - _END - length, source.size - _END)
    return tail[-_END - length : -_END]


def damaged(name: str, found: str) -> DamagedParquetError:
    """Return the error of a file in which something else was found than a whole file has."""
    return DamagedParquetError(
        f"{name}: expected a whole Parquet file, found {found}; it was not touched",
        hint="restore or remove the object, or narrow the dataset's path",
    )


def _checked(name: str, footer: Footer, size: int) -> Footer:
    leaves, end = footer.leaves, size - _END - len(footer.content)
    if len(set(footer.tops)) != len(footer.tops):
        raise TerminalFailure(f"{name}: expected each column once, found a name twice")
    spans: list[tuple[int, int]] = []
    for number, group in enumerate(footer.groups):
        problem = _group_problem(group, leaves, end)
        if problem:
            if "encrypted" in problem:
                raise EncryptedParquetError(f"{name}: {problem}", hint="decrypt it where the keys are")
            raise damaged(name, f"row group {number}: {problem}")
        spans += [span(meta_of(group, leaf)) for leaf in range(len(leaves))]
    spans.sort()
    if any(stop > start for (_, stop), (start, _) in pairwise(spans)):
        raise damaged(name, "column chunks that overlap")
    if footer.rows != sum(map(rows_of, footer.groups)):
        raise damaged(name, "another number of rows than its row groups have together")
    return footer


def _group_problem(group: Struct, leaves: tuple[Leaf, ...], end: int) -> str | None:
    chunks = items(group, Group.CHUNKS)
    if len(chunks) != len(leaves):
        return "another number of columns than the schema has"
    rows = rows_of(group)
    if rows < 0:
        return "a negative number of rows"
    for chunk, leaf in zip(chunks, leaves, strict=True):
        problem = _chunk_problem(chunk, leaf, rows, end)
        if problem:
            return problem
    return None


def _chunk_problem(chunk: Struct, leaf: Leaf, rows: int, end: int) -> str | None:  # noqa: C901 -- a flat list of checks
    if Chunk.CRYPTO in chunk or Chunk.ENCRYPTED in chunk:
        return "an encrypted column"
    if Chunk.PATH in chunk:
        return "a column in another file"
    meta = get(chunk, Chunk.META)
    if meta is None:
        return "a column without metadata"
    start, stop = span(meta)
    values = get(meta, Meta.VALUES)
    nothing = values == 0 and start == stop  # of a group without rows
    if not nothing and (start < len(MAGIC) or stop > end or stop < start):
        return "a column outside the file"
    if values < rows or (leaf.max_repetition == 0 and values != rows):
        return "another number of values than rows"
    if get(meta, Meta.CODEC) not in CODECS:
        return "a codec that is not known"
    if get(meta, Meta.TYPE) != leaf.physical:
        return "a column of another type than the schema has"
    for offset, length in ((4, 5), (6, 7)):
        if offset in chunk and not 0 < get(chunk, offset) <= get(chunk, offset) + get(chunk, length) <= end:
            return "an index outside the file"
    bloom = get(meta, Meta.BLOOM)
    if bloom is not None and not 0 < bloom <= bloom + get(meta, Meta.BLOOM_LENGTH, 0) <= end:
        return "a bloom filter outside the file"
    return None
