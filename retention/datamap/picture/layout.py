"""Where each card of the picture stands. Pure geometry; the same map gives the same picture.

Datasets that are followed from row to row stand as trees, a parent left of its children, with
many children that lead no further gathered in one frame. Those that are found by a key of their
own stand below in a grid, then those nobody is in; copies and processors come last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from retention.datamap.graph import order
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId

CARD_WIDTH: Final = 256
CARD_HEIGHT: Final = 104
_ACROSS: Final = 64
"""Between a parent and its children."""
_DOWN: Final = 18
LEFT: Final = 292
"""Where the first column stands, beside the person."""
_TOP: Final = 128
_HEADING: Final = 40
_SECTION: Final = 34
RIGHT: Final = 44
"""Free space on the right."""
_COLUMNS: Final = 3
"""Cards side by side in a grid, at least."""
_FRAMED: Final = 4
"""From so many children on they are gathered in a frame, two side by side."""
_PAD: Final = 14


@dataclass(frozen=True, slots=True)
class Place:
    """The upper left corner of a card."""

    x: float
    y: float

    @property
    def middle(self) -> float:
        """Half of the card's height."""
        return self.y + CARD_HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its cards."""

    y: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Frame:
    """Children that lead no further, gathered: one line leads to all of them."""

    parent: DatasetId
    members: frozenset[DatasetId]
    corner: Place
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything's place."""

    width: float
    height: float
    rank: Mapping[DatasetId, int]
    """Dataset → its place in the order of erasure, from 1."""
    cards: Mapping[DatasetId, Place]
    families: Section | None
    singles: Section | None
    aside: Section | None
    elsewhere: tuple[Place, ...]
    elsewhere_section: Section | None
    roots: tuple[DatasetId, ...]
    """Datasets of the trees that stand leftmost: those the person leads to."""
    alone: tuple[DatasetId, ...]
    frames: tuple[Frame, ...]


def layout(datamap: DataMap, elsewhere: int) -> Layout:
    """Place every dataset, and so many cards for copies and processors."""
    datasets = datamap.datasets
    rank = {name: index for index, name in enumerate(order(datamap), start=1)}
    children = _children(datasets, rank)
    below = {child for those in children.values() for child in those}
    tops = sorted((name for name in datasets if name not in below), key=lambda name: (datasets[name].system, name))
    roots = tuple(name for name in tops if children[name])
    alone = tuple(name for name in tops if not children[name] and _has_person(datasets[name]))
    aside = tuple(name for name in tops if not children[name] and not _has_person(datasets[name]))
    trees = _Trees(datasets, children)
    cards = trees.cards
    y = float(_TOP)
    families = singles = rest = last = None
    if roots:
        y, families = trees.place(roots, y)
    columns = max(_COLUMNS, *(round((place.x - LEFT) / (CARD_WIDTH + _ACROSS)) + 1 for place in cards.values()), 0)
    if alone:
        y, singles = _grid(alone, columns, cards, y)
    if aside:
        y, rest = _grid(aside, columns, cards, y)
    places: list[Place] = []
    if elsewhere:
        start = y
        places, y = _cells(elsewhere, columns, y + _HEADING)
        last = Section(start, y)
        y += _SECTION
    width = LEFT + columns * CARD_WIDTH + (columns - 1) * _ACROSS + RIGHT
    return Layout(
        width, y + 62, rank, cards, families, singles, rest, tuple(places), last, roots, alone, tuple(trees.frames)
    )


def _children(datasets: Mapping[DatasetId, Dataset], rank: Mapping[DatasetId, int]) -> dict[DatasetId, list[DatasetId]]:
    """Hang each dataset below one of those it follows: its first parent, or else what it is a copy of."""
    found: dict[DatasetId, list[DatasetId]] = {name: [] for name in datasets}
    for name in sorted(datasets, key=lambda name: rank[name]):
        above = [*(reference.parent for reference in datasets[name].parents), *datasets[name].derived_from]
        if above and above[0] != name:
            found[above[0]].append(name)
    return found


def _has_person(dataset: Dataset) -> bool:
    return bool(dataset.subject or dataset.fields or dataset.parents)


class _Trees:
    """Places trees from the left; knows afterwards where everything stands."""

    def __init__(
        self, datasets: Mapping[DatasetId, Dataset], children: Mapping[DatasetId, Sequence[DatasetId]]
    ) -> None:
        self._datasets, self._children = datasets, children
        self.cards: dict[DatasetId, Place] = {}
        self.frames: list[Frame] = []

    def place(self, roots: Iterable[DatasetId], start: float) -> tuple[float, Section]:
        """Place tree below tree; return where the next section begins."""
        y = start + _HEADING
        for root in roots:
            y = self._tree(root, 0, y) + _DOWN
        return y + _SECTION - _DOWN, Section(start, y - _DOWN)

    def _tree(self, name: DatasetId, depth: int, top: float) -> float:
        """Place a dataset beside the middle of its children; return where the tree ends."""
        x = LEFT + depth * (CARD_WIDTH + _ACROSS)
        leaves = self._gathered(name)
        others = [child for child in self._children[name] if child not in leaves]
        y, middles = top, list[float]()
        for child in others:
            y = self._tree(child, depth + 1, y + (_DOWN if middles else 0))
            middles.append(self.cards[child].y)
        if leaves:
            y, middle = self._frame(name, leaves, depth + 1, y + (_DOWN if middles else 0))
            middles.append(middle)
        self.cards[name] = Place(x, (middles[0] + middles[-1]) / 2 if middles else top)
        return max(y, self.cards[name].y + CARD_HEIGHT)

    def _gathered(self, name: DatasetId) -> list[DatasetId]:
        leaves = [
            child
            for child in self._children[name]
            if not self._children[child] and any(ref.parent == name for ref in self._datasets[child].parents)
        ]
        return leaves if len(leaves) >= _FRAMED else []

    def _frame(self, name: DatasetId, leaves: Sequence[DatasetId], depth: int, top: float) -> tuple[float, float]:
        """Gather leaves two by two; return where the frame ends, and where a card beside its middle begins."""
        x = LEFT + depth * (CARD_WIDTH + _ACROSS)
        places, bottom = _cells(len(leaves), 2, top + _PAD, x)
        self.cards.update(zip(leaves, places, strict=True))
        height = bottom + _PAD - top
        corner = Place(x - _PAD, top)
        self.frames.append(Frame(name, frozenset(leaves), corner, 2 * CARD_WIDTH + _ACROSS + 2 * _PAD, height))
        return bottom + _PAD, top + (height - CARD_HEIGHT) / 2


def _grid(
    names: Sequence[DatasetId], columns: int, cards: dict[DatasetId, Place], start: float
) -> tuple[float, Section]:
    places, bottom = _cells(len(names), columns, start + _HEADING)
    cards.update(zip(names, places, strict=True))
    return bottom + _SECTION, Section(start, bottom)


def _cells(count: int, columns: int, top: float, left: float = LEFT) -> tuple[list[Place], float]:
    step = CARD_HEIGHT + _DOWN
    places = [Place(left + (n % columns) * (CARD_WIDTH + _ACROSS), top + (n // columns) * step) for n in range(count)]
    return places, places[-1].y + CARD_HEIGHT
