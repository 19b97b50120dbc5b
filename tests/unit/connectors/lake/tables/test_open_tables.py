"""Iceberg and Delta, on a disk and on S3: rows go, and then every file that still holds them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from connectors.lake import tables
from retention.errors import KeyTypeError, SettingsError, TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.outcome import Effect
from retention.model.predicate import Among, Before, Not, Selection
from retention.model.subject import Key, KeySet
from retention.ports.connector import SystemSettings

PERSON = "secret.person@mail.example"
NAMES = pa.schema([("user", pa.string()), ("n", pa.int64()), ("at", pa.timestamp("us", "UTC"))])


def _load() -> ModuleType:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[4] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


s3 = _load()


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = s3.S3Server()
    yield running
    running.close()


def rows(*users: str | None) -> pa.Table:
    """Return one row a user."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return pa.Table.from_pylist([{"user": user, "n": n, "at": at} for n, user in enumerate(users)], schema=NAMES)


class World:
    """One warehouse with the table `shop.seen`, and means to write and read it around the connector."""

    def __init__(self, kind: str, folder: Path, server: Any, *, on_s3: bool) -> None:
        """Make the warehouse."""
        self.kind, self.folder, self.server = kind, folder, server
        self.bucket = server.bucket(versioned=True) if on_s3 else None
        self.warehouse = f"s3://{self.bucket}/wh" if self.bucket else str(folder)
        options = {"format": kind, "warehouse": self.warehouse}
        if kind == "iceberg":
            options["catalog"] = f"sqlite:///{folder}/catalog.db"
        if self.bucket:
            more = server.settings(self.bucket)
            options |= {name: more[name] for name in ("region", "endpoint", "access_key", "secret_key")}
        self.settings = SystemSettings(SystemId("wh"), "tables", options)
        self.store = tables.connect(self.settings)
        self.location = "shop.seen" if kind == "iceberg" else "shop/seen"

    @property
    def dataset(self) -> Dataset:
        """Return the table's dataset."""
        return Dataset(DatasetId("wh.seen"), SystemId("wh"), self.location, (), {"user": "user"}, (), (), {}, {}, {})

    @property
    def iceberg(self) -> Any:
        """Return the table as its library knows it."""
        return self.store._tables._catalog.load_table(self.location)

    def write(self, *users: str | None) -> None:
        """Append rows as one commit."""
        if self.kind == "delta":
            options = self.store._tables._options
            write_deltalake(f"{self.warehouse}/{self.location}", rows(*users), mode="append", storage_options=options)
            return
        catalog = self.store._tables._catalog
        catalog.create_namespace_if_not_exists("shop")
        catalog.create_table_if_not_exists(self.location, NAMES).append(rows(*users))

    def users(self) -> list[str | None]:
        """Return the live rows' users."""
        found = [row["user"] for batch in self.store.inspector().scan(self.dataset) for row in batch.to_pylist()]
        return sorted(found, key=str)

    def bytes(self) -> bytes:
        """Return every byte of every file and version of the warehouse."""
        if self.bucket:
            versions = self.server.versions(self.bucket)
            return b"".join(self.server.get(self.bucket, key, VersionId=version) for key, version in versions)
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".db")


def of(*users: Key) -> Selection:
    """Return the selection of these users' rows."""
    return Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset(users)})


KINDS = [(kind, on_s3) for kind in ("iceberg", "delta") for on_s3 in (False, True)]


@pytest.fixture(params=KINDS, ids=lambda each: f"{each[0]}-{'s3' if each[1] else 'disk'}")
def world(request: pytest.FixtureRequest, tmp_path: Path, server: Any) -> World:
    """One world of each kind."""
    server.faults = s3.Faults()
    return World(request.param[0], tmp_path, server, on_s3=request.param[1])


def test_rows_go_and_so_does_every_byte_of_them(world: World) -> None:
    """No file, log, manifest or old version holds the value any more; others' rows stay; a repeat does nothing."""
    world.write(PERSON, "a", None)
    world.write("b", PERSON)
    world.write("c")
    finder, eraser = world.store.finder(), world.store.eraser()
    assert finder.count(world.dataset, of(PERSON)) == 2
    assert finder.describe(world.dataset) == {
        "user": ColumnType.TEXT,
        "n": ColumnType.INTEGER,
        "at": ColumnType.INSTANT,
    }
    assert world.store.tables() == (world.location,)
    assert PERSON.encode() in world.bytes()
    effect = eraser.erase_rows(world.dataset, of(PERSON))
    assert effect.rows == 2
    assert effect.versions_removed > 0
    assert world.users() == [None, "a", "b", "c"]
    assert finder.count(world.dataset, of(PERSON)) == 0
    assert PERSON.encode() not in world.bytes()
    assert [row for batch in world.store.inspector().past(world.dataset) for row in batch.to_pylist()] == []
    assert eraser.erase_rows(world.dataset, of(PERSON)) == Effect(rows=0)


