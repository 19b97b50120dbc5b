"""The five companies as their packs describe them: policy and data map whole, data in memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from connectors.memory import connect, forget, make
from retention.datamap import read_datamap
from retention.model.datamap import ColumnType, DataMap, Dataset
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.plan import AnonymizeRows, EraseRows, RedactFields
from retention.model.policy import Policy
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.model.terms import Filer, Ground, Right
from retention.packs import read_pack
from retention.planning.assemble import Asked, Header, Instruction, plan_request, plan_sweep
from retention.planning.deferred import Promised
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
from retention.planning.world import World
from retention.policy import read_policy
from retention.policy.statutes import shipped_statutes
from retention.ports.connector import SystemSettings
from tests.doubles.asking import Asking
from tests.doubles.inbox import Inbox, digest

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
"""Noon in Tokyo."""
_NAME = "company"
_HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())
_KINDS = {int: ColumnType.INTEGER, date: ColumnType.DATE, datetime: ColumnType.INSTANT}


class Company(Inbox):
    """One pack at work; what its files or tables hold is given as rows by dataset."""

    def __init__(self, pack: str, tables: Mapping[str, list[dict[str, Any]]], changed: Mapping[str, str]) -> None:
        """Read the pack, with these changes of its policy's text, and fill the stores."""
        super().__init__()
        files = read_pack(pack)
        text = files["policy.yaml"]
        for old, new in changed.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.policy, self.datamap = _policy(text), _datamap(_in_memory(files["datamap.yaml"]))
        assert tables.keys() <= self.datamap.datasets.keys()
        self.database = make(_NAME)
        for dataset_id, dataset in self.datamap.datasets.items():
            rows = tables.get(dataset_id, [])
            columns = {name: _kind([row.get(name) for row in rows], name, dataset) for name in _columns(dataset, rows)}
            self.database.put(dataset.location, columns, rows)
        self.store = connect(SystemSettings("app", "memory", {"url": f"memory:{_NAME}"}))
        self.holds: list[PlacedHold] = []
        self.promised: dict[tuple[str, str], frozenset[str]] = {}

    def happened(self, kind: str, who: str, days: float, about: str | None = None) -> None:
        """Let something have happened about `key=value`, so many days before today."""
        name, _, value = who.partition("=")
        at = NOW - timedelta(days=days)
        known_by = digest(SubjectKey(name, value))
        self.events.append(Event(f"e{len(self.events)}", kind, name, known_by, at, at, about=about))

    def hold(self, who: str) -> None:
        """Place a hold on a person."""
        name, _, value = who.partition("=")
        self.holds.append(PlacedHold("H-1", "dispute", name, digest(SubjectKey(name, value)), NOW))

    def sweep(self, days: float = 0) -> Any:
        """Plan what is due so many days from now, and carry it out; None if nothing is."""
        promised = Promised(self.promised, lambda _, key: f"d{key}")
        return self._carry_out(plan_sweep(self._world(days), _HEADER, self._pauses(), promised))

    def request(self, who: str, tenant: str | None = None, refused: frozenset[str] = frozenset()) -> Any:
        """Plan a person's request but for some categories, or a tenant's instruction, and carry it out."""
        name, _, value = who.partition("=")
        instruction = None if tenant is None else Instruction("i1", SubjectKey(*tenant.split("=")))
        only = frozenset(self.policy.categories) - refused if refused else None
        asked = Asked(SubjectKey(name, value), instruction, only=only)
        draft = plan_request(self._world(0), _HEADER, asked, self._pauses())
        for deferral in draft.plan.deferrals:
            where = (deferral.dataset, deferral.hold_id)
            digests = frozenset(f"d{key}" for key in draft.keys[deferral.rows.keyset_id])
            self.promised[where] = self.promised.get(where, frozenset()) | digests
        return self._carry_out(draft)

    def left(self, dataset: str) -> list[dict[str, Any]]:
        """What the dataset holds now, without its empty fields."""
        location = next(d.location for name, d in self.datamap.datasets.items() if name == dataset)
        rows = self.database.rows(location)
        return [{name: value for name, value in row.items() if value is not None} for row in rows]

    def _world(self, days: float) -> World:
        actions = {"app": self.store.capabilities.actions}
        return World(
            self.policy, self.datamap, {"app": self.store.finder()}, actions, {}, {}, NOW + timedelta(days=days)
        )

    def _carry_out(self, draft: Any) -> Any:
        if draft is None:
            return None
        eraser = self.store.eraser()
        for step in draft.plan.steps:
            if not isinstance(step, EraseRows | AnonymizeRows | RedactFields):
                continue
            dataset, selection = self.datamap.datasets[step.dataset], Selection(step.where, draft.keys)
            if isinstance(step, EraseRows):
                effect = eraser.erase_rows(dataset, selection)
            elif isinstance(step, AnonymizeRows):
                rare = draft.keys[step.rare.keyset_id] if step.rare else frozenset()
                effect = eraser.anonymize_rows(dataset, selection, step.transforms, step.quasi, rare)
            else:
                effect = eraser.redact_fields(dataset, selection, step.fields)
            assert effect.rows == step.rows
        return draft.plan

    def _pauses(self) -> Pauses:
        return Pauses(tuple(self.holds), self, digest)


