from __future__ import annotations

import hashlib
import hmac
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from retention.errors import SettingsError, TransientFailure
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger
from retention.store.engine import make_database
from retention.store.migrations import configuration, upgrade
from retention.store.outside_tables import TABLES
from retention.store.schema import HEAD, KNOWN
from retention.store.tables import VERSION_TABLE

AT = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPENER = """
import sys
from pathlib import Path
from retention.store import FileKeyStore, open_ledger
sys.stdin.readline()
ledger = open_ledger(sys.argv[1], FileKeyStore(Path(sys.argv[2])))
print(ledger.log.append(sys.argv[3], None, b"").index, "alembic" in sys.modules)
"""


def migrated(url: str) -> None:
    """Make a ledger as an old one came to be: every migration, one after the other."""
    database = make_database(url)
    with database.writing() as connection:
        upgrade(connection, HEAD)
    database.close()


def _flat(index: Mapping[str, Any]) -> dict[str, Any]:
    return {**index, **index.get("dialect_options", {}), "dialect_options": ""}


def shape(url: str) -> dict[str, Any]:
    """Everything that decides how tables behave, and the rows that a new ledger starts with."""
    engine = create_engine(url)
    with engine.connect() as connection:
        seen = inspect(connection)
        found = {
            name: (
                {column["name"]: (str(column["type"]), column["nullable"]) for column in seen.get_columns(name)},
                seen.get_pk_constraint(name)["constrained_columns"],
                sorted((k["constrained_columns"], k["referred_table"]) for k in seen.get_foreign_keys(name)),
                sorted(unique["column_names"] for unique in seen.get_unique_constraints(name)),
                sorted(check["sqltext"] for check in seen.get_check_constraints(name)),
                sorted(str({k: str(v) for k, v in _flat(index).items()}) for index in seen.get_indexes(name)),
                sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")).mappings())),
            )
            for name in seen.get_table_names()
        }
    engine.dispose()
    return found


def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    """After migrating, Alembic finds no difference between the database and `tables`."""
    migrated(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, TABLES) == []
    engine.dispose()


@pytest.mark.parametrize("system", ["sqlite", "postgresql"])
def test_a_new_ledger_is_what_the_migrations_make(
    system: str, tmp_path: Path, keys: FileKeyStore, request: pytest.FixtureRequest
) -> None:
    """What is made at once has the same columns, keys, indexes and first rows as what was migrated step by step."""
    if system == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("postgres")
        at_once, by_steps = make(), make()
    else:
        at_once, by_steps = (f"sqlite:///{tmp_path / name}.db" for name in ("at-once", "by-steps"))
    open_ledger(at_once, keys).close()
    migrated(by_steps)
    assert len(shape(at_once)) == len(TABLES.tables) + 1
    assert shape(at_once) == shape(by_steps)


def test_the_known_versions_are_those_of_the_migrations() -> None:
    """`KNOWN` and `HEAD` name the migration files, in their order."""
    script = ScriptDirectory.from_config(configuration())
    assert tuple(reversed([revision.revision for revision in script.walk_revisions()])) == KNOWN
    assert script.get_current_head() == HEAD


def test_at_head_alembic_is_not_imported(url: str, ledger: Ledger, keys: FileKeyStore) -> None:
    """Opening a ledger that is up to date does not import Alembic."""
    assert ledger.log.size() == 0
    process = _opener(url, keys, "x")
    assert process.communicate("\n")[0] == "0 False\n"


def test_processes_that_open_a_new_ledger_at_the_same_time_all_succeed(url: str, keys: FileKeyStore) -> None:
    """Three processes create the same ledger at once; each can use it and nothing is made twice."""
    running = [_opener(url, keys, str(number)) for number in range(3)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    indexes = sorted(int(process.communicate()[0].split()[0]) for process in running)
    assert indexes == [0, 1, 2]


def test_a_newer_database_is_refused(url: str, ledger: Ledger, keys: FileKeyStore) -> None:
    """A version this program does not know is an error that says so; nothing is touched."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(SettingsError, match="9999"):
        open_ledger(url, keys)
    assert ledger.log.size() == 0


@pytest.mark.parametrize(
    "url",
    ["mysql://root:geheim@localhost/x", "not a url", "sqlite://", "sqlite:///:memory:", "sqlite:////nowhere/x.db"],
)
def test_a_wrong_url_is_refused_without_showing_it(url: str, keys: FileKeyStore) -> None:
    """What is not a file of SQLite or a PostgreSQL is a SettingsError, and a password in it is not shown."""
    with pytest.raises(SettingsError) as caught:
        open_ledger(url, keys)
    assert "geheim" not in str(caught.value)


def test_an_unreachable_database_is_transient(keys: FileKeyStore) -> None:
    """No server at the address: TransientFailure, without the password."""
    with pytest.raises(TransientFailure) as caught:
        open_ledger("postgresql+psycopg://me:geheim@127.0.0.1:1/x", keys)
    assert "geheim" not in str(caught.value)


def test_plain_postgresql_means_psycopg(postgres: Callable[[], str], keys: FileKeyStore) -> None:
    """`postgresql://` opens with the driver we ship."""
    opened = open_ledger(postgres().replace("postgresql+psycopg://", "postgresql://"), keys)
    assert opened.log.size() == 0
    opened.close()


def test_sqlite_is_set_up_for_durability(tmp_path: Path, keys: FileKeyStore) -> None:
    """Write-ahead log, full syncs, foreign keys, overwritten deletions and a patient wait."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    open_ledger(url, keys).close()
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 30_000}
    database = make_database(url)
    with database.reading() as connection:
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas} == pragmas
    database.close()


def test_a_lease_has_one_holder_until_it_runs_out(ledger: Ledger) -> None:
    """A second holder waits until the lease has run out; the holder itself may extend it."""
    assert ledger.lease("plan/P-1", "a", AT, AT + HOUR)
    assert not ledger.lease("plan/P-1", "b", AT, AT + 9 * HOUR)
    assert ledger.lease("plan/P-2", "b", AT, AT + HOUR)
    assert ledger.lease("plan/P-1", "a", AT, AT + 2 * HOUR)
    assert not ledger.lease("plan/P-1", "b", AT + HOUR, AT + 9 * HOUR)
    assert ledger.lease("plan/P-1", "b", AT + 2 * HOUR, AT + 9 * HOUR)
    assert not ledger.lease("plan/P-1", "a", AT + 3 * HOUR, AT + 9 * HOUR)


def test_only_the_holder_gives_a_lease_back(ledger: Ledger) -> None:
    """A stranger's `give_back` does nothing; the holder's frees the lease at once."""
    assert ledger.lease("log", "a", AT, AT + HOUR)
    ledger.give_back("log", "b")
    assert not ledger.lease("log", "b", AT, AT + HOUR)
    ledger.give_back("log", "a")
    assert ledger.lease("log", "b", AT, AT + HOUR)


def test_a_staff_reference_is_stable_and_opaque(ledger: Ledger, keys: FileKeyStore) -> None:
    """The reference is HMAC under the staff key, the same for the same person however written."""
    found = ledger.secret_reference("hanako")
    assert found == "h:" + hmac.new(keys.create("staff"), b"hanako", hashlib.sha256).hexdigest()
    assert ledger.secret_reference(" Hanako ") == found
    assert ledger.secret_reference("taro") != found


def _opener(url: str, keys: FileKeyStore, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OPENER, url, str(keys._folder), name]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
