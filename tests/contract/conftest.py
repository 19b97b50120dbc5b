"""The subjects of the store suite: every connector that holds live data, in the same shape.

A file `subjects_*.py` in this folder lists classes in `SUBJECTS`; each is made once a session
with a folder of its own. `Subject` says what such a class offers; it need not inherit from it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.transform import Value
from retention.ports.connector import Store

Row = dict[str, Value]


class Subject(Protocol):
    """One connector, with means to fill and to read its system that do not go through it."""

    name: ClassVar[str]
    """Shows in the test's id: `sql-sqlite`."""

    def __init__(self, folder: Path) -> None:
        """Start the system if need be; `folder` is empty and lives as long as the session."""

    def connect(self) -> Store:
        """Return a store on the system that `load` fills."""

    def unreachable(self) -> Store:
        """Return a store whose system cannot be reached."""

    def location(self, table: str) -> str:
        """Return the location a data map would give for this table (`people`, `people/*.parquet`)."""

    def load(self, dataset: Dataset, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> None:
        """Make the dataset hold exactly these rows, whatever was there before.

        Instants are aware and in UTC. Where the system has no dates (JSON Lines), ISO 8601 text.
        """

    def rows(self, dataset: Dataset) -> list[Row]:
        """Read all live rows back without the connector; dates and instants may be ISO 8601 text."""

    def close(self) -> None:
        """Stop what was started."""


def _subjects() -> dict[str, type[Any]]:
    found: dict[str, type[Any]] = {}
    for path in sorted(Path(__file__).parent.glob("subjects_*.py")):
        spec = importlib.util.spec_from_file_location(f"store_contract_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {subject.name: subject for subject in module.SUBJECTS}
    return found


SUBJECTS = _subjects()


@pytest.fixture(scope="session", params=SUBJECTS)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    """One subject after the other, started once a session."""
    made = SUBJECTS[request.param](tmp_path_factory.mktemp(request.param))
    yield made
    made.close()


@pytest.fixture(scope="session")
def store(subject: Subject) -> Iterator[Store]:
    """The connector under test."""
    connected = subject.connect()
    yield connected
    connected.close()


@pytest.fixture(scope="session")
def people(subject: Subject) -> Dataset:
    """A dataset with one column of every type."""
    return dataset_at(subject, "people")


def dataset_at(subject: Subject, table: str) -> Dataset:
    """Return a dataset of the data map: only what connectors look at is filled in."""
    return Dataset(
        dataset_id=DatasetId(f"sut.{table}"),
        system=SystemId("sut"),
        location=subject.location(table),
        primary_key=("id",),
        subject={"user_id": "user_id", "account_no": "account_no"},
        parents=(),
        derived_from=(),
        fields={},
        dates={},
        not_personal=dict.fromkeys(("city", "balance", "active", "born", "seen_at"), "a test's"),
        scan=True,
    )


@pytest.fixture(scope="session")
def absent(subject: Subject) -> Dataset:
    """A dataset whose table or files do not exist."""
    return dataset_at(subject, "nowhere")
