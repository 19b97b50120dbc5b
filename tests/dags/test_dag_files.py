"""The DAG files by reading them: they load fast, say who owns them, are thin and ask for nothing personal."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dags.forms import FORMS as TYPED
from retention.app.leases import LEASE
from tests.e2e.test_cli_commands import COMMANDS

ROOT = Path(__file__).absolute().parents[2]
DAGS = ROOT / "dags"
ROADS = {
    *("retention_sweep", "subject_request", "request_batch"),
    *("restore_gate", "joint_use_export", "joint_use_withdrawals", "carry_out"),
}
WAITED_FOR = {
    *("subject_request", "request_batch", "carry_out", "restore_gate", "unfinished"),
    *("letters", "request_clocks", "event_intake", "client_calls"),
}
"""DAGs on which a person's answer or a law's date depends."""
NOBODY_WAITS_FOR = {
    *("retention_sweep", "joint_use_export", "joint_use_withdrawals", "copies_follow_up", "canary"),
    *("evidence_seal", "evidence_binder", "expiries", "standing_checks", "erasure_lineage", "metrics"),
}
IDS = WAITED_FOR | NOBODY_WAITS_FOR
FORMS = {"subject_request", "carry_out", "restore_gate", "joint_use_export"}
"""DAGs that somebody or something begins; every other has a schedule."""
PARALLELISM = 32
"""Airflow's own default of tasks that run at once (`core.parallelism`)."""
STATEMENTS = 5
"""The most a task's body may hold, its docstring not counted."""
HEAVY = {
    *(
        "retention.wiring",
        "retention.app",
        "retention.store",
        "connectors",
        "sqlalchemy",
        "great_expectations",
        "pandas",
    ),
    *("boto3", "botocore", "aiobotocore", "psycopg", "httpx", "pyarrow"),
}
SIDE_FILES = {
    *("clients_told", "dataset_assets", "deadlines", "doorbell", "findings"),
    *("forms", "lineage_told", "mapped", "plan_road", "pools", "task_errors"),
}
IMPORTABLE = {"airflow", "asgiref", "pendulum", "retention", "dags", *SIDE_FILES}
"""What a DAG file may import at its top, beside Python's own; asgiref is how Airflow's triggers ask its server."""
ABSOLUTE = "absolute"
"""A task's own weight, whatever is behind it in its chain."""
QUICK = 1.0
"""Seconds of processor time in which a DAG file must be read, Airflow itself not counted."""

