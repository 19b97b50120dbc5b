"""The entry point of the `processor` connector."""

from __future__ import annotations

from connectors.processor.drp.settings import read_settings as drp_settings
from connectors.processor.rest.settings import read_settings as rest_settings
from connectors.processor.settings import read_settings
from retention.errors import MissingExtraError
from retention.ports.connector import ProcessorSystem, SystemSettings


def connect(settings: SystemSettings) -> ProcessorSystem:
    """Return the processor's client; the network is not touched.

    Raises:
        SettingsError: an option is missing or wrong; all problems at once.
        MissingExtraError: httpx is not installed.

    """
    if settings.options.get("protocol") == "rest":
        return _rest(settings)
    if settings.options.get("protocol") == "drp":
        return _drp(settings)
    checked = read_settings(settings)
    try:
        from connectors.processor.processor import OpenDsrSystem  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        raise _without(error, settings) from error
    return OpenDsrSystem(checked)


def _rest(settings: SystemSettings) -> ProcessorSystem:
    checked = rest_settings(settings)
    try:
        from connectors.processor.rest.processor import RestSystem  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        raise _without(error, settings) from error
    return RestSystem(checked)


def _drp(settings: SystemSettings) -> ProcessorSystem:
    checked = drp_settings(settings)
    try:
        from connectors.processor.drp.processor import DrpSystem  # noqa: PLC0415 -- httpx comes with an extra
    except ModuleNotFoundError as error:
        raise _without(error, settings) from error
    return DrpSystem(checked)


def _without(error: ModuleNotFoundError, settings: SystemSettings) -> Exception:
    if error.name != "httpx":
        return error
    return MissingExtraError(
        f"system {settings.system_id}: the processor connector needs httpx", hint="pip install 'retention[http]'"
    )
