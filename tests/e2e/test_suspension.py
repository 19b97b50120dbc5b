"""利用停止: the use of a person's data is stopped and allowed again, by every means; APPI 35, GDPR 18."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from retention.errors import FoundError, InputError, StateError, UnreachableDataError
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.terms import Right

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
TABLES = ("customers", "orders", "notes")
KEY = {"customers": "id TEXT PRIMARY KEY", "orders": "id INTEGER PRIMARY KEY", "notes": "id INTEGER PRIMARY KEY"}


def _flags(shop: Any) -> str:
    for table in TABLES:
        shop.change(f"ALTER TABLE {table} ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT 0")
    return "suspend: {flag: {column: stopped, value: true}}"


def _kept_tables(shop: Any) -> str:
    for table in TABLES:
        ((made,),) = shop.rows(f"SELECT sql FROM sqlite_master WHERE name = '{table}'")
        shop.change(made.replace(f"TABLE {table}", f"TABLE kept_{table}").replace(" REFERENCES customers(id)", ""))
    return "suspend: {move: {table: kept_TABLE}}"


def _views_over_keys(shop: Any) -> str:
    for table in TABLES:
        shop.change(f"CREATE TABLE kept_{table} ({KEY[table]})")
        hidden = f"SELECT 1 FROM kept_{table} k WHERE k.id = {table}.id"
        shop.change(f"CREATE VIEW seen_{table} AS SELECT * FROM {table} WHERE NOT EXISTS ({hidden})")
    return "suspend: {view: {name: seen_TABLE, keys: kept_TABLE}}"


def _views_over_flags(shop: Any) -> str:
    _flags(shop)
    for table in TABLES:
        shop.change(f"CREATE VIEW seen_{table} AS SELECT * FROM {table} WHERE NOT stopped")
    return "suspend: {view: {name: seen_TABLE, flag: {column: stopped, value: true}}}"


WAYS: dict[str, Callable[[Any], str]] = {
    "move": _kept_tables,
    "view-keys": _views_over_keys,
    "view-flag": _views_over_flags,
}


@pytest.fixture(params=["move", "view-keys", "view-flag"])
def stoppable(request: pytest.FixtureRequest, shop: Any) -> Any:
    """The shop, with a means to suspend in every table."""
    return _with_means(shop, WAYS[request.param](shop))


@pytest.fixture
def movable(shop: Any) -> Any:
    """The shop, where suspended rows are moved."""
    return _with_means(shop, _kept_tables(shop))


def _with_means(shop: Any, means: str) -> Any:
    path = shop.folder / "datamap.yaml"
    text = path.read_text(encoding="utf-8")
    for table in TABLES:
        text = text.replace(f"    table: {table}\n", f"    table: {table}\n    {means.replace('TABLE', table)}\n")
    path.write_text(text, encoding="utf-8")
    return shop


def everything(shop: Any) -> dict[str, list[Any]]:
    """Every table, row by row."""
    names = [name for (name,) in shop.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: sorted(shop.rows(f"SELECT * FROM {name}"), key=repr) for name in names if name[0] != "s"}


def in_use(shop: Any, who: str = "c3") -> int:
    """How many rows of the person the application sees."""
    views = {name for (name,) in shop.rows("SELECT name FROM sqlite_master WHERE type = 'view'")}
    found = 0
    for table in TABLES:
        source = f"seen_{table}" if f"seen_{table}" in views else table
        columns = {row[1] for row in shop.rows(f"PRAGMA table_info({table})")}
        heeds = " AND NOT stopped" if "stopped" in columns else ""
        key = "id" if table == "customers" else "customer_id"
        found += len(shop.rows(f"SELECT 1 FROM {source} WHERE {key} = '{who}'{heeds}"))
    return found


def suspended(app: Any, subject: str = "user_id=c3", now: datetime = NOW) -> tuple[str, Any]:
    """Take a request for suspension down the road; return the case and the plan."""
    case = app.open_request(subject, "post", now, right=Right.SUSPENSION).case_id
    app.identify(case, "passport", now)
    app.accept(case, now)
    return case, carried_out(app, app.plan_request(case, now), now)


def lifted(app: Any, case: str, now: datetime = LATER) -> tuple[str, Any]:
    """Take the lifting of a case down the road."""
    lift = app.open_lift(case, "ground-over", "anna", now).case_id
    return lift, carried_out(app, app.plan_request(lift, now), now)


def carried_out(app: Any, made: Any, now: datetime) -> Any:
    """Approve, apply, verify and seal a plan; return it."""
    app.approve(made.plan_id, made.digest, "office", now)
    report = app.apply(made.plan_id, now)
    assert not report.failed, report.failed
    app.verify(made.plan_id, now)
    app.seal(made.plan_id, now)
    return app.plan(made.plan_id)[0]


def steps(plan: Any) -> Iterator[tuple[str, str, int]]:
    """Yield kind, dataset and count of each step."""
    for step in plan.steps:
        yield type(step).__name__, step.dataset, step.rows


def test_suspension_takes_the_persons_rows_out_of_use_and_lifting_is_its_inverse(stoppable: Any) -> None:
    """All of his rows and nobody else's; afterwards every table is, row by row, what it was; evidence says both.

    TRI-26.
    """
    before = everything(stoppable)
    with stoppable.app() as app:
        assert app.check_datamap() == ()
        case, plan = suspended(app)
        assert list(steps(plan)) == [
            ("SuspendRows", "shop.notes", 1),
            ("SuspendRows", "shop.orders", 2),
            ("SuspendRows", "shop.customers", 1),
        ]
        assert all(s.because.request and s.because.statutes == ("jp.appi.35-5",) for s in plan.steps)
        assert (in_use(stoppable), in_use(stoppable, "c4")) == (0, 4)
        assert everything(stoppable) != before
        lift, plan = lifted(app, case)
        assert {kind for kind, _, _ in steps(plan)} == {"LiftRows"}
        assert everything(stoppable) == before
        for one, state in ((case, "suspended"), (lift, "lifted")):
            report = verify(app.bundle(one))
            facts = [fact.told for fact in report.facts if fact.kind == "suspension"]
            assert report.complete
            assert {(fact["state"], fact["reason"]) for fact in facts} == {
                (state, "ground-over" if state == "lifted" else None)
            }
            assert sum(fact["rows"] for fact in facts) == 4
        with pytest.raises(StateError, match="any more"):
            app.open_lift(case, "cured", "anna", LATER)


@pytest.mark.parametrize("stoppable", ["view-keys"], indirect=True)
def test_a_suspended_person_can_be_erased_and_nothing_of_him_is_left(stoppable: Any) -> None:
    """Erasure finds the suspended rows, wherever they stand; what a tax law keeps stays out of use."""
    with stoppable.app() as app:
        suspended(app)
        case = app.open_request("email=c3@mail.example", "post", LATER).case_id
        app.identify(case, "passport", LATER)
        app.accept(case, LATER)
        carried_out(app, app.plan_request(case, LATER), LATER)
    left = [row for rows in everything(stoppable).values() for row in rows if "c3" in str(row)]
    assert [row for row in left if "@" in str(row) or "Name" in str(row) or "note" in str(row)] == []
    assert in_use(stoppable) == 0
    assert len(stoppable.rows("SELECT 1 FROM customers")) == 9


@pytest.mark.parametrize("stoppable", ["view-keys"], indirect=True)
def test_rows_that_come_while_suspended_are_suspended_by_the_next_sweep(stoppable: Any) -> None:
    """A new note of his is found by his digest; the sweep's plan stops its use, under the same right."""
    with stoppable.app() as app:
        case, _ = suspended(app)
        columns = "id, customer_id, body, written_at"
        stoppable.change(f"INSERT INTO notes ({columns}) VALUES (900, 'c3', 'late', '2026-11-22 00:00:00')")
        assert in_use(stoppable) == 1
        plan = carried_out(app, app.plan_sweep(LATER), LATER)
        assert [step for step in steps(plan) if step[0] == "SuspendRows"] == [("SuspendRows", "shop.notes", 1)]
        assert in_use(stoppable) == 0
        assert app.plan_sweep(LATER) is None
        lifted(app, case)
        assert in_use(stoppable) == 4  # one order was due


