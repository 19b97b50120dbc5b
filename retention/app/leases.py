"""One process at a time: a lease in the ledger, which a process that died does not hold for long."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from retention.app.context import Context
from retention.errors import SystemFailure, TransientFailure

LEASE = timedelta(minutes=30)
"""After this long the lease of a process that died elsewhere is free again; on this host it is at once."""
EXTEND_AFTER = LEASE / 6


@contextmanager
def leased(context: Context, name: str, now: datetime, busy: str) -> Iterator[None]:
    """Hold the lease while the block runs, however long that takes; two threads of one process are two holders.

    `busy` says what somebody else does who has it.

    Raises:
        TransientFailure: somebody else has it.

    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _bury_dead_holder(context, name)
    if not context.ledger.lease(name, holder, now, now + LEASE):
        raise TransientFailure(busy, hint="wait for it, then run again")
    try:
        with _extended(context, name, holder, now):
            yield
    finally:
        context.ledger.give_back(name, holder)


@contextmanager
def _extended(context: Context, name: str, holder: str, now: datetime) -> Iterator[None]:
    """Extend the lease again and again while the block runs: who lives is not taken for dead."""
    over, began = Event(), monotonic()

    def extend() -> None:
        while not over.wait(EXTEND_AFTER.total_seconds()):
            at = now + timedelta(seconds=monotonic() - began)
            with suppress(SystemFailure):  # tried again before the lease runs out
                context.ledger.lease(name, holder, at, at + LEASE)

    extending = Thread(target=extend, name=f"lease of {name}", daemon=True)
    extending.start()
    try:
        yield
    finally:
        over.set()
        extending.join()


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
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether it is dead and nobody has asked how it ended, as in a container without an init; proc(5)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state == "Z"
