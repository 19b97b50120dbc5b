"""Events as senders write them: CloudEvents in JSON."""

from __future__ import annotations

import json
from typing import Any

AT = "2026-11-20T12:00:00+09:00"


def event(number: str, kind: str = "account.closed", subject: str = "user_id=c1", **more: Any) -> dict[str, Any]:
    """Return an event of the source `/crm`; `about` and `corrects` go into its data."""
    data = {"subject": subject, **{name: more.pop(name) for name in ("about", "corrects") if name in more}}
    return {"specversion": "1.0", "id": number, "source": "/crm", "type": kind, "time": AT, "data": data, **more}


def body(number: str, kind: str = "account.closed", subject: str = "user_id=c1", **more: Any) -> bytes:
    """Return the same as bytes."""
    return json.dumps(event(number, kind, subject, **more)).encode()
