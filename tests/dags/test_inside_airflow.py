"""What runs in Airflow's own processes, without starting one: dates as its deadlines, tasks as functions, alarms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from retention.errors import TerminalFailure, TransientFailure
from retention.model.request_moves import DeskWarned
from retention.requests import clocks
from retention.requests.workdays import calendar_of
from tests.doubles.webhook import SECRET, DeskServer
from tests.e2e.conftest import Shop, make_shop_in

ROOT = Path(__file__).parents[2]
LONG_AGO = datetime.now(UTC) - timedelta(days=200)


@pytest.fixture(scope="module")
def deadlines(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The module as Airflow imports it, with a home of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        from dags import deadlines as loaded  # noqa: PLC0415 -- Airflow asks for its home when it is imported

        patch.setattr(loaded, "PAUSES_SECONDS", (0.0, 0.0))
        yield loaded


@pytest.fixture(scope="module")
def desk() -> Iterator[DeskServer]:
    server = DeskServer()
    yield server
    server.close()


@pytest.fixture
def shop(tmp_path: Path, desk: DeskServer, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose desk is told by webhook."""
    desk.forget()
    made = make_shop_in(tmp_path)
    path = made.folder / "retention.yaml"
    ways = f"alerts:\n  desk: {{alerter: webhook, url: '{desk.url}', secret: {SECRET}}}\n"
    path.write_text(path.read_text(encoding="utf-8") + ways, encoding="utf-8")
    monkeypatch.setenv("RETENTION_WORKSPACE", str(made.folder))
    return made


def asked(shop: Shop) -> str:
    """Let a request arrive of which every date has passed long ago; return its case."""
    with shop.app() as app:
        return app.open_request("email=c3@mail.example", "post", LONG_AGO).case_id


def missed(case: str, at: datetime) -> dict[str, Any]:
    """Return what Airflow hands to the callback of a missed deadline."""
    return {"dag_run": {"conf": {"case_id": case}}, "deadline": {"deadline_time": at.isoformat()}}


def instant(deadlines: ModuleType, case: str, regime: str, warned: str) -> datetime | None:
    """Ask the reference as the scheduler does, after its way through Airflow's database."""
    from airflow.serialization.decoders import decode_deadline_reference  # noqa: PLC0415 -- as above
    from airflow.serialization.encoders import encode_deadline_reference  # noqa: PLC0415 -- as above

    reference = decode_deadline_reference(encode_deadline_reference(deadlines.RequestDate(regime, warned)))
    session = SimpleNamespace(scalar=lambda _: {"case_id": case})
    run = {"dag_id": "subject_request", "run_id": f"run-of-{case}"}
    found: datetime | None = reference.evaluate_with(session=session, interval=timedelta(), **run)
    return found


def test_every_clock_that_the_laws_know_is_a_deadline(deadlines: ModuleType) -> None:
    """Each law's and the policy's, each thing that is told about it, and the callback can be imported by its name."""
    assert set(deadlines.REGIMES) == {clocks.PROMISE, *clocks._LAWS}
    told = {*deadlines.ANSWER, *deadlines.ACKNOWLEDGE}
    assert told == {warned.value for warned in clocks.Warned}
    assert {alert.callback.path for alert in deadlines.CASE_DEADLINES} == {"dags.deadlines.tell_date"}
    assert len(deadlines.CASE_DEADLINES) == len(set(deadlines.WARNINGS))


def test_airflow_is_given_the_dates_of_the_ledger(deadlines: ModuleType, shop: Shop) -> None:
    """Each reference gives the start of the day from which on the hourly look tells the same; others give none."""
    case = asked(shop)
    with shop.app() as app:
        request, works = app.request(case), calendar_of("Asia/Tokyo")
        ahead = {(t.regime, t.warned.value): day for t, day in clocks.warnings_ahead(request, works)}
    found = {key: instant(deadlines, case, *key) for key in deadlines.WARNINGS}
    assert {key: at and request.day_of(at) for key, at in found.items()} == {key: ahead.get(key) for key in found}
    assert ahead.keys() <= found.keys()


def test_a_ledger_that_cannot_be_asked_keeps_no_run_from_being_made(deadlines: ModuleType, shop: Shop) -> None:
    """There is no deadline then, and no error; a form without a case has none either."""
    case = asked(shop)
    (shop.folder / "ledger.db").write_bytes(b"this is no database" * 100)
    assert instant(deadlines, case, "policy", "answer-late") is None
    assert instant(deadlines, "", "policy", "answer-late") is None


def test_a_missed_deadline_tells_what_the_hourly_look_would_tell_and_nothing_twice(
    deadlines: ModuleType, shop: Shop, desk: DeskServer
) -> None:
    """Either road alone is enough; both together tell each thing once."""
    case = asked(shop)
    desk.answers.append(503)
    told = asyncio.run(deadlines.tell_date("policy", "answer-late", context=missed(case, LONG_AGO)))
    assert told == "ledger"
    once = [name for name, _ in desk.calls]
    asyncio.run(deadlines.tell_date("jp.appi", "answer-late", context=missed(case, LONG_AGO)))
    with shop.app() as app:
        app.warn(datetime.now(UTC))
        assert app.alert_all(datetime.now(UTC)).told == ()
        noted = [move for move in app.request_moves(case) if isinstance(move.what, DeskWarned)]
    assert [name for name, _ in desk.calls] == once
    assert len(once) == len(set(once)) == len(noted) > 0


