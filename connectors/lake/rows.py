"""Columns and first rows of one file, for a survey: Parquet, JSON, JSON Lines, CSV and TSV, packed or not.

CSV is taken as text throughout: a telephone number read as a number has lost its zero. It may be
in UTF-8 (with or without a mark) or in Shift_JIS as Windows writes it (cp932).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import IO, Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.ports.surveyor import Sampled

Column: TypeAlias = tuple[str, ColumnType, frozenset[Sampled]]

_HEAD: Final = 8 << 20
"""Bytes of a text file that are looked at."""
_LONGEST: Final = 4_000
"""Characters of one value that are looked at."""
_GZIP: Final = b"\x1f\x8b"
_READABLE: Final = ("parquet", "jsonl", "ndjson", "json", "csv", "tsv")


def is_readable(shape: str) -> bool:
    """Whether files of that ending can be looked into."""
    return _format(shape) in _READABLE


def read_rows(shape: str, key: str, file: IO[bytes], rows: int) -> Iterator[Column]:
    """Yield the file's columns with values of at most so many rows.

    Raises:
        TerminalFailure: the file is not what its ending says; the shape is named, not the key.

    """
    del key  # it may say whose file it is
    try:
        if _format(shape) == "parquet":
            yield from _parquet(file, rows)
        else:
            yield from _columns(islice(_records(_format(shape), _head(file)), rows))
    except (pa.ArrowException, OSError, EOFError, ValueError, csv.Error, AttributeError) as error:
        # the reader's own message may repeat a value
        raise TerminalFailure(
            f"a file of the shape {shape} cannot be read ({type(error).__name__})",
            hint="name its folder under `excluded`, or take it away",
        ) from None


def _format(shape: str) -> str:
    return shape.removesuffix(".gz").rpartition(".")[2]


def _parquet(file: IO[bytes], rows: int) -> Iterator[Column]:
    with pq.ParquetFile(file) as source:
        batch = next(source.iter_batches(batch_size=rows), None)
        for field in source.schema_arrow:
            values = [] if batch is None else batch.column(batch.schema.get_field_index(field.name)).to_pylist()
            yield field.name, _kind(field.type), frozenset(_leaves(values))


def _kind(kind: pa.DataType) -> ColumnType:
    tests = (
        (pa.types.is_boolean, ColumnType.BOOLEAN),
        (pa.types.is_integer, ColumnType.INTEGER),
        (pa.types.is_floating, ColumnType.NUMBER),
        (pa.types.is_decimal, ColumnType.NUMBER),
        (pa.types.is_date, ColumnType.DATE),
        (pa.types.is_timestamp, ColumnType.INSTANT),
        (pa.types.is_string, ColumnType.TEXT),
        (pa.types.is_large_string, ColumnType.TEXT),
    )
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return next((word for test, word in tests if test(value)), ColumnType.OTHER)


def _head(file: IO[bytes]) -> str:
    start = file.read(len(_GZIP))
    file.seek(0)
    source: IO[bytes] = gzip.open(file) if start == _GZIP else file  # type: ignore[assignment] # noqa: SIM115 -- below
    head = source.read(_HEAD)
    if len(head) == _HEAD:
        head = head[: head.rfind(b"\n") + 1]
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return head.decode("cp932")


def _records(kind: str, text: str) -> Iterator[Mapping[str, Any]]:
    if kind in {"csv", "tsv"}:
        yield from csv.DictReader(io.StringIO(text), delimiter="\t" if kind == "tsv" else ",")
    elif kind == "json" and text.lstrip().startswith("["):
        yield from json.loads(text)
    elif kind == "json" and "\n{" not in text.strip():
        yield json.loads(text)
    else:
        yield from (json.loads(line) for line in text.splitlines() if line.strip())


def _columns(records: Iterable[Mapping[str, Any]]) -> Iterator[Column]:
    found: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.items():
            if name is not None:  # more cells than headers
                found.setdefault(name, []).append(value)
    for name, values in found.items():
        yield name, _kind_of(values), frozenset(_leaves(values))


def _kind_of(values: list[Any]) -> ColumnType:
    kinds = {type(value) for value in values if value is not None}
    words = {bool: ColumnType.BOOLEAN, int: ColumnType.INTEGER, float: ColumnType.NUMBER, str: ColumnType.TEXT}
    return words.get(next(iter(kinds)), ColumnType.OTHER) if len(kinds) == 1 else ColumnType.OTHER


def _leaves(values: Iterable[Any]) -> Iterator[Sampled]:
    """Yield plain values, also those inside lists and records; empty texts say nothing."""
    for value in values:
        match value:
            case None | "":
                continue
            case dict():
                yield from _leaves(value.values())
            case list() | tuple():
                yield from _leaves(value)
            case str():
                yield value[:_LONGEST]
            case bool() | int() | float() | date() | datetime():
                yield value
            case Decimal():
                yield float(value)
            case bytes():
                yield value[:_LONGEST].decode("utf-8", "replace")
            case _:
                yield str(value)[:_LONGEST]
