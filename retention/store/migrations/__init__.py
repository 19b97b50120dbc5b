"""How the tables came to be, step by step; run by `retention.store.schema`, without alembic.ini."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

__all__ = ["configuration", "upgrade"]


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's settings: the scripts beside this file, in the caller's transaction."""
    config = Config(attributes={"connection": connection})
    # a percent sign in the path would be read as the start of a variable
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection, version: str) -> None:
    """Bring the tables to the version, inside the connection's open transaction."""
    command.upgrade(configuration(connection), version)