def test_without_the_ledger_the_desk_is_told_under_the_id_that_the_ledger_would_use(
    deadlines: ModuleType, shop: Shop, desk: DeskServer
) -> None:
    """The ledger is away: the deadline tells directly; when it is back, the receiver knows the repetition by its id."""
    case, ledger = asked(shop), shop.folder / "ledger.db"
    at = instant(deadlines, case, "policy", "answer-late")
    assert at is not None
    kept = ledger.read_bytes()
    ledger.write_bytes(b"this is no database" * 100)
    told = asyncio.run(deadlines.tell_date("policy", "answer-late", context=missed(case, at)))
    ((name, said),) = desk.calls
    assert (told, said["data"]["case"]) == ("directly", case)
    ledger.write_bytes(kept)
    with shop.app() as app:
        app.alert_of(case, datetime.now(UTC))
    assert name in [again for again, _ in desk.calls[1:]]


QUIET: dict[str, object] = {
    "copies_follow_up.follow_copies": [],
    "copies_follow_up.remind_processors": [],
    "copies_follow_up.seal_answered": [],
    "copies_follow_up.look_again": [],
    "unfinished.look": [],
    "evidence_seal.publish": 0,
    "evidence_seal.cosign": 0,
    "expiries.let_go": [],
    "expiries.rotate_keys": 0,
    "standing_checks.check_map": None,
    "standing_checks.check_contracts": None,
    "standing_checks.audit_log": 0,
    "request_clocks.note_dates": [],
    "request_clocks.tell_desk": 0,
    "client_calls.call": "AirflowSkipException",
    "joint_use_withdrawals.plan_withdrawals": "AirflowSkipException",
    "erasure_lineage.tell": "AirflowSkipException",
}
"""What each task of the clock's DAGs says in a shop in which nothing is to be done."""


def test_in_a_quiet_shop_every_task_of_the_clock_finds_nothing_and_says_so(
    deadlines: ModuleType, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each task as a function, against the real product; the page for the binder is written once."""
    del deadlines
    monkeypatch.syspath_prepend(str(ROOT / "dags"))
    assert {name: outcome(name) for name in QUIET} == QUIET
    page = outcome("evidence_binder.write_page")
    assert (shop.folder / str(page)).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert outcome("evidence_binder.write_page") == page


def outcome(name: str) -> object:
    """Run the function of a task; return what it returns, or the name of what it raises on purpose."""
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 -- as above
    from airflow.sdk.execution_time.context import set_current_context  # noqa: PLC0415 -- same

    module, _, task = name.partition(".")
    context: Any = {"dag_run": SimpleNamespace(start_date=datetime.now(UTC))}
    try:
        with set_current_context(context):
            return getattr(import_module(module), task).function()
    except AirflowSkipException as skipped:
        return type(skipped).__name__


def test_findings_are_final_and_what_may_get_better_is_tried_again(
    deadlines: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A witness that saw another history is an alarm, one that sleeps is not; so with copies and ways to the desk."""
    from airflow.sdk.exceptions import AirflowFailException  # noqa: PLC0415 -- as above

    del deadlines
    monkeypatch.syspath_prepend(str(ROOT / "dags"))
    findings = import_module("findings")
    witnessed = partial(SimpleNamespace, size=7, cosigned={})
    with pytest.raises(AirflowFailException, match="RET-100: witnesses: w1: contradicts"):
        findings.refuse_unwitnessed(witnessed(missing={"w1": "contradicts"}, is_quorum=True))
    with pytest.raises(TransientFailure, match=r"w1 \(unreachable\)"):
        findings.refuse_unwitnessed(witnessed(missing={"w1": "unreachable"}, is_quorum=False))
    assert findings.refuse_unwitnessed(witnessed(missing={"w1": "unreachable"}, is_quorum=True)) == 0
    fault = SimpleNamespace(fault=SimpleNamespace(value="late"), what="2026-11-01", system="nightly")
    away = TransientFailure("nightly was not reached")
    with pytest.raises(AirflowFailException, match="RET-100: copies: late 2026-11-01 in nightly"):
        findings.closed_cases(SimpleNamespace(unreachable=(), findings=(fault,), closed=()))
    with pytest.raises(TransientFailure, match="nightly"):
        findings.closed_cases(SimpleNamespace(unreachable=(away,), findings=(fault,), closed=()))
    with pytest.raises(TransientFailure):
        findings.untold_refused(SimpleNamespace(failed={"desk": away}, told=()))
    with pytest.raises(AirflowFailException):
        findings.untold_refused(SimpleNamespace(failed={"desk": away, "mail": TerminalFailure("no")}, told=()))
    look = SimpleNamespace(case_id="C-20261101-cccccc", late=True)
    with pytest.raises(AirflowFailException, match="RET-100: looked too late: C-20261101-cccccc"):
        findings.returned_plans(SimpleNamespace(looks=(look,), plans=()))
    again = SimpleNamespace(plan_id="P-20261123-aaaaaa")
    assert findings.returned_plans(SimpleNamespace(looks=(look,), plans=(again,))) == ["P-20261123-aaaaaa"]
