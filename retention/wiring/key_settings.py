"""`subject_keys` of retention.yaml: where people's wrapped keys lie, and who holds what wraps them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from retention.grammar import Cell
from retention.model.ids import SystemId
from retention.ports.subject_keys import KeySystemSettings

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DEFAULT = timedelta(days=30)


def read_key_systems(cell: Cell, folder: Path, taken: Collection[str]) -> dict[SystemId, KeySystemSettings]:
    """Read `subject_keys: {members: {store: …, provider: file, path: …, rotate_after: P30D}}`.

    `taken` are the names of other systems: in evidence, a name says one thing.
    """
    entries = cell.entries("systems of subject keys by name", may_be_empty=True)
    return {SystemId(name): _read(name, entry, folder, taken) for name, entry in entries.items()}


def _read(name: str, cell: Cell, folder: Path, taken: Collection[str]) -> KeySystemSettings:
    if not _NAME.fullmatch(name):
        cell.complain("a name in lower-case letters, digits and _", repr(name))
    if name in taken:
        cell.complain("a name that no entry of `systems` has", name)
    entries = dict(cell.entries("store, provider and its options"))
    for key in ("store", "provider"):
        if key not in entries:
            cell.complain(f"the key `{key}`", "no such key")
    store = entries.pop("store").text("an SQLAlchemy URL of a database of its own") if "store" in entries else ""
    provider = entries.pop("provider").text("file, or aws-kms") if "provider" in entries else ""
    after = _days(entries.pop("rotate_after")) if "rotate_after" in entries else _DEFAULT
    options = {key: str(value.text("text, or a reference env:NAME or file:PATH")) for key, value in entries.items()}
    return KeySystemSettings(SystemId(name), store, provider, options, after, folder)


def _days(cell: Cell) -> timedelta:
    period = cell.period(may_be_zero=False)
    if period.years or period.months:
        cell.complain("days, like P30D", str(period), "the moment is told to people: it is counted, not read off")
    return timedelta(days=period.days)
