"""The options of a `connector: sql` system, checked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from retention.errors import Problem, SettingsError
from retention.model.period import Period
from retention.ports.connector import SystemSettings


def _url(text: object) -> URL:
    try:
        url = make_url(str(text))
    except ArgumentError:
        # SQLAlchemy quotes the text, and a password may stand in it
        raise ValueError("it is not an SQLAlchemy URL") from None
    if url.drivername in {"postgresql", "postgres"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise ValueError("only sqlite and postgresql+psycopg are supported")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ValueError("a SQLite URL needs a file; for a database in memory use `connector: memory`")
    return url


def _longest(text: object) -> timedelta:
    period = Period.parse(str(text))
    # an upper bound: what is told must not be too early
    return timedelta(days=366 * period.years + 31 * period.months + period.days)


class SqlOptions(BaseModel):
    """What may stand in retention.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    url: Annotated[URL, BeforeValidator(_url)] = Field(repr=False)
    """`sqlite:///app.db` (relative to the workspace) or `postgresql+psycopg://…`."""
    namespace: str | None = Field(default=None, alias="schema")
    """PostgreSQL schema; by default the first of the search path."""
    wal: Annotated[timedelta, BeforeValidator(_longest)] = timedelta(days=7)
    """How long the write-ahead log, its archive and replicas may keep what was erased (PostgreSQL)."""
    pages: Annotated[timedelta, BeforeValidator(_longest)] | None = None
    """How long free space in pages may keep it, where writing a table anew in each call is too much."""
    lock_seconds: int = Field(default=10, ge=1)
    """How long to wait for a lock."""
    statement_seconds: int = Field(default=3600, ge=1)
    """How long one statement may run (PostgreSQL)."""

    @property
    def is_sqlite(self) -> bool:
        """Whether the system is a SQLite file."""
        return self.url.drivername == "sqlite"


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
    if not read.is_sqlite:
        return read
    path = Path(settings.workspace, str(read.url.database)).resolve()
    return read.model_copy(update={"url": read.url.set(database=str(path))})


def _problem(settings: SystemSettings, where: tuple[int | str, ...], message: str) -> Problem:
    return Problem(
        where=f"systems.{settings.system_id}.{'.'.join(map(str, where))}",
        expected="an option of the sql connector",
        found=message,
        hint="options: url, schema, wal, pages, lock_seconds, statement_seconds",
    )