@cache
def _policy(text: str) -> Policy:
    return read_policy(text, "policy.yaml", shipped_statutes())


@cache
def _datamap(text: str) -> DataMap:
    return read_datamap(text, "datamap.yaml")


def _in_memory(datamap: str) -> str:
    """Let every system be one database, and each set of files a table with a key."""
    text = re.sub(r"(?m)^    system: \S+$", "    system: app", datamap)
    lines, dataset = [], ""
    for line in text.splitlines():
        if found := re.fullmatch(r"  ([\w.]+):", line):
            dataset = found[1].replace(".", "_")
        if line.startswith("    table: "):
            lines.append(f"    table: {dataset}")
        elif line.startswith("    path: "):
            lines += [f"    table: {dataset}", "    primary_key: [id]"]
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _columns(dataset: Dataset, rows: list[dict[str, Any]]) -> list[str]:
    named = [*dataset.primary_key, *dataset.linking_columns, *dataset.fields, *dataset.dates.values()]
    named += [here for reference in dataset.mentions for here in reference.here]
    tenant = [] if dataset.tenant is None else [dataset.tenant[1]]
    return list(dict.fromkeys([*named, *dataset.not_personal, *tenant, *(name for row in rows for name in row)]))


def _kind(values: list[Any], name: str, dataset: Dataset) -> ColumnType:
    otherwise = ColumnType.DATE if name in dataset.dates.values() else ColumnType.TEXT
    return next((_KINDS.get(type(value), ColumnType.TEXT) for value in values if value is not None), otherwise)


@pytest.fixture
def company() -> Iterator[Callable[..., Company]]:
    """Return what puts a pack to work, with these rows by dataset."""

    def made(
        pack: str, tables: Mapping[str, list[dict[str, Any]]], changed: Mapping[str, str] | None = None
    ) -> Company:
        return Company(pack, tables, changed or {})

    yield made
    forget(_NAME)


@pytest.fixture
def ago() -> Callable[[int], date]:
    """Return the day so many days before today."""
    return lambda days: NOW.date() - timedelta(days=days)


@pytest.fixture
def asking() -> Callable[..., Asking]:
    """Return what lets a request arrive at a company: from Japan, by the person, unless said otherwise."""

    def arrived(
        pack: str,
        right: Right,
        ground: Ground | None = None,
        *,
        place: str | None = "JP",
        filer: Filer = Filer.PERSON,
    ) -> Asking:
        return Asking(pack, right, ground, place, filer)

    return arrived
