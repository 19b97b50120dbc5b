"""Connectors, found by entry point `retention.connectors`; a company's own are found the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from importlib.metadata import EntryPoint
from typing import assert_never, cast

from retention.errors import MissingExtraError, SettingsError
from retention.model.ids import SystemId
from retention.model.restores import copy_named
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
from retention.wiring.settings import PER_COPY, Settings, System

_EXTRAS = {"lake": "s3", "dynamodb": "s3", "backups": "s3", "processor": "http", "sql": "postgres"}


class Stores(dict[SystemId, Store]):
    """Stores by name; those that are part of a backup's copies are connected when one copy's is asked for."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.per_copy: dict[SystemId, Callable[[str], Store]] = {}

    def __missing__(self, name: SystemId) -> Store:
        """Connect the store that is part of a copy: `nightly_lake-2026-11-22`."""
        named = copy_named(name)
        if named is None or named[0] not in self.per_copy:
            raise KeyError(name)
        self[name] = self.per_copy[named[0]](named[1].isoformat())
        return self[name]


@dataclass(slots=True)
class Systems:
    """All connected systems by kind."""

    stores: Stores = field(default_factory=Stores)
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
        if system.rewrites is None:
            systems.add(system.system_id, connect(_resolved(system, settings)))
        else:
            systems.stores.per_copy[system.system_id] = partial(_connect_part, connect, _resolved(system, settings))
    return systems


def _connect_part(connect: Connect, settings: SystemSettings, copy: str) -> Store:
    options = {name: value.replace(PER_COPY, copy) for name, value in settings.options.items()}
    return cast("Store", connect(replace(settings, options=options)))


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
