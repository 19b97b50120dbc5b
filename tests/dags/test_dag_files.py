"""The DAG files by reading them: they load fast, say who owns them, are thin and ask for nothing personal."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).absolute().parents[2]
DAGS = ROOT / "dags"
ROADS = {
    *("retention_sweep", "subject_request", "request_batch"),
    *("restore_gate", "joint_use_export", "rescans", "carry_out"),
}
IDS = {*ROADS, "canary", "metrics", "letters", "request_clocks", "event_intake"}
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
IMPORTABLE = {"airflow", "pendulum", "retention", "dags", "dataset_assets", "plan_road", "task_errors"}
"""What a DAG file may import at its top, beside Python's own."""
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
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("app.")
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
