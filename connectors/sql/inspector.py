"""Looks again: own reflection, plain SELECT of every column; knows nothing of predicates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.engine import URL

from connectors.sql.database import Database
from connectors.sql.failures import reported
from retention.model.datamap import Dataset
from retention.ports.inspector import SqlAddress

_BATCH: Final = 10_000
"""Rows a batch."""
_DECIMAL_DIGITS: Final = 38
_ZONED: Final = pa.timestamp("us", "UTC")
_ZONED_TEXT: Final = ("%Z", "%+__:__", "%-__:__")


class SqlInspector:
    """Plain reads of every column."""

    def __init__(self, database: Database) -> None:
        """Keep the database: its connections only."""
        self._database = database

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        database = self._database
        with reported(database.system, dataset.location), database.engine.connect() as connection:
            table = Table(
                dataset.location,
                sa.MetaData(schema=database.options.namespace),
                autoload_with=connection,
                resolve_fks=False,
            )
            schema = pa.schema([(column.name, _arrow(connection, column)) for column in table.columns])
            streaming = connection.execution_options(stream_results=True, yield_per=_BATCH)
            query = sa.select(*(_plain(connection, column) for column in table.columns))
            for rows in streaming.execute(query).partitions():
                yield _batch(rows, schema)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield nothing: old row versions cannot be read, and `remains` makes them go."""
        del dataset
        yield from ()

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Return where Great Expectations can look."""
        options = self._database.options
        url = _with_host(options.url)
        if options.namespace is not None:
            url = url.update_query_dict({"options": f"-csearch_path={options.namespace}"})
        return SqlAddress(url.render_as_string(hide_password=False), dataset.location)


def _with_host(url: URL) -> URL:
    # Great Expectations refuses a PostgreSQL URL without user and host; libpq prefers ?host=
    if url.get_backend_name() != "postgresql" or (url.host and url.username):
        return url
    return url.set(host=url.host or "localhost", username=url.username or "postgres")


def _plain(connection: Connection, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Select dates of SQLite as the text they are."""
    dated = isinstance(column.type, sa.Date | sa.DateTime)
    return sa.type_coerce(column, sa.Text) if dated and connection.dialect.name == "sqlite" else column


def _arrow(connection: Connection, column: sa.Column[Any]) -> pa.DataType:
    match column.type:
        case sa.Boolean():
            return pa.bool_()
        case sa.Integer():
            return pa.int64()
        case sa.Float():
            return pa.float64()
        case sa.Numeric(precision=int() as precision, scale=int() as scale) if connection.dialect.name != "sqlite":
            return pa.decimal128(precision, scale) if precision <= _DECIMAL_DIGITS else pa.string()
        case sa.Numeric():
            return pa.float64() if connection.dialect.name == "sqlite" else pa.string()
        case sa.DateTime(timezone=zoned):
            return _ZONED if zoned or _keeps_zones(connection, column) else pa.timestamp("us")
        case sa.Date():
            return pa.date32()
        case sa.LargeBinary():
            return pa.binary()
        case _:
            return pa.string()


def _keeps_zones(connection: Connection, column: sa.Column[Any]) -> bool:
    """Whether a SQLite column's texts have a zone; the type does not say."""
    if connection.dialect.name != "sqlite":
        return False
    text = sa.type_coerce(column, sa.Text)
    query = sa.select(sa.literal(1)).where(sa.or_(*(text.like(end) for end in _ZONED_TEXT))).limit(1)
    return connection.execute(query).first() is not None


def _batch(rows: Any, schema: pa.Schema) -> pa.RecordBatch:  # noqa: ANN401 -- SQLAlchemy's partition
    columns = zip(*rows, strict=True)
    arrays = [
        pa.array([_cell(value, field.type) for value in column], field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _cell(value: Any, kind: pa.DataType) -> Any:  # noqa: ANN401 -- any driver value
    if value is None:
        return None
    if pa.types.is_timestamp(kind):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=UTC) if kind.tz and moment.tzinfo is None else moment
    if pa.types.is_date(kind) and isinstance(value, str):
        return datetime.fromisoformat(value).date()
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else str(value)
    return float(value) if pa.types.is_floating(kind) and isinstance(value, Decimal) else value
