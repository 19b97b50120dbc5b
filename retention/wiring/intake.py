"""Where events come from: queues, found by entry point `retention.queues`, and who may call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from retention.errors import MissingExtraError, SettingsError
from retention.model.sender import Sender
from retention.ports.queues import ConnectQueue, Intake, Queue, QueueSettings
from retention.wiring.brought import brought
from retention.wiring.event_settings import EventSettings
from retention.wiring.secrets import resolve

_EXTRAS = {"sqs": "s3"}
_SHORTEST = 24
"""Characters: 128 bits, however it is written."""


def connect_intake(events: EventSettings, folder: Path) -> Intake:
    """Connect every queue; nothing is reached over the network yet.

    Raises:
        SettingsError: an unknown connector, a missing secret or a wrong option.
        MissingExtraError: a connector's packages are not installed.

    """
    return Intake(
        queues={name: _connected(each, folder) for name, each in events.queues.items()},
        objects_of={name: each.objects_of for name, each in events.queues.items() if each.objects_of is not None},
        urgent=events.urgent,
    )


def read_senders(events: EventSettings, folder: Path) -> Mapping[str, Sender]:
    """Return who may call, by name.

    Raises:
        SettingsError: nobody may, or a secret is missing or short.

    """
    if not events.senders:
        raise SettingsError(
            "retention.yaml: nobody may send events by HTTP", hint="name them under `events.senders`; docs/events.md"
        )
    senders: dict[str, Sender] = {}
    for name, each in events.senders.items():
        where = f"events.senders.{name}"
        known_by = resolve(each.secret or each.token or "", folder, where)
        if len(known_by) < _SHORTEST:
            raise SettingsError(f"{where}: expected at least {_SHORTEST} characters, found {len(known_by)}")
        secret = known_by.encode() if each.secret else None
        senders[name] = Sender(name, secret, None if each.secret else known_by)
    return senders


def _connected(settings: QueueSettings, folder: Path) -> Queue:
    found, where = brought("retention.queues"), f"events.queues.{settings.name}"
    if settings.connector not in found:
        near = get_close_matches(settings.connector, list(found), 1)
        hint = f"did you mean {near[0]}?" if near else f"installed: {', '.join(sorted(found))}"
        raise SettingsError(f"{where}: there is no connector {settings.connector!r}", hint=hint)
    try:
        connect: ConnectQueue = found[settings.connector].load()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(settings.connector, settings.connector)
        raise MissingExtraError(f"{where} needs {error.name}", hint=f"pip install 'retention[{extra}]'") from None
    options = {name: resolve(value, folder, f"{where}.{name}") for name, value in settings.options.items()}
    return connect(replace(settings, options=options))
