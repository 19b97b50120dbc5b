"""Rows of one row group that stay, taken out of Arrow's columns: by the way that costs least."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from connectors.lake import arrays

_FEW: Final = 100
"""If fewer than one row in so many goes, long stretches stay: `filter` copies those as they are."""


class Staying:
    """What stays of so many rows; made once for all columns."""

    def __init__(self, stays: NDArray[np.bool_]) -> None:
        """Take a flag for each row."""
        self._stays = stays
        self._number = int(np.count_nonzero(stays))
        self._few = (len(stays) - self._number) * _FEW < len(stays)

    @cached_property
    def _flags(self) -> pa.Array:
        return arrays.flags(self._stays)

    @cached_property
    def _places(self) -> pa.Array:
        return arrays.numbers(np.flatnonzero(self._stays).astype(np.int32))

    def rows_of(self, table: pa.Table) -> pa.Table:
        """Return the rows of a table that stay."""
        if any(column.num_chunks != 1 for column in table.columns):
            return table.filter(self._flags)  # to take would join texts past 2 GiB
        return pa.Table.from_arrays([self._of(column.chunk(0)) for column in table.columns], schema=table.schema)

    def _of(self, array: pa.Array) -> pa.Array:
        kind = array.type
        if pa.types.is_struct(kind) and not array.null_count:
            parts: list[Any] = [self._of(array.field(number)) for number in range(kind.num_fields)]
            return pa.Array.from_buffers(kind, self._number, [None], 0, children=parts)
        if self._few and not pa.types.is_nested(kind):
            return array.filter(self._flags)
        return array.take(self._places)
