"""One session a process, and clients of bounded patience from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from boto3.session import Session

CONNECT_SECONDS = 10
_MAKING = Lock()
"""A session makes one client at a time; clients may be used by any thread."""


class Access(Protocol):
    """Where a service is and who asks; what is None is looked up as boto3 does."""

    @property
    def region(self) -> str | None:
        """Return the region's name."""
        ...

    @property
    def endpoint(self) -> str | None:
        """Return the URL of a service that is not Amazon's own."""
        ...

    @property
    def access_key(self) -> str | None:
        """Return the id of the key."""
        ...

    @property
    def secret_key(self) -> str | None:
        """Return the key."""
        ...


@dataclass(frozen=True, slots=True)
class AccessOf:
    """Access as the options `region`, `endpoint`, `access_key` and `secret_key` say, where they are given."""

    options: Mapping[str, str] = field(repr=False)

    @property
    def region(self) -> str | None:
        """Return the region's name."""
        return self.options.get("region")

    @property
    def endpoint(self) -> str | None:
        """Return the URL of a service that is not Amazon's own."""
        return self.options.get("endpoint")

    @property
    def access_key(self) -> str | None:
        """Return the id of the key."""
        return self.options.get("access_key")

    @property
    def secret_key(self) -> str | None:
        """Return the key."""
        return self.options.get("secret_key")


@cache
def _session() -> Session:
    """Return the process's session: it keeps the services' descriptions, which take 0.15 s each to read."""
    import boto3  # noqa: PLC0415 -- heavy, and an extra; loaded when a service is first used

    return boto3.session.Session()


def make_client(  # each service has a client of its own: the caller names its type
    service: str, access: Access, *, attempts: int = 4, adaptive: bool = False, read_seconds: float = 60
) -> Any:  # noqa: ANN401 -- same
    """Return a client; it opens no connection yet.

    Args:
        service: as boto3 names it: `s3`, `kms`, …
        access: where it is and who asks.
        attempts: how often a request is tried in all.
        adaptive: slow down by itself where the service says that it is busy.
        read_seconds: how long an answer may take.

    """
    from botocore.config import Config  # noqa: PLC0415 -- heavy, and an extra

    with _MAKING:
        return _session().client(
            service,  # type: ignore[call-overload]  # the stubs list every service's name one by one
            region_name=access.region,
            endpoint_url=access.endpoint,
            aws_access_key_id=access.access_key,
            aws_secret_access_key=access.secret_key,
            config=Config(
                retries={"mode": "adaptive" if adaptive else "standard", "total_max_attempts": attempts},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=read_seconds,
                s3={"addressing_style": "path" if access.endpoint else "auto"},
            ),
        )