@pytest.mark.parametrize("stoppable", ["view-flag"], indirect=True)
def test_a_row_that_comes_during_the_run_is_found_by_verification(stoppable: Any) -> None:
    """The look finds it where the application reads; the case is PARTIAL, and a new plan finishes it."""
    with stoppable.app() as app:
        case = app.open_request("user_id=c3", "post", NOW, right=Right.SUSPENSION).case_id
        app.identify(case, "passport", NOW)
        app.accept(case, NOW)
        made = app.plan_request(case, NOW)
        app.approve(made.plan_id, made.digest, "office", NOW)
        app.apply(made.plan_id, NOW)
        columns = "id, customer_id, body, written_at"
        stoppable.change(f"INSERT INTO notes ({columns}) VALUES (900, 'c3', 'late', '2026-11-22 00:00:00')")
        with pytest.raises(FoundError, match=r"shop\.notes"):
            app.verify(made.plan_id, NOW)
        assert app.context.ledger.cases.get(case).state is CaseState.PARTIAL
        plan = carried_out(app, app.plan_request(case, NOW), NOW)
        assert list(steps(plan)) == [("SuspendRows", "shop.notes", 1)]
    assert in_use(stoppable) == 0


def test_explain_says_since_when_and_why(movable: Any) -> None:
    """A suspended person's data is found where it is kept, with the day, the right and the case; afterwards no more."""
    with movable.app() as app:
        case, _ = suspended(app)
        found = app.explain("email=c3@mail.example", LATER)
        assert [(s.case_id, s.since, s.statutes) for s in found.suspended] == [(case, NOW, ("jp.appi.35-5",))]
        assert {line.dataset for line in found.lines} == {f"shop.{table}.suspended" for table in TABLES}
        assert app.explain("user_id=c4", LATER).suspended == ()
        lifted(app, case)
        assert app.explain("user_id=c3", LATER).suspended == ()


