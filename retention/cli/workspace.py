"""The workspace that a command works in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from retention.cli.options import State

if TYPE_CHECKING:
    from retention.app import App


def opened(context: typer.Context) -> App:
    """Open the command's workspace."""
    from retention.wiring import open_app  # noqa: PLC0415 -- half of a start: whoever only checks a file needs none of it

    state: State = context.obj
    return open_app(state.folder)


def now() -> datetime:
    """Read the clock: here, and nowhere below."""
    return datetime.now(UTC)
