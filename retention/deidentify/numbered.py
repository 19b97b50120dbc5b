"""A table whose columns are numbered when first asked for: the search and the attack on its result look at the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from retention.deidentify.classes import Coded, code_all
from retention.deidentify.lattice import Combinations, combinations


@dataclass(frozen=True, slots=True)
class Numbered:
    """A table, and what is known of it."""

    table: pa.Table
    _columns: dict[str, Coded] = field(default_factory=dict, repr=False)
    _combined: dict[tuple[str, ...], Combinations] = field(default_factory=dict, repr=False)

    def columns(self, names: Sequence[str]) -> list[Coded]:
        """Return some columns as codes."""
        new = [name for name in dict.fromkeys(names) if name not in self._columns]
        self._columns.update(zip(new, code_all([self.table.column(name) for name in new]), strict=True))
        return [self._columns[name] for name in names]

    def combined(self, names: Sequence[str]) -> Combinations:
        """Return the distinct rows on some columns."""
        key = tuple(names)
        if key not in self._combined:
            self._combined[key] = combinations(self.columns(names), self.table.num_rows)
        return self._combined[key]
