"""What is seen of the workspace: data map, packs, connectors, ledger, keys, log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from retention.errors import RetentionError
from retention.evidence import EvidenceLog, Signer
from retention.model.seen import (
    KeySeen,
    LogSeen,
    NewestCase,
    RotationSeen,
    TablesSeen,
    Uncovered,
    Unusable,
)
from retention.packs import pack_names, read_pack
from retention.policy import read_policy, shipped_statutes
from retention.ports.connector import Connector
from retention.ports.ledger import Ledger
from retention.store import HEAD, KNOWN, open_ledger, version_of
from retention.wiring.doctor.patient import Patient, complaints
from retention.wiring.opening import ledger_url
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings
from retention.wiring.subject_keys import open_key_systems, open_ledger_keys
from retention.wiring.systems import connect_all
from retention.wiring.tiles import connect_tiles

_SIGNING = "signing"
_USED = ("lookup", _SIGNING, "suppression")
"""Keys that are made with the first case; whoever lost one lost what was known by it."""
_SQLITE = "sqlite:///"


def coverage(patient: Patient) -> Iterator[Uncovered]:
    """Yield what the policy has rules for and the data map places nowhere."""
    workspace = patient.workspace
    if workspace is None:
        return
    mapped = {field.category for each in workspace.datamap.datasets.values() for field in each.fields.values()}
    yield Uncovered(tuple(sorted({rule.category for rule in workspace.policy.rules} - mapped)))


def packs(_patient: Patient) -> Iterator[Unusable]:
    """Yield the packs that cannot be read."""
    statutes = shipped_statutes()
    for name in pack_names():
        try:
            read_policy(read_pack(name)["policy.yaml"], f"{name}/policy.yaml", statutes)
        except RetentionError as error:
            yield from complaints(error, f"pack {name}")


def systems(patient: Patient) -> Iterator[Unusable]:
    """Yield the systems that cannot be connected; nothing is reached."""
    settings = patient.settings
    if settings is None:
        return
    for name, system in settings.systems.items():
        try:
            connected = connect_all(replace(settings, systems={name: system}))
            made: list[Connector] = [*connected.stores.values(), *connected.copies.values()]
            for connector in [*made, *connected.processors.values()]:
                connector.close()
        except RetentionError as error:
            yield from complaints(error, f"systems.{name}")


def ledger(patient: Patient, now: datetime) -> Iterator[TablesSeen | NewestCase]:
    """Yield the tables' version and the newest case; older tables stay as they are."""
    if patient.settings is None:
        return
    found = _version(patient.settings)
    yield TablesSeen(found, HEAD, KNOWN)
    if found == HEAD:
        with closing(_opened(patient.settings)) as opened:
            newest = opened.tallies.at(now).newest
        if newest is not None:
            yield NewestCase(newest, now)


def keys(patient: Patient, now: datetime) -> Iterator[KeySeen | RotationSeen]:
    """Yield the ledger's keys, and what is to be replaced or destroyed by now."""
    settings = patient.settings
    if settings is None:
        return
    store, used = open_ledger_keys(settings.keys, settings.key_holder), (patient.folder / "evidence.vkey").exists()
    if _version(settings) == HEAD:
        with closing(_opened(settings)) as opened:
            used = used or opened.log.size() > 0
            for epoch in opened.openings.epochs():
                if epoch.destroyed_at is None:
                    where = f"evidence epoch {epoch.name}"
                    yield RotationSeen(where, "retention evidence expire", epoch.destroy_at, now)
    for name in _USED:
        yield KeySeen(name, is_there=store.read(name) is not None, is_used=used and name == _SIGNING)
    for name, system in open_key_systems(settings.subject_keys).items():
        with closing(system):
            due = system.rotate_by()
        if due is not None:
            yield RotationSeen(f"subject_keys.{name}", f"retention keys rotate {name}", due, now)


def log(patient: Patient) -> Iterator[LogSeen]:
    """Yield how much of the log is published, proven to continue; nothing before the first entry.

    Raises:
        FoundError: the ledger does not continue the published log, or was changed.

    """
    settings = patient.settings
    if settings is None or _version(settings) != HEAD:
        return
    seed = open_ledger_keys(settings.keys, settings.key_holder).read(_SIGNING)
    if seed is None:
        return
    where = settings.evidence
    options = {name: resolve(value, settings.folder, f"evidence.{name}") for name, value in where.options.items()}
    tiles, signer = connect_tiles(replace(where, options=options)), Signer.from_seed(settings.origin, seed)
    with closing(_opened(settings)) as opened:
        recorded, published = EvidenceLog(opened.log, tiles, signer, settings.origin).look()
    if recorded:
        yield LogSeen(recorded, published)


def _version(settings: Settings) -> str | None:
    url = ledger_url(settings)
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return None  # asking SQLite would make the file
    return version_of(url)


def _opened(settings: Settings) -> Ledger:
    return open_ledger(ledger_url(settings), open_ledger_keys(settings.keys, settings.key_holder))
