"""A dump on S3 as a store: replaced as a whole, all its versions, or not at all."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import sql
from connectors.sql.dumps import DumpObject
from retention.errors import ConcurrentWriteFailure, SettingsError, TerminalFailure, TransientFailure
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
from retention.ports.connector import SystemSettings

PEOPLE = Dataset(DatasetId("app.people"), SystemId("app"), "people", ("id",), {"id": "id"}, (), (), {}, {}, {})
HER = Selection(Among("id", KeySet("k", 1, "c" * 64)), {"k": frozenset({"c3"})})


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One S3 for the file."""
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[3] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    running = sys.modules["s3_server"].S3Server()
    yield running
    running.close()


class Copy:
    """A dump of ten people, in two versions, and a store on it."""

    def __init__(self, server: Any, folder: Path, *, locked: bool = False) -> None:
        self.server, self.folder = server, folder
        self.bucket = server.bucket(versioned=True, locked=locked)
        file = folder / "made.sqlite"
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE people (id TEXT PRIMARY KEY, name TEXT)")
            connection.executemany("INSERT INTO people VALUES (?, ?)", [(f"c{n}", f"Name {n}") for n in range(10)])
        connection.close()
        for _ in range(2):
            server.put(self.bucket, "2026-11-22/app.db", file.read_bytes())

    def store(self) -> Any:
        """A store in a process of its own."""
        address = {"url": f"sqlite:///{self.folder}/scratch.sqlite", "dump": f"s3://{self.bucket}/2026-11-22/app.db"}
        options = {k: v for k, v in self.server.settings(self.bucket, "sql").items() if k != "url"} | address
        return sql.connect(SystemSettings(SystemId("app"), "sql", options))

    def people(self) -> list[str]:
        """Who is in the dump."""
        file = self.folder / "read.sqlite"
        file.write_bytes(self.server.get(self.bucket, "2026-11-22/app.db"))
        with sqlite3.connect(file) as connection:
            found = [row[0] for row in connection.execute("SELECT id FROM people ORDER BY id")]
        connection.close()
        return found


OTHERS = [f"c{n}" for n in range(10) if n != 3]


@pytest.fixture
def copy(server: Any, tmp_path: Path) -> Copy:
    """The copy."""
    return Copy(server, tmp_path)


def test_the_dump_is_replaced_with_all_its_versions(copy: Copy) -> None:
    """She is in no version, the others are all there, and a repeat finds nothing to do."""
    store = copy.store()
    assert store.finder().count(PEOPLE, HER) == 1
    effect = store.eraser().erase_rows(PEOPLE, HER)
    assert (effect.rows, effect.objects_rewritten, effect.versions_removed) == (1, 1, 2)
    assert copy.people() == OTHERS
    assert len(copy.server.versions(copy.bucket)) == 1
    again = copy.store().eraser().erase_rows(PEOPLE, HER)
    assert (again.rows, again.objects_rewritten, again.versions_removed) == (0, 0, 0)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("before", ["replace", "remove_earlier"])
def test_killed_anywhere_it_ends_in_the_same_state(copy: Copy, monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """The dump is what it was, or what it should be, and whole; the next process finishes."""

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(DumpObject, before, die)
        with pytest.raises(Killed):
            copy.store().eraser().erase_rows(PEOPLE, HER)
    assert copy.people() == (sorted([*OTHERS, "c3"]) if before == "replace" else OTHERS)
    copy.store().eraser().erase_rows(PEOPLE, HER)
    assert copy.people() == OTHERS
    assert len(copy.server.versions(copy.bucket)) == 1


def test_a_locked_dump_is_left_alone(server: Any, tmp_path: Path) -> None:
    """Nothing is written beside a version that cannot go: it expires, and is replayed on restore."""
    copy = Copy(server, tmp_path, locked=True)
    version = server.versions(copy.bucket)[-1][1]
    held = {"Status": "ON"}
    server.direct.put_object_legal_hold(Bucket=copy.bucket, Key="2026-11-22/app.db", VersionId=version, LegalHold=held)
    with pytest.raises(TerminalFailure, match="a legal hold keeps a version; nothing was done"):
        copy.store().eraser().erase_rows(PEOPLE, HER)
    assert len(server.versions(copy.bucket)) == 2
    assert "c3" in copy.people()


def test_someone_elses_dump_is_not_overwritten(copy: Copy) -> None:
    """A dump that was written meanwhile stays, and the next try begins with it."""
    store = copy.store()
    store.finder()
    with sqlite3.connect(copy.folder / "made.sqlite") as connection:
        connection.execute("DELETE FROM people WHERE id = 'c0'")
    connection.close()
    copy.server.put(copy.bucket, "2026-11-22/app.db", (copy.folder / "made.sqlite").read_bytes())
    with pytest.raises(ConcurrentWriteFailure):
        store.eraser().erase_rows(PEOPLE, HER)
    assert store.eraser().erase_rows(PEOPLE, HER).rows == 1
    assert copy.people() == OTHERS[1:]


def test_what_cannot_be_a_dump_is_refused(copy: Copy) -> None:
    """An address that is none, MariaDB, and a bucket that is not there: each says so."""
    with pytest.raises(SettingsError, match="s3://bucket/path"):
        sql.connect(SystemSettings(SystemId("app"), "sql", {"url": "sqlite:///x.db", "dump": "nightly"}))
    with pytest.raises(SettingsError, match="MariaDB"):
        sql.connect(SystemSettings(SystemId("app"), "sql", {"url": "mysql://u@h/d", "dump": "s3://bucket/x"}))
    copy.bucket = "no-such-bucket"
    with pytest.raises((TerminalFailure, TransientFailure)):
        copy.store().finder()
