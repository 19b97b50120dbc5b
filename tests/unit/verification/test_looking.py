from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from retention.errors import TransientFailure
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, StepId, SystemId
from retention.model.plan import AnonymizeRows, Because, EraseRows, RedactFields, RowStep
from retention.model.predicate import AllOf, Among, Before, Populated
from retention.model.subject import KeySet
from retention.model.transform import Drop, Prefix
from retention.ports.inspector import SqlAddress
from retention.verification import Baseline, Look, look, measure
from retention.verification.suite import Absent, RowCount, Unanswered, Verdict, at_store

PERSON = "ya-77q:{x}%$HOME'person"
GONE = KeySet(KeySetId("gone"), 1, "")
KEYS = {GONE.keyset_id: frozenset({PERSON})}
AMONG = Among("uid", GONE)
BECAUSE = Because((), (), request=True)
TABLE = DatasetId("app.people")
ERASE = EraseRows(StepId("1"), TABLE, AMONG, 0, 0, BECAUSE)
REDACT = RedactFields(StepId("2"), TABLE, AMONG, ("email",), 0, 0, BECAUSE)
DATED = AllOf((Before("born", datetime(2000, 1, 1, tzinfo=UTC)), Populated(("email",))))
SWEEP = RedactFields(StepId("3"), TABLE, DATED, ("email",), 0, 0, BECAUSE)
ANONYMIZE = AnonymizeRows(
    StepId("4"), TABLE, AMONG, {"uid": Drop(), "email": Drop(), "born": Prefix(4)}, ("born",), 1, None, 0, 0, 0, BECAUSE
)
ROWS = [(PERSON, "p@example.jp", "1990-01-01"), ("u2", "q@example.jp", "1999-12-31"), ("u3", None, "2001-01-01")]
COLUMNS = ("uid", "email", "born")


def dataset(location: str) -> Dataset:
    return Dataset(TABLE, SystemId("app"), location, (), {"user_id": "uid"}, (), (), {}, {}, {})


@dataclass(frozen=True)
class Database:
    """An inspector over a real SQLite file."""

    path: Path

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield the live rows."""
        connection = sqlite3.connect(self.path)
        rows = connection.execute(f"SELECT uid, email, born FROM {dataset.location}").fetchall()
        connection.close()
        yield pa.record_batch([pa.array(values, pa.string()) for values in zip(*rows, strict=True)], names=COLUMNS)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield old versions."""
        del dataset
        yield from ()

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Say where SQL would look."""
        return SqlAddress(f"sqlite:///{self.path}", dataset.location)


@dataclass(frozen=True)
class Files:
    """An inspector over batches in memory, without SQL."""

    batches: tuple[pa.RecordBatch, ...]

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield the live rows."""
        del dataset
        yield from self.batches

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield old versions."""
        del dataset
        yield from ()

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Say where SQL would look."""
        del dataset
        return None


@pytest.fixture
def database(tmp_path: Path) -> Database:
    path = tmp_path / "app.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (uid TEXT, email TEXT, born TEXT)")
        connection.executemany("INSERT INTO people VALUES (?, ?, ?)", ROWS)
    return Database(path)


def after(database: Database, steps: list[RowStep], *statements: str) -> Look:
    """Measure, change the table, look."""
    baseline = measure(dataset("people"), steps, KEYS, {}, database)
    with sqlite3.connect(database.path) as connection:
        for statement in statements:
            connection.execute(statement, {"person": PERSON} if ":person" in statement else {})
    return look(dataset("people"), steps, KEYS, database, baseline)


def looked_at(found: Look) -> list[tuple[str, str | None, bool, int]]:
    expectations = json.loads(found.summary)["expectations"]
    return [(one["looked_at"], one["column"], one["success"], one["unexpected"]) for one in expectations]


def files(*rows: tuple[str | None, ...]) -> Files:
    columns = zip(*rows, strict=True)
    return Files((pa.record_batch([pa.array(values, pa.string()) for values in columns], names=COLUMNS),))


def test_great_expectations_asks_the_database_itself(database: Database) -> None:
    """Erasing by key: count and absence are evaluated by SQL on the store, and pass."""
    found = after(database, [ERASE], "DELETE FROM people WHERE uid = :person")
    assert found.passed
    assert (found.rows_before, found.rows_after, found.expectations) == (3, 2, 2)
    assert looked_at(found) == [("store", None, True, 0), ("store", "uid", True, 0)]


def test_fields_and_dates_are_looked_at(database: Database) -> None:
    """Redacting by key is checked by SQL; a rule by date through the scan's verdicts."""
    found = after(database, [REDACT, SWEEP], "UPDATE people SET email = NULL")
    assert found.passed
    assert [where for where, *_ in looked_at(found)] == ["store", "store", "frame", "frame"]


