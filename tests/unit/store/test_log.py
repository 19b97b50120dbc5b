from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import Ledger, LogEntry
from retention.store import FileKeyStore, open_ledger
from retention.store import log as log_module

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
    assert ledger.log.append(StatementId("s1"), None, b"other") == first
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
