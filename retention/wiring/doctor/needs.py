"""Which extras of our package a workspace needs, and which packages of them are not installed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from retention.model.seen import Extra
from retention.wiring.doctor.patient import reveal
from retention.wiring.settings import Settings, System

_OURS = "retention"
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([a-z0-9,_-]+)\])?")
_OF_EXTRA = re.compile(r"""extra == ["']([a-z0-9_-]+)["']""")
_BY_CONNECTOR = {"lake": "s3", "objects": "s3", "tables": "tables", "dynamodb": "s3", "processor": "http"}
_BY_SCHEME = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "s3": "s3", "rds": "s3", "backup": "s3"}


def extras(settings: Settings) -> Iterator[Extra]:
    """Yield the extras that the workspace needs, each once for each that needs it."""
    for name, needed_by in sorted(set(_needed(settings))):
        yield Extra(name, needed_by, missing(name))


def missing(extra: str, package: str = _OURS) -> tuple[str, ...]:
    """Return the packages of an extra, and of the extras that it names in turn, that are not installed."""
    found: list[str] = []
    for requirement in _required(package):
        name, _, marker = requirement.partition(";")
        of = _OF_EXTRA.fullmatch(marker.strip())
        match = _REQUIREMENT.match(name.strip())
        if of is None or of[1] != extra or match is None or match[1] == _OURS:
            continue
        if not _is_installed(match[1]):
            found.append(match[1])
        found += [each for inner in filter(None, (match[2] or "").split(",")) for each in missing(inner, match[1])]
    return tuple(found)


def installed(package: str) -> tuple[int, int] | None:
    """Return major and minor version of a package; None if it is not installed."""
    try:
        major, minor, *_ = version(package).split(".")
    except PackageNotFoundError:
        return None
    return int(major), int(minor)


def _required(package: str) -> tuple[str, ...]:
    try:
        return tuple(requires(package) or ())
    except PackageNotFoundError:
        return ()


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _needed(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "verify", "retention verify"
    yield from _of_address(settings.ledger, "ledger")
    yield from _of_address(settings.evidence.store, "evidence.store")
    yield from _of_address(settings.exports.store, "exports.store")
    for name, keys in settings.subject_keys.items():
        yield from _of_address(keys.store, f"subject_keys.{name}")
    if settings.key_holder is not None:
        yield "s3", "keys.provider"
    for name, system in settings.systems.items():
        yield from _of_system(system, f"systems.{name}", settings.folder)
    for queue in settings.events.queues:
        yield "s3", f"events.queues.{queue}"
    if settings.witnesses is not None:
        yield "http", "evidence.witnesses"
    if settings.timestamps is not None:
        yield "http", "evidence.timestamps"
    if "post" in {way.value for way in settings.letters.carriers}:
        yield "pdf", "letters.post"
    if installed("apache-airflow") is not None:
        yield "airflow", "airflow"


def _of_system(system: System, where: str, folder: Path) -> Iterator[tuple[str, str]]:
    if system.connector in _BY_CONNECTOR:
        yield _BY_CONNECTOR[system.connector], where
    yield from _of_address(_address(system.options, folder), where)


def _address(options: Mapping[str, str], folder: Path) -> str:
    return reveal(options.get("url", ""), folder)


def _of_address(address: str, where: str) -> Iterator[tuple[str, str]]:
    scheme = address.partition(":")[0].partition("+")[0]
    if scheme in _BY_SCHEME:
        yield _BY_SCHEME[scheme], where