def test_anonymized_rows_are_looked_at(database: Database) -> None:
    """Identifiers gone, the rest coarser: passes with the smallest class named (UMU-33)."""
    change = "UPDATE people SET uid = NULL, email = NULL, born = substr(born, 1, 4) WHERE uid = :person"
    found = after(database, [ANONYMIZE], change)
    assert (found.failed, found.smallest_class) == ((), 1)


def test_a_failed_look_tells_nobody_who_it_was_about(
    database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A left-over person fails the look; neither summary, logs, output nor repr holds the key, and no file is made."""
    caplog.set_level(logging.DEBUG)
    beside = set(database.path.parent.iterdir())
    by_sql = after(database, [ERASE, REDACT, SWEEP], "DELETE FROM people WHERE uid = 'u2'")
    shelf = files(*ROWS)
    baseline = measure(dataset("x.parquet"), [ERASE], KEYS, {}, shelf)
    by_frame = look(dataset("x.parquet"), [ERASE], KEYS, shelf, baseline)
    assert by_sql.failed == ("digest", "residual")
    assert by_frame.failed == ("count", "digest", "residual")
    assert ("store", "uid", False, 1) in looked_at(by_sql)
    assert ("frame", "uid", False, 1) in looked_at(by_frame)
    out, err = capfd.readouterr()
    everything = " ".join((repr(by_sql), repr(by_frame), repr(baseline), baseline.to_json(), caplog.text, out, err))
    for trace in (PERSON, "ya-77q", "p@example.jp", "q@example.jp"):
        assert trace not in everything
    assert set(database.path.parent.iterdir()) == beside


def test_a_store_that_cannot_be_opened_is_a_transient_failure(database: Database, tmp_path: Path) -> None:
    """The error says so without the address; looking again is safe."""

    @dataclass(frozen=True)
    class Moved(Database):
        def address(self, dataset: Dataset) -> SqlAddress | None:
            """Name a place that does not exist."""
            return SqlAddress(f"sqlite:///{tmp_path}/no/such/dir.db", dataset.location)

    moved = Moved(database.path)
    baseline = measure(dataset("people"), [ERASE], KEYS, {}, moved)
    with pytest.raises(TransientFailure) as caught:
        look(dataset("people"), [ERASE], KEYS, moved, baseline)
    assert str(tmp_path) not in str(caught.value)


def test_what_the_store_cannot_compare_comes_back_unanswered(database: Database) -> None:
    """Such an expectation is neither passed nor failed; the others are answered."""
    address = SqlAddress(f"sqlite:///{database.path}", "people")
    answers = at_store(address, [RowCount(3), Absent("no_such_column", (PERSON,))])
    assert [one.success for one in answers if isinstance(one, Verdict)] == [True]
    assert sum(isinstance(one, Unanswered) for one in answers) == 1


def test_an_emptied_store_passes() -> None:
    """Everything was to go and nothing is there, not even a batch."""
    shelf = files(ROWS[0])
    baseline = measure(dataset("x.parquet"), [ERASE], KEYS, {}, shelf)
    found = look(dataset("x.parquet"), [ERASE], KEYS, Files(()), baseline)
    assert (found.failed, baseline.rows_expected, found.rows_after) == ((), 0, 0)


def test_json_lines_may_be_read_with_other_types() -> None:
    """Where types are guessed batch by batch, names and values count: a new name fails the schema."""
    lines = dataset("views/*.jsonl")
    before = Files((pa.record_batch({"uid": [PERSON, "u2"], "n": [1.5, 2.0], "only": ["x", None]}),))
    baseline = measure(lines, [ERASE], KEYS, {}, before)
    narrower = Files((pa.record_batch({"uid": ["u2"], "n": pa.array([2], pa.int64())}),))
    assert look(lines, [ERASE], KEYS, narrower, baseline, second_opinion=lambda *_: []).passed
    wider = Files((pa.record_batch({"uid": ["u2"], "n": [2], "new": pa.array([None], pa.string())}),))
    assert look(lines, [ERASE], KEYS, wider, baseline, second_opinion=lambda *_: []).failed == ("schema",)


def test_baseline_survives_the_journal() -> None:
    """JSON and back is the same; the text is canonical."""
    baseline = measure(dataset("x.parquet"), [ERASE], KEYS, {}, files(*ROWS))
    assert Baseline.from_json(baseline.to_json()) == baseline
    assert (baseline.rows, baseline.rows_expected, baseline.selected) == (3, 2, 1)
    assert list(json.loads(baseline.to_json())) == sorted(json.loads(baseline.to_json()))
