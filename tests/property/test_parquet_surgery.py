"""Parquet surgery on files of four writers: the right rows, all else as it was, no trace, and every reader opens it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import fastparquet
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.lake import parquet
from connectors.lake.change import Change, Counts, Erase, Redact
from connectors.lake.segments import Fresh
from connectors.lake.surgery import make
from connectors.lake.surgery.column import decoded_leaf, from_start
from connectors.lake.surgery.footer import Footer, meta_of, read_footer, rows_of, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.thrift import get, items, read_struct
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import Key, KeySet

NAME = "s3://lake/a.parquet"
FLAT = ["user", "person", "text", "at", "flag", "real", "price", "small", "raw", "void"]
DELTA = {"at": "DELTA_BINARY_PACKED", "raw": "DELTA_LENGTH_BYTE_ARRAY", "text": "DELTA_BYTE_ARRAY"}


def among(column: str, keys: frozenset[Key]) -> Selection:
    """Return the selection of rows whose column is one of the keys."""
    return Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): keys})


def table_of(rows: int, seed: int, *, nested: bool) -> pa.Table:
    """Return rows with all kinds of columns; `text` is never the same twice, `user` is one of 20."""
    r = np.random.default_rng(seed)

    def holes(values: list[Any], share: float = 0.1) -> list[Any]:
        return [None if hole else value for value, hole in zip(values, r.random(rows) < share, strict=True)]

    ints = r.integers(0, 10**6, rows).tolist()
    columns: dict[str, Any] = {
        "user": pa.array(r.integers(0, 20, rows)),
        "person": pa.array(holes([f"person-{i % 30:04d}-plant" for i in ints]), pa.string()),
        "text": pa.array(holes([f"unique-{n:05d}-{i}-plant" for n, i in enumerate(ints)], 0.05), pa.string()),
        "at": pa.array([datetime.fromtimestamp(1_700_000_000 + i, UTC) for i in ints], pa.timestamp("us", "UTC")),
        "flag": pa.array(holes([i % 2 == 0 for i in ints], 0.2), pa.bool_()),
        "real": pa.array([float("nan") if i % 17 == 0 else i / 8 for i in ints]),
        "price": pa.array(holes([Decimal(i) / 100 for i in ints]), pa.decimal128(12, 2)),
        "small": pa.array(np.sort(r.integers(-100, 100, rows)).astype("i1")),
        "raw": pa.array([i.to_bytes(3, "big") * (i % 4) for i in ints], pa.binary()),
        "void": pa.nulls(rows, pa.string()),
    }
    if nested:
        lists = [None if i % 9 == 0 else [None if j % 5 == 0 else f"t{i % 7}-{j}" for j in range(i % 4)] for i in ints]
        structs = [None if i % 11 == 0 else {"x": i % 10, "y": {"z": f"z{i % 50}-plant"}} for i in ints]
        columns["tags"] = pa.array(lists, pa.list_(pa.string()))
        columns["deep"] = pa.array(structs, pa.struct({"x": pa.int64(), "y": pa.struct({"z": pa.string()})}))
        columns["pairs"] = pa.array(
            [[(f"k{j}", i) for j in range(i % 3)] for i in ints], pa.map_(pa.string(), pa.int64())
        )
        columns["boxes"] = pa.array(
            [[[i % 9] * (i % 3)] * (j % 3) for j, i in enumerate(ints)], pa.list_(pa.list_(pa.int32()))
        )
    return pa.table(columns).replace_schema_metadata({"owner": "team lake"})


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written."""

    rows: int
    seed: int
    group: int
    codec: str
    page_version: str
    page_size: int
    index: bool
    checksums: bool
    encodings: str
    nested: bool
    by_page: bool
    """Whether pages are taken apart however many are touched; else columns are encoded anew where most are."""

    def file(self) -> tuple[pa.Table, bytes]:
        """Return the table and the file that pyarrow makes of it."""
        table = table_of(self.rows, self.seed, nested=self.nested)
        how: dict[str, Any] = {
            "dictionary": {},
            "small dictionary": {"dictionary_pagesize_limit": 300},
            "plain": {"use_dictionary": False},
            "split": {"use_dictionary": False, "use_byte_stream_split": ["real"]},
            "delta": {"use_dictionary": False, "column_encoding": DELTA},
            "int96": {"use_deprecated_int96_timestamps": True},
            "bloom": {"bloom_filter_options": {"user": {"ndv": 100, "fpp": 0.01}, "person": {"ndv": 100, "fpp": 0.01}}},
        }[self.encodings]
        sink = io.BytesIO()
        pq.write_table(
            table,
            sink,
            row_group_size=self.group,
            compression=self.codec,
            data_page_version=self.page_version,
            data_page_size=self.page_size,
            max_rows_per_page=60,
            write_page_index=self.index,
            write_page_checksum=self.checksums,
            **how,
        )
        return table, sink.getvalue()


