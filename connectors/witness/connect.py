"""The entry point: a witness's address → a client."""

from __future__ import annotations

from urllib.parse import urlsplit

from retention.errors import MissingExtraError, SettingsError
from retention.ports.witness import WitnessClient


def connect(address: str) -> WitnessClient:
    """Return the client; touches no network.

    Raises:
        SettingsError: the address is not one of http or https with a host.
        MissingExtraError: httpx is not installed.

    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("a witness: expected an address like https://witness.example/prefix, found another")
    try:
        from connectors.witness.client import HttpWitness  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise MissingExtraError("asking witnesses needs httpx", hint="pip install 'retention[http]'") from error
    return HttpWitness(address.rstrip("/"))
