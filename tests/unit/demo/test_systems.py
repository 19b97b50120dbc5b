"""The company's systems, for real: filled, backed up, restored, stopped, started again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg import sql

from demo import backups, systems
from demo.analytics.records import Records
from demo.buckets import LAKE, LAKE_RESTORED, keys_of, s3_client
from demo.filling import EVENTS, fill_systems
from demo.postgres import dsn
from demo.world import TABLES, make_world

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def workspace() -> Iterator[Path]:
    """A folder of our own: PostgreSQL runs as another user when started by root, who cannot enter pytest's."""
    with TemporaryDirectory(prefix="retention-demo-") as folder:
        yield Path(folder)


def _fingerprints(url: str) -> dict[str, tuple[int, str]]:
    with psycopg.connect(dsn(url)) as connection:
        query = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM {} AS t"
        found = {table: connection.execute(sql.SQL(query).format(sql.Identifier(table))) for table in TABLES}
        return {table: cursor.fetchone() for table, cursor in found.items()}


def test_a_backup_brings_everything_back_and_a_restart_loses_nothing(workspace: Path) -> None:
    """A restore equals what was backed up; objects outlive the simulator, which lives in memory."""
    world = make_world(NOW, customers=40)
    try:
        running = systems.start(workspace)
        fill_systems(running, world)
        assert backups.take(running, NOW) == "2026-11-23"
        with psycopg.connect(dsn(running.app_url)) as connection:
            connection.execute("DELETE FROM reviews WHERE customer_id = %s", [world.protagonist.id])
        backups.restore(running, "2026-11-23")
        restored, live = _fingerprints(running.app_restored_url), _fingerprints(running.app_url)
        assert restored["reviews"][0] == live["reviews"][0] + 4
        assert {table for table in TABLES if restored[table] != live[table]} == {"reviews"}
        assert Records(workspace / "systems/analytics").knows(world.protagonist.id)
        assert (workspace / EVENTS).read_text(encoding="utf-8").count("\n") == len(world.happenings)
        assert (workspace / "secrets/analytics.pem").is_file()
        for name, value in running.secrets.items():
            assert (workspace / "secrets" / name).read_text(encoding="utf-8") == value

        again = systems.start(workspace)
        client = s3_client(again.s3_endpoint)
        assert backups.copies(client) == ("2026-11-23",)
        assert list(keys_of(client, LAKE)) == list(keys_of(client, LAKE_RESTORED)) != []
        assert _fingerprints(again.app_url) == live
    finally:
        systems.stop(workspace)
    assert not (workspace / "systems/running.json").exists()
    assert not (workspace / "systems/postgres/postmaster.pid").exists()
