from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import memory
from retention.errors import KeyTypeError, SettingsError, TerminalFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Before, Everything, Selection
from retention.model.subject import KeySet
from retention.model.transform import ToMonth
from retention.ports.connector import SystemSettings

PEOPLE = Dataset(DatasetId("m.people"), SystemId("m"), "people", (), {}, (), (), {}, {}, {})
EVERYTHING = Selection(Everything())


def store(**options: str) -> Any:
    """Return a store."""
    return memory.connect(SystemSettings(SystemId("m"), "memory", options))


def test_a_file_is_shared_between_processes(tmp_path: Path) -> None:
    """What another process erases is gone here, and every value keeps its type."""
    path = tmp_path / "m.json"
    row = {
        "id": 1,
        "at": datetime(2026, 1, 2, 3, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "sum": Decimal("1.10"),
        "raw": b"\x00\xff",
        "no": None,
    }
    made = memory.make("shared", path)
    made.put("people", dict.fromkeys(row, ColumnType.OTHER), [row])
    assert made.rows("people") == [row]
    program = (
        "from pathlib import Path; from connectors import memory;"
        f"memory.Database('x', Path({str(path)!r})).put('people', {{}}, [])"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert made.rows("people") == []
    memory.forget("shared")


def test_a_killed_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """A process killed between writing the new file and putting it in place changes nothing."""
    path = tmp_path / "m.json"
    made = memory.make("killed", path)
    made.put("people", {"id": ColumnType.INTEGER}, [{"id": 1}])
    program = (
        "import os, signal; from pathlib import Path; from connectors import memory;"
        "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL);"
        f"memory.Database('x', Path({str(path)!r})).put('people', {{}}, [])"
    )
    died = subprocess.run([sys.executable, "-c", program], check=False)
    assert died.returncode == -signal.SIGKILL
    assert made.rows("people") == [{"id": 1}]
    assert store(url="memory:any", path=str(path)).eraser().erase_rows(PEOPLE, EVERYTHING).rows == 1
    assert made.rows("people") == []
    memory.forget("killed")


def test_a_missing_table_is_refused() -> None:
    """Counting in a table that is not there raises, rather than finding no rows."""
    memory.make("empty")
    with pytest.raises(TerminalFailure, match="people"):
        store(url="memory:empty").finder().count(PEOPLE, EVERYTHING)
    memory.forget("empty")


@pytest.mark.parametrize("options", [{}, {"url": "people"}, {"url": "memory:a", "colour": "red"}])
def test_wrong_options_are_refused(options: dict[str, str]) -> None:
    """The error names the system."""
    with pytest.raises(SettingsError, match=r"systems\.m\."):
        store(**options)


def test_a_relative_path_starts_from_the_workspace(tmp_path: Path) -> None:
    """`path` is looked for in the workspace."""
    memory.make("relative", tmp_path / "m.json").put("people", {}, [])
    settings = SystemSettings(SystemId("m"), "memory", {"url": "memory:x", "path": "m.json"}, workspace=tmp_path)
    assert memory.connect(settings).tables() == ("people",)
    memory.forget("relative")


def test_a_date_column_refuses_keys() -> None:
    """Keys are text or integers; a date column is not asked for them."""
    memory.make("dates").put("people", {"born": ColumnType.DATE}, [])
    name = KeySetId("k")
    with pytest.raises(KeyTypeError, match="born"):
        store(url="memory:dates").finder().count(
            PEOPLE, Selection(Among("born", KeySet(name, 1, "")), {name: frozenset({"2026-01-01"})})
        )
    memory.forget("dates")


def test_text_dates_and_naive_instants_are_read_in_the_policys_zone() -> None:
    """ISO 8601 text counts as the date or instant it writes; anything else is refused."""
    texts = ["2026-01-09", "2026-01-10", "2026-01-09T23:59:59", "2026-01-10T00:00:00", "2026-01-09T23:00:00Z", None]
    made = memory.make("texts")
    made.put("people", {"at": ColumnType.TEXT}, [{"at": text} for text in texts])
    before = Selection(Before("at", datetime(2026, 1, 10, tzinfo=UTC)))
    assert store(url="memory:texts").finder().count(PEOPLE, before) == 3
    made.put("people", {"at": ColumnType.INTEGER}, [{"at": 5}])
    with pytest.raises(TerminalFailure, match="expected a date"):
        store(url="memory:texts").finder().count(PEOPLE, before)
    memory.forget("texts")


def test_a_transform_without_meaning_changes_nothing() -> None:
    """One value that cannot be transformed stops the call before anything is replaced; it is not shown."""
    made = memory.make("odd")
    rows = [{"city": "2026-01-05"}, {"city": "somewhere"}]
    made.put("people", {"city": ColumnType.TEXT}, rows)
    with pytest.raises(TerminalFailure, match="city") as caught:
        store(url="memory:odd").eraser().anonymize_rows(PEOPLE, EVERYTHING, {"city": ToMonth()}, [], frozenset())
    assert "somewhere" not in str(caught.value)
    assert made.rows("people") == rows
    assert "somewhere" not in repr(made.table("people"))
    memory.forget("odd")


def test_one_process_at_a_time_changes_a_file(tmp_path: Path) -> None:
    """While one works out a change, another waits: its lock file is held."""
    import fcntl  # noqa: PLC0415 -- this test only

    made = memory.make("locked", tmp_path / "m.json")
    with made.changing():
        descriptor = os.open(tmp_path / "m.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
    memory.forget("locked")
