"""What is seen of the machine itself."""

from __future__ import annotations

import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from retention.model.seen import Extra, FileMode, Guarded, Interpreter, Space
from retention.wiring.doctor.needs import extras, installed
from retention.wiring.doctor.patient import Patient
from retention.wiring.settings import Settings

_FILE = "file:"


def software(patient: Patient) -> Iterator[Interpreter | Extra]:
    """Yield the versions that run, and what of the extras is not installed."""
    yield Interpreter((sys.version_info.major, sys.version_info.minor), installed("apache-airflow"))
    if patient.settings is not None:
        yield from extras(patient.settings)


def files(patient: Patient) -> Iterator[FileMode]:
    """Yield the permissions of the workspace's files, of its keys, and of the secrets that it names by file."""
    settings = patient.settings
    readable = [patient.folder / "retention.yaml"]
    secret: list[Path] = []
    if settings is not None:
        readable += [settings.policy, settings.datamap]
        secret += [patient.folder / path for path in _secrets(settings)]
        for folder in _key_folders(settings):
            secret += [folder, *sorted(folder.glob("*"))]
    seen: set[Path] = set()
    for paths, guarded in ((readable, Guarded.READABLE), (secret, Guarded.SECRET)):
        for path in paths:
            if path.exists() and path not in seen:
                seen.add(path)
                yield FileMode(_named(path, patient.folder), stat.S_IMODE(path.stat().st_mode) & 0o777, guarded)


def disk(patient: Patient) -> Iterator[Space]:
    """Yield the room where temporary files go, and in the workspace."""
    for where, folder in (("temporary files", Path(tempfile.gettempdir())), ("workspace", patient.folder)):
        if folder.is_dir():
            yield Space(where, shutil.disk_usage(folder).free)


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield the path of every `file:PATH` that the settings name."""
    places = [settings.evidence.options, settings.exports.options]
    places += [system.options for system in settings.systems.values()]
    places += [keys.options for keys in settings.subject_keys.values()]
    places += [queue.options for queue in settings.events.queues.values()]
    places += [carrier.options for carrier in settings.letters.carriers.values()]
    if settings.key_holder is not None:
        places.append(settings.key_holder.options)
    values = [value for options in places for value in options.values()]
    values += [known for each in settings.events.senders.values() for known in (each.secret, each.token) if known]
    yield from sorted({value.removeprefix(_FILE) for value in values if value.startswith(_FILE)})


def _key_folders(settings: Settings) -> Iterator[Path]:
    yield settings.keys
    for keys in settings.subject_keys.values():
        if keys.provider == "file" and "path" in keys.options:
            yield settings.folder / keys.options["path"]


def _named(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
