"""The register of commitments and the tests fit each other, both ways."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from retention.errors import PolicyError
from retention.model.commitment import Enforced, Recorded
from retention.packs import COMMITMENTS, pack_names, read_commitments_file
from retention.policy import read_commitments

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\b(?:UMU|TRI|WEB|COO|UNX)-\d{2}\b")
REGISTER = read_commitments(read_commitments_file(), COMMITMENTS)
ROWS = {"umu": 41, "three-regime": 29, "webmo": 25, "coorum": 25, "u-next": 60}


def cited() -> dict[str, set[str]]:
    """Which rows each test names in its docstring, by node id."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                rows = set(ROW.findall(ast.get_docstring(node) or ""))
                if rows:
                    found[f"{file.relative_to(ROOT).as_posix()}::{node.name}"] |= rows
    return found


def test_the_register_has_every_row_of_every_pack():
    """All 180 commitments are there, each once, each under a pack that exists."""
    assert Counter(commitment.pack for commitment in REGISTER) == ROWS
    assert len({commitment.row for commitment in REGISTER}) == 180
    assert set(ROWS) <= set(pack_names())


def test_rows_and_tests_name_each_other():
    """A row names exactly the tests whose docstring names the row: none is missing, none is of another row."""
    tests = cited()
    by_row: dict[str, set[str]] = defaultdict(set)
    for test, rows in tests.items():
        for row in rows:
            by_row[row].add(test)
    states = {commitment.row: commitment.state for commitment in REGISTER}
    named = {row: set(s.tests) if isinstance(s, Enforced | Recorded) else set() for row, s in states.items()}
    wrong = {
        row: named.get(row, set()) ^ by_row[row] for row in {*named, *by_row} if named.get(row, set()) != by_row[row]
    }
    assert not wrong


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("state: enforced}", "the key `tests`"),
        ("state: outside}", "reason"),
        ("state: done}", "one of"),
        ("state: enforced, tests: [nowhere]}", "a test like"),
    ],
)
def test_a_row_that_shows_nothing_is_refused(broken, expected):
    """Who calls a row enforced must name a test, and who leaves it out must say why."""
    text = "commitments:\n  - {id: UMU-01, pack: umu, topic: identity, promise: p, " + broken
    with pytest.raises(PolicyError) as caught:
        read_commitments(text, "register")
    assert expected in str(caught.value)
