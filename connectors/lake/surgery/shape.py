"""Which types the fields of Parquet's structs have: a footer that says otherwise is refused before anything asks it.

Only fields that are read here are told; others may be anything. Source: parquet.thrift of Apache Parquet, 2.12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from connectors.lake.surgery.thrift import BINARY, FALSE, I16, I32, I64, LIST, STRUCT, TRUE, CorruptThriftError, Struct


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a struct."""

    kinds: dict[int, Kind]
    needed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Many:
    """A list."""

    of: int | Shape


Kind: TypeAlias = int | Shape | Many

_STATISTICS: Final = Shape({1: BINARY, 2: BINARY, 3: I64, 4: I64, 5: BINARY, 6: BINARY, 7: TRUE, 8: TRUE})
_PAGES: Final = Shape({1: I32, 2: I32, 3: I32}, frozenset({1, 2, 3}))
_META: Final = Shape(
    {
        1: I32,
        2: Many(I32),
        3: Many(BINARY),
        4: I32,
        5: I64,
        6: I64,
        7: I64,
        9: I64,
        10: I64,
        11: I64,
        12: _STATISTICS,
        13: Many(_PAGES),
        14: I64,
        15: I32,
    },
    frozenset({1, 2, 3, 4, 5, 6, 7, 9}),
)
_CHUNK: Final = Shape({1: BINARY, 2: I64, 3: _META, 4: I64, 5: I32, 6: I64, 7: I32})
_SORTING: Final = Shape({1: I32, 2: TRUE, 3: TRUE}, frozenset({1}))
_GROUP: Final = Shape(
    {1: Many(_CHUNK), 2: I64, 3: I64, 4: Many(_SORTING), 5: I64, 6: I64, 7: I16}, frozenset({1, 2, 3})
)
_ENTRY: Final = Shape({1: BINARY, 2: BINARY}, frozenset({1}))
_ELEMENT: Final = Shape({**dict.fromkeys([1, 2, 3, 5, 6, 7, 8, 9], I32), 4: BINARY, 10: Shape({})}, frozenset({4}))

SCHEMA: Final = Shape({1: I32, 2: Many(_ELEMENT)}, frozenset({1, 2}))
"""FileMetaData up to its schema."""
FOOTER: Final = Shape({3: I64, 4: Many(_GROUP), 5: Many(_ENTRY), 6: BINARY, 7: Many(Shape({}))}, frozenset({3, 4}))
"""FileMetaData after its schema."""
OFFSET_INDEX: Final = Shape({1: Many(Shape({1: I64, 2: I32, 3: I64}, frozenset({1, 2, 3})))}, frozenset({1}))
BLOOM_HEADER: Final = Shape({1: I32}, frozenset({1}))
COLUMN_INDEX: Final = Shape(
    {1: Many(TRUE), 2: Many(BINARY), 3: Many(BINARY), 4: I32, 5: Many(I64)}, frozenset({1, 2, 3, 4})
)


def checked(struct: Struct, shape: Shape) -> Struct:
    """Return the struct.

    Raises:
        CorruptThriftError: a field is missing or of another type.

    """
    if not _has(struct, shape):
        raise CorruptThriftError("a struct with a field missing or of another type")
    return struct


def _has(struct: Struct, shape: Shape) -> bool:
    if not shape.needed <= struct.keys():
        return False
    kinds = shape.kinds
    return all(_is(kind, value, kinds[field]) for field, (kind, value) in struct.items() if field in kinds)


def _is(kind: int, value: Any, expected: Kind) -> bool:  # noqa: ANN401 -- a value of any of Thrift's types
    if isinstance(expected, int):
        return kind == expected
    if isinstance(expected, Shape):
        return kind == STRUCT and _has(value, expected)
    if kind != LIST:
        return False
    of, elements = value
    if not elements:
        return True
    if isinstance(expected.of, Shape):
        inside = expected.of
        return of == STRUCT and all(_has(element, inside) for element in elements)
    return of == expected.of or (expected.of == TRUE and of == FALSE)
