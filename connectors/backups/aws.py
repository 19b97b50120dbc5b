"""Clients of the services that keep copies, and what their errors mean. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from connectors.backups.settings import BackupsSettings
from retention.errors import TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.exceptions import ClientError

_BUSY = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestTimeout"})
_SERVER_ERROR = 500
_MAKING = Lock()
"""A session makes one client at a time; clients may be used by any thread."""


@cache
def _session() -> Session:
    """Return the process's session: it keeps the services' descriptions, which take 0.15 s each to read."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a store is first used

    return boto3.session.Session()


def make_client(service: str, settings: BackupsSettings) -> Any:  # noqa: ANN401 -- each service has a client of its own
    """Return a client that tries again by itself when the service is busy."""
    from botocore.config import Config  # noqa: PLC0415 -- heavy; loaded when a store is first used

    with _MAKING:
        return _session().client(
            service,  # type: ignore[call-overload]  # the stubs list every service's name one by one
            region_name=settings.region,
            endpoint_url=settings.endpoint,
            aws_access_key_id=settings.access_key,
            aws_secret_access_key=settings.secret_key,
            config=Config(
                retries={"mode": "adaptive", "total_max_attempts": 5},
                connect_timeout=10,
                read_timeout=60,
                s3={"addressing_style": "path" if settings.endpoint else "auto"},
            ),
        )


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn a service's errors into ours.

    Raises:
        TransientFailure: busy, broken or not to be reached; no answer is never "gone".
        TerminalFailure: it refused.

    """
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        code = code_of(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        kind = TransientFailure if status >= _SERVER_ERROR or code in _BUSY else TerminalFailure
        raise kind(f"{doing}: the store answered {code}") from error
    except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
        raise TransientFailure(f"{doing}: the store could not be reached ({type(error).__name__})") from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error


def code_of(error: ClientError) -> str:
    """Return the service's code of an error."""
    return error.response.get("Error", {}).get("Code", "?")
