"""Under a real `airflow standalone`: a law's date passes, the triggerer tells the desk, and nobody else has looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from retention.model.request_moves import DeskWarned
from tests.dags.standalone import Standalone
from tests.doubles.webhook import SECRET, DeskServer
from tests.e2e.conftest import make_shop_in


@pytest.fixture
def desk() -> Iterator[DeskServer]:
    server = DeskServer()
    yield server
    server.close()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_missed_deadline_reaches_the_desk_once_though_every_clock_of_the_request_raises_it(
    tmp_path_factory: pytest.TempPathFactory, desk: DeskServer
) -> None:
    """The run waits, no hourly look exists; each date is told once, and Airflow's own database knows no person."""
    shop = make_shop_in(tmp_path_factory.mktemp("shop"))
    with (shop.folder / "retention.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"alerts:\n  desk: {{alerter: webhook, url: '{desk.url}', secret: {SECRET}}}\n")
    with shop.app() as app:
        case = app.open_request("email=c3@mail.example", "post", datetime.now(UTC) - timedelta(days=200)).case_id
    files = ("subject_request", "plan_road", "dataset_assets", "mapped", "pools", "task_errors")
    environment = {"RETENTION_WORKSPACE": str(shop.folder), "RETENTION_TASK_RETRIES": "0"}
    airflow = Standalone(tmp_path_factory.mktemp("standalone"), files, environment)
    try:
        airflow.start("triggerer")  # two, as where it matters: on SQLite one may die of a lock, and none tells twice
        airflow.unpause("subject_request")
        airflow.call("POST", "dags/subject_request/dagRuns", {"logical_date": None, "conf": {"case_id": case}})
        with shop.app() as app:
            airflow.wait_until(lambda: desk.calls, 400, "the triggerer to tell the desk")
            noted = [move for move in app.request_moves(case) if isinstance(move.what, DeskWarned)]
            airflow.wait_until(lambda: len(desk.calls) >= len(noted), 200, "every date to be told")
        told = [(said["data"]["law"], said["data"]["warned"]) for _, said in desk.calls]
        assert sorted(told) == sorted((move.what.regime, move.what.warned.value) for move in noted)
        assert len({name for name, _ in desk.calls}) == len(desk.calls)
        kept = [path.read_bytes() for path in airflow.home.rglob("*") if path.is_file()]
        assert any(case.encode() in content for content in kept)
        assert not any(b"c3@mail" in content for content in kept)
    finally:
        airflow.close()
