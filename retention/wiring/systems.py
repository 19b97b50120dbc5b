"""Connectors, found by entry point `retention.connectors`; a company's own are found the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.metadata import EntryPoint
from typing import assert_never, cast

from retention.errors import MissingExtraError, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import (
    Connect,
    Connector,
    CopiesSystem,
    ProcessorSystem,
    Store,
    SystemKind,
    SystemSettings,
)
from retention.wiring.brought import brought
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings, System

_EXTRAS = {"lake": "s3", "dynamodb": "s3", "backups": "s3", "processor": "http", "sql": "postgres"}


@dataclass(slots=True)
class Systems:
    """All connected systems by kind."""

    stores: dict[SystemId, Store] = field(default_factory=dict)
    copies: dict[SystemId, CopiesSystem] = field(default_factory=dict)
    processors: dict[SystemId, ProcessorSystem] = field(default_factory=dict)

    def add(self, system_id: SystemId, connector: Connector) -> None:
        """Put the connector where its capabilities say it belongs."""
        match connector.capabilities.kind:
            case SystemKind.STORE:
                self.stores[system_id] = cast("Store", connector)
            case SystemKind.COPIES:
                self.copies[system_id] = cast("CopiesSystem", connector)
            case SystemKind.PROCESSOR:
                self.processors[system_id] = cast("ProcessorSystem", connector)
            case _:
                assert_never(connector.capabilities.kind)


def connect_all(settings: Settings) -> Systems:
    """Connect every system of the settings; nothing is reached over the network yet.

    Raises:
        SettingsError: an unknown connector, a missing secret or a wrong option.
        MissingExtraError: a connector's packages are not installed.

    """
    found = brought("retention.connectors")
    systems = Systems()
    for system in settings.systems.values():
        connect = _load(system, found)
        systems.add(system.system_id, connect(_resolved(system, settings)))
    return systems


def _load(system: System, found: Mapping[str, EntryPoint]) -> Connect:
    if system.connector not in found:
        near = get_close_matches(system.connector, list(found), 1)
        hint = f"did you mean {near[0]}?" if near else f"installed: {', '.join(sorted(found))}"
        raise SettingsError(f"systems.{system.system_id}: there is no connector {system.connector!r}", hint=hint)
    try:
        connect: Connect = found[system.connector].load()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(system.connector, system.connector)
        raise MissingExtraError(
            f"systems.{system.system_id}: the connector {system.connector} needs {error.name}",
            hint=f"pip install 'retention[{extra}]'",
        ) from None
    return connect


def _resolved(system: System, settings: Settings) -> SystemSettings:
    where = f"systems.{system.system_id}"
    options = {name: resolve(value, settings.folder, f"{where}.{name}") for name, value in system.options.items()}
    return SystemSettings(
        system_id=system.system_id,
        connector=system.connector,
        options=options,
        copies=system.copies,
        restores=system.restores,
        workspace=settings.folder,
    )
