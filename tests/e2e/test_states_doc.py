"""docs/states.md says what the program does: every state and phase has one row, and the moves are the program's."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from retention.model import request
from retention.model.case import NEXT, CaseState
from retention.model.request import RequestState
from retention.ports.ledger import Phase

ROOT = Path(__file__).parents[2]
NOW_HEADER = "| durable when it is reached | if the process dies here | may move to |"


def table(first_column: str) -> dict[str, tuple[str, str, frozenset[str]]]:
    """Return the rows of the table whose first column has that title: name → durable, what happens, moves."""
    text = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    _, found, rest = text.partition(f"| {first_column} {NOW_HEADER}\n")
    assert found, f"there is no table of {first_column}s"
    rows = {}
    for line in itertools.takewhile(lambda text: text.startswith("|"), rest.splitlines()[1:]):
        name, durable, dies, moves = (cell.strip() for cell in line.strip("|").split("|"))
        assert name not in rows, f"{name} has two rows"
        rows[name] = (durable, dies, frozenset(moves.split(", ")) - {"-"})
    return rows


def test_every_state_of_a_case_has_its_row():
    """One row a state, with text in every cell, and exactly the moves that the program allows."""
    rows = table("state")
    assert set(rows) == {state.value for state in CaseState}
    for state, following in NEXT.items():
        durable, dies, moves = rows[state.value]
        assert durable
        assert dies
        assert moves == {other.value for other in following}, state


def test_every_state_of_a_request_has_its_row():
    """One row a state of a person's request, with text in every cell, and exactly the moves that the program allows."""
    rows = table("request")
    assert set(rows) == {state.value for state in RequestState}
    for state, following in request.NEXT.items():
        durable, dies, moves = rows[state.value]
        assert durable
        assert dies
        assert moves == {other.value for other in following}, state


def test_every_phase_of_a_step_has_its_row():
    """One row a phase, with text in every cell, and moves to phases that exist."""
    rows = table("phase")
    assert set(rows) == {phase.value for phase in Phase}
    for durable, dies, moves in rows.values():
        assert durable
        assert dies
        assert moves <= set(rows)


@pytest.fixture
def walked(shop, cli):
    """Walk a request past a failing store and a failing verification; return its phases, step by step."""

    def run(*arguments: object, code: int = 0) -> str:
        said = cli(*arguments, folder=shop.folder)
        assert said.code == code, said.err
        return said.out

    case = run("request", "open", "--subject", "user_id=c3").split(":")[0]
    run("request", "identify", case, "--document", "passport")
    run("request", "decide", case, "accept")
    words = run("plan", "request", case).split()
    plan, digest = words[-3], words[-1]
    run("approve", plan, "--digest", digest, "--by", "hanako")
    shop.change("CREATE TRIGGER no BEFORE DELETE ON customers BEGIN SELECT RAISE(ABORT, 'no'); END")
    run("apply", plan, code=1)
    shop.change("DROP TRIGGER no")
    run("apply", plan)
    shop.change("INSERT INTO customers VALUES ('c3', 'back', 'again')")
    run("verify", plan, code=1)
    shop.change("DELETE FROM customers WHERE id = 'c3'")
    run("apply", plan)
    run("verify", plan)
    phases: dict[str, list[str]] = {}
    with shop.app() as app:
        for line in app.context.ledger.journal.entries(plan):
            phases.setdefault(line.step_id, []).append(line.phase.value)
    return phases


def test_a_run_moves_as_the_table_says(walked):
    """In the journal of a run that fails twice and succeeds, every step goes only from row to row of the table."""
    rows = table("phase")
    assert {phase for phases in walked.values() for phase in phases} == set(rows)
    for step, phases in walked.items():
        assert phases[0] == Phase.INTENT.value, step
        for before, after in itertools.pairwise(phases):
            assert after in rows[before][2], (step, phases)
