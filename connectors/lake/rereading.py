"""Decoding files for verification, by code that shares nothing with the code that changes them.

A JSON Lines batch has one column per member that occurs in it; values of different kinds in one column become their
JSON text. A member that is a mapped column but for ASCII case is that column. A line that cannot be read is a row of
its own with the line's SHA-256 in the column `UNREADABLE`: it counts, and a change to it is seen.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from retention.model.datamap import Dataset

UNREADABLE = "(unreadable line)"
_ROWS = 10_000


def decoded(key: str, file: IO[bytes], dataset: Dataset) -> Iterator[pa.RecordBatch]:
    """Yield the file's rows.

    Raises:
        pa.ArrowException, OSError, EOFError, ValueError: it is no such file.

    """
    if key.endswith(".parquet"):
        yield from _parquet(file)
    elif ".csv" in key or ".tsv" in key:
        yield from _delimited(file, "\t" if ".tsv" in key else ",", dataset)
    else:
        yield from _batches(_json_lines(file, dataset))


def _parquet(file: IO[bytes]) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(file) as source:
        yield from source.iter_batches(batch_size=_ROWS)


def _text(file: IO[bytes]) -> Any:  # noqa: ANN401 -- any binary file
    """Return the text unpacked; packed text is known by its first bytes."""
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(file)
    if head == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(pa.CompressedInputStream(file, "zstd"))
    return file


def _json_lines(file: IO[bytes], dataset: Dataset) -> Iterator[dict[str, Any]]:
    mapped = _mapped(dataset)
    return (_row(line, mapped) for line in _text(file) if line.strip())


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    while chunk := list(islice(rows, _ROWS)):
        names = list(dict.fromkeys(name for row in chunk for name in row)) or [""]  # a row without members is a row
        for batch in _alike(chunk):
            columns = [_column([row.get(name) for row in batch]) for name in names]
            yield pa.RecordBatch.from_arrays(columns, names=names)


def _delimited(file: IO[bytes], delimiter: str, dataset: Dataset) -> Iterator[pa.RecordBatch]:
    """Read records with Arrow, all as text, then see what each cell spells."""
    unreadable: list[str] = []

    def note(row: Any) -> str:  # noqa: ANN401 -- the library's record of a row with too many or too few cells
        unreadable.append(hashlib.sha256(row.text.encode()).hexdigest())
        return "skip"

    header = pa.csv.open_csv(_text(file), parse_options=_parsing(delimiter, note)).schema.names
    file.seek(0)
    asked = pa.csv.ConvertOptions(
        column_types=dict.fromkeys(header, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
    )
    mapped = _mapped(dataset)
    names = [mapped.get(name, mapped.get(name.lower(), name)) for name in header]
    unreadable.clear()
    with pa.csv.open_csv(_text(file), parse_options=_parsing(delimiter, note), convert_options=asked) as reader:
        for batch in reader:
            cells = zip(*(map(_spelled, column.to_pylist()) for column in batch.columns), strict=True)
            yield from _batches(dict(zip(names, row, strict=True)) for row in cells)
    if unreadable:
        yield from _batches({UNREADABLE: digest} for digest in unreadable)


def _parsing(delimiter: str, note: Any) -> Any:  # noqa: ANN401 -- pyarrow has no types
    return pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note)


def _spelled(cell: str | None) -> Any:  # noqa: ANN401 -- what a cell spells
    """Return a whole number, a broken one or a truth value where a cell spells it as JSON would, else the text."""
    if cell is None or not (cell in {"true", "false"} or cell[-1:].isdigit()):
        return cell
    try:
        value = json.loads(cell)
    except ValueError:
        return cell
    return value if isinstance(value, bool | int) or (isinstance(value, float) and "." in cell) else cell


def _alike(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Part rows by the kinds of their values: a value reads the same whatever stands beside it."""
    parts: dict[frozenset[tuple[str, str]], list[dict[str, Any]]] = {}
    for row in rows:
        kinds = frozenset((name, _kind(value)) for name, value in row.items() if value is not None)
        parts.setdefault(kinds, []).append(row)
    return parts.values()


def _kind(value: object) -> str:
    match value:
        case list() | dict():
            return "text of JSON"
        case int() if not isinstance(value, bool) and not -(2**63) <= value < 2**63:
            return "text of JSON"
        case _:
            return type(value).__name__


def _column(values: list[Any]) -> pa.Array:
    if any(_kind(value) == "text of JSON" for value in values):
        values = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return pa.array(values)


def _row(line: bytes, mapped: dict[str, str]) -> dict[str, Any]:
    try:
        row: Any = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        return {UNREADABLE: hashlib.sha256(line).hexdigest()}
    return {mapped.get(name, mapped.get(str(name).lower(), str(name))): value for name, value in row.items()}


def _mapped(dataset: Dataset) -> dict[str, str]:
    """Return the mapped columns by their name, and by its lower case."""
    names = [*dataset.subject.values(), *dataset.fields, *dataset.dates.values(), *dataset.not_personal]
    names += [column for reference in dataset.parents for column, _ in reference.columns]
    return {spelling: name for name in names for spelling in (name.lower(), name)}