def test_two_suspensions_of_one_person_end_with_the_second_lift(movable: Any) -> None:
    """Lifting one case leaves what another case still suspends. A hold stands in the way of neither."""
    before = everything(movable)
    with movable.app() as app:
        app.place_hold("user_id=c3", "litigation", NOW)
        first, _ = suspended(app)
        second, plan = suspended(app, "email=c3@mail.example")
        assert plan.steps == ()
        _, plan = lifted(app, first)
        assert plan.steps == ()
        assert in_use(movable) == 0
        lifted(app, second)
    assert everything(movable) == before


def test_a_restored_store_suspends_again_before_it_opens(movable: Any) -> None:
    """A backup from before the suspension brings the rows back into use: the restore's plan stops that."""
    restored = movable.database.with_name("restored.sqlite")
    restored.write_bytes(movable.database.read_bytes())
    with movable.app() as app:
        suspended(app)
        made = app.plan_restore("shop_restored", LATER)
        carried_out(app, made, LATER)
    copy = type(movable)(movable.folder, restored)
    assert in_use(copy) == 0
    assert len(copy.rows("SELECT 1 FROM kept_orders")) == 1  # the other was due


def test_nothing_is_suspended_in_part(movable: Any) -> None:
    """A dataset of the person's of which the map does not say how stops the plan; `parent` with a reason will do."""
    path = movable.folder / "datamap.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("    suspend: {move: {table: kept_notes}}\n", ""), encoding="utf-8")
    movable.change("DROP TABLE kept_notes")
    with movable.app() as app, pytest.raises(UnreachableDataError, match=r"shop\.notes \(1 rows\)"):
        suspended(app)
    reason = "    suspend: {parent: nobody reads a note but with its customer}\n"
    path.write_text(text.replace("    suspend: {move: {table: kept_notes}}\n", reason), encoding="utf-8")
    with movable.app() as app, pytest.raises(UnreachableDataError, match=r"1 rows of shop\.notes refer to"):
        suspended(app)
    assert in_use(movable) == 4


