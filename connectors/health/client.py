"""One client a look, its errors in our words, and the server's clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from typing import Any

from connectors import aws
from retention.errors import MissingExtraError
from retention.model.seen import ServerClock
from retention.ports.examiner import Place

_PERMISSION = "the credentials need what docs/iam says of the doctor"
_HINTS = {"403": _PERMISSION, "AccessDenied": _PERMISSION, "InvalidAccessKeyId": _PERMISSION}


def make_client(service: str, place: Place) -> Any:  # noqa: ANN401 -- each service has a client of its own
    """Return a client that tries twice and waits seconds, not minutes; raises MissingExtraError without boto3."""
    if find_spec("boto3") is None:
        raise MissingExtraError(f"{place.where} needs boto3", hint="pip install 'retention[s3]'")
    return aws.make_client(service, aws.AccessOf(place.options), attempts=2, read_seconds=10)


def translated(place: Place, doing: str) -> AbstractContextManager[None]:
    """Raise the vendor's errors as ours; a refusal names the permission that is missing. Errors: see `aws.Words`."""
    return aws.Words("the service", hints=_HINTS, hint="create it").translated(f"{place.where}: {doing}")


def clock(place: Place, date: str | None) -> Iterator[ServerClock]:
    """Compare the `Date` header that has just come with this machine's clock; nothing where none came."""
    if date is None:
        return
    try:
        there = parsedate_to_datetime(date)
    except ValueError:
        return
    yield ServerClock(place.where, datetime.now(UTC) - there.astimezone(UTC))
