"""Somebody writes rows of the person while the erasure runs: they are found, and the next pass erases them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from retention.errors import FoundError
from retention.model.case import CaseState
from retention.model.volume import Progress

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
VISITS = """\
  shop.visits:
    system: shop
    table: visits
    primary_key: [id]
    subject: {user_id: user_id}
    fields: {ip: {category: account, identifies: indirectly}}
"""
VISIT = "INSERT INTO visits (user_id, ip) VALUES ('c3', '192.0.2.3')"
NOTE = "INSERT INTO notes (customer_id, body, written_at) VALUES ('c3', 'late', '2026-11-23 00:00:00')"


@pytest.fixture
def visited(shop: Any) -> Any:
    """The shop with a table of visits, which knows people by their number and has no foreign key."""
    shop.change("CREATE TABLE visits (id INTEGER PRIMARY KEY, user_id TEXT, ip TEXT)", VISIT)
    others = ", ".join(f"('c{n}', '192.0.2.{n}')" for n in range(10) if n != 3)
    shop.change(f"INSERT INTO visits (user_id, ip) VALUES {others}")
    datamap = shop.folder / "datamap.yaml"
    datamap.write_text(datamap.read_text(encoding="utf-8") + VISITS, encoding="utf-8")
    return shop


def again(app: Any, case_id: str) -> CaseState:
    """Take the case down the road once more, to its end."""
    plan = app.plan_request(case_id, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    assert app.apply(plan.plan_id, NOW).state is CaseState.APPLIED
    app.verify(plan.plan_id, NOW)
    state: CaseState = app.seal(plan.plan_id, NOW).state
    return state


def test_a_row_that_comes_during_the_run_is_found_and_erased_by_the_next_pass(visited: Any) -> None:
    """Verification does not call the run complete; a new plan for the same case takes what came."""
    others = visited.rows("SELECT * FROM visits WHERE user_id != 'c3' ORDER BY id")
    app, case_id, plan_id = visited.approved_request("user_id=c3")
    done: list[str] = []

    def meanwhile(step_id: str, _: Progress) -> None:
        if any("visits" in step for step in done):
            visited.change(VISIT)
            done.clear()
        done.append(step_id)

    with app:
        # the last step has nobody after it: the row comes at the latest before the look
        report = app.apply(plan_id, NOW, meanwhile)
        assert report.state is CaseState.APPLIED
        if not visited.rows("SELECT 1 FROM visits WHERE user_id = 'c3'"):
            visited.change(VISIT)
        with pytest.raises(FoundError, match=r"shop\.visits: count, digest, residual"):
            app.verify(plan_id, NOW)
        assert again(app, case_id) is CaseState.CLOSED
    assert visited.rows("SELECT * FROM visits WHERE user_id = 'c3'") == []
    assert visited.rows("SELECT * FROM visits ORDER BY id") == others


def test_a_row_that_holds_its_parent_back_leaves_the_case_partial_until_the_next_pass(visited: Any) -> None:
    """The database refuses to let the customer go while the late note refers to him: that is said, and finished."""
    app, case_id, plan_id = visited.approved_request("user_id=c3")

    def meanwhile(step_id: str, _: Progress) -> None:
        if step_id.endswith("erase-shop.customers"):
            visited.change(NOTE)

    with app:
        assert app.apply(plan_id, NOW, meanwhile).state is CaseState.PARTIAL
        assert visited.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]
        assert again(app, case_id) is CaseState.CLOSED
    assert visited.rows("SELECT count(*) FROM notes WHERE body = 'late'") == [(0,)]
    assert visited.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
