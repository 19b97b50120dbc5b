"""The workspace that a command works in."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from retention.app import App
from retention.cli.options import State
from retention.wiring import open_app


def opened(context: typer.Context) -> App:
    """Open the command's workspace."""
    state: State = context.obj
    return open_app(state.folder)


def now() -> datetime:
    """Read the clock: here, and nowhere below."""
    return datetime.now(UTC)
