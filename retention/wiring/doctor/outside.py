"""What is seen around the workspace, by examiners that are found by entry point `retention.examiners`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from retention.errors import RetentionError, SettingsError
from retention.evidence.verifier import read_policy
from retention.model.period import Period
from retention.model.seen import Bucket, BucketMeant, BucketSeen, DagFiles, Quorum, Role, Seen
from retention.ports.examiner import Examine, Outside, Place
from retention.ports.tiles import ObjectLock
from retention.wiring.brought import brought
from retention.wiring.doctor.patient import Patient, complaints
from retention.wiring.secrets import resolve
from retention.wiring.settings import Settings, System

_GROUP = "retention.examiners"
_S3 = "s3://"
POOLS = "retention_requests,retention_sweeps"
"""The pools that our DAGs name."""
DAGS_FOLDER, AIRFLOW_URL, TOKEN = "AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__API__BASE_URL", "RETENTION_AIRFLOW_TOKEN"
"""Environment variables: Airflow's own, and a bearer token of its REST API."""


def buckets(patient: Patient) -> Iterator[Seen]:
    """Yield every bucket beside what it is to be."""
    settings = patient.settings
    if settings is None:
        return
    for where, address, options, meant in _buckets(settings, patient.residency):
        yield from _guarded("s3", where, address, options, settings.folder, meant=meant)


def queues(patient: Patient) -> Iterator[Seen]:
    """Yield every queue; no message is received."""
    settings = patient.settings
    if settings is None:
        return
    for name, queue in settings.events.queues.items():
        options = queue.options
        yield from _guarded(queue.connector, f"events.queues.{name}", options.get("url", ""), options, settings.folder)


def letters(patient: Patient) -> Iterator[Seen]:
    """Yield every mail server; nothing is sent."""
    settings = patient.settings
    if settings is None:
        return
    for way, carrier in settings.letters.carriers.items():
        if carrier.carrier == "smtp":
            server = carrier.options.get("server", "")
            yield from _guarded("smtp", f"letters.{way.value}", server, carrier.options, settings.folder)


def timestamps(patient: Patient) -> Iterator[Seen]:
    """Yield the time-stamping authority, if one is asked; it stamps nothing."""
    settings = patient.settings
    if settings is not None and settings.timestamps is not None:
        yield from _guarded("http", "evidence.timestamps", settings.timestamps, {}, settings.folder)


def witnesses(patient: Patient) -> Iterator[Seen]:
    """Yield whether the witnesses that answer are enough."""
    settings = patient.settings
    if settings is None or settings.witnesses is None:
        return
    try:
        policy = read_policy(settings.witnesses.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"evidence.witnesses: {settings.witnesses.name} cannot be used: {error}") from None
    answered = [
        name
        for name, witness in policy.witnesses.items()
        if witness.url and _answers(Place(f"witness {name}", witness.url))
    ]
    silent = tuple(sorted(set(policy.witnesses) - set(answered)))
    yield Quorum(policy.is_reached(answered), policy.needs(), silent)


def airflow(_patient: Patient) -> Iterator[Seen]:
    """Yield our DAG files in Airflow's folder, and Airflow's parts, where the environment says where they are."""
    folder = os.environ.get(DAGS_FOLDER)
    if folder:
        there = {path.name for path in Path(folder).rglob("*.py")}
        yield DagFiles(tuple(name for name in _our_dags() if name not in there))
    address = os.environ.get(AIRFLOW_URL)
    if address:
        token = os.environ.get(TOKEN)
        options = {"pools": POOLS} | ({"token": token} if token else {})
        yield from _guarded("airflow", AIRFLOW_URL, address, options, Path())


def _guarded(
    examiner: str,
    where: str,
    address: str,
    options: Mapping[str, str],
    folder: Path,
    *,
    meant: BucketMeant | None = None,
) -> Iterator[Seen]:
    """Yield what the examiner sees, a bucket beside what it is `meant` to be; what it cannot see is seen, too."""
    try:
        secrets = {name: resolve(value, folder, f"{where}.{name}") for name, value in options.items()}
        for seen in _examined(examiner, Place(where, resolve(address, folder, where), secrets)):
            if not isinstance(seen, BucketSeen):
                yield seen
            elif meant is not None:
                yield Bucket(seen, meant)
    except RetentionError as error:
        yield from complaints(error, where)


def _examined(examiner: str, place: Place) -> Iterator[Outside]:
    found = brought(_GROUP)
    if examiner not in found:
        raise SettingsError(f"{place.where}: nobody can look at a {examiner}", hint="look yourself")
    examine: Examine = found[examiner].load()
    yield from examine(place)


def _answers(place: Place) -> bool:
    try:
        return bool([*_examined("http", place)])
    except RetentionError:
        return False


def _buckets(
    settings: Settings, residency: tuple[str, ...]
) -> Iterator[tuple[str, str, Mapping[str, str], BucketMeant]]:
    for name, system in settings.systems.items():
        address = system.options.get("url", "")
        if address.startswith(_S3) and "{" not in address:
            role = Role.COPIES if system.connector == "backups" else Role.LIVE
            meant = BucketMeant(role, system.options.get("region"), residency, store_removes=_removed_within(system))
            yield f"systems.{name}", address, system.options, meant
    evidence, exports = settings.evidence, settings.exports
    if evidence.store.startswith(_S3):
        locked = evidence.object_lock is not ObjectLock.NONE
        meant = BucketMeant(Role.EVIDENCE, evidence.options.get("region"), residency, locked=locked)
        yield "evidence", evidence.store, evidence.options, meant
    if exports.store.startswith(_S3):
        meant = BucketMeant(Role.EXPORTS, exports.options.get("region"), residency)
        yield "exports", exports.store, exports.options, meant


def _removed_within(system: System) -> Period | None:
    """Return within which time the store itself is to remove copies; None where a program of the company does."""
    if system.options.get("removed_by") != "store":
        return None
    try:
        return Period.parse(system.options.get("expire", ""))
    except ValueError:
        return None


def _our_dags() -> list[str]:
    found = find_spec("dags")
    folders = list(found.submodule_search_locations or ()) if found else []
    return sorted(path.name for folder in folders for path in Path(folder).glob("*.py"))
