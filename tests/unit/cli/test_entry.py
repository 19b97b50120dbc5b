from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from retention.cli.entry import COMMANDS, PURPOSES


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_entry_of_the_table_leads_to_a_command(name):
    """The table names modules and functions that exist."""
    module, _, attribute = COMMANDS[name].partition(":")
    found = getattr(import_module(f"retention.cli.{module}"), attribute)
    assert isinstance(found, typer.Typer) or callable(found)


def test_starting_imports_nothing_heavy():
    """What needs no workspace (`--help`, `--version`, a typing mistake, `init`) loads no database and no columns."""
    heavy = ("sqlalchemy", "pyarrow", "numpy", "pandas", "great_expectations", "boto3")
    code = f"""
import atexit, sys, retention.cli, retention.cli.init
atexit.register(lambda: print([m for m in {heavy} if m in sys.modules]))
retention.cli.main(["--help"])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Allow exactly this plan." in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_help_says_what_each_command_is_for():
    """Every command of the table has a purpose, short enough to stand on one line."""
    assert PURPOSES.keys() == COMMANDS.keys()
    assert max(map(len, PURPOSES.values())) <= 60


def test_the_version_is_printed(cli):
    """`--version` prints the version and nothing else."""
    said = cli("--version")
    assert said.code == 0
    assert said.out.strip().replace(".", "").isdigit()
