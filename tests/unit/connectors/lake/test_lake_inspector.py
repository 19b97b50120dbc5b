from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.lake.inspector import _json_lines

VALUES: Any = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)


def read(rows: list[dict[str, Any]]) -> list[str]:
    """Read the rows as verification does, each as text with its column types."""
    file = io.BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode())
    return sorted(
        repr([(name, repr(value)) for name, value in sorted(row.items()) if value is not None])
        for batch in _json_lines(file)
        for row in batch.to_pylist()
    )


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=8), st.integers(0, 8))
def test_a_row_reads_the_same_whatever_stands_beside_it(rows, cut):
    """Reading a file is reading its parts: which rows share a batch changes no value and no type."""
    assert read(rows) == sorted(read(rows[:cut]) + read(rows[cut:]))
