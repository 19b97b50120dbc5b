"""Schemas and data that nobody thought of, by four writers with all that they can do, read by four readers after.

A few in `make test`; `pytest -m long tests/property/test_parquet_writers.py` tries many (RETENTION_SWEEP, 300).
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import fastparquet
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from connectors.lake.change import Change, Counts, Erase, Redact
from connectors.lake.surgery.bloom import may_hold
from connectors.lake.surgery.footer import meta_of, read_footer
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.thrift import get, items
from tests.property.test_parquet_surgery import (
    NAME,
    among,
    as_read,
    assert_statistics_are_true,
    changed,
    read_duckdb,
    read_fastparquet,
    read_polars,
    read_pyarrow,
)

AT = datetime(2026, 1, 1, tzinfo=UTC)
KINDS: dict[str, tuple[pa.DataType, Callable[[int], Any]]] = {
    "tiny": (pa.int8(), lambda n: n % 100 - 50),
    "short": (pa.int16(), lambda n: n % 30_000),
    "whole": (pa.int32(), lambda n: n * 7 - 1_000),
    "long": (pa.int64(), lambda n: n * 10**9),
    "unsigned": (pa.uint32(), lambda n: n * 3),
    "single": (pa.float32(), lambda n: n / 4),
    "double": (pa.float64(), lambda n: float("nan") if n % 13 == 0 else n / 3),
    "flag": (pa.bool_(), lambda n: n % 3 == 0),
    "money": (pa.decimal128(9, 2), lambda n: Decimal(n) / 100),
    "large": (pa.decimal128(25, 3), lambda n: Decimal(n * 10**15) / 1000),
    "day": (pa.date32(), lambda n: date(2026, 1, 1) + timedelta(days=n % 400)),
    "micro": (pa.timestamp("us"), lambda n: AT.replace(tzinfo=None) + timedelta(seconds=n)),
    "zoned": (pa.timestamp("us", "UTC"), lambda n: AT + timedelta(milliseconds=n)),
}
TEXTS = {"text": pa.string(), "bytes": pa.binary()}
FLAT = [*KINDS, *TEXTS]
FOR_PANDAS = [name for name in FLAT if name not in ("day", "large", "money")]
NESTS = ["plain", "list", "struct", "list of structs", "struct of lists", "map"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, inside what, how often it is null, and of how many values."""

    kind: str
    nest: str
    holes: bool
    distinct: int

    def array(self, rows: int, theirs: np.ndarray[Any, Any]) -> pa.Array:
        """Return its values; texts of the person's rows are planted, and no two of them alike."""
        values = [self._value(n, planted=bool(theirs[n])) for n in range(rows)]
        kind = TEXTS.get(self.kind) or KINDS[self.kind][0]
        some = [None if self.holes and n % 5 == 0 else value for n, value in enumerate(values)]
        lists = [None if self.holes and n % 11 == 0 else [value] * (n % 3) for n, value in enumerate(some)]
        match self.nest:
            case "list":
                return pa.array(lists, pa.list_(kind))
            case "struct":
                return pa.array([{"a": value, "b": n} for n, value in enumerate(some)], _struct(kind))
            case "list of structs":
                boxes = [[{"a": value, "b": n}] * (n % 3) for n, value in enumerate(some)]
                return pa.array(boxes, pa.list_(_struct(kind)))
            case "struct of lists":
                return pa.array([{"a": value, "b": 1} for value in lists], _struct(pa.list_(kind)))
            case "map":
                return pa.array([[(f"k{n % 4}", value)] for n, value in enumerate(some)], pa.map_(pa.string(), kind))
            case _:
                return pa.array(some, kind)

    def _value(self, n: int, *, planted: bool) -> Any:
        if self.kind not in TEXTS:
            return KINDS[self.kind][1](n % self.distinct)
        text = f"plant-{n:05}-" + "x" * (n % 9) if planted else f"other-{n % self.distinct}"
        return text if self.kind == "text" else text.encode()


