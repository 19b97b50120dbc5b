"""The entry point of the `processor` connector."""

from __future__ import annotations

from connectors.processor.settings import read_settings
from retention.errors import MissingExtraError
from retention.ports.connector import ProcessorSystem, SystemSettings


def connect(settings: SystemSettings) -> ProcessorSystem:
    """Return the processor's client; the network is not touched.

    Raises:
        SettingsError: an option is missing or wrong; all problems at once.
        MissingExtraError: httpx is not installed.

    """
    checked = read_settings(settings)
    try:
        from connectors.processor.processor import OpenDsrSystem  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise MissingExtraError(
            f"system {settings.system_id}: the processor connector needs httpx",
            hint="pip install 'retention[http]'",
        ) from error
    return OpenDsrSystem(checked)
