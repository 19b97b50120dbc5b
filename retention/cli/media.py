"""`retention media`: a storage medium was sanitized, and somebody else verified it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from retention.app.media import Sanitization
from retention.cli.options import Approver
from retention.cli.output import console
from retention.cli.workspace import now, opened
from retention.errors import InputError, Problem
from retention.model.ids import CaseId
from retention.model.media import Method


def media(  # noqa: PLR0917 -- Typer reads the parameters as the command's options
    context: typer.Context,
    case: Annotated[str, typer.Argument(help="The case whose data the medium held.")],
    medium: Annotated[str, typer.Option(help="The inventory's code of the medium.")],
    method: Annotated[Method, typer.Option(help="NIST SP 800-88: clear, purge or destroy.")],
    tool: Annotated[str, typer.Option(help="With what, as a code.")],
    at: Annotated[str, typer.Option(help="When, ISO 8601 with a zone.")],
    verifier: Annotated[str, typer.Option(help="Who looked at it afterwards; somebody else. Kept as a reference.")],
    by: Approver,
) -> None:
    """Record that a medium was sanitized; it stands in the case's evidence."""
    with opened(context) as application:
        told = Sanitization(medium, method, tool, _instant(at), by, verifier)
        application.record_media(CaseId(case), told, now())
    console.print(f"{case}: {medium} recorded", highlight=False)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = Problem(where="--at", expected="ISO 8601 with a zone", found="something else")
        raise InputError("nobody can say when it was sanitized", problems=(problem,)) from None
