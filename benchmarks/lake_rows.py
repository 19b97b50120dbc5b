"""Rows of a watching history, made batch by batch: what the lake benchmarks erase people from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_A_GROUP = 500_000
_TITLES = pa.array([f"A film of many words, number {number}" for number in range(20_000)])
_DEVICES = pa.array(["ios", "android", "web", "tv", "console"])
_COUNTRIES = pa.array(["JP", "US", "DE", "FR", "BR", "IN"])


def batches(rows: int, people: int, seed: int, *, clustered: bool) -> Iterator[pa.Table]:
    """Yield tables of at most `ROWS_A_GROUP` rows: in the order of time, or of the person."""
    random = np.random.default_rng(seed)
    for first in range(0, rows, ROWS_A_GROUP):
        number = min(ROWS_A_GROUP, rows - first)
        if clustered:
            low, high = people * first // rows, max(people * first // rows + 1, people * (first + number) // rows)
            users = np.sort(random.integers(low, high, number))
        else:
            users = random.integers(0, people, number)
        yield _table(random, first, users)


def _table(random: np.random.Generator, first: int, users: np.ndarray) -> pa.Table:
    number = len(users)
    numbers = pa.array(users)
    text = pa.array(users.astype(str))
    at = 1_767_225_600_000_000 + (first + np.arange(number)) * 1_500_000
    return pa.table(
        {
            "event_id": pa.array(np.arange(first, first + number)),
            "ts": pa.array(at, pa.timestamp("us", "UTC")),
            "user_id": numbers,
            "email": pc.binary_join_element_wise("user", text, "@mail.example", ""),
            "title": _TITLES.take(pa.array(random.integers(0, len(_TITLES), number))),
            "device": _DEVICES.take(pa.array(random.integers(0, len(_DEVICES), number))),
            "country": _COUNTRIES.take(pa.array(random.integers(0, len(_COUNTRIES), number))),
            "amount": pa.array(random.random(number) * 100),
            "position": pa.array(random.integers(0, 7_200, number, np.int32)),
            "score": pa.array(random.random(number, np.float32)),
            "kids": pa.array(random.random(number) < 0.1),  # noqa: PLR2004 -- a tenth
            "session": pa.array(random.integers(0, 1 << 62, number)),
        }
    )


def write_parquet(path: Path, tables: Iterator[pa.Table]) -> None:
    """Write the tables, one row group each."""
    writer: pq.ParquetWriter | None = None
    for table in tables:
        writer = writer or pq.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table, row_group_size=ROWS_A_GROUP)
    assert writer is not None
    writer.close()
