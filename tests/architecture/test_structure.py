"""Rules of the house that no linter of ours checks."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("retention", "connectors", "airflow_plugin", "demo", "dags")
FOLDERS = (*PRODUCT, "benchmarks", "docs", "docker", "tests", "requirements", ".ci")
LONGEST = 400

LONG_ON_PURPOSE = {"retention/evidence/verifier.py"}
"""The verifier is one file so that an auditor can run it with nothing installed."""

LATE_IMPORTS = {
    ("airflow_plugin/plugin.py", "airflow_plugin"),  # every process of Airflow loads plugins; one shows pages
    ("airflow_plugin/links.py", "airflow_plugin"),  # Airflow's models: in the api-server only
    ("connectors/aws/clients.py", "boto3"),  # heavy, and only with the extra `s3`
    ("connectors/aws/clients.py", "botocore"),
    ("connectors/aws/words.py", "botocore"),
    ("connectors/lake/tables/connect.py", "connectors"),  # pyiceberg or deltalake, only with the extra `tables`
    ("connectors/processor/connect.py", "connectors"),  # httpx, only with the extra `http`
    ("connectors/timestamps/connect.py", "connectors"),  # httpx, only with the extra `http`
    ("connectors/witness/connect.py", "connectors"),  # httpx, only with the extra `http`
    ("dags/approval_watch.py", "retention"),  # the same, and the triggerer alone needs it
    ("dags/clients_told.py", "retention"),  # the same
    ("dags/deadlines.py", "airflow"),  # where a run is made; a DAG file must not load Airflow's tables
    ("dags/deadlines.py", "retention"),  # there, and in the triggerer when a date has passed
    ("dags/deadlines.py", "sqlalchemy"),
    ("dags/doorbell.py", "retention"),  # the same, and the triggerer alone needs it
    ("dags/lineage_told.py", "airflow"),  # when a task runs
    ("dags/lineage_told.py", "connectors"),
    ("dags/mapped.py", "airflow"),  # the same
    ("dags/task_errors.py", "retention"),  # Airflow reads DAG files every few seconds
    ("retention/cli/api.py", "retention"),  # FastAPI and uvicorn, only with the extra `api`
    ("retention/cli/evidence.py", "retention"),  # SQLAlchemy: whoever checks a bundle needs none of it
    ("retention/cli/workspace.py", "retention"),  # the whole product: the same
    ("retention/store/schema.py", "retention"),  # Alembic, only when the schema is made
    ("retention/verification/suite.py", "great_expectations"),  # seconds, and only with the extra `verify`
    ("retention/verification/suite.py", "pandas"),
}
"""File and imported package of every import inside a function."""

MAY_READ_THE_CLOCK = ("retention/cli/", "retention/wiring/", "connectors/", "airflow_plugin/", "demo/", "dags/")
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
MACHINE = re.compile(r"(?<![\w.{}])/(?:work|home|Users|root|mnt|srv)/\w|[A-Z]:\\Users")


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the path and the syntax tree of every module of the folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), _parsed(path)


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def texts() -> Iterator[tuple[str, str]]:
    """Yield the path and text of every file of the tree that is text."""
    tops = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    for path in tops + below:
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".png", ".db"}:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def late_imports(path: str, tree: ast.Module) -> set[tuple[str, str]]:
    """Return file and package of every import inside a function."""
    found = set()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in (inner for function in functions for inner in ast.walk(function)):
        if isinstance(node, ast.Import):
            found |= {(path, alias.name.partition(".")[0]) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((path, str(node.module).partition(".")[0]))
    return found


def definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield a module's public functions and classes, and the classes' public methods."""
    for node in tree.body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            yield node
            yield from (part for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_too_long_to_be_read():
    """Every file of the product has at most 400 lines, but for the one-file verifier."""
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {path for path, length in lengths.items() if length > LONGEST} == LONG_ON_PURPOSE


def test_every_module_is_named_after_what_it_does():
    """No module is a drawer for odds and ends."""
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert not [path for path, _ in modules(*PRODUCT, "tests") if drawers & set(Path(path).with_suffix("").parts)]


def test_every_test_says_what_it_shows():
    """Each test function has a docstring: one line that states the behaviour."""
    silent = []
    for path, tree in modules("tests"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                text = ast.get_docstring(node)
                if not text or "\n" in text.strip().partition("\n\n")[0]:
                    silent.append(f"{path}: {node.name}")
    assert not silent


def test_every_public_name_is_explained():
    """Every module, public class, function and method of the product has a docstring."""
    silent = []
    for path, tree in modules(*PRODUCT):
        silent += [] if ast.get_docstring(tree) else [path]
        public = [node for node in definitions(tree) if not node.name.startswith("_")]
        silent += [f"{path}: {node.name}" for node in public if not ast.get_docstring(node)]
    assert not silent


def test_imports_stand_at_the_top():
    """Imports inside functions are the known heavy ones and no others."""
    found = set()
    for path, tree in modules(*PRODUCT, "benchmarks"):
        found |= late_imports(path, tree)
    assert found == LATE_IMPORTS


def test_only_the_rim_reads_the_clock():
    """Below the rim, `now` is an argument: a run can be repeated at any moment of any year."""
    found, asked = [], {clock.partition(".")[2] for clock in CLOCKS}
    for path, tree in modules(*PRODUCT):
        if not path.startswith(MAY_READ_THE_CLOCK):
            names = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in asked)
            calls = [ast.unparse(node) for node in names]
            found += [f"{path}: {call}" for call in calls if call.removeprefix("datetime.") in CLOCKS or call in CLOCKS]
    assert not found


def test_linters_bound_complexity():
    """Ruff checks everything and allows no function more than ten paths."""
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert ruff["select"] == ["ALL"]
    assert ruff["mccabe"]["max-complexity"] <= 10
    assert not {"C901", "PLR0912", "PLR0915"} & set(ruff["ignore"])


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.lock")), ids=lambda path: path.name)
def test_locks_pin_by_hash_and_name_no_host(lock):
    """Each entry of a lock is one exact version with hashes; no index, no address."""
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    entries = [entry for entry in text.replace("\\\n", " ").splitlines() if entry.strip() and not entry.startswith("#")]
    assert entries
    assert not [entry for entry in entries if not re.match(r"[\w.\[\]-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)]


def test_no_file_names_a_machine():
    """No path of anybody's machine stands anywhere in the tree."""
    assert not [(path, match.group()) for path, text in texts() for match in MACHINE.finditer(text)]


def test_dags_alone_name_airflow():
    """Airflow is imported in dags/, in the plugin and in the demo that shows it, and nowhere else."""
    for path, tree in modules("retention", "connectors"):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] == "airflow"], path
