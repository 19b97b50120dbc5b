"""What stands in an envelope: CloudEvents 1.0 in JSON (CNCF, cloudevents/spec v1.0.2, §3 and json-format §3).

    {"specversion": "1.0", "id": "8841", "source": "/crm", "type": "account.closed",
     "time": "2026-11-23T12:00:00+09:00", "data": {"subject": "user_id=42", "about": …, "corrects": …}}

The person stands in `data` and nowhere else: routers read and log the attributes, `subject` among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from retention.app.sources import source_of
from retention.errors import InputError
from retention.model.parcel import Unfit

Json: TypeAlias = Mapping[str, Any]
_SOURCE = re.compile(r"[A-Za-z0-9._~:/-]{1,200}")
_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}")
"""No `@` and no space: an id is kept as it is."""
_SAYS = ("source", "id", "type", "time", "data")
"""What makes two parcels say the same: carriers add attributes of their own on the way."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event as it was sent, well formed; whether the policy knows its kind is another question."""

    source: str
    number: str
    """The sender's id; unique with the source."""
    kind: str
    occurred_at: datetime
    subject: str = field(repr=False)
    """KEY=VALUE."""
    about: str | None
    corrects: str | None
    """The `number` that it corrects, of the same source."""

    @property
    def sender(self) -> str:
        """The source's last name, as a code: `crm` of `//shop.example/crm`."""
        return sender_of(self.source)


def read_json(body: bytes) -> Any:  # noqa: ANN401 -- whatever was sent
    """Return what the bytes say, or None if they are no JSON, or hold half a character that nothing can store."""
    try:
        sent = json.loads(body)
        json.dumps(sent, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return sent


def name_of(sent: object) -> tuple[str, str] | None:
    """Return source and id, if it has both: what makes a repetition one."""
    if not isinstance(sent, dict):
        return None
    source, number = sent.get("source"), sent.get("id")
    return (source, number) if isinstance(source, str) and isinstance(number, str) else None


def content_of(sent: Json) -> bytes:
    """Return what it says, so that two parcels that say the same are the same bytes."""
    said = [sent.get(name) for name in _SAYS]
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read_envelope(sent: object) -> Envelope | Unfit:
    """Return the event, or why it is none."""
    if not isinstance(sent, dict) or sent.get("specversion") != "1.0":
        return Unfit.NOT_JSON if sent is None else Unfit.NOT_CLOUDEVENT
    name = name_of(sent)
    kind, data = sent.get("type"), sent.get("data")
    if name is None or not isinstance(kind, str) or not isinstance(data, dict):
        return Unfit.NOT_CLOUDEVENT
    source, number = name
    if not _SOURCE.fullmatch(source) or not sender_of(source):
        return Unfit.UNKNOWN_SOURCE
    if not _ID.fullmatch(number):
        return Unfit.NOT_IDENTIFIABLE
    occurred_at = _instant(sent.get("time"))
    if occurred_at is None:
        return Unfit.NO_ZONE
    subject, about, corrects = data.get("subject"), data.get("about"), data.get("corrects")
    if not isinstance(subject, str):
        return Unfit.NO_SUBJECT
    if not isinstance(about, str | None):
        return Unfit.WRONG_ABOUT
    if corrects is not None and not (isinstance(corrects, str) and _ID.fullmatch(corrects)):
        return Unfit.NOT_IDENTIFIABLE
    return Envelope(source, number, kind, occurred_at, subject, about, corrects)


def sender_of(source: str) -> str:
    """Return a source's last name if that is a code, else nothing."""
    try:
        return source_of(re.split(r"[/:]", source.rstrip("/"))[-1])
    except InputError:
        return ""


def _instant(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