def _struct(kind: pa.DataType) -> pa.DataType:
    return pa.struct([("a", kind), ("b", pa.int64())])


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be: its columns, its rows, its writer and what he is told."""

    writer: str
    columns: tuple[Column, ...]
    rows: int
    group: int
    codec: str
    options: tuple[tuple[str, Any], ...]
    key: str

    def table(self) -> pa.Table:
        """Return the rows: a key column, its number, and the others."""
        who = (np.arange(self.rows) * 7919) % 20
        names = [f"c{number}_{column.kind}" for number, column in enumerate(self.columns)]
        keys = pa.array(["plant-user" if n == PERSON else f"user-{n}" for n in who] if self.key == "text" else who)
        made = [column.array(self.rows, who == PERSON) for column in self.columns]
        return pa.table([keys, pa.array(range(self.rows)), *made], names=["user", "row", *names])

    def write(self, path: Path, codec: str) -> None:
        """Write the file."""
        WRITERS[self.writer](self, self.table(), path, codec)


PERSON = 3


def _by_pyarrow(case: Case, table: pa.Table, path: Path, codec: str) -> None:
    more = dict(case.options)
    encodings = more.pop("encodings")
    if encodings == "dictionary":
        more["use_dictionary"] = True
    else:
        more["use_dictionary"] = False
        more["use_byte_stream_split"] = (
            [name for name in table.column_names if table.schema.field(name).type in (pa.float32(), pa.float64())]
            if encodings == "split"
            else False
        )
        if encodings == "delta":
            more["column_encoding"] = {
                name: how
                for name in table.column_names
                if (how := DELTAS.get(str(table.schema.field(name).type))) is not None
            }
    if more.pop("bloom"):
        more["bloom_filter_options"] = {"user": {"ndv": 40, "fpp": 0.001}}
    pq.write_table(table, path, row_group_size=case.group, compression=codec, max_rows_per_page=60, **more)


DELTAS = {"int32": "DELTA_BINARY_PACKED", "int64": "DELTA_BINARY_PACKED", "string": "DELTA_BYTE_ARRAY"} | {
    "binary": "DELTA_LENGTH_BYTE_ARRAY"
}


def _by_duckdb(case: Case, table: pa.Table, path: Path, codec: str) -> None:
    more = "".join(f", {name} {value}" for name, value in case.options)
    with duckdb.connect() as base:
        base.register("given", table)
        base.execute(f"COPY given TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048, COMPRESSION {codec}{more})")


def _by_polars(case: Case, table: pa.Table, path: Path, codec: str) -> None:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    named: Any = codec
    frame.write_parquet(path, compression=named, row_group_size=case.group, **dict(case.options))


def _by_fastparquet(case: Case, table: pa.Table, path: Path, codec: str) -> None:
    starts = list(range(0, case.rows, case.group))
    fastparquet.write(
        str(path), table.to_pandas(), row_group_offsets=starts, compression=codec or None, **dict(case.options)
    )


WRITERS = {"pyarrow": _by_pyarrow, "duckdb": _by_duckdb, "polars": _by_polars, "fastparquet": _by_fastparquet}
CODECS = {
    "pyarrow": ["none", "snappy", "gzip", "brotli", "zstd", "lz4"],
    "duckdb": ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw"],
    "polars": ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4"],
    "fastparquet": ["", "SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4_RAW"],
}
"""The first is none: what is searched for traces is written by it."""
OPTIONS = {
    "pyarrow": st.fixed_dictionaries(
        {
            "encodings": st.sampled_from(["dictionary", "plain", "split", "delta"]),
            "data_page_version": st.sampled_from(["1.0", "2.0"]),
            "write_page_index": st.booleans(),
            "bloom": st.booleans(),
            "use_deprecated_int96_timestamps": st.booleans(),
        }
    ),
    "duckdb": st.fixed_dictionaries(
        {"PARQUET_VERSION": st.sampled_from(["V1", "V2"]), "DICTIONARY_SIZE_LIMIT": st.sampled_from([1, 10_000])}
    ),
    "polars": st.fixed_dictionaries({"statistics": st.booleans(), "data_page_size": st.sampled_from([700, 1 << 20])}),
    "fastparquet": st.fixed_dictionaries({"times": st.sampled_from(["int64", "int96"]), "stats": st.booleans()}),
}


def cases(writer: str) -> st.SearchStrategy[Case]:
    """Return files that the writer can make."""
    nests = {"polars": [nest for nest in NESTS if nest != "map"], "fastparquet": ["plain"]}.get(writer, NESTS)
    column = st.builds(
        Column,
        kind=st.sampled_from(FOR_PANDAS if writer == "fastparquet" else FLAT),
        nest=st.sampled_from(nests),
        holes=st.booleans(),
        distinct=st.sampled_from([3, 50, 5_000]),
    )
    return st.builds(
        Case,
        writer=st.just(writer),
        columns=st.lists(column, min_size=1, max_size=5).map(tuple),
        rows=st.sampled_from([2_600] if writer == "duckdb" else [90, 400]),
        group=st.sampled_from([70, 1_000]),
        codec=st.sampled_from(CODECS[writer]),
        options=OPTIONS[writer].map(lambda options: tuple(sorted(options.items()))),
        key=st.sampled_from(["text", "number"]),
    )


def facts(content: bytes) -> list[Any]:
    """Return what the footer says of the file and of its kinds of chunks that must not change."""
    file = pq.ParquetFile(io.BytesIO(content))
    meta = file.metadata
    chunks = [meta.row_group(g).column(c) for g in range(meta.num_row_groups) for c in range(meta.num_columns)]
    kinds = {(c.path_in_schema, c.compression, c.physical_type, c.has_offset_index) for c in chunks}
    groups = [meta.row_group(g) for g in range(meta.num_row_groups)]
    sorting = {str(group.sorting_columns) for group in groups}
    return [meta.metadata, meta.created_by, meta.format_version, file.schema, file.schema_arrow, kinds, sorting]


def check(case: Case, change: Change) -> None:
    """Change one person's rows and look with every reader: the rest equal in value and order, the footer's facts too.

    Raises:
        AssertionError: it is not.

    """
    with TemporaryDirectory() as name:
        old, new = Path(name, "old.parquet"), Path(name, "new.parquet")
        case.write(old, case.codec)
        content, counts = changed(old.read_bytes(), among("user", frozenset({key_of(case)})), change)
        assert counts.touched
        new.write_bytes(content)
        as_read(content)
        assert facts(content) == facts(old.read_bytes())
        assert_statistics_are_true(content)
        for read in (read_pyarrow, read_duckdb, read_polars, read_fastparquet):
            assert_same_rows(read, old, new, change, key_of(case))


def key_of(case: Case) -> str | int:
    """Return the person."""
    return "plant-user" if case.key == "text" else PERSON


def assert_same_rows(
    read: Callable[[Path], list[dict[str, Any]]], old: Path, new: Path, change: Change, key: str | int
) -> None:
    """The reader sees in the new file what it saw in the old one, less what went; if it can read the old one."""
    try:
        before = read(old)
    except Exception as error:
        if read is read_fastparquet:
            return  # it raises anything; what it can read, a test below demands
        if read is read_polars and "does not align" in str(error):
            return  # Polars (1.40) reads no column of old times that fastparquet wrote with nulls
        raise
    wrong = misread(old) if read is read_fastparquet else set()
    if "user" in wrong:
        return
    if isinstance(change, Redact):
        (field,) = change.fields
        expected = [{**row, field: None} if row["user"] == key else row for row in before]
    else:
        expected = [row for row in before if row["user"] != key]
    try:
        after = read(new)
    except TypeError:
        assert read is read_fastparquet, read.__name__
        assert not reads_when_written_anew(new), "only what we wrote cannot be read"
        return
    assert repr(_without(wrong, after)) == repr(_without(wrong, expected)), read.__name__


def misread(path: Path) -> set[str]:
    """Return the columns whose numbers lie as differences: fastparquet reads other numbers, in anybody's file."""
    meta = pq.read_metadata(path)
    chunks = [meta.row_group(g).column(c) for g in range(meta.num_row_groups) for c in range(meta.num_columns)]
    return {_top(chunk.path_in_schema) for chunk in chunks if "DELTA_BINARY_PACKED" in chunk.encodings}


