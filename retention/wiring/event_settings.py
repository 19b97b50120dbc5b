"""`events` of retention.yaml: where events come from, who may call, and which kinds cannot wait.

events:
  queues:
    crm: {connector: sqs, url: "https://sqs.ap-northeast-1.amazonaws.com/123456789012/crm-events"}
    files: {connector: sqs, url: …, objects_of: lake}     # S3 event notifications of the system `lake`
  senders:                                               # POST /events
    forms: {secret: env:FORMS_SECRET}                    # signs its calls
    crm: {token: env:CRM_TOKEN}                          # or shows a bearer token
  urgent: {consent.withdrawn: sweep, objection: suspension, acquisition.unlawful: suspension}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from retention.grammar import EVENT_KINDS, Cell
from retention.model.ids import SystemId
from retention.model.parcel import Urgency
from retention.ports.queues import QueueSettings

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_REFERENCE = re.compile(r"(env|file):.+")


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """One sender that calls, its secret not yet resolved."""

    name: str
    """The last name of the sources that it may speak for."""
    secret: str | None = field(repr=False)
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class EventSettings:
    """The section `events`, read; secrets not yet resolved."""

    queues: Mapping[str, QueueSettings] = field(default_factory=dict)
    senders: Mapping[str, SenderSettings] = field(default_factory=dict)
    urgent: Mapping[str, Urgency] = field(default_factory=dict)


def read_events(cell: Cell, folder: Path, systems: Collection[SystemId]) -> EventSettings:
    """Read the section; nothing of it if it is missing."""
    if cell.is_missing:
        return EventSettings()
    record = cell.record([], ["queues", "senders", "urgent"])
    return EventSettings(
        queues={name: _queue(name, each, folder, systems) for name, each in _entries(record["queues"], "queues")},
        senders={name: _sender(name, each) for name, each in _entries(record["senders"], "senders")},
        urgent={
            kind: urgency for kind, each in _entries(record["urgent"], "kinds") if (urgency := _urgent(kind, each))
        },
    )


def _entries(cell: Cell, what: str) -> Collection[tuple[str, Cell]]:
    return () if cell.is_missing else tuple(cell.entries(f"{what} by name", may_be_empty=True).items())


def _queue(name: str, cell: Cell, folder: Path, systems: Collection[SystemId]) -> QueueSettings:
    if not _NAME.fullmatch(name):
        cell.complain("a queue's name in lower-case parcels, digits, - and _", repr(name))
    entries = dict(cell.entries("a connector and its options"))
    if "connector" not in entries:
        cell.complain("the key `connector`", "no such key")
    connector = entries.pop("connector").text("a connector's name") if "connector" in entries else ""
    of = entries.pop("objects_of").word(sorted(systems), "a system of this file") if "objects_of" in entries else ""
    options = {key: str(value.text("text, or a reference env:NAME or file:PATH")) for key, value in entries.items()}
    return QueueSettings(name, connector, options, SystemId(of) if of else None, folder)


def _sender(name: str, cell: Cell) -> SenderSettings:
    if not _CODE.fullmatch(name):
        cell.complain("a sender's name as a word of parcels, digits, - and _", repr(name))
    record = cell.record([], ["secret", "token"])
    if ("secret" in record) == ("token" in record):
        cell.complain("`secret` or `token`", "both" if "secret" in record else "neither")
    what = "a reference env:NAME or file:PATH"
    found = {word: record[word].matching(_REFERENCE, what) for word in ("secret", "token") if word in record}
    return SenderSettings(name, found.get("secret"), found.get("token"))


def _urgent(kind: str, cell: Cell) -> Urgency | None:
    if kind not in EVENT_KINDS:
        cell.complain("a kind of event that is recorded, such as objection", repr(kind[:40]))
    word = cell.word([urgency.value for urgency in Urgency])
    return Urgency(word) if word else None
