"""A file's schema: its columns of values. Files of one writer begin their footers alike, which is read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.lake.surgery.fields import WIDTHS, Element, File, Physical
from connectors.lake.surgery.shape import SCHEMA, checked
from connectors.lake.surgery.thrift import Struct, get, items, read_struct, write_struct

_REPEATED: Final = 2
_DECIMAL: Final = 5
"""Among converted types, and among logical ones."""
_DEEPEST: Final = 100
_REMEMBERED: Final = 8


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column of values, as the schema has it."""

    path: tuple[str, ...]
    top: int
    """Which top-level field it belongs to."""
    levels: tuple[int, ...]
    """Definition level at which each part of the path is present."""
    max_definition: int
    max_repetition: int
    repetitions: tuple[int, ...]
    """Repetition level at each part of the path."""
    physical: int
    length: int
    """Bytes of a FIXED value."""
    decimal: bool

    @property
    def name(self) -> str:
        """Return the path with dots."""
        return ".".join(self.path)

    @property
    def width(self) -> int:
        """Return the bytes of one plain value, 0 if they vary or are bits."""
        return self.length if self.physical == Physical.FIXED else WIDTHS.get(self.physical, 0)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a footer says up to and with its schema."""

    head: bytes
    """Its bytes."""
    begun: Struct
    leaves: tuple[Leaf, ...]
    tops: tuple[str, ...]
    """Names of the top-level fields."""
    under: tuple[tuple[int, ...], ...]
    """By top-level field, the numbers of its leaves."""


_SEEN: Final[list[Schema]] = []
"""The last ones."""


def read_tree(content: bytes) -> tuple[Struct, Schema, int]:
    """Return what a footer says, its schema, and where it ends.

    Raises:
        CorruptThriftError: it can't be read.
        ValueError, KeyError, IndexError, TypeError, AttributeError: the schema is none.

    """
    for known in _SEEN:
        if content.startswith(known.head):
            tree, stop = read_struct(content, len(known.head), known.begun)
            return tree, known, stop
    tree, stop = read_struct(content)
    schema = _read({number: value for number, value in tree.items() if number <= File.SCHEMA})
    if content.startswith(schema.head):
        _SEEN[:] = [schema, *_SEEN[: _REMEMBERED - 1]]
    return tree, schema, stop


def _read(begun: Struct) -> Schema:
    checked(begun, SCHEMA)
    leaves = _leaves(items(begun, File.SCHEMA))
    names = {leaf.top: leaf.path[0] for leaf in leaves}
    under: dict[int, list[int]] = {}
    for number, leaf in enumerate(leaves):
        under.setdefault(leaf.top, []).append(number)
    return Schema(
        head=write_struct(begun)[:-1],  # without the mark of its end
        begun=begun,
        leaves=leaves,
        tops=tuple(names[top] for top in sorted(names)),
        under=tuple(tuple(under.get(top, ())) for top in range(max(under, default=-1) + 1)),
    )


def _leaves(schema: list[Struct]) -> tuple[Leaf, ...]:
    found: list[Leaf] = []
    at = 1

    def walk(above: tuple[tuple[str, int, int], ...], top: int) -> None:
        nonlocal at
        element = schema[at]
        at += 1
        repetition = get(element, Element.REPETITION, 0)
        _, definition, repeated = above[-1] if above else ("", 0, 0)
        here = (
            get(element, Element.NAME).decode(),
            definition + (repetition != 0),
            repeated + (repetition == _REPEATED),
        )
        way = (*above, here)
        if len(way) > _DEEPEST:
            raise ValueError("a schema that nests too deeply")
        children = get(element, Element.CHILDREN, 0) or 0
        if not children and Element.TYPE in element:
            found.append(_leaf(element, way, top))
        for _ in range(children):
            walk(way, top)

    for top in range(get(schema[0], Element.CHILDREN, 0)):
        walk((), top)
    if at != len(schema):
        raise ValueError("a schema with elements left over")
    return tuple(found)


def _leaf(element: Struct, way: tuple[tuple[str, int, int], ...], top: int) -> Leaf:
    physical, length = get(element, Element.TYPE), get(element, Element.LENGTH, 0)
    if physical == Physical.FIXED and length <= 0:
        raise ValueError("a fixed length that is none")
    return Leaf(
        path=tuple(name for name, _, _ in way),
        top=top,
        levels=tuple(definition for _, definition, _ in way),
        max_definition=way[-1][1],
        max_repetition=way[-1][2],
        repetitions=tuple(repeated for _, _, repeated in way),
        physical=physical,
        length=length,
        decimal=get(element, Element.CONVERTED) == _DECIMAL or _DECIMAL in get(element, Element.LOGICAL, {}),
    )
