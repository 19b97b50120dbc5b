"""retention.yaml: where things are. Secrets are references, never values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from retention.errors import SettingsError
from retention.grammar import Cell, Document, Record
from retention.model.evidence_terms import EvidenceTerms
from retention.model.ids import SystemId
from retention.model.period import Period
from retention.model.rescan import RescanTerms
from retention.planning.limits import Limits
from retention.ports.alerts import AlerterSettings
from retention.ports.exports import ExportSettings
from retention.ports.subject_keys import KeySystemSettings
from retention.ports.tiles import ObjectLock, TileSettings
from retention.wiring.alerts import read_alerts
from retention.wiring.event_settings import EventSettings, read_events
from retention.wiring.key_settings import HOLDER_OPTIONS, read_key_holder, read_key_systems
from retention.wiring.letters import LetterSettings, read_letters

_TERMS = ("openings_for", "receipts_for", "remainders_for")
_TWO_WEEKS = Period(days=14)
"""A proposal of ours: long enough for a letter to arrive and be opened."""
_STORE_OPTIONS = ("region", "endpoint", "access_key", "secret_key")
PER_COPY = "{copy}"
"""What stands for a copy's date in the options of a system that is part of each copy."""
_SYSTEM = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class System:
    """One entry of `systems`, as written."""

    system_id: SystemId
    connector: str
    options: Mapping[str, str]
    copies: tuple[SystemId, ...]
    restores: SystemId | None
    rewrites: SystemId | None = None
    """A system of backups: this one stands for the same part of each of its copies, one a date (`{copy}`)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """retention.yaml, read."""

    folder: Path
    """Where relative paths start."""
    ledger: str
    policy: Path
    datamap: Path
    keys: Path
    """The folder of the ledger's own keys."""
    key_holder: KeySystemSettings | None
    """Who wraps them; None if they lie there as they are. Secrets not yet resolved."""
    evidence: TileSettings
    """Where the log's files lie; secrets not yet resolved."""
    origin: str
    """The evidence log's name."""
    terms: EvidenceTerms
    """How long evidence keeps what ties it to people."""
    witnesses: Path | None
    """The policy file of witnesses (C2SP tlog-policy), if the log has any."""
    timestamps: str | None
    """The address of a time-stamping authority (RFC 3161), if one is asked."""
    limits: Limits
    systems: Mapping[SystemId, System]
    exports: ExportSettings
    """Where sets for joint users, and exports for people, are put; secrets not yet resolved."""
    disclosures_for: Period
    """How long an export for a person lies ready."""
    subject_keys: Mapping[SystemId, KeySystemSettings]
    """Keys of people; secrets not yet resolved."""
    rescans: RescanTerms
    """When completed cases are looked at again."""
    letters: LetterSettings = field(default_factory=LetterSettings)
    """How letters to people go out."""
    alerts: Mapping[str, AlerterSettings] = field(default_factory=dict)
    """How the desk is told of dates, by way; secrets not yet resolved."""
    events: EventSettings = field(default_factory=EventSettings)
    """Where events come from; secrets not yet resolved."""


def read_settings(text: str, label: str, folder: Path) -> Settings:
    """Read retention.yaml.

    Raises:
        SettingsError: with every problem.

    """
    document = Document(text, label)
    file = Cell.root(document).record(
        ["ledger", "policy", "datamap", "keys", "evidence", "systems"],
        ["limits", "exports", "rescans", "subject_keys", "letters", "alerts", "events"],
    )
    keys = file["keys"].record(["provider", "path"], HOLDER_OPTIONS)
    evidence = file["evidence"].record(
        ["store", "origin"], ["object_lock", "retain", "witnesses", "timestamps", *_TERMS, *_STORE_OPTIONS]
    )
    systems = {SystemId(name): _system(name, cell) for name, cell in file["systems"].entries("systems by name").items()}
    _check_names(file["systems"], systems)
    exports, disclosures_for = _exports(file["exports"], folder)
    settings = Settings(
        folder=folder,
        ledger=file["ledger"].text("an SQLAlchemy URL"),
        policy=folder / file["policy"].text("a file"),
        datamap=folder / file["datamap"].text("a file"),
        keys=folder / keys["path"].text("a folder"),
        key_holder=read_key_holder(keys, folder),
        evidence=_tiles(evidence, folder),
        origin=evidence["origin"].text("the log's name"),
        terms=_terms(evidence),
        witnesses=folder / evidence["witnesses"].text("a policy file") if "witnesses" in evidence else None,
        timestamps=evidence["timestamps"].text("an address") if "timestamps" in evidence else None,
        limits=_limits(file["limits"]),
        systems=systems,
        exports=exports,
        disclosures_for=disclosures_for,
        subject_keys=read_key_systems(file["subject_keys"], folder, systems),
        rescans=_rescans(file["rescans"]),
        letters=read_letters(file["letters"], folder),
        alerts=read_alerts(file["alerts"], folder),
        events=read_events(file["events"], folder, systems),
    )
    document.refuse_problems(SettingsError)
    return settings


