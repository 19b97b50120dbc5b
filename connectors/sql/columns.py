"""Live column types → the model's, and what SQLite and MariaDB keep in their own way → dates and instants."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect

from retention.model.datamap import ColumnType

_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], ColumnType], ...] = (
    (sa.Boolean, ColumnType.BOOLEAN),
    (sa.Integer, ColumnType.INTEGER),
    (sa.Numeric, ColumnType.NUMBER),
    (sa.Float, ColumnType.NUMBER),
    (sa.DateTime, ColumnType.INSTANT),
    (sa.Date, ColumnType.DATE),
    (sa.String, ColumnType.TEXT),
    (sa.Uuid, ColumnType.TEXT),
)


class IsoInstant(sa.types.TypeDecorator[datetime]):
    """An instant that SQLite keeps as ISO 8601 text; unlike SQLAlchemy's own it keeps the zone."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write it."""
        del dialect
        return None if value is None else value.isoformat(sep=" ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read it."""
        del dialect
        return None if value is None else datetime.fromisoformat(value)


class IsoDate(sa.types.TypeDecorator[date]):
    """A date that SQLite keeps as ISO 8601 text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """Write it."""
        del dialect
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """Read it."""
        del dialect
        return None if value is None else date.fromisoformat(value)


def sqlite_type(declared: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type by which a SQLite column of that declared type is read and written."""
    if isinstance(declared, sa.DateTime):
        return IsoInstant()
    if isinstance(declared, sa.Date):
        return IsoDate()
    if isinstance(declared, sa.Numeric) and not isinstance(declared, sa.Float):
        return sa.Float()  # what SQLite stores
    return declared


class UtcInstant(sa.types.TypeDecorator[datetime]):
    """MariaDB's TIMESTAMP: an instant, which the driver gives without its zone (the session's is UTC)."""

    impl = sa.DateTime
    cache_ok = True
    timezone = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write it."""
        del dialect
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None and value.tzinfo else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read it."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def mariadb_type(declared: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    """Return the type by which a MariaDB column of that declared type is read and written."""
    if isinstance(declared, mysql.TIMESTAMP):
        return UtcInstant()
    if isinstance(declared, mysql.TINYINT) and declared.display_width == 1:
        return sa.Boolean()
    return declared


def kind_of(live: sa.types.TypeEngine[Any]) -> ColumnType:
    """Return the model's word for a live type."""
    if isinstance(live, IsoInstant | UtcInstant):
        return ColumnType.INSTANT
    if isinstance(live, IsoDate):
        return ColumnType.DATE
    return next((kind for known, kind in _KINDS if isinstance(live, known)), ColumnType.OTHER)


def readable(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return what to select: the column, or its text where the model has no such value."""
    is_uuid = isinstance(column.type, sa.Uuid)
    return sa.cast(column, sa.Text) if is_uuid or kind_of(column.type) is ColumnType.OTHER else column
