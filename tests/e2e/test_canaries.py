"""A canary's life over SQLite, a lake on moto and the memory store; and everything that lets one survive."""

from __future__ import annotations

import importlib.util
import io
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.memory.database import forget, make
from connectors.sql.eraser import SqlEraser
from connectors.sql.planter import SqlPlanter
from retention.errors import FoundError, RefusedError, TerminalFailure
from retention.evidence import verify
from retention.model.canary import CanaryState
from retention.model.case import CaseState
from retention.model.datamap import ColumnType
from retention.model.outcome import Effect

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MORE = """\
  lake.visits:
    system: lake
    path: "visits/dt=*/*.parquet"
    subject: {user_id: user_id}
    dates: {written: at}
    fields:
      page: {category: notes, identifies: "no"}
      at: {category: notes, identifies: "no"}
    not_personal: {region: no person has it alone}
  points.cards:
    system: points
    table: cards
    primary_key: [no]
    subject: {user_id: holder}
    fields:
      holder: {category: account, identifies: directly}
"""


def rows(shop) -> list[tuple[object, ...]]:
    """Return everything the shop's database holds."""
    return [row for table in ("customers", "orders", "notes") for row in shop.rows(f"SELECT * FROM {table} ORDER BY 1")]


@pytest.fixture
def wide(shop):
    """The shop with limits that one row of ten does not cross."""
    settings = shop.folder / "retention.yaml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("fraction: 0.5", "fraction: 0.6"), encoding="utf-8"
    )
    return shop