def _tiles(evidence: Record, folder: Path) -> TileSettings:
    words = [lock.value for lock in ObjectLock]
    lock = evidence["object_lock"].word(words) if "object_lock" in evidence else ObjectLock.NONE.value
    return TileSettings(
        store=evidence["store"].text("a folder, or s3://bucket/prefix"),
        object_lock=ObjectLock(lock) if lock in words else ObjectLock.NONE,
        retain=evidence["retain"].period(may_be_zero=False) if "retain" in evidence else None,
        options={name: evidence[name].text("text") for name in _STORE_OPTIONS if name in evidence},
        workspace=folder,
    )


def _exports(cell: Cell, folder: Path) -> tuple[ExportSettings, Period]:
    """Return where exports are put, and how long one for a person lies ready."""
    if cell.is_missing:
        return ExportSettings("exports", workspace=folder), _TWO_WEEKS
    exports = cell.record(["store"], ["disclosures_for", *_STORE_OPTIONS])
    options = {name: exports[name].text("text") for name in _STORE_OPTIONS if name in exports}
    store = ExportSettings(exports["store"].text("a folder, or s3://bucket/prefix"), options, folder)
    return store, _period(exports, "disclosures_for", _TWO_WEEKS)


def _rescans(cell: Cell) -> RescanTerms:
    default = RescanTerms()
    if cell.is_missing:
        return default
    record = cell.record([], ["after", "late_after", "store_dates"])
    after = record["after"].items("a list of periods") if "after" in record else ()
    dates = record["store_dates"].word(["believed", "doubted"]) if "store_dates" in record else "believed"
    return RescanTerms(
        after=tuple(period.period(may_be_zero=False) for period in after) if after else default.after,
        late_after=_period(record, "late_after", default.late_after),
        trust_dates=dates == "believed",
    )


def _limits(cell: Cell) -> Limits:
    if cell.is_missing:
        return Limits()
    limits = cell.record([], ["subjects", "fraction", "rows"])
    default = Limits()
    subjects = limits["subjects"].integer(1) if "subjects" in limits else default.subjects
    rows = limits["rows"].integer(0) if "rows" in limits else default.rows
    fraction = default.fraction
    if "fraction" in limits:
        fraction = Fraction(str(limits["fraction"].fraction()))
    return Limits(subjects, fraction, rows)


def _terms(evidence: Record) -> EvidenceTerms:
    default = EvidenceTerms()
    return EvidenceTerms(
        openings_for=_period(evidence, "openings_for", default.openings_for),
        receipts_for=_period(evidence, "receipts_for", default.receipts_for),
        remainders_for=_period(evidence, "remainders_for", default.remainders_for),
    )


def _period(record: Record, name: str, default: Period) -> Period:
    return record[name].period() if name in record else default


def _system(name: str, cell: Cell) -> System:
    if not _SYSTEM.fullmatch(name):
        cell.complain("a system name in lower-case letters, digits and _", repr(name))
    entries = dict(cell.entries("a connector and its options"))
    if "connector" not in entries:
        cell.complain("the key `connector`", "no such key")
    connector = entries.pop("connector").text("a connector's name") if "connector" in entries else ""
    copies = entries.pop("copies").items("a list of systems") if "copies" in entries else ()
    restores = entries.pop("restores").text("a system's name") if "restores" in entries else ""
    rewrites = entries.pop("rewrites").text("a system of backups") if "rewrites" in entries else ""
    options = {key: str(value.text("text, or a reference env:NAME or file:PATH")) for key, value in entries.items()}
    per_copy = any(PER_COPY in value for value in options.values())
    if bool(rewrites) != per_copy or (per_copy and not restores):
        cell.complain(f"`rewrites: BACKUPS` with `restores: SYSTEM` and `{PER_COPY}` in the address, or none of them")
    named = tuple(SystemId(item.text("a system's name")) for item in copies)
    return System(
        SystemId(name),
        connector,
        options,
        named,
        SystemId(restores) if restores else None,
        SystemId(rewrites) if rewrites else None,
    )


def _check_names(cell: Cell, systems: Mapping[SystemId, System]) -> None:
    for system in systems.values():
        for named in (*system.copies, *filter(None, (system.restores, system.rewrites))):
            if named not in systems:
                cell.complain(f"a system of this file ({', '.join(systems)})", f"{named} in {system.system_id}")
