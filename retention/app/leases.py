"""One process at a time does a thing; a lease whose holder died on this host is free at once."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.errors import TransientFailure

_LASTS = timedelta(hours=1)
"""After this long the lease of a process that died elsewhere is free again."""


@contextmanager
def alone(context: Context, name: str, now: datetime) -> Iterator[None]:
    """Hold the lease while the block runs; two threads of one process are two holders.

    Raises:
        TransientFailure: somebody else holds it.

    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    bury_dead_holder(context, name)
    if not context.ledger.lease(name, holder, now, now + _LASTS):
        raise TransientFailure("the same thing is being done just now", hint="wait a moment, then send it again")
    try:
        yield
    finally:
        context.ledger.give_back(name, holder)


def bury_dead_holder(context: Context, name: str) -> None:
    """Take the lease from a process of this host that is no more; on other hosts it has to run out."""
    holder = context.ledger.holder(name)
    host, pid = [*(holder or "").split(":"), ""][:2]
    if holder and host == socket.gethostname() and not _is_alive(int(pid)):
        context.ledger.give_back(name, holder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives under another user
    return True
