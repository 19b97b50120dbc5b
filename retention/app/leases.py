"""One process at a time: a lease in the ledger, which a process that died does not hold for long."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.errors import TransientFailure

LEASE = timedelta(minutes=30)
"""After this long the lease of a process that died elsewhere is free again; on this host it is at once."""


@contextmanager
def leased(context: Context, name: str, now: datetime, busy: str) -> Iterator[None]:
    """Hold the lease while the block runs; two threads of one process are two holders.

    `busy` says what somebody else does who has it.

    Raises:
        TransientFailure: somebody else has it.

    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _bury_dead_holder(context, name)
    if not context.ledger.lease(name, holder, now, now + LEASE):
        raise TransientFailure(busy, hint="wait for it, then run again")
    try:
        yield
    finally:
        context.ledger.give_back(name, holder)


def _bury_dead_holder(context: Context, name: str) -> None:
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