_LOAD = """
import json, sys
from pathlib import Path
from time import process_time
before = set(sys.modules)
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path(sys.argv[1])
loaded = set(sys.modules)
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
found = sorted(set(sys.modules) - loaded)
seconds = {}
for path in sorted(folder.glob("*.py")):
    for name in [n for n in sys.modules if n not in loaded and not n.startswith(("airflow", "pydantic"))]:
        del sys.modules[name]
    began = process_time()
    BundleDagBag(dag_folder=path, bundle_path=folder, bundle_name="dags-folder")
    seconds[path.stem] = process_time() - began
print(json.dumps({
    "errors": {str(k): v for k, v in bag.import_errors.items()},
    "modules": found, "seconds": seconds,
    "dags": {d.dag_id: {
        "tags": sorted(d.tags), "owner": d.owner, "doc": d.doc_md, "catchup": d.catchup,
        "active": d.max_active_runs, "params": {k: d.params.get_param(k).schema for k in d.params},
        "tasks": {t.task_id: sorted(t.downstream_task_ids) for t in d.tasks},
        "order": [t.task_id for t in d.topological_sort()],
        "retries": sorted({t.retries for t in d.tasks}),
        "pools": sorted({(t.pool, str(t.weight_rule), t.priority_weight, t.pool_slots) for t in d.tasks}),
        "schedule": type(d.timetable).__name__, "cron": d.schedule if isinstance(d.schedule, str) else "",
        "depends": any(t.depends_on_past for t in d.tasks),
        "patience": min(
            sum(
                min(t.retry_delay * (t.retry_exponential_backoff or 1) ** n, t.max_retry_delay).total_seconds()
                for n in range(t.retries)
            )
            for t in d.tasks if t.task_id != "wait_for_approval"
        ),
    } for d in bag.dags.values()},
}))
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Load the folder as Airflow does, in a process of its own."""
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    command = [sys.executable, "-c", _LOAD, str(DAGS)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_every_file_loads(loaded: dict[str, Any]) -> None:
    """Airflow finds exactly our DAGs and no error."""
    assert loaded["errors"] == {}
    assert set(loaded["dags"]) == IDS


def test_what_may_be_typed_is_what_the_forms_ask_for(loaded: dict[str, Any]) -> None:
    """The plugin refuses whatever is not of these patterns, before Airflow keeps it: it knows every DAG of ours."""
    asked = {
        dag_id: {name: schema["pattern"] for name, schema in dag["params"].items()}
        for dag_id, dag in loaded["dags"].items()
    }
    assert asked == TYPED


def test_loading_pulls_in_nothing_heavy(loaded: dict[str, Any]) -> None:
    """Parsing, which the scheduler does all day, imports neither the product's wiring nor any vendor."""
    ours = {name for name in loaded["modules"] if any(name == h or name.startswith(f"{h}.") for h in HEAVY)}
    assert ours == set()


def test_each_file_is_read_quickly(loaded: dict[str, Any]) -> None:
    """In well under a second of processor time, with all that it imports but Airflow."""
    assert set(loaded["seconds"]) == {path.stem for path in DAGS.glob("*.py")}
    assert {name for name, seconds in loaded["seconds"].items() if seconds > QUICK} == set()


@pytest.mark.parametrize("path", sorted(DAGS.glob("*.py")), ids=lambda path: path.stem)
def test_no_vendor_stands_at_the_top(path: Path) -> None:
    """A file imports Airflow, our own words and Python's, and everything else where a task runs."""
    imported: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported - set(sys.stdlib_module_names) <= IMPORTABLE


def test_the_intake_takes_then_folds_then_begins_what_cannot_wait(loaded: dict[str, Any]) -> None:
    """One run at a time; folding does not wait for a queue that cannot be reached."""
    dag = loaded["dags"]["event_intake"]
    assert dag["active"] == 1
    assert dag["tasks"]["take"] == ["fold"]
    assert dag["tasks"]["fold"] == ["begin"]


@pytest.mark.parametrize("dag_id", sorted(IDS))
def test_each_dag_says_what_it_is(loaded: dict[str, Any], dag_id: str) -> None:
    """Owner, tags, documentation, no catching up, and a number of runs set on purpose."""
    dag = loaded["dags"][dag_id]
    assert dag["owner"] == "data-protection"
    assert "retention" in dag["tags"]
    assert dag["doc"].strip()
    assert dag["catchup"] is False
    assert dag["active"] in {1, 4}
    assert min(dag["retries"]) >= 1


def test_sweeps_never_take_what_a_person_waits_for(loaded: dict[str, Any]) -> None:
    """Each DAG is in one pool, people's have slots of their own and stand first, and sweeps can never fill all workers.

    So a request starves never: with every slot of the sweeps' pool taken, tasks can still run, the requests' pool is
    untouched, and of two tasks that could run the request's is taken first, however long a sweep's chain is.
    """
    pools = json.loads((DAGS / "pools.json").read_text(encoding="utf-8"))
    assert set(pools) == {"retention_requests", "retention_sweeps"}
    assert pools["retention_sweeps"]["slots"] < PARALLELISM - pools["retention_requests"]["slots"]
    found = {dag_id: [tuple(pool) for pool in dag["pools"]] for dag_id, dag in loaded["dags"].items()}
    first, last = (ABSOLUTE, 100, 1), (ABSOLUTE, 1, 1)
    assert {dag_id for dag_id, pool in found.items() if pool == [("retention_requests", *first)]} == WAITED_FOR
    assert {dag_id for dag_id, pool in found.items() if pool == [("retention_sweeps", *last)]} == NOBODY_WAITS_FOR


def test_whatever_nobody_begins_has_a_schedule(loaded: dict[str, Any]) -> None:
    """A form's DAG has none; every other has one, and no task waits for the run of the day before."""
    unscheduled = {dag_id for dag_id, dag in loaded["dags"].items() if dag["schedule"] == "NullTimetable"}
    assert unscheduled == FORMS
    assert not any(dag["depends"] for dag in loaded["dags"].values())


def test_the_page_for_whoever_runs_airflow_names_each_dag_as_it_is(loaded: dict[str, Any]) -> None:
    """Schedule and pool of its table are the DAGs'; what the clock drives has a DAG that has a schedule."""
    text = (ROOT / "docs" / "airflow.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:2] == "| "]
    rows = {row[0]: row for row in cells if row[0] in IDS}
    assert rows.keys() == IDS
    assert {dag_id: row[3] for dag_id, row in rows.items()} == {
        dag_id: dag["pools"][0][0].removeprefix("retention_") for dag_id, dag in loaded["dags"].items()
    }
    wrong = [dag_id for dag_id, row in rows.items() if loaded["dags"][dag_id]["cron"] not in row[2]]
    wrong += [dag_id for dag_id, row in rows.items() if ("begun by" in row[2]) != (dag_id in FORMS)]
    assert not wrong
    driven = {row[0].strip("`"): row[1] for row in cells if row[0].startswith("`retention ") and len(row) == 2}
    assert set(driven.values()) <= IDS - FORMS
    known = {" ".join(("retention", *command)) for command in COMMANDS} | {"retention backups"}
    assert driven.keys() <= known
    assert len(driven) > len(IDS)


def test_no_task_asks_for_which_day_it_runs() -> None:
    """A backfilled run may be for a day long past: what is due is asked of the clock, never of the run's date."""
    dates = {"logical_date", "execution_date", "data_interval_start", "data_interval_end", "data_interval", "run_after"}
    files = {path.name: path.read_text(encoding="utf-8") for path in DAGS.glob("*.py")}
    words = {name: set(re.findall(r"\w+", text)) for name, text in files.items()}
    assert {name for name, found in words.items() if found & {*dates, "ds", "ts"}} == set()
    assert {name for name, found in words.items() if "get_current_context" in found} <= {"task_errors.py"}
    asked = {name: text.count("app.") for name, text in files.items()}
    assert sum(asked.values()) > len(IDS)
    assert not [name for name, text in files.items() if re.search(r"datetime\.now\((?!UTC\))", text)]


@pytest.mark.parametrize("dag_id", sorted(IDS))
def test_retries_go_on_for_longer_than_the_lease_of_a_dead_machine(loaded: dict[str, Any], dag_id: str) -> None:
    """With the shortest delays that Airflow's backoff may choose, and without the wait until it finds out.

    A question holds no lease: each of its tries is one more time of asking.
    """
    assert loaded["dags"][dag_id]["patience"] > LEASE.total_seconds()


def test_the_canary_is_planted_before_it_is_erased_and_looked_for(loaded: dict[str, Any]) -> None:
    """The use case itself walks the whole road; the DAG keeps the order of its three calls."""
    assert loaded["dags"]["canary"]["order"] == ["plant", "erase", "check"]


@pytest.mark.parametrize("dag_id", sorted(ROADS))
def test_each_dag_goes_the_whole_road_in_order(loaded: dict[str, Any], dag_id: str) -> None:
    """Nothing is applied before it is approved, sealed before it is verified."""
    order = loaded["dags"][dag_id]["order"]
    road = [task for task in order if task in {"wait_for_approval", "apply_steps", "verify", "seal"}]
    assert order[0].startswith("plan_")
    assert road == ["wait_for_approval", "apply_steps", "verify", "seal"]
    assert "apply_steps" in loaded["dags"][dag_id]["tasks"]["steps_so_far"]
    assert loaded["dags"][dag_id]["tasks"]["wait_for_approval"] == ["steps_so_far"]


def test_forms_ask_for_numbers_and_names_of_systems_only(loaded: dict[str, Any]) -> None:
    """No form takes anything about a person: every answer must fit the pattern of an id."""
    params = {name: schema for dag in loaded["dags"].values() for name, schema in dag["params"].items()}
    assert set(params) == {"case_id", "plan_id", "system_id", "taken_at", "joint_use", "set_name", "recipient"}
    assert all(schema["pattern"].startswith("^") and schema["pattern"].endswith("$") for schema in params.values())
    assert not any("@" in schema["pattern"] for schema in params.values())


def _tasks() -> list[tuple[str, ast.FunctionDef]]:
    return [
        (f"{path.name}:{node.name}", node)
        for path in sorted(DAGS.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any("task" in ast.unparse(mark) for mark in node.decorator_list)
    ]


@pytest.mark.parametrize(("name", "task"), _tasks(), ids=[name for name, _ in _tasks()])
def test_each_task_is_thin(name: str, task: ast.FunctionDef) -> None:
    """A task opens the product and makes one call that does something."""
    statements = [node for node in ast.walk(task) if isinstance(node, ast.stmt) and node is not task]
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(task)
        if isinstance(node, ast.Call)
        and (ast.unparse(node.func).startswith("app.") or "app" in map(ast.unparse, node.args))
    }
    assert len(statements) - 1 <= STATEMENTS, name
    assert len(calls) == 1, name
    assert ast.get_docstring(task), name


def test_no_dag_decides_about_a_person() -> None:
    """Proving identity, granting and refusing are people's: no DAG calls what does them."""
    decides = {"identify", "accept", "deny", "refuse", "refuse_case", "extend", "redirect", "answer", "approve"}
    called = {
        node.attr
        for file in DAGS.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert not called & decides
