from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from retention.errors import SystemFailure
from retention.evidence import merkle
from retention.evidence.frontier import Frontier
from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import Ledger, LogDraft, LogEntry, LogHead
from retention.store import FileKeyStore, open_ledger
from retention.store import log as log_module
from retention.store.engine import make_database
from retention.store.migrations import upgrade

APPENDER = """
import sys
from pathlib import Path
from retention.store import FileKeyStore, open_ledger
url, keys, me = sys.argv[1:]
ledger = open_ledger(url, FileKeyStore(Path(keys)))
for number in range(40):
    ledger.log.append(f"{me}-{number}", None, me.encode())
    ledger.log.append(f"both-{number}", None, me.encode())
"""


def append(ledger: Ledger, number: int, case_id: str | None = None) -> LogEntry:
    return ledger.log.append(StatementId(f"s{number}"), None if case_id is None else CaseId(case_id), bytes([number]))


def test_statements_get_indexes_from_zero_and_only_once(ledger: Ledger) -> None:
    """Indexes start at 0 without gaps; a repeated statement gets the entry that stands."""
    first = append(ledger, 1, "C-1")
    assert first == LogEntry(0, StatementId("s1"), CaseId("C-1"), b"\x01")
    assert append(ledger, 2).index == 1
    assert ledger.log.append(StatementId("s1"), CaseId("C-1"), b"other") == first
    assert append(ledger, 3).index == 2
    assert ledger.log.size() == 3