def reads_when_written_anew(path: Path) -> bool:
    """Whether fastparquet reads what pyarrow writes of the same rows; beside boxes it trips over nulls in numbers."""
    with TemporaryDirectory() as name:
        anew = Path(name, "anew.parquet")
        pq.write_table(pq.read_table(path), anew)
        try:
            read_fastparquet(anew)
        except TypeError:
            return False
        return True


def _top(path: str) -> str:
    return path.partition(".")[0]


def _without(columns: set[str], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if _top(name) not in columns} for row in rows]


def assert_no_trace(case: Case) -> None:
    """Written without compression, no byte of what was planted in the person's rows is left, and no filter knows him.

    Raises:
        AssertionError: there is.

    """
    with TemporaryDirectory() as name:
        path = Path(name, "a.parquet")
        case.write(path, CODECS[case.writer][0])
        old = path.read_bytes()
        new, counts = changed(old, among("user", frozenset({key_of(case)})), Erase())
        assert counts == Counts(case.rows, gone=int(((np.arange(case.rows) * 7919) % 20 == PERSON).sum()))
        assert b"plant-" not in new
        footer = read_footer(NAME, Held(new))
        raw = b"plant-user" if case.key == "text" else PERSON.to_bytes(8, "little")
        metas = [meta_of(group, 0) for group in footer.groups]
        assert sum(may_hold(Held(new), meta, [raw]) for meta in metas if 14 in meta) <= len(metas) // 20
        assert all(get(chunk, 3) for group in footer.groups for chunk in items(group, 1))


