"""A law's dates as Airflow's deadlines: asked of the ledger when a run is made, told when they have passed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from retention.model.request_moves import DeskWarned
from retention.requests import clocks
from retention.requests.workdays import calendar_of
from tests.doubles.webhook import SECRET, DeskServer
from tests.e2e.conftest import Shop, make_shop_in

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
