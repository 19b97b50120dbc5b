"""Named databases of this process, each in memory or in one JSON file.

A file is read at each call and replaced whole at each change, under a lock: a process that is
killed at any moment leaves the old file or the new one, and the next process sees it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from retention.errors import TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType
from retention.model.transform import Value

_DATABASES: Final[dict[str, Database]] = {}


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with their types, and rows; neither is changed in place."""

    columns: Mapping[str, ColumnType]
    rows: tuple[Mapping[str, Value], ...]

    def __repr__(self) -> str:
        """Return sizes only: rows are personal."""
        return f"Table({len(self.columns)} columns, {len(self.rows)} rows)"


class Database:
    """Tables by name."""

    def __init__(self, name: str, path: Path | None = None) -> None:
        """Name it; with a path, the tables live in that file."""
        self.name = name
        self._path = path
        self._tables: dict[str, Table] = {}
        self._lock = threading.RLock()

    def tables(self) -> Mapping[str, Table]:
        """Return all tables as they are now.

        Raises:
            TransientFailure: the file is not there or cannot be read.

        """
        return dict(self._tables) if self._path is None else _read(self._path)

    def table(self, name: str) -> Table:
        """Return one table as it is now.

        Raises:
            TerminalFailure: there is no such table.

        """
        found = self.tables().get(name)
        if found is None:
            raise TerminalFailure(
                f"memory:{self.name}: there is no table {name}",
                hint="compare the data map with `retention datamap check`",
            )
        return found

    def rows(self, name: str) -> list[dict[str, Value]]:
        """Return copies of a table's rows; for tests and demos."""
        return [dict(row) for row in self.table(name).rows]

    def put(self, name: str, columns: Mapping[str, ColumnType], rows: Iterable[Mapping[str, Value]]) -> None:
        """Make the table hold exactly these rows; a column a row does not name is null."""
        filled = tuple({column: row.get(column) for column in columns} for row in rows)
        with self.changing():
            self.replace(name, Table(dict(columns), filled))

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Keep other writers out, in this process and in others, while a change is worked out."""
        with self._lock:
            if self._path is None:
                yield
                return
            with _opened(self._path.with_suffix(".lock")) as descriptor:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                yield

    def replace(self, name: str, table: Table) -> None:
        """Put the table in place whole; call it inside `changing`."""
        self.replace_all({name: table})

    def replace_all(self, tables: Mapping[str, Table]) -> None:
        """Put several tables in place whole, and at once; call it inside `changing`."""
        if self._path is None:
            self._tables = {**self._tables, **tables}
        else:
            before = _read(self._path) if self._path.exists() else {}
            _write(self._path, {**before, **tables})


def make(name: str, path: Path | None = None) -> Database:
    """Make an empty database of that name, in place of any other."""
    made = _DATABASES[name] = Database(name, path)
    if path is not None:
        _write(path, {})
    return made


def database(name: str) -> Database:
    """Return the database of that name.

    Raises:
        TransientFailure: nobody in this process has made it (yet).

    """
    found = _DATABASES.get(name)
    if found is None:
        raise TransientFailure(f"memory:{name} does not exist in this process", hint="make it first, or give `path`")
    return found


def forget(name: str) -> None:
    """Drop the database from this process; its file, if any, stays."""
    _DATABASES.pop(name, None)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise TransientFailure(f"{path} cannot be opened ({error.strerror})", hint="is the folder there?") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Table]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise TransientFailure(f"{path} cannot be read ({error.strerror})", hint="run again when it is back") from None
    except ValueError:
        raise TerminalFailure(f"{path} is not a database of the memory connector") from None
    return {name: _table(part) for name, part in document.items()}


def _table(part: Any) -> Table:  # noqa: ANN401 -- parsed JSON
    columns = {name: ColumnType(kind) for name, kind in part["columns"].items()}
    rows = tuple(dict(zip(columns, map(_decoded, cells), strict=True)) for cells in part["rows"])
    return Table(columns, rows)


def _write(path: Path, tables: Mapping[str, Table]) -> None:
    document = {
        name: {
            "columns": {column: kind.value for column, kind in table.columns.items()},
            "rows": [[_encoded(row[column]) for column in table.columns] for row in table.rows],
        }
        for name, table in tables.items()
    }
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as stream:
        json.dump(document, stream)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
    with _folder(path.parent) as descriptor:
        os.fsync(descriptor)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _encoded(value: Value) -> object:
    match value:
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case Decimal():
            return {"decimal": str(value)}
        case bytes():
            return {"bytes": value.hex()}
        case _:
            return value


def _decoded(cell: Any) -> Value:  # noqa: ANN401 -- parsed JSON
    match cell:
        case {"instant": text}:
            return datetime.fromisoformat(text)
        case {"date": text}:
            return date.fromisoformat(text)
        case {"decimal": text}:
            return Decimal(text)
        case {"bytes": text}:
            return bytes.fromhex(text)
        case str() | int() | float() | bool() | None:
            return cell
        case _:
            raise TerminalFailure("a cell of the memory connector's file has an unknown form")