def test_what_cannot_be_asked_is_refused(world: World) -> None:
    """No such table is no rows; unknown columns, unfit keys and changes of fields are errors."""
    assert world.store.finder().describe(world.dataset) == {}
    assert world.store.eraser().erase_rows(world.dataset, of("a")) == Effect(rows=0)
    world.write("a")
    keys = {KeySetId("k"): frozenset({"x"})}
    with pytest.raises(KeyTypeError, match="column n"):
        world.store.eraser().erase_rows(world.dataset, Selection(Among("n", KeySet(KeySetId("k"), 1, "")), keys))
    with pytest.raises(TerminalFailure, match="shoe_size"):
        world.store.finder().count(world.dataset, Selection(Before("shoe_size", datetime(2026, 1, 1, tzinfo=UTC))))
    with pytest.raises(TerminalFailure, match="not changed"):
        world.store.eraser().redact_fields(world.dataset, of("a"), ["user"])
    assert world.users() == ["a"]


@pytest.fixture
def iceberg(tmp_path: Path, server: Any) -> World:
    """An Iceberg table on a disk."""
    return World("iceberg", tmp_path, server, on_s3=False)


def test_branches_are_cleaned_and_tags_are_horizons(iceberg: World) -> None:
    """A branch loses the rows too; a tag with an end is a horizon, one without is an error until it is gone."""
    iceberg.write(PERSON, "a")
    first = iceberg.iceberg.current_snapshot()
    iceberg.iceberg.manage_snapshots().create_branch(first.snapshot_id, "audit").commit()
    iceberg.iceberg.manage_snapshots().create_tag(first.snapshot_id, "q1", max_ref_age_ms=86_400_000).commit()
    iceberg.write("b")
    effect = iceberg.store.eraser().erase_rows(iceberg.dataset, of(PERSON))
    until = datetime.fromtimestamp(first.timestamp_ms / 1000 + 86_400, UTC)
    assert effect.rows == 2
    assert [(each.what, abs((each.until - until).total_seconds()) < 1) for each in effect.residues] == [
        ("tagged-snapshot", True)
    ]
    assert iceberg.users() == ["a", "b"]
    assert iceberg.iceberg.scan().use_ref("audit").to_arrow()["user"].to_pylist() == ["a"]
    assert iceberg.iceberg.scan(snapshot_id=first.snapshot_id).to_arrow().num_rows == 2  # the tag can still be read
    iceberg.iceberg.manage_snapshots().remove_tag("q1").create_tag(first.snapshot_id, "ever").commit()
    with pytest.raises(TerminalFailure, match="tag ever"):
        iceberg.store.eraser().erase_rows(iceberg.dataset, of(PERSON))
    iceberg.iceberg.manage_snapshots().remove_tag("ever").commit()
    again = iceberg.store.eraser().erase_rows(iceberg.dataset, of(PERSON))
    assert (again.rows, again.residues) == (0, ())
    assert PERSON.encode() not in iceberg.bytes()


@pytest.mark.parametrize("kind", ["iceberg", "delta"])
def test_a_death_between_commit_and_cleaning_is_finished(
    kind: str, tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever removal fails, a repeat removes the rest: the rows are gone, and then their bytes."""
    world = World(kind, tmp_path, server, on_s3=False)
    world.write(PERSON, "a")
    remove = world.store._files.remove
    for step in range(3):
        calls = []

        def dying(address: str, step: int = step, calls: list[str] = calls) -> Any:
            calls.append(address)
            if len(calls) > step:
                raise TransientFailure("killed")
            return remove(address)

        monkeypatch.setattr(world.store._files, "remove", dying, raising=False)
        with pytest.raises(TransientFailure):
            world.store.eraser().erase_rows(world.dataset, of(PERSON))
        assert world.users() == ["a"]
    monkeypatch.setattr(world.store._files, "remove", remove, raising=False)
    assert world.store.eraser().erase_rows(world.dataset, of(PERSON)).rows == 0
    assert PERSON.encode() not in world.bytes()
    assert world.users() == ["a"]


@pytest.mark.parametrize("kind", ["iceberg", "delta"])
def test_another_writer_keeps_his_rows(kind: str, tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows appended while ours are rewritten stay, and the person's among them go as well."""
    world = World(kind, tmp_path, server, on_s3=False)
    world.write(PERSON, "a")
    module = importlib.import_module(f"connectors.lake.tables.{kind}")
    name = "_dataframe_to_data_files" if kind == "iceberg" else "write_deltalake"
    usual, slipped = getattr(module, name), []

    def slip_in(*given: Any, **more: Any) -> Any:
        if not slipped:
            slipped.append(True)
            world.write("new", PERSON)
        return usual(*given, **more)

    monkeypatch.setattr(module, name, slip_in)
    world.store.eraser().erase_rows(world.dataset, of(PERSON))
    assert world.users() == ["a", "new"]
    assert PERSON.encode() not in world.bytes()


def test_nulls_stay_where_the_model_says(iceberg: World) -> None:
    """A negated comparison selects rows whose value is null."""
    iceberg.write("a", None)
    where = Not(Among("user", KeySet(KeySetId("k"), 1, "")))
    assert (
        iceberg.store.eraser().erase_rows(iceberg.dataset, Selection(where, {KeySetId("k"): frozenset({"a"})})).rows
        == 1
    )
    assert iceberg.users() == ["a"]


def test_settings_tell_all_that_is_wrong() -> None:
    """Format, warehouse and catalog are checked together; unknown options are named."""
    with pytest.raises(SettingsError) as caught:
        tables.connect(SystemSettings(SystemId("wh"), "tables", {"format": "hudi", "catalog": "x", "typo": "y"}))
    assert len(caught.value.problems) == 4
