"""How keys get to the database: in the statement, or ahead of it in a temporary table.

PostgreSQL takes one typed array: cast to the column's own family, since a narrower one is
compared element by element (20 times slower, measured). SQLite takes one JSON text. Above
`keys` of them, and for keys of several columns, a temporary table is filled, given a primary
key and (PostgreSQL) ANALYZEd, and joined: the planner then knows how many there are. MariaDB has no arrays
and takes a list; its temporary tables are of the MEMORY engine, so that no key reaches a file.

Temporary tables belong to one `KeySender`, which drops them when it closes.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Column, ColumnElement, Connection
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from connectors.sql.columns import kind_of
from connectors.sql.settings import SqlOptions, Vendor
from retention.errors import KeyTypeError
from retention.model.datamap import ColumnType
from retention.model.predicate import tuple_values
from retention.model.subject import Key

Clause: TypeAlias = ColumnElement[bool]
Convert: TypeAlias = Callable[[Key], Any]

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_INTEGER_LIMIT: Final = 2**63
_LISTED: Final = {Vendor.SQLITE: 1_000, Vendor.MARIADB: 1_000}
"""Keys that go into a statement at most; above that a table is never slower there."""
MANY: Final = 10_000
"""From so many keys on, counting the rows ahead costs more than it tells."""
_BATCH: Final = 10_000
_AT_ONCE: Final = {"stream_results": False}
"""What prepares a query that streams does not stream itself."""
_NUMBERS: Final = count(1)
"""Temporary tables of one session must not share a name."""


class _Exact(FunctionElement[bytes]):
    """A text's bytes in UTF-8: MariaDB's collations hold `u3`, `U3` and `u3 ` for the same."""

    type = sa.LargeBinary()
    inherit_cache = True


@compiles(_Exact)
def _(element: _Exact, compiler: Any, **how: Any) -> str:  # noqa: ANN401 -- SQLAlchemy's compiler
    return f"CAST(CONVERT({compiler.process(element.clauses, **how)} USING utf8mb4) AS BINARY)"


class KeySender:
    """Sends key sets over one connection."""

    def __init__(self, connection: Connection, options: SqlOptions) -> None:
        """Use this connection; nothing is sent yet."""
        self._connection = connection
        self._options = options
        self._sent: dict[tuple[int, str], sa.Table] = {}

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Drop the tables; a connection that broke has taken them with it."""
        with contextlib.suppress(SQLAlchemyError) if error else contextlib.nullcontext():
            if error:
                self._connection.rollback()
            for table in self._sent.values():
                word = "TEMPORARY TABLE" if self.vendor is Vendor.MARIADB else "TABLE"
                self._do(f"DROP {word} IF EXISTS {table.name}")
            if self._sent:
                self._connection.commit()
        self._sent.clear()

    @property
    def is_many(self) -> bool:
        """Whether so many keys were sent that there is no use in counting their rows ahead."""
        return any(size >= MANY for size, _ in self._sent)

    @property
    def vendor(self) -> Vendor:
        """Whose SQL is spoken."""
        return self._options.vendor

    def among(self, column: Column[Any], keys: frozenset[Key]) -> Clause:
        """Return the clause for rows whose column holds one of the keys.

        Raises:
            KeyTypeError: a key cannot be compared with the column.

        """
        element, convert = _comparison(column)
        if len(keys) > min(self._options.keys, _LISTED.get(self.vendor, self._options.keys)):
            return self._joined([column], [element], keys, convert)
        wanted = [convert(key) for key in keys]
        match self.vendor:
            case Vendor.SQLITE:
                each = sa.func.json_each(json.dumps(wanted)).table_valued("value")
                return column.in_(sa.select(each.c.value))
            case Vendor.POSTGRESQL:
                array = ARRAY(element)
                return _plain(column) == sa.any_(sa.cast(sa.literal(wanted, array), array))
            case Vendor.MARIADB:
                listed = _plain(column).in_([sa.literal(value, element) for value in wanted])
                exact = [_Exact(sa.literal(value, element)) for value in wanted]
                return sa.and_(listed, _Exact(column).in_(exact)) if _is_text(element) else listed

    def among_tuples(self, columns: Sequence[Column[Any]], keys: frozenset[Key]) -> Clause:
        """Return the clause for rows whose columns together hold one of the keys.

        Raises:
            KeyTypeError: a key cannot be compared with its column.

        """
        elements, converts = zip(*map(_comparison, columns), strict=True)

        def row(key: Key) -> tuple[Any, ...]:
            return tuple(convert(value) for convert, value in zip(converts, tuple_values(key), strict=True))

        return self._joined(columns, elements, keys, row)

    def _joined(
        self, columns: Sequence[Column[Any]], elements: Sequence[Any], keys: frozenset[Key], convert: Convert
    ) -> Clause:
        name = (len(keys), f"{id(keys)} {' '.join(map(repr, elements))}")
        if name not in self._sent:
            # one number may have come as 7 and as "7"
            self._sent[name] = self._send(elements, sorted(_converted(elements, keys, convert)))
        sent = self._sent[name]
        if len(columns) == 1 and self.vendor is not Vendor.MARIADB:
            return _plain(columns[0]).in_(sa.select(sent.c[0]))
        pairs = list(zip(columns, sent.c, strict=True))
        same = [_plain(column) == key for column, key in pairs]
        if self.vendor is Vendor.MARIADB:
            same += [_Exact(column) == _Exact(key) for column, key in pairs if _is_text(key.type)]
        return sa.exists(sa.select(sa.literal(1)).where(*same).correlate(columns[0].table))

    def _send(self, elements: Sequence[Any], values: Sequence[Any]) -> sa.Table:
        options: dict[str, Any] = {}
        if self.vendor is Vendor.MARIADB:
            elements = [_bounded(element, _column(values, len(elements), n)) for n, element in enumerate(elements)]
            options = {"mysql_engine": "MEMORY", "mariadb_engine": "MEMORY", "mysql_charset": "utf8mb4"}
            options |= {"mariadb_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mariadb_collate": "utf8mb4_bin"}
        table: sa.Table[Any] = sa.Table(
            f"retention_keys_{next(_NUMBERS)}",
            sa.MetaData(),
            *(Column(f"k{n}", element, primary_key=True, autoincrement=False) for n, element in enumerate(elements)),
            prefixes=["TEMPORARY"],
            **options,
        )
        self._connection.execute(sa.schema.CreateTable(table), execution_options=_AT_ONCE)
        self._fill(table, values)
        return table

    def _fill(self, table: sa.Table, values: Sequence[Any]) -> None:
        rows = iter(values)
        while batch := list(islice(rows, _BATCH)):
            self._put(table, batch)
        if self.vendor is Vendor.POSTGRESQL:
            self._do(f"ANALYZE {table.name}")

    def _put(self, table: sa.Table, batch: list[Any]) -> None:
        """Put keys into the table: as one text where they allow it, since a call a key costs more than the key."""
        is_one = len(table.c) == 1
        if self.vendor is Vendor.SQLITE and is_one and not isinstance(table.c[0].type, sa.Uuid):
            self._do(f"INSERT INTO {table.name} SELECT value FROM json_each(?)", (json.dumps(batch),))  # noqa: S608 -- our own name
            return
        if self.vendor is Vendor.POSTGRESQL:
            driver: Any = self._connection.connection.driver_connection
            with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} FROM STDIN") as copy:
                if is_one and isinstance(table.c[0].type, sa.BigInteger):
                    copy.write("".join([f"{key}\n" for key in batch]))
                    return
                for key in batch:
                    copy.write_row((key,) if is_one else key)
            return
        marks = ", ".join("?" if self.vendor is Vendor.SQLITE else "%s" for _ in table.c)
        rows = [(key,) for key in batch] if is_one else batch
        self._do(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 -- our own name and marks

    def _do(self, statement: str, rows: list[tuple[Any, ...]] | tuple[Any, ...] | None = None) -> None:
        self._connection.exec_driver_sql(statement, rows, execution_options=_AT_ONCE)


@contextlib.contextmanager
def sending(connection: Connection, options: SqlOptions) -> Iterator[KeySender]:
    """Give a sender on the connection; what it sent is dropped at the end."""
    with KeySender(connection, options) as sender:
        yield sender


def _plain(column: Column[Any]) -> ColumnElement[Any]:
    return sa.cast(column, sa.Text) if isinstance(column.type, sa.Enum) else column


def _is_text(element: Any) -> bool:  # noqa: ANN401 -- a type of SQLAlchemy's
    return isinstance(element, sa.String)


def _converted(elements: Sequence[Any], keys: frozenset[Key], convert: Convert) -> Iterable[Any]:
    """Convert the keys; whole numbers for a column of whole numbers are what they should be."""
    are_numbers = set(map(type, keys)) == {int} and isinstance(elements[0], sa.BigInteger) and len(elements) == 1
    if are_numbers and min(keys) >= -_INTEGER_LIMIT and max(keys) < _INTEGER_LIMIT:  # type: ignore[operator] # all are int
        return keys
    return {convert(key) for key in keys}


def _column(values: Sequence[Any], width: int, place: int) -> Iterator[Any]:
    return (value if width == 1 else value[place] for value in values)


def _bounded(element: Any, values: Iterable[Any]) -> Any:  # noqa: ANN401 -- a type of SQLAlchemy's
    """Return a type that MariaDB's MEMORY engine can hold."""
    if not _is_text(element):
        return element
    return sa.String(max((len(value) for value in values), default=1) or 1)


def _comparison(column: Column[Any]) -> tuple[sa.types.TypeEngine[Any], Convert]:
    """Return the type that keys are sent in, and how a key becomes such a value."""
    live, kind = column.type, kind_of(column.type)
    if isinstance(live, sa.Uuid):
        return sa.Uuid(), lambda key: _uuid(column, key)
    if kind is ColumnType.INTEGER:
        return sa.BigInteger(), lambda key: _integer(column, key)
    if kind is ColumnType.NUMBER:
        return sa.Numeric(), lambda key: _integer(column, key)
    if kind is ColumnType.TEXT:
        return (CITEXT() if isinstance(live, CITEXT) else sa.Text()), str
    raise _unfit(column, "a column of text, integers or UUIDs", type(None))


def _integer(column: Column[Any], key: Key) -> int:
    if isinstance(key, int) and not isinstance(key, bool) and -_INTEGER_LIMIT <= key < _INTEGER_LIMIT:
        return key
    if not _INTEGER.fullmatch(str(key)) or not -_INTEGER_LIMIT <= int(key) < _INTEGER_LIMIT:
        raise _unfit(column, "a 64-bit integer", type(key))
    return int(key)


def _uuid(column: Column[Any], key: Key) -> uuid.UUID:
    try:
        return uuid.UUID(str(key))
    except ValueError:
        raise _unfit(column, "a UUID", type(key)) from None


def _unfit(column: Column[Any], expected: str, found: type) -> KeyTypeError:
    return KeyTypeError(
        f"column {column.table.name}.{column.name} ({kind_of(column.type).value}):"
        f" expected {expected}, found a key of type {found.__name__}",
        hint="check `subject` in the data map: is this the column of that identity key?",
    )
