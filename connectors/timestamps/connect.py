"""The entry point: an authority's address → a client."""

from __future__ import annotations

from urllib.parse import urlsplit

from retention.errors import MissingExtraError, SettingsError
from retention.ports.timestamper import Timestamper


def connect(address: str) -> Timestamper:
    """Return the client; touches no network.

    Raises:
        SettingsError: the address is not one of http or https with a host.
        MissingExtraError: httpx is not installed.

    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError("time-stamps: expected an address like https://tsa.example, found another")
    try:
        from connectors.timestamps.client import HttpTimestamper  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise MissingExtraError("time-stamps need httpx", hint="pip install 'retention[http]'") from error
    return HttpTimestamper(address)