FORMS = st.builds(
    Form,
    rows=st.sampled_from([1, 37, 400]),
    seed=st.integers(0, 10**6),
    group=st.sampled_from([20, 150, 1000]),
    codec=st.sampled_from(["none", "snappy", "gzip", "brotli", "zstd", "lz4"]),
    page_version=st.sampled_from(["1.0", "2.0"]),
    page_size=st.sampled_from([150, 1 << 20]),
    index=st.booleans(),
    checksums=st.booleans(),
    encodings=st.sampled_from(["dictionary", "small dictionary", "plain", "split", "delta", "int96", "bloom"]),
    nested=st.booleans(),
    by_page=st.booleans(),
)
ALL_BY_PAGE = 2.0
"""A share of pages that is never touched."""


def changed(content: bytes, selection: Selection, change: Change, *, by_page: bool = False) -> tuple[bytes, Counts]:
    """Return the new file and the counts."""
    sink = io.BytesIO()
    with mock.patch.object(make, "MANY", ALL_BY_PAGE if by_page else make.MANY):
        counts = parquet.rewrite(NAME, Held(content), sink, selection, change)
    return sink.getvalue(), counts


def as_read(content: bytes) -> pa.Table:
    """Return what pyarrow reads, checksums and all."""
    table = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True).read()
    table.validate(full=True)
    return table


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether types and values are equal, in order; NaN is equal to NaN."""
    return bool(one.schema.equals(other.schema, check_metadata=True)) and repr(one.to_pylist()) == repr(
        other.to_pylist()
    )


def facts(content: bytes) -> list[Any]:
    """Return what the footer says that must not change."""
    file = pq.ParquetFile(io.BytesIO(content))
    meta = file.metadata
    columns = [meta.row_group(g).column(c) for g in range(meta.num_row_groups) for c in range(meta.num_columns)]
    per_chunk = {
        (c.path_in_schema, c.compression, c.physical_type, c.has_offset_index, c.is_stats_set) for c in columns
    }
    return [
        meta.metadata,
        meta.created_by,
        meta.format_version,
        file.schema.to_arrow_schema(),
        sorted(map(str, per_chunk)),
    ]


def assert_statistics_are_true(content: bytes) -> None:
    """Null counts are exact; bounds, where told, are of values that are there; so are the pages' own."""
    source = Held(content)
    footer = read_footer(NAME, source)
    for group in footer.groups:
        for number, leaf in enumerate(footer.leaves):
            meta = meta_of(group, number)
            values = decoded_leaf(footer, number, rows_of(group), from_start(meta), source.read(*span(meta)))
            statistics = get(meta, 12, {})
            if leaf.max_repetition == 0 and 3 in statistics:
                assert get(statistics, 3) == values.null_count
            present = set(values.drop_null().to_pylist())
            if leaf.name in ("text", "person", "raw") and 5 in statistics:
                spelled = {value.encode() if isinstance(value, str) else value for value in present}
                assert {get(statistics, 5), get(statistics, 6)} == {max(spelled), min(spelled)}
            assert_page_index_is_true(source, footer, items(group, 1)[number], number, values)


