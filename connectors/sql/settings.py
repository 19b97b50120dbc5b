"""The options of a `connector: sql` system, checked."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from retention.errors import Problem, SettingsError
from retention.model.period import Period
from retention.ports.connector import SystemSettings


class Vendor(Enum):
    """Whose SQL is spoken."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    MARIADB = "mariadb"
    """MariaDB, and MySQL, which is spoken to in the same words."""


class Partitions(Enum):
    """What becomes of a partition of which every row goes (PostgreSQL)."""

    EMPTY = "empty"
    """It is truncated and stays for rows that come late."""
    DROP = "drop"
    """It is detached and dropped; who inserts into its range later is refused by the database."""
    ROWS = "rows"
    """Its rows are erased like any others."""


_OBJECT: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)")
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_VENDORS: Final = {
    "sqlite": Vendor.SQLITE,
    "postgresql+psycopg": Vendor.POSTGRESQL,
    "mysql+pymysql": Vendor.MARIADB,
    "mariadb+pymysql": Vendor.MARIADB,
}


def _url(text: object) -> URL:
    try:
        url = make_url(str(text))
    except ArgumentError:
        # SQLAlchemy quotes the text, and a password may stand in it
        raise ValueError("it is not an SQLAlchemy URL") from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in _VENDORS:
        raise ValueError(f"only {', '.join(_VENDORS)} are supported")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("a SQLite URL needs a file; for a database in memory use `connector: memory`")
    if _VENDORS[url.drivername] is Vendor.MARIADB and not url.database:
        raise ValueError("a MariaDB URL needs a database: mariadb://user@host/DATABASE")
    return url


def _object(text: object) -> tuple[str, str]:
    found = _OBJECT.fullmatch(str(text))
    if found is None:
        raise ValueError("it is not s3://bucket/path")
    return found[1], found[2]


def _longest(text: object) -> timedelta:
    period = Period.parse(str(text))
    # an upper bound: what is told must not be too early
    return timedelta(days=366 * period.years + 31 * period.months + period.days)


class SqlOptions(BaseModel):
    """What may stand in retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    url: Annotated[URL, BeforeValidator(_url)] = Field(repr=False)
    """`sqlite:///app.db` (relative to the workspace), `postgresql://…`, `mariadb://…` or `mysql://…`."""
    namespace: str | None = Field(default=None, alias="schema")
    """PostgreSQL schema; by default the first of the search path."""
    wal: Annotated[timedelta, BeforeValidator(_longest)] = timedelta(days=7)
    """How long the server's logs, their archive and replicas may keep what was erased (not SQLite)."""
    pages: Annotated[timedelta, BeforeValidator(_longest)] | None = None
    """How long free space in pages may keep it, where writing a table anew in each call is too much."""
    page: int = Field(default=1_000_000, ge=1)
    """Rows of a table that one transaction may look at; it changes at most so many."""
    keys: int = Field(default=100_000, ge=1)
    """How many keys are sent inside a statement; more of them go into a temporary table."""
    partitions: Partitions = Partitions.EMPTY
    """What becomes of a partition of which every row goes (PostgreSQL)."""
    lock_seconds: int = Field(default=10, ge=1)
    """How long to wait for a lock."""
    statement_seconds: int = Field(default=3600, ge=1)
    """How long one statement may run (not SQLite)."""
    retries: int = Field(default=3, ge=0)
    """How often a transaction is tried again after a deadlock or a serialization failure."""
    jitter: int = Field(default=0, ge=0)
    """Seed of the pauses between those tries; workers on the same tables are given different ones."""
    dump: Annotated[tuple[str, str], BeforeValidator(_object)] | None = None
    """`s3://bucket/path`: the system is this dump, and `url` a scratch database that it is loaded into."""
    programs: str | None = None
    """Folder of pg_dump, pg_restore and psql; by default where programs are."""
    region: str | None = None
    endpoint: str | None = None
    access_key: str | None = Field(default=None, repr=False)
    secret_key: str | None = Field(default=None, repr=False)

    @property
    def vendor(self) -> Vendor:
        """Whose SQL the system speaks."""
        return _VENDORS[self.url.drivername]


def options(settings: SystemSettings) -> SqlOptions:
    """Read the options.

    Raises:
        SettingsError: an option is unknown, missing or malformed; the values are not shown.

    """
    try:
        read = SqlOptions.model_validate(dict(settings.options))
    except ValidationError as error:
        problems = tuple(_problem(settings, each["loc"], each["msg"]) for each in error.errors(include_input=False))
        raise SettingsError("the options of an SQL system cannot be used", problems=problems) from None
    if read.dump and read.vendor is Vendor.MARIADB:
        problem = _problem(settings, ("dump",), "a dump of MariaDB, which is not read")
        raise SettingsError("the options of an SQL system cannot be used", problems=(problem,))
    if read.vendor is not Vendor.SQLITE:
        return read
    path = Path(settings.workspace, str(read.url.database)).resolve()
    return read.model_copy(update={"url": read.url.set(database=str(path))})


def _problem(settings: SystemSettings, where: tuple[int | str, ...], message: str) -> Problem:
    names = ", ".join(field.alias or name for name, field in SqlOptions.model_fields.items())
    return Problem(
        where=f"systems.{settings.system_id}.{'.'.join(map(str, where))}",
        expected="an option of the sql connector",
        found=message,
        hint=f"options: {names}",
    )
