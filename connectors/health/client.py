"""One client a look, its errors in our words, and the server's clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from retention.errors import MissingExtraError, TerminalFailure, TransientFailure
from retention.model.seen import ServerClock
from retention.ports.examiner import Place

if TYPE_CHECKING:
    from boto3.session import Session

_SERVER_ERROR = 500


@cache
def _session() -> Session:
    """Return the process's session: it keeps the services' descriptions, which take 0.15 s each to read."""
    import boto3  # noqa: PLC0415 -- heavy, and only with the extra `s3`

    return boto3.session.Session()


def make_client(service: str, place: Place) -> Any:  # noqa: ANN401 -- each service has a client of its own
    """Return a client that tries twice and waits seconds, not minutes; raises MissingExtraError without boto3."""
    if find_spec("boto3") is None:
        raise MissingExtraError(f"{place.where} needs boto3", hint="pip install 'retention[s3]'")
    from botocore.config import Config  # noqa: PLC0415 -- heavy, and only with the extra `s3`

    options = place.options
    return _session().client(
        service,  # type: ignore[call-overload]  # the stubs list every service's name one by one
        region_name=options.get("region"),
        endpoint_url=options.get("endpoint"),
        aws_access_key_id=options.get("access_key"),
        aws_secret_access_key=options.get("secret_key"),
        config=Config(
            retries={"mode": "standard", "total_max_attempts": 2},
            connect_timeout=5,
            read_timeout=10,
            s3={"addressing_style": "path" if "endpoint" in options else "auto"},
        ),
    )


@contextmanager
def translated(place: Place, doing: str) -> Iterator[None]:
    """Raise the vendor's errors as ours; a refusal names the permission that is missing.

    Raises:
        TransientFailure: not reached, busy or a server error.
        TerminalFailure: anything else.

    """
    from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

    try:
        yield
    except vendor.ClientError as error:
        code, status = code_of(error.response), _status(error.response)
        message = f"{place.where}: {doing}: answered {code}"
        if status >= _SERVER_ERROR:
            raise TransientFailure(message, hint="run again") from error
        hint = "the credentials need what docs/iam says of the doctor" if status in (401, 403) else "create it"
        raise TerminalFailure(message, hint=hint) from error
    except (vendor.ConnectionError, vendor.HTTPClientError) as error:
        raise TransientFailure(f"{place.where}: not reached ({type(error).__name__})", hint="run again") from error
    except vendor.BotoCoreError as error:
        raise TerminalFailure(f"{place.where}: the request could not be made ({type(error).__name__})") from error


def code_of(answer: Mapping[str, Any]) -> str:
    """Return the service's code of an error."""
    return str(answer.get("Error", {}).get("Code", "?"))


def _status(answer: Mapping[str, Any]) -> int:
    return int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def clock(place: Place, date: str | None) -> Iterator[ServerClock]:
    """Compare the `Date` header that has just come with this machine's clock; nothing where none came."""
    if date is None:
        return
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return
    yield ServerClock(place.where, datetime.now(UTC) - there.astimezone(UTC))
