"""A lease is kept by whoever lives, however long it takes, and taken from whoever is dead."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
from datetime import timedelta
from threading import Event

import pytest

from retention.app import leases
from retention.app.leases import LEASE, leased
from retention.errors import TransientFailure
from tests.e2e.conftest import NOW, Shop


def until(shop: Shop) -> str:
    """Return until when the only lease is held."""
    connection = sqlite3.connect(shop.folder / "ledger.db")
    ((moment,),) = connection.execute("SELECT until FROM ledger_leases").fetchall()
    connection.close()
    return str(moment)


def test_who_lives_keeps_it_however_long_a_step_takes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the block runs the lease is extended; when it is over, it is free at once."""
    monkeypatch.setattr(leases, "EXTEND_AFTER", timedelta(milliseconds=1))
    with shop.app() as app:
        with leased(app.context, "apply/P", NOW, "busy"):
            first, looks = until(shop), 0
            while until(shop) <= first:
                looks += 1
                assert looks < 10_000
                Event().wait(0.001)
            with pytest.raises(TransientFailure, match="busy"), leased(app.context, "apply/P", NOW + LEASE, "busy"):
                pass
        with leased(app.context, "apply/P", NOW, "busy"):
            pass


def test_who_was_killed_holds_nothing_though_nobody_has_buried_him(shop: Shop) -> None:
    """A dead process that its parent never asked about (a zombie) is no holder; a living one is."""
    pid = os.fork()
    if pid == 0:
        signal.pause()
        os._exit(0)
    try:
        with shop.app() as app:
            assert app.context.ledger.lease("apply/P", f"{socket.gethostname()}:{pid}:a", NOW, NOW + LEASE)
            with pytest.raises(TransientFailure, match="busy"), leased(app.context, "apply/P", NOW, "busy"):
                pass
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # dead, and still there
            with leased(app.context, "apply/P", NOW, "busy"):
                pass
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
