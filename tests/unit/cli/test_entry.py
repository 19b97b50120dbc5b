from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from retention.cli.entry import COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_entry_of_the_table_leads_to_a_command(name):
    """The table names modules and functions that exist."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"retention.cli.{module}"), attribute)
    assert isinstance(found, typer.Typer) or callable(found)


def test_starting_imports_nothing_heavy():
    """What needs no workspace (`--version`, a typing mistake, `init`) loads no database, no columns, no statistics."""
    heavy = ("sqlalchemy", "pyarrow", "numpy", "pandas", "great_expectations", "boto3")
    code = f"import sys, retention.cli, retention.cli.init; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_printed(cli):
    """`--version` prints the version and nothing else."""
    said = cli("--version")
    assert said.code == 0
    assert said.out.strip().replace(".", "").isdigit()
