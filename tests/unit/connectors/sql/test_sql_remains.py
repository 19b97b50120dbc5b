from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from retention.errors import TerminalFailure, TransientFailure
from retention.model.predicate import Everything, Selection
from retention.model.transform import Drop

EMAIL = "secret.person@example.org"


def people(connection: Any) -> None:
    """Make a table of a few pages with the secret in the middle of one."""
    connection.execute("CREATE TABLE people (id integer PRIMARY KEY, email text)")
    connection.execute("CREATE INDEX people_email ON people (email)")
    values = ", ".join(f"({n}, '{EMAIL if n == 50 else f'other{n}@example.org'}')" for n in range(200))
    connection.execute(f"INSERT INTO people VALUES {values}")


def on_disk(folder: Path) -> list[str]:
    """Return the data files that hold the secret's bytes; logs are the operator's, or a residue."""
    files = (path for path in folder.rglob("*") if path.is_file() and not {"pg_wal", "log"} & set(path.parts))
    return [path.name for path in files if EMAIL.encode() in path.read_bytes()]


@pytest.mark.parametrize("how", ["erase", "redact", "anonymize"])
def test_postgresql_files_do_not_hold_the_erased(
    *, how: str, pg: Any, server: Any, opened: Any, table: Any, among: Any
) -> None:
    """After the call no data file has the value's bytes: no dead row, no free space, no sample of the planner."""
    people(pg)
    pg.execute("ANALYZE people")
    pg.execute("CHECKPOINT")
    assert len(on_disk(server.pgdata)) > 1
    eraser, dataset, selection = opened().eraser(), table("people", "id"), among("email", EMAIL)
    if how == "erase":
        assert eraser.erase_rows(dataset, selection).rows == 1
    elif how == "redact":
        assert eraser.redact_fields(dataset, selection, ["email"]).rows == 1
    else:
        assert eraser.anonymize_rows(dataset, selection, {"email": Drop()}, [], frozenset()).rows == 1
    pg.execute("CHECKPOINT")
    assert on_disk(server.pgdata) == []


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_sqlite_files_do_not_hold_the_erased(
    *, mode: str, lite: Any, lite_store: Any, table: Any, among: Any, tmp_path: Path
) -> None:
    """After the call neither the file nor its log has the value's bytes."""
    lite.execute(f"PRAGMA journal_mode = {mode}")
    lite.execute("PRAGMA secure_delete = OFF")
    people(lite)
    assert on_disk(tmp_path)
    effect = lite_store.eraser().erase_rows(table("people"), among("email", EMAIL))
    assert (effect.rows, effect.residues) == (1, ())
    assert on_disk(tmp_path) == []


def test_a_reader_of_sqlites_log_is_transient(
    lite: Any, lite_store: Any, table: Any, among: Any, tmp_path: Path
) -> None:
    """While someone reads the old state the call does not say it is done; the repeat finishes."""
    lite.execute("PRAGMA journal_mode = WAL")
    people(lite)
    lite.execute("BEGIN")
    lite.execute("SELECT count(*) FROM people").fetchall()
    with pytest.raises(TransientFailure, match="write-ahead log"):
        lite_store.eraser().erase_rows(table("people"), among("email", EMAIL))
    lite.execute("COMMIT")
    assert lite_store.eraser().erase_rows(table("people"), among("email", EMAIL)).rows == 0
    assert on_disk(tmp_path) == []


def test_an_older_transaction_is_waited_for(pg: Any, server: Any, opened: Any, table: Any, among: Any) -> None:
    """While an older transaction sees the erased rows the call does not say it is done; the repeat finishes."""
    people(pg)
    with psycopg.connect(server.get_uri()) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1")
        with pytest.raises(TransientFailure, match="older transaction"):
            opened(lock_seconds="1").eraser().erase_rows(table("people"), among("email", EMAIL))
    assert opened().eraser().erase_rows(table("people"), among("email", EMAIL)).rows == 0
    pg.execute("CHECKPOINT")
    assert on_disk(server.pgdata) == []


def test_a_skipped_vacuum_is_not_success(pg: Any, server: Any, opened: Any, table: Any, among: Any) -> None:
    """PostgreSQL only warns when the table is not ours; the call fails."""
    people(pg)
    pg.execute("DROP ROLE IF EXISTS guest")
    pg.execute(
        "CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA public TO guest; GRANT SELECT, DELETE ON people TO guest"
    )
    host = psycopg.conninfo.conninfo_to_dict(make_conninfo(server.get_uri()))["host"]
    store = opened(f"postgresql://guest@/postgres?host={host}")
    with pytest.raises(TerminalFailure, match="VACUUM was skipped"):
        store.eraser().erase_rows(table("people"), among("email", EMAIL))
    store.close()
    pg.execute("DROP OWNED BY guest; DROP ROLE guest")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"write-ahead-log": 7}),
        ({"wal": "P30D"}, {"write-ahead-log": 30}),
        ({"wal": "P0D"}, {}),
        ({"wal": "P1M", "pages": "P2W"}, {"write-ahead-log": 31, "free-space": 14}),
    ],
    ids=["default", "declared", "none", "pages"],
)
def test_what_stays_a_while_is_named(
    *, options: dict[str, str], expected: dict[str, int], pg: Any, opened: Any, table: Any
) -> None:
    """The residues are what was declared, counted from the server's clock, also on a repeat."""
    people(pg)
    store = opened(**options)
    for _ in range(2):
        effect = store.eraser().erase_rows(table("people"), Selection(Everything()))
        days = {each.what: round((each.until - datetime.now(UTC)) / timedelta(days=1)) for each in effect.residues}
        assert days == expected


def test_long_values_go_with_their_rows(pg: Any, server: Any, opened: Any, table: Any, among: Any) -> None:
    """PostgreSQL keeps long values in a TOAST table of their own, whose chunks go as well."""
    pg.execute("CREATE TABLE letters (id integer PRIMARY KEY, body text)")
    pg.execute("ALTER TABLE letters ALTER body SET STORAGE EXTERNAL")  # not compressed: bytes can be searched
    pg.execute("INSERT INTO letters VALUES (1, repeat(%s, 400)), (2, repeat('dear reader ', 400))", [EMAIL])
    pg.execute("CHECKPOINT")
    assert on_disk(server.pgdata)
    assert opened().eraser().erase_rows(table("letters"), among("id", 1)).rows == 1
    pg.execute("CHECKPOINT")
    assert on_disk(server.pgdata) == []
    assert pg.execute("SELECT length(body) FROM letters").fetchone() == (4800,)
