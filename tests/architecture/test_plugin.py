"""What every process of Airflow loads of us, and that Airflow finds it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def top_imports(file: str) -> set[str]:
    """Return what a module imports when it is loaded."""
    tree = ast.parse((ROOT / "airflow_plugin" / file).read_text(encoding="utf-8"))
    named = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return named | {str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)}


def test_loading_the_plugin_loads_neither_the_product_nor_a_web_framework():
    """Scheduler, workers and triggerer pay for nothing but the declaration; the button waits for the SDK alone."""
    assert top_imports("__init__.py") == set()
    assert top_imports("plugin.py") == {
        "__future__",
        "typing",
        "functools",
        "airflow.plugins_manager",
        "airflow_plugin",
    }
    assert top_imports("links.py") == {"__future__", "typing", "airflow.sdk"}


def test_airflow_finds_the_plugin_by_itself():
    """It is an entry point of the package: no folder to copy, no setting."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert declared["entry-points"]["airflow.plugins"]["retention"] == "airflow_plugin.plugin:RetentionPlugin"