def assert_page_index_is_true(source: Held, footer: Footer, chunk: Any, number: int, values: Any) -> None:
    """Every page begins where the index says, and of texts its bounds are those of its rows."""
    leaf = footer.leaves[number]
    if 4 not in chunk or leaf.max_repetition:
        return
    pages = items(read_struct(source.read(get(chunk, 4), get(chunk, 4) + get(chunk, 5)))[0], 1)
    starts = [get(page, 3) for page in pages]
    stops = [*starts[1:], len(values)]
    for page in pages:
        header, length = read_struct(source.read(get(page, 1), get(page, 1) + get(page, 2)))
        assert length + get(header, 3) == get(page, 2)
    if 6 not in chunk or leaf.name not in ("text", "person", "raw", "user", "small"):
        return
    index = read_struct(source.read(get(chunk, 6), get(chunk, 6) + get(chunk, 7)))[0]
    for least, greatest, start, stop in zip(items(index, 2), items(index, 3), starts, stops, strict=True):
        present = values.slice(start, stop - start).drop_null().to_pylist()
        if present and not isinstance(present[0], int):
            spelled = [value.encode() if isinstance(value, str) else value for value in present]
            assert (least, greatest) == (min(spelled), max(spelled))
        elif present:
            told = [int.from_bytes(bound, "little", signed=True) for bound in (least, greatest)]
            assert told == [min(present), max(present)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=FORMS, users=st.frozensets(st.integers(0, 19), min_size=1, max_size=19))
def test_erasing_changes_nothing_else(form: Form, users: frozenset[Key]) -> None:
    """Rows that stay are equal in value and order, the footer's facts too; statistics and indexes are true again."""
    _, content = form.file()
    before = as_read(content)
    new, counts = changed(content, among("user", users), Erase(), by_page=form.by_page)
    stays = pc.invert(pc.is_in(before["user"], value_set=pa.array(sorted(users))))  # type: ignore[type-var]
    expected = before.filter(stays)
    assert counts == Counts(rows=before.num_rows, gone=before.num_rows - expected.num_rows)
    assert same(as_read(new), expected)
    if expected.num_rows:
        assert facts(new)[:-1] == facts(content)[:-1]
        assert set(facts(new)[-1]) <= set(facts(content)[-1])
    assert_statistics_are_true(new)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=FORMS, users=st.frozensets(st.integers(0, 19), min_size=1, max_size=19), pick=st.integers(0, 6))
def test_redacting_changes_one_column(form: Form, users: frozenset[Key], pick: int) -> None:
    """Of the selected rows the field is null; chunks of all other columns are the same bytes."""
    table, content = form.file()
    names = [name for name in table.column_names if name not in ("user", "void")]
    column = names[pick % len(names)]
    before = as_read(content)
    new, counts = changed(content, among("user", users), Redact((column,)), by_page=form.by_page)
    hit = pc.is_in(before["user"], value_set=pa.array(sorted(users))).to_pylist()  # type: ignore[type-var]
    values = [None if gone else value for gone, value in zip(hit, before[column].to_pylist(), strict=True)]
    index = before.column_names.index(column)
    expected = before.set_column(index, before.field(index), pa.array(values, before.field(index).type))
    assert same(as_read(new), expected)
    assert counts.altered == sum(
        value is not None for gone, value in zip(hit, before[column].to_pylist(), strict=True) if gone
    )
    old_chunks, new_chunks = chunks_of(content), chunks_of(new)
    assert all(new_chunks[place] == old_chunks[place] for place in old_chunks if place[1].split(".")[0] != column)
    assert_statistics_are_true(new)


def chunks_of(content: bytes) -> dict[tuple[int, str], bytes]:
    """Return the bytes of every chunk by row group and path."""
    footer = read_footer(NAME, Held(content))
    return {
        (number, leaf.name): content[slice(*span(meta_of(group, index)))]
        for number, group in enumerate(footer.groups)
        for index, leaf in enumerate(footer.leaves)
    }


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=FORMS, change=st.sampled_from(["erase", "redact"]), person=st.integers(0, 29))
def test_no_trace_is_left(form: Form, change: str, person: int) -> None:
    """A planted value that went stands nowhere in the new file: pages, dictionaries, statistics, indexes, filters.

    Pages are searched without compression; a bloom filter is asked.
    """
    plain = Form(**{**{name: getattr(form, name) for name in Form.__slots__}, "codec": "none"})
    _, content = plain.file()
    key = f"person-{person:04d}-plant"
    before = as_read(content)
    new, _ = changed(
        content,
        among("person", frozenset({key})),
        Erase() if change == "erase" else Redact(("person", "text")),
        by_page=form.by_page,
    )
    after = as_read(new)
    went = set(before["text"].to_pylist()) - set(after["text"].to_pylist()) - {None}
    for value in went | {key}:
        assert value.encode() not in new
    if form.encodings == "bloom":
        footer = read_footer(NAME, Held(new))
        file = parquet.open_parquet(NAME, Held(new))
        rebuilt = [meta_of(group, footer.tops.index("person")) for group in footer.groups]
        assert all(14 in meta for meta in rebuilt)
        assert not any(
            file.candidates(
                among("person", frozenset({key})).where, parquet.ValueSets({KeySetId("k"): frozenset({key})})
            )
        )


