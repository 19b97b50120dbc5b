"""What becomes of one row group's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from connectors.lake.surgery.fields import Group
from connectors.lake.surgery.footer import Footer
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.staying import Staying
from connectors.lake.surgery.thrift import LIST, STRUCT, Struct, get, items
from connectors.lake.surgery.trim import Rows

Mapped: TypeAlias = Callable[[Any], Any]
"""From the Arrow array of a column of one row group to another of the same type and length."""

NO_ROWS: Final = np.zeros(0, np.int64)


@dataclass(frozen=True)
class GroupEdit:
    """What becomes of one row group's rows."""

    rows: int
    """How many it has."""
    gone: Rows = field(default_factory=lambda: NO_ROWS)
    emptied: Mapping[str, Rows] = field(default_factory=dict)
    """By column (dots lead into structs), which rows become null in it; none of them is gone."""
    mapped: Mapping[str, Mapped] = field(default_factory=dict)
    """By top-level column, what makes its new values, before rows go."""

    @property
    def rows_left(self) -> int:
        """Return how many rows stay."""
        return self.rows - len(self.gone)

    @cached_property
    def staying(self) -> Staying:
        """Return the rows that stay: made once for all columns."""
        return Staying(~flagged(self.rows, self.gone))

    def touches(self, footer: Footer, leaf: int) -> bool:
        """Whether a leaf's chunk changes."""
        return len(self.gone) > 0 or self.changes(footer.leaves[leaf])

    def changes(self, leaf: Leaf) -> bool:
        """Whether values of a leaf change, beyond rows that go."""
        return leaf.path[0] in self.mapped or self.emptied_in(leaf) is not None

    def emptied_in(self, leaf: Leaf) -> tuple[Rows, int] | None:
        """Return which of a leaf's rows become null, and at which level; -1 if there is none."""
        for column, rows in self.emptied.items():
            parts = tuple(column.split("."))
            path = parts if leaf.path[: len(parts)] == parts else (column,)
            if len(rows) and leaf.path[: len(path)] == path:
                return rows, _null_level(leaf, len(path) - 1)
        return None

    def unsorted(self, footer: Footer, group: Struct) -> Struct:
        """Return the group without a claim to be sorted by columns that change, or by later ones."""
        sorting = items(group, Group.SORTING)
        kept = []
        for column in sorting:
            if self.changes(footer.leaves[get(column, 1)]):
                break
            kept.append(column)
        if len(kept) == len(sorting):
            return group
        rest = {number: value for number, value in group.items() if number != Group.SORTING}
        return rest | ({Group.SORTING: (LIST, (STRUCT, kept))} if kept else {})


def _null_level(leaf: Leaf, part: int) -> int:
    above = leaf.levels[part - 1] if part else 0
    inside_a_list = part > 0 and leaf.repetitions[part] > 0
    return -1 if leaf.levels[part] == above or inside_a_list else leaf.levels[part] - 1


def flagged(count: int, rows: Rows) -> NDArray[np.bool_]:
    """Return for each of so many rows whether it is one of these."""
    flags = np.zeros(count, np.bool_)
    flags[rows] = True
    return flags
