from __future__ import annotations

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connectors.lake.rereading import decoded
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, SystemId

DATASET = Dataset(DatasetId("lake.a"), SystemId("lake"), "*.jsonl", (), {"user": "user"}, (), (), {}, {}, {})
VALUES: Any = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)


def read(rows: list[dict[str, Any]]) -> list[str]:
    """Read the rows as verification does, each as text with its column types."""
    file = io.BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode())
    return sorted(
        repr([(name, repr(value)) for name, value in sorted(row.items()) if value is not None])
        for batch in decoded("a.jsonl", file, DATASET)
        for row in batch.to_pylist()
    )


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=8), st.integers(0, 8))
def test_a_row_reads_the_same_whatever_stands_beside_it(rows, cut):
    """Reading a file is reading its parts: which rows share a batch changes no value and no type."""
    assert read(rows) == sorted(read(rows[:cut]) + read(rows[cut:]))


def test_an_unreadable_line_counts_and_a_change_to_it_is_seen():
    """It is a row that holds the line's digest; a member in other letters is the mapped column."""

    def batches(text: bytes) -> list[dict[str, Any]]:
        return [row for batch in decoded("a.jsonl", io.BytesIO(text), DATASET) for row in batch.to_pylist()]

    one, other = batches(b'{"User":"x"}\n{broken\n'), batches(b'{"USER":"x"}\n{brokem\n')
    assert [row["user"] for row in one] == [row["user"] for row in other] == ["x", None]
    assert one[1] != other[1]
