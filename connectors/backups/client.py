"""Clients of the services that keep copies, and what their errors mean. Reads only."""

from __future__ import annotations

from typing import Any

from connectors import aws
from connectors.backups.settings import BackupsSettings

_ATTEMPTS = 5

translated = aws.Words().translated


def make_client(service: str, settings: BackupsSettings) -> Any:  # noqa: ANN401 -- each service has a client of its own
    """Return a client that tries again by itself when the service is busy."""
    return aws.make_client(service, settings, attempts=_ATTEMPTS, adaptive=True)