FEW = settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
MANY = settings(
    max_examples=int(os.environ.get("RETENTION_SWEEP", "300")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_all_but_the_rows_is_as_it_was_for_every_writer_and_reader(writer: str) -> None:
    """Some schemas of each writer, of those that the sweep below tries many of; no trace is left either."""

    @FEW
    @given(case=cases(writer))
    def some(case: Case) -> None:
        check(case, Erase())
        assert_no_trace(case)

    some()


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_all_but_the_rows_is_as_it_was_over_a_wide_sweep(writer: str) -> None:
    """Hundreds of schemas of each writer: rows erased, one column emptied, and no trace."""

    @MANY
    @given(case=cases(writer), pick=st.integers(0, 4))
    def many(case: Case, pick: int) -> None:
        check(case, Erase())
        assert_no_trace(case)
        number = pick % len(case.columns)
        if case.columns[number].nest == "plain" and case.writer != "fastparquet":
            column = f"c{number}_{case.columns[number].kind}"
            check(case, Redact((column,)))

    many()


@pytest.mark.parametrize("codec", CODECS["fastparquet"])
def test_fastparquet_reads_its_own_files_after_surgery(codec: str) -> None:
    """Flat files of every codec: none is left out because a reader could not read the file before."""
    columns = tuple(Column(kind, "plain", holes=False, distinct=50) for kind in ("whole", "double", "text", "flag"))
    case = Case("fastparquet", columns, 200, 70, codec, (("stats", True), ("times", "int64")), "number")
    with TemporaryDirectory() as name:
        old, new = Path(name, "old.parquet"), Path(name, "new.parquet")
        case.write(old, codec)
        new.write_bytes(changed(old.read_bytes(), among("user", frozenset({PERSON})), Erase())[0])
        before = read_fastparquet(old)
        assert repr(read_fastparquet(new)) == repr([row for row in before if row["user"] != PERSON])


@pytest.mark.parametrize("limit", [1, 10_000])
@pytest.mark.parametrize("version", ["V1", "V2"])
def test_numbers_that_arrow_would_shorten_inside_a_box_are_erased_page_by_page(version: str, limit: int) -> None:
    """DuckDB gives large decimals 16 bytes, Arrow 11: they are taken apart and lose their filter; neighbours do not."""
    options = (("DICTIONARY_SIZE_LIMIT", limit), ("PARQUET_VERSION", version))
    case = Case("duckdb", (Column("large", "struct", holes=False, distinct=3),), 2_600, 70, "snappy", options, "text")
    check(case, Erase())
    assert_no_trace(case)


def test_fastparquet_is_excused_only_where_it_fails_on_anybodys_file(tmp_path: Path) -> None:
    """Of pyarrow's own files: differences are read as other numbers, a null number beside a box not at all."""
    path = tmp_path / "a.parquet"
    numbers = list(range(0, 900, 9))
    pq.write_table(
        pa.table({"user": ["u"] * 100, "n": numbers}),
        path,
        use_dictionary=False,
        data_page_version="2.0",
        column_encoding={"n": "DELTA_BINARY_PACKED"},
    )
    assert misread(path) == {"n"}
    assert [row["n"] for row in read_fastparquet(path)] != numbers
    box = pa.array([{"a": n} for n in numbers], pa.struct([("a", pa.int64())]))
    pq.write_table(pa.table({"box": box, "n": pa.array([None, *numbers[1:]], pa.int16())}), path)
    assert not reads_when_written_anew(path)
    pq.write_table(pa.table({"n": pa.array([None, *numbers[1:]], pa.int16())}), path)
    assert reads_when_written_anew(path)