@pytest.fixture(scope="module")
def s3():
    """An S3 for this module."""
    spec = importlib.util.spec_from_file_location("s3_server", Path(__file__).parents[1] / "s3" / "server.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["s3_server"] = module
    spec.loader.exec_module(module)
    server = next(kind for name, kind in vars(module).items() if isinstance(kind, type) and hasattr(kind, "close"))()
    yield server
    server.close()


@pytest.fixture
def everywhere(wide, s3):
    """The shop with a versioned lake and a memory store beside it."""
    s3.direct.create_bucket(Bucket="canary-lake")
    s3.direct.put_bucket_versioning(Bucket="canary-lake", VersioningConfiguration={"Status": "Enabled"})
    table = pa.table(
        {
            "user_id": ["c1", "c2"],
            "page": ["home", "cart"],
            "at": pa.array([NOW, NOW], pa.timestamp("us", "UTC")),
            "region": ["east", "east"],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    s3.direct.put_object(Bucket="canary-lake", Key="visits/dt=2026-11-22/part.parquet", Body=sink.getvalue())
    columns = {"no": ColumnType.INTEGER, "holder": ColumnType.TEXT}
    make("canary-points").put("cards", columns, [{"no": n, "holder": f"c{n}"} for n in range(10)])
    settings, datamap = wide.folder / "retention.yaml", wide.folder / "datamap.yaml"
    access = "region: us-east-1, access_key: test, secret_key: test"
    lake = f'  lake: {{connector: lake, url: "s3://canary-lake", endpoint: "{s3.endpoint}", {access}}}\n'
    points = '  points: {connector: memory, url: "memory:canary-points"}\n'
    settings.write_text(settings.read_text(encoding="utf-8") + lake + points, encoding="utf-8")
    datamap.write_text(datamap.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    yield wide
    forget("canary-points")


def test_a_canary_goes_the_whole_road_and_is_nowhere(everywhere):
    """Planted in five datasets of three systems, erased with old versions, looked for; others are untouched."""
    before = rows(everywhere)
    with everywhere.app() as app:
        canary = app.plant_canary(NOW)
        assert set(canary.rows) == {"shop.customers", "shop.orders", "shop.notes", "lake.visits", "points.cards"}
        assert len(rows(everywhere)) == len(before) + 3
        assert set(app.known_canaries()[0].keys) == {"user_id", "email"}
        seen = app.erase_canary(canary.canary_id, NOW)
        assert (seen.looked_in, seen.found) == (5, {})
        assert rows(everywhere) == before
        (known,) = app.known_canaries()
        assert (known.state, dict(known.keys)) == (CanaryState.ABSENT, {})
        assert app.context.ledger.cases.get(canary.case_id).state is CaseState.CLOSED
        assert app.erase_canary(canary.canary_id, NOW).found == {}
        report = verify(app.bundle(canary.case_id))
    assert report.authentic, report.broken
    assert report.complete, report.still_open
    states = [fact.text("state") for fact in report.facts if fact.kind == "canary"]
    assert states[:2] == ["planted", "absent"]


def test_a_store_that_lies_is_named(wide, monkeypatch):
    """An eraser that does nothing and says done: the alarm names the store, the case stays open, evidence says so."""
    honest = SqlEraser.erase_rows

    def lying(self, dataset, selection):
        return Effect(rows=1) if dataset.location == "notes" else honest(self, dataset, selection)

    with wide.app() as app:
        canary = app.plant_canary(NOW)
        monkeypatch.setattr(SqlEraser, "erase_rows", lying)
        with pytest.raises(FoundError, match=r"survived in .*shop\.notes"):
            app.erase_canary(canary.canary_id, NOW)
        assert app.context.ledger.cases.get(canary.case_id).state not in (CaseState.SEALED, CaseState.CLOSED)
        assert app.known_canaries()[0].state is CanaryState.SURVIVED
        report = verify(app.bundle(canary.case_id))
        assert report.authentic, report.broken
        assert any("survived" in why for why in report.still_open)
        monkeypatch.undo()
        assert app.erase_canary(canary.canary_id, NOW).found == {}
        assert app.known_canaries()[0].state is CanaryState.ABSENT


def test_a_restored_backup_that_brings_it_back_is_caught_and_the_gate_heals_it(wide):
    """A copy taken while the canary stood is found by the next look, named, and clean after the restore gate."""
    restored = wide.database.with_name("restored.sqlite")
    with wide.app() as app:
        canary = app.plant_canary(NOW)
        shutil.copy(wide.database, restored)
        app.erase_canary(canary.canary_id, NOW)
        with pytest.raises(FoundError, match=r"survived in .*shop_restored\.shop\.customers"):
            app.check_canaries(NOW + timedelta(days=1))
        gate = app.plan_restore("shop_restored", NOW + timedelta(days=1))
        app.approve(gate.plan_id, gate.digest, "office", NOW + timedelta(days=1))
        app.apply(gate.plan_id, NOW + timedelta(days=1))
        app.verify(gate.plan_id, NOW + timedelta(days=1))
        app.seal(gate.plan_id, NOW + timedelta(days=1))
        assert app.check_canaries(NOW + timedelta(days=2)).found == {}
    assert replace(wide, database=restored).rows("SELECT count(*) FROM customers") == [(10,)]


def test_somebody_elses_row_stops_the_run(wide):
    """If a person's note hangs on the canary's account, the standing approval does not cover the plan."""
    with wide.app() as app:
        canary = app.plant_canary(NOW)
        key = app.known_canaries()[0].keys["user_id"]
        wide.change(f"INSERT INTO notes (customer_id, body) VALUES ('{key}', 'a real note')")
        with pytest.raises(RefusedError, match=r"more than the canary's rows in shop\.notes"):
            app.erase_canary(canary.canary_id, NOW)
    assert wide.rows("SELECT count(*) FROM notes") == [(12,)]


def test_a_canary_half_planted_is_known_and_goes(wide, monkeypatch):
    """A store that fails in the middle of planting leaves rows that `run` finds and erases all the same."""
    plant = SqlPlanter.plant

    def failing(self, dataset, row):
        if dataset.location == "notes":
            raise TerminalFailure("notes: refused")
        plant(self, dataset, row)

    before = rows(wide)
    with wide.app() as app:
        monkeypatch.setattr(SqlPlanter, "plant", failing)
        with pytest.raises(TerminalFailure):
            app.plant_canary(NOW)
        (known,) = app.known_canaries()
        app.erase_canary(known.canary_id, NOW)
    assert rows(wide) == before


def test_the_commands_say_what_they_did(wide, cli):
    """All four commands exit 0 on a healthy workspace; the list carries keys only while rows stand."""
    assert cli("canary", "plant", "--json", folder=wide.folder).code == 0
    planted = cli("canary", "list", "--json", folder=wide.folder)
    assert "user_id" in planted.out
    canary_id = planted.out.split('"canary_id": "')[1].split('"')[0]
    assert cli("canary", "run", canary_id, folder=wide.folder).code == 0
    assert "user_id" not in cli("canary", "list", "--json", folder=wide.folder).out
    assert cli("canary", "check", folder=wide.folder).code == 0
    assert cli("canary", "run", "K-20260101-xxxxxx", folder=wide.folder).code == 2