def by_duckdb(table: pa.Table, path: Path) -> None:
    """Write with DuckDB, which has filters and statistics of its own."""
    with duckdb.connect() as base:
        base.register("given", table)
        base.execute(f"COPY given TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION zstd)")


def by_polars(table: pa.Table, path: Path) -> None:
    """Write with Polars, small pages."""
    pl.from_arrow(table).write_parquet(path, compression="zstd", row_group_size=300, data_page_size=700)  # type: ignore[union-attr]


def by_fastparquet(table: pa.Table, path: Path) -> None:
    """Write with fastparquet, from pandas."""
    fastparquet.write(str(path), table.to_pandas(), row_group_offsets=300, compression="GZIP")


def by_pyarrow(table: pa.Table, path: Path) -> None:
    """Write with pyarrow, sorted column told."""
    pq.write_table(
        table, path, row_group_size=300, sorting_columns=[pq.SortingColumn(table.column_names.index("small"))]
    )


@pytest.mark.parametrize("writer", [by_pyarrow, by_duckdb, by_polars, by_fastparquet])
@pytest.mark.parametrize("change", [Erase(), Redact(("text",))])
def test_every_reader_opens_it(writer: Callable[[pa.Table, Path], None], change: Change, tmp_path: Path) -> None:
    """Files of four writers, read by four readers after surgery: the same rows for each, as from the old file."""
    columns = ["user", "text", "flag", "real", "small", "raw"]
    writer(table_of(900, 5, nested=False).select(columns), tmp_path / "old.parquet")
    old = (tmp_path / "old.parquet").read_bytes()
    users = frozenset({3, 7})
    new, counts = changed(old, among("user", users), change)
    (tmp_path / "new.parquet").write_bytes(new)
    assert counts.touched > 0
    assert pq.read_metadata(io.BytesIO(new)).row_group(0).sorting_columns == (
        pq.read_metadata(io.BytesIO(old)).row_group(0).sorting_columns
    )
    for read in (read_pyarrow, read_duckdb, read_polars, read_fastparquet):
        rows = read(tmp_path / "old.parquet")
        if isinstance(change, Erase):
            rows = [row for row in rows if row["user"] not in users]
        else:
            rows = [{**row, "text": None} if row["user"] in users else row for row in rows]
        assert repr(read(tmp_path / "new.parquet")) == repr(rows), read.__name__


def read_pyarrow(path: Path) -> list[dict[str, Any]]:
    """Read with pyarrow."""
    return list(pq.read_table(path).to_pylist())


def read_duckdb(path: Path) -> list[dict[str, Any]]:
    """Read with DuckDB."""
    with duckdb.connect() as base:
        found = base.execute(f"SELECT * FROM '{path}'")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def read_polars(path: Path) -> list[dict[str, Any]]:
    """Read with Polars."""
    return list(pl.read_parquet(path).to_dicts())


def read_fastparquet(path: Path) -> list[dict[str, Any]]:
    """Read with fastparquet."""
    frame = fastparquet.ParquetFile(str(path)).to_pandas()
    frame = frame.astype(object).where(frame.notna(), None)
    return list(frame.to_dict("records"))


def test_one_person_costs_some_pages() -> None:
    """Of a file of many pages only those with the row are new; all else is copied by range."""
    table = pa.table({"user": list(range(50_000)), "text": [f"text {i}" for i in range(50_000)]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=25_000, max_rows_per_page=1_000, use_dictionary=False)
    pieces = list(parquet.segments(NAME, Held(sink.getvalue()), among("user", frozenset({31_500})), Erase()))
    new = sum(len(piece.content) for piece in pieces if isinstance(piece, Fresh))
    assert new < len(sink.getvalue()) / 10