def test_entries_and_cases(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """`entries` yields [start, stop) across batches, `of_case` the case's own, both by index."""
    monkeypatch.setattr(log_module, "BATCH", 4)
    all_of_them = [append(ledger, number, "C-1" if number % 3 else None) for number in range(11)]
    assert list(ledger.log.entries()) == all_of_them
    assert list(ledger.log.entries(3, 9)) == all_of_them[3:9]
    assert list(ledger.log.entries(9, 99)) == all_of_them[9:]
    assert list(ledger.log.entries(11)) == []
    assert list(ledger.log.of_case(CaseId("C-1"))) == [e for e in all_of_them if e.case_id]


def test_a_batch_is_appended_whole_and_only_once(ledger: Ledger) -> None:
    """Indexes in the batch's order; what stands already, or twice in the batch, keeps its first index and content."""
    append(ledger, 5, "C-1")
    names = [3, 5, 4, 3]
    drafts = [LogDraft(StatementId(f"s{n}"), CaseId("C-1"), b"%d" % at) for at, n in enumerate(names)]
    assert ledger.log.append_many(drafts) == (1, 0, 2, 1)
    assert ledger.log.append_many(drafts) == (1, 0, 2, 1)
    assert ledger.log.append_many([]) == ()
    assert [entry.envelope for entry in ledger.log.entries()] == [b"\x05", b"0", b"2"]
    assert [entry.index for entry in ledger.log.of_case(CaseId("C-1"))] == [0, 1, 2]


def test_large_batches_with_odd_contents(ledger: Ledger) -> None:
    """Many entries at once, without a case, empty, of the largest size and with every byte, come back as they were."""
    contents = [b"", bytes(range(256)), b"x" * 65_535, *(b"%d" % n for n in range(1500))]
    cases = [CaseId("C-日本") if n % 2 else None for n in range(len(contents))]
    drafts = [
        LogDraft(StatementId(f"{n:064x}"), case, content)
        for n, (case, content) in enumerate(zip(cases, contents, strict=True))
    ]
    assert ledger.log.append_many(drafts) == tuple(range(len(contents)))
    found = list(ledger.log.entries())
    assert [(entry.case_id, entry.envelope) for entry in found] == list(zip(cases, contents, strict=True))
    # these names all have the same hash: they are told apart nevertheless
    assert ledger.log.append(StatementId(f"{700:064x}"), cases[700], b"other") == found[700]


def test_a_batch_that_cannot_be_stored_leaves_nothing(ledger: Ledger) -> None:
    """If sealing fails in the middle of an append, no entry of the batch stands and the next append works."""

    def broken(size: int, root: bytes) -> bytes:
        raise RuntimeError(size, root)

    with pytest.raises(RuntimeError):
        ledger.log.append_many([LogDraft(StatementId("a"), None, b"a")], broken)
    assert (ledger.log.size(), list(ledger.log.entries())) == (0, [])
    assert append(ledger, 1).index == 0


def test_the_head_is_the_hash_of_all_entries(ledger: Ledger) -> None:
    """However entries were appended, the ledger's hashes are those of the tree over them; the last seal is kept."""
    assert ledger.log.head() == LogHead(0, b"", None)
    sealed: list[tuple[int, bytes]] = []

    def seal(size: int, root: bytes) -> bytes:
        sealed.append((size, root))
        return b"seal of %d" % size

    for first, count in ((0, 1), (1, 6), (7, 250), (257, 1)):
        numbers = range(first, first + count)
        ledger.log.append_many([LogDraft(StatementId(f"s{n}"), None, b"%d" % n) for n in numbers], seal)
        head = ledger.log.head()
        root = merkle.root([merkle.leaf_hash(entry.envelope) for entry in ledger.log.entries()])
        assert sealed[-1] == (head.size, root) == (first + count, Frontier.decode(head.size, head.frontier).root)
        assert head.seal == b"seal of %d" % head.size
    ledger.log.append_many([LogDraft(StatementId("s0"), None, b"again")], seal)
    assert ledger.log.head() == head
    ledger.log.append(StatementId("unsealed"), None, b"")
    assert ledger.log.head().seal is None


def test_an_older_ledger_is_migrated_with_its_log(url: str, keys: FileKeyStore) -> None:
    """A ledger of the first version keeps its entries, and gets the hashes over them."""
    database = make_database(url)
    rows = [{"position": n, "statement_id": f"s{n}", "case_id": "C-1", "envelope": b"%d" % n} for n in range(1003)]
    with database.writing() as connection:
        upgrade(connection, "0001")
        names = ", ".join(rows[0])
        marks = ", ".join(f":{name}" for name in rows[0])
        connection.execute(text(f"INSERT INTO ledger_log ({names}) VALUES ({marks})"), rows)
        connection.execute(text("UPDATE ledger_log_size SET size = 1003"))
    database.close()
    ledger = open_ledger(url, keys)
    leaves = [merkle.leaf_hash(b"%d" % n) for n in range(1003)]
    head = ledger.log.head()
    assert Frontier.decode(head.size, head.frontier).root == merkle.root(leaves)
    assert ledger.log.append(StatementId("s1002"), CaseId("C-1"), b"x").index == 1002
    assert ledger.log.append(StatementId("new"), None, b"x").index == 1003
    assert len(ledger.log.of_case(CaseId("C-1"))) == 1003
    ledger.close()


def test_two_processes_append_without_gaps_or_doubles(url: str, ledger: Ledger, keys: FileKeyStore) -> None:
    """Two processes append 40 statements each of their own and 40 the same: 120 entries, indexes 0 to 119."""
    folder = str(keys._folder)
    running = [subprocess.Popen([sys.executable, "-c", APPENDER, url, folder, me]) for me in ("a", "b")]
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    entries = list(ledger.log.entries())
    assert [entry.index for entry in entries] == list(range(120))
    assert len({entry.statement_id for entry in entries}) == 120
    assert ledger.log.size() == 120
    for me in ("a", "b"):
        own = [int(e.statement_id.split("-")[1]) for e in entries if e.statement_id.startswith(f"{me}-")]
        assert own == list(range(40))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


@settings(max_examples=20, deadline=None)
@given(names=st.lists(st.sampled_from("abcdefgh"), max_size=20))
def test_the_log_is_the_order_of_first_appearance(folder: Path, names: list[str]) -> None:
    """Whatever is appended, also after reopening, the log is the distinct statements in order of first append."""
    url = f"sqlite:///{folder}/{len(list(folder.iterdir()))}.db"
    order = list(dict.fromkeys(names))
    for part in (names[: len(names) // 2], names[len(names) // 2 :]):
        ledger = open_ledger(url, FileKeyStore(folder))
        for name in part:
            assert ledger.log.append(StatementId(name), None, name.encode()).index == order.index(name)
        assert list(ledger.log.of_case(CaseId("C-1"))) == []
        ledger.close()
    ledger = open_ledger(url, FileKeyStore(folder))
    assert [entry.statement_id for entry in ledger.log.entries()] == order
    ledger.close()


def test_threads_that_wait_share_a_transaction(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes during a commit is served by the next, with its own index; a fault is told to nobody else."""
    log: Any = ledger.log
    appending, first_is_in, all_wait, transactions = log._database.appending, Event(), Event(), []

    @contextmanager
    def counted() -> Iterator[Any]:
        transactions.append(1)
        first_is_in.set()
        assert all_wait.wait(20)
        with appending() as cursor:
            yield cursor

    monkeypatch.setattr(log._database, "appending", counted)
    with ThreadPoolExecutor(7) as pool:
        early = pool.submit(append, ledger, 0)
        assert first_is_in.wait(20)
        later = [pool.submit(append, ledger, number) for number in (1, 2, 3)]
        again = pool.submit(log.append, StatementId("s0"), None, b"other")
        wait_for(log, 4)
        all_wait.set()
        assert early.result() == LogEntry(0, StatementId("s0"), None, b"\x00")
        assert {each.result().index for each in later} == {1, 2, 3}
        assert again.result() == early.result()
        assert len(transactions) == 2

        all_wait.clear()
        first_is_in.clear()
        held = pool.submit(append, ledger, 4)
        assert first_is_in.wait(20)
        good, twin = pool.submit(append, ledger, 5), pool.submit(append, ledger, 5)
        bad = pool.submit(log.append, StatementId("bad"), object(), b"no case is an object")
        wait_for(log, 3)
        all_wait.set()
        with pytest.raises(SystemFailure):
            bad.result()
        assert (held.result().index, good.result().index, twin.result()) == (4, 5, good.result())
    assert [entry.statement_id for entry in log.entries()][4:] == ["s4", "s5"]
    assert [entry.index for entry in log.entries()] == [*range(6)]


def wait_for(log: Any, threads: int) -> None:
    """Return when so many threads wait for their turn."""
    until = time.monotonic() + 20
    while len(log._turns._waiting) < threads:
        assert time.monotonic() < until
