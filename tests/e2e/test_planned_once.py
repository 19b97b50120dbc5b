"""A plan that is asked for again, since the process before died, is the plan that was made; it is there once."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from retention.app import App
from retention.app.records import PlanSummary
from tests.doubles.dying import Died
from tests.e2e.conftest import NOW, Carried, Shop, make_shop_in

WRITES = ("cases.add", "cases.replace", "vault.put", "plans.add", "plans.approve")
"""Of the ledger; the log's are counted besides."""
WRITES_OF_A_PLAN = 4
"""At least: the keys, the plan, its statement, the case."""


def mortal(app: App, after: int) -> None:
    """Let the process die right after so many durable writes."""
    written = [0]

    def counted(write: Callable[..., Any]) -> Callable[..., Any]:
        def writing(*args: Any, **kwargs: Any) -> Any:
            result = write(*args, **kwargs)
            written[0] += 1
            if written[0] == after:
                raise Died
            return result

        return writing

    for name in WRITES:
        part, method = name.split(".")
        owner = getattr(app.context.ledger, part)
        setattr(owner, method, counted(getattr(owner, method)))
    app.context.ledger.log.append = counted(app.context.ledger.log.append)  # type: ignore[method-assign]


def sweep(shop: Shop) -> Callable[[App], PlanSummary | None]:
    """Make something due; return what plans it."""
    with shop.app() as app:
        closed = {"event_id": "closed", "occurred_at": NOW - timedelta(days=90), "now": NOW}
        app.record_event("user_id=c3", "account.closed", **closed)
    return lambda app: app.plan_sweep_once(NOW)


def request(shop: Shop, subject: str = "user_id=c3") -> Callable[[App], PlanSummary | None]:
    """Take a request in; return what plans it."""
    with shop.app() as app:
        case_id = app.open_request(subject, "post", NOW).case_id
        app.identify(case_id, "passport", NOW)
        app.accept(case_id, NOW)
    return lambda app: app.plan_request_once(case_id, NOW)


def batch(shop: Shop) -> Callable[[App], PlanSummary | None]:
    """Take two requests in; return what plans them together."""
    for subject in ("user_id=c3", "user_id=c7"):
        request(shop, subject)

    def plan(app: App) -> PlanSummary | None:
        made = app.plan_batch_once(NOW)
        return made.plan if made else None

    return plan


def seen(app: App) -> list[tuple[str, str, int, Counter[str]]]:
    """Return each case's kind and state, how many plans it has, and what the log says of it."""
    ledger = app.context.ledger
    found = [
        (
            case.kind.value,
            case.state.value,
            len(ledger.plans.of_case(case.case_id)),
            Counter(
                json.loads(base64.b64decode(json.loads(entry.envelope)["payload"]))["predicate"]["kind"]
                for entry in ledger.log.of_case(case.case_id)
            ),
        )
        for case in ledger.cases.all()
    ]
    return sorted(found, key=str)


@pytest.mark.parametrize("begin", [sweep, request])
def test_whoever_dies_while_planning_finds_the_same_plan(
    begin: Callable[[Shop], Callable[[App], PlanSummary | None]], tmp_path: Path
) -> None:
    """Dead after any write: asked again for the same moment, there is one case, one plan, each statement once."""
    shop = make_shop_in(tmp_path)
    plan = begin(shop)
    with shop.app() as app:
        made = plan(app)
        assert made is not None
        expected = seen(app)
        assert plan(app) == made
        assert seen(app) == expected
    deaths = 0
    while True:
        folder = tmp_path / str(deaths)
        folder.mkdir()
        shop = make_shop_in(folder)
        plan = begin(shop)
        with shop.app() as app:
            mortal(app, deaths + 1)
            try:
                plan(app)
            except Died:
                deaths += 1
            else:
                break
        with shop.app() as app:
            assert plan(app) is not None
            assert seen(app) == expected, deaths
    assert deaths >= WRITES_OF_A_PLAN


def test_another_moment_is_another_plan(shop: Shop) -> None:
    """Whoever runs a DAG again on purpose, the world having changed, gets a new plan of the same case."""
    plan = request(shop)
    with shop.app() as app:
        first = plan(app)
        (case,) = app.context.ledger.cases.all()
        second = app.plan_request_once(case.case_id, NOW + timedelta(hours=1))
        assert first is not None
        assert second.plan_id != first.plan_id


def test_a_sweep_that_found_nothing_opens_no_second_case(shop: Shop) -> None:
    """Asked again for the same moment, nothing is due still, and nothing is written."""
    with shop.app() as app:
        sweep_of_books = app.plan_sweep_once(NOW.replace(year=2020))
        cases = app.context.ledger.cases.all()
        assert app.plan_sweep_once(NOW.replace(year=2020)) == sweep_of_books is None
        assert app.context.ledger.cases.all() == cases


def test_a_batch_is_gathered_once(shop: Shop) -> None:
    """Asked again for the same moment, those who were gathered are in the same plan; nobody waits for another."""
    plan = batch(shop)
    with shop.app() as app:
        made, expected = plan(app), seen(app)
        assert made is not None
        assert plan(app) == made
        assert seen(app) == expected
        assert app.plan_batch_once(NOW + timedelta(hours=1)) is None


def test_whoever_is_back_is_planned_once(closed: Carried) -> None:
    """A look whose answer was lost names the same plan when it is asked for again; another look names none."""
    closed.shop.change("INSERT INTO customers VALUES ('c3', 'Name c3', 'c3@mail.example')")
    week = NOW + timedelta(days=7)
    with closed.shop.app() as app:
        plans = app.rescan_once(week).plans
        assert len(plans) == 1
        assert app.rescan_once(week).plans == plans
        assert app.rescan_once(week + timedelta(hours=1)).plans == ()