def test_plans_say_what_is_done_and_until_when(movable: Any, cli: Callable[..., Any]) -> None:
    """The command line: open with --right, lift with reason and decider; the plan names means and end."""
    folder = movable.folder
    opened = cli("request", "open", "--subject", "user_id=c3", "--right", "suspension", folder=folder)
    case = opened.out.split(":")[0]
    cli("request", "identify", case, "--document", "passport", folder=folder)
    cli("request", "decide", case, "accept", folder=folder)
    shown = cli("plan", "request", case, folder=folder)
    assert "stop the use of 1 of 10 rows, moved to kept_customers, until it is lifted" in shown.out
    with movable.app() as app:
        made = app.context.ledger.plans.of_case(case)[0]
        carried_out(app, made, NOW)
    told = cli("explain", "--subject", "user_id=c3", folder=folder)
    assert "suspended since" in told.out
    assert case in told.out
    lift = cli("request", "lift", case, "--reason", "withdrawn", "--by", "anna", folder=folder)
    assert lift.code == 0
    shown = cli("plan", "request", lift.out.split(":")[0], folder=folder)
    assert "allow the use of 1 of 1 suspended rows again (withdrawn)" in shown.out
    assert cli("request", "lift", "C-nix", "--reason", "cured", "--by", "anna", folder=folder).code == 2


def test_rules_stop_the_use_of_what_is_due(shop: Any) -> None:
    """`then: suspend`: by a row's date and by an event; erasing nothing, once only, and explained by the rule."""
    _with_means(shop, _flags(shop))
    path = shop.folder / "policy.yaml"
    head, rest = path.read_text(encoding="utf-8").split("  - id: billing")
    billing, notes = rest.split("  - id: notes")
    stopping = [part.replace("then: erase", "then: suspend") for part in (head, notes)]
    path.write_text(f"{stopping[0]}  - id: billing{billing}  - id: notes{stopping[1]}", encoding="utf-8")
    shop.change("UPDATE notes SET written_at = '2024-01-01 00:00:00' WHERE customer_id = 'c5'")
    shop.change("DELETE FROM orders WHERE paid_at < '2020-01-01'")
    before = len(shop.rows("SELECT * FROM customers"))
    with shop.app() as app:
        closed = NOW - timedelta(days=90)
        app.record_event("user_id=c7", "account.closed", event_id="e1", occurred_at=closed, now=NOW)
        plan = carried_out(app, app.plan_sweep(NOW), NOW)
        assert list(steps(plan)) == [("SuspendRows", "shop.notes", 1), ("SuspendRows", "shop.customers", 1)]
        assert (plan.subjects, len(shop.rows("SELECT * FROM customers"))) == (1, before)
        assert shop.rows("SELECT id FROM customers WHERE stopped") == [("c7",)]
        assert shop.rows("SELECT customer_id FROM notes WHERE stopped") == [("c5",)]
        assert app.plan_sweep(LATER) is None
        (found,) = app.explain("user_id=c7", LATER).suspended
        assert (found.rules, found.case_id) == (("account",), plan.case_id)
        assert not app.suppressed("user_id=c7", LATER)


def test_a_rule_that_could_suspend_a_part_only_is_refused_when_the_workspace_opens(shop: Any) -> None:
    """The map must say how, and everything personal in the row must fall under such rules."""
    path = shop.folder / "policy.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("then: erase", "then: suspend", 1), encoding="utf-8")
    with pytest.raises(InputError, match="suspend"):
        shop.app()
