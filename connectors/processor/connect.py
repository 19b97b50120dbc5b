"""The entry point of the `processor` connector: one package a protocol, chosen by the option `protocol`."""

from __future__ import annotations

import difflib
from collections.abc import Callable

from connectors.processor.drop.settings import read_settings as read_drop
from connectors.processor.drp.settings import read_settings as read_drp
from connectors.processor.mail.settings import read_settings as read_mail
from connectors.processor.rest.settings import read_settings as read_rest
from connectors.processor.settings import read_settings as read_opendsr
from retention.errors import MissingExtraError, Problem, SettingsError
from retention.ports.connector import ProcessorSystem, SystemSettings

_EXTRAS = {"httpx": "http", "boto3": "s3", "botocore": "s3"}


def connect(settings: SystemSettings) -> ProcessorSystem:
    """Return the processor's client; the network is not touched.

    Raises:
        SettingsError: an option is missing or wrong; all problems at once.
        MissingExtraError: what the protocol needs is not installed.

    """
    protocol = settings.options.get("protocol", "opendsr")
    if protocol not in _PROTOCOLS:
        near = difflib.get_close_matches(protocol, _PROTOCOLS, n=1)
        problem = Problem(
            where=f"systems.{settings.system_id}.protocol",
            expected=", ".join(f"`{name}`" for name in _PROTOCOLS),
            found=repr(protocol[:40]),
            hint=f"did you mean {near[0]}?" if near else "",
        )
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=(problem,))
    try:
        return _PROTOCOLS[protocol](settings)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(error.name or "")
        if extra is None:
            raise
        raise MissingExtraError(
            f"system {settings.system_id}: the processor connector needs {error.name}",
            hint=f"pip install 'retention[{extra}]'",
        ) from error


def _opendsr(settings: SystemSettings) -> ProcessorSystem:
    checked = read_opendsr(settings)
    from connectors.processor.processor import OpenDsrSystem  # noqa: PLC0415 -- httpx comes with an extra

    return OpenDsrSystem(checked)


def _rest(settings: SystemSettings) -> ProcessorSystem:
    checked = read_rest(settings)
    from connectors.processor.rest.processor import RestSystem  # noqa: PLC0415 -- httpx comes with an extra

    return RestSystem(checked)


def _drop(settings: SystemSettings) -> ProcessorSystem:
    checked = read_drop(settings)
    from connectors.processor.drop.processor import DropSystem  # noqa: PLC0415 -- boto3 comes with an extra

    return DropSystem(checked)


def _drp(settings: SystemSettings) -> ProcessorSystem:
    checked = read_drp(settings)
    from connectors.processor.drp.processor import DrpSystem  # noqa: PLC0415 -- httpx comes with an extra

    return DrpSystem(checked)


def _mail(settings: SystemSettings) -> ProcessorSystem:
    checked = read_mail(settings)
    from connectors.processor.mail.processor import MailSystem  # noqa: PLC0415 -- as the others

    return MailSystem(checked)


_PROTOCOLS: dict[str, Callable[[SystemSettings], ProcessorSystem]] = {
    "opendsr": _opendsr,
    "drp": _drp,
    "rest": _rest,
    "drop": _drop,
    "mail": _mail,
}
