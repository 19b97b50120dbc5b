"""What is typed into Airflow about our DAGs: numbers and names go on to Airflow as they came, nothing else does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from airflow_plugin.guarding import TypedGuard
from airflow_plugin.typed import misfit, ours

CASE = "C-20261123-7f3k2q"
RUNS = "/api/v2/dags/subject_request/dagRuns"
RUN = f"{RUNS}/manual__2026-11-26T01:02:03.456789+00:00"
TASKS = f"{RUN}/taskInstances"
ANSWER = f"{TASKS}/wait_for_approval/-1/hitlDetails"
ENDED = {"dag_run_id": "letters-1", "state": "failed", "note": None}
GOOD = [
    ("POST", RUNS, {"conf": {"case_id": CASE}, "logical_date": None, "dag_run_id": "request-7"}),
    ("POST", RUNS, {"conf": {}, "logical_date": "2026-11-26T10:00:00+09:00", "note": ""}),
    ("POST", RUNS, {"conf": None, "run_after": "2026-11-26T01:02:03.456Z", "partition_key": None}),
    ("POST", "/api/v2/dags/restore_gate/dagRuns", {"conf": {"system_id": "app_restored", "taken_at": ""}}),
    ("POST", "/api/v2/dags/retention_sweep/dagRuns", {"conf": {}, "note": "INC-4711, C-20261123-7f3k2q"}),
    ("PATCH", f"{RUN}?update_mask=state", {"state": "queued"}),
    ("POST", f"{RUN}/clear", {"dry_run": False, "only_failed": True, "run_on_latest_version": True}),
    ("PATCH", ANSWER, {"chosen_options": ["Approve"], "params_input": {"digest": "0f" * 32, "reason": "other"}}),
    ("POST", "/api/v2/dags/subject_request/clearTaskInstances", {"task_ids": [["plan_request", 12]], "note": None}),
    ("PATCH", "/api/v2/dags/subject_request", {"is_paused": True}),
    ("POST", "/api/v2/backfills", {"dag_id": "retention_sweep", "from_date": "2026-11-01", "dag_run_conf": {}}),
    ("PATCH", "/api/v2/dags/~/dagRuns", {"actions": [{"entities": [{"dag_id": "letters", **ENDED}]}]}),
]
WORDS = "Tanaka Hanako, 090-1234-5678"
BAD: list[tuple[str, str, object]] = [
    ("POST", RUNS, {"conf": {"case_id": "tanaka@example.jp"}}),
    ("POST", RUNS, {"conf": {"case_id": f"{CASE} tanaka"}}),
    ("POST", RUNS, {"conf": {"case_id": f"{CASE}\n"}}),
    ("POST", RUNS, {"conf": {"case_id": 9012345678}}),
    ("POST", RUNS, {"conf": {"case_id": [CASE]}}),
    ("POST", RUNS, {"conf": {"case_id": CASE, "mail": "tanaka"}}),
    ("POST", RUNS, {"conf": "tanaka"}),
    ("POST", RUNS, {"conf": {"case_id": CASE}, "note": WORDS}),
    ("POST", RUNS, {"conf": {"case_id": CASE}, "note": ["INC-1"]}),
    ("POST", RUNS, {"dag_run_id": "tanaka@example.jp"}),
    ("POST", RUNS, {"logical_date": "09012345678"}),
    ("POST", RUNS, {"run_after": 9012345678}),
    ("POST", RUNS, {"tanaka@example.jp": 1}),
    ("POST", RUNS, {"partition_key": "田中"}),
    ("POST", RUNS, ["tanaka@example.jp"]),
    ("POST", "/api/v2/dags/retention_sweep/dagRuns", {"conf": {"case_id": CASE}}),
    ("POST", f"/airflow{RUNS}", {"conf": {"case_id": "tanaka"}}),
    ("PATCH", f"{RUN}?update_mask={quote(WORDS)}", {"state": "queued"}),
    ("PATCH", f"{RUNS}/{quote(WORDS)}", {"state": "queued"}),
    ("DELETE", f"{RUNS}/{quote(WORDS)}", None),
    ("PATCH", TASKS, {"actions": [{"entities": [{"task_id": "seal", "note": WORDS}]}]}),
    ("PATCH", ANSWER, {"chosen_options": ["Reject"], "params_input": {"digest": "0f" * 32, "reason": WORDS}}),
    ("PATCH", ANSWER, {"chosen_options": ["Reject"], "params_input": {"why": "other"}}),
    ("PATCH", ANSWER, {"chosen_options": [WORDS], "params_input": {}}),
    ("POST", "/api/v2/backfills", {"dag_id": "retention_sweep", "dag_run_conf": {"name": "tanaka"}}),
    ("PATCH", "/api/v2/dags/~/dagRuns", {"actions": [{"entities": [{"dag_id": "letters", "note": WORDS}]}]}),
    ("POST", RUNS, {"note": "INC-1 " * 1_000_000}),
]
OTHERS: list[tuple[str, str, object]] = [
    ("POST", "/api/v2/dags/newsletter/dagRuns", {"conf": {"to": "tanaka@example.jp"}, "note": WORDS}),
    ("PATCH", "/api/v2/dags/~/dagRuns", {"actions": [{"entities": [{"dag_id": "newsletter", "note": WORDS}]}]}),
    ("POST", "/api/v2/backfills", {"dag_id": "newsletter", "dag_run_conf": {"name": WORDS}}),
    ("POST", "/api/v2/variables", {"key": "greeting", "value": WORDS}),
    ("POST", "/auth/token", {"username": "tanaka@example.jp", "password": "p w"}),
    ("POST", "/api/v2/dags", {"dag_id": "subject_request", "note": WORDS}),
]


@dataclass
class Kept:
    """What reached Airflow."""

    calls: list[tuple[str, bytes]] = field(default_factory=list)

    async def keep(self, request: Request) -> Response:
        """Answer as Airflow."""
        self.calls.append((request.url.path, await request.body()))
        return Response("airflow")


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(kept: Kept) -> TestClient:
    airflow = Starlette()
    airflow.add_route("/{path:path}", kept.keep, ["GET", "POST", "PATCH", "DELETE"])
    airflow.add_middleware(TypedGuard)
    return TestClient(airflow)


@pytest.mark.parametrize(("method", "path", "body"), GOOD)
def test_numbers_and_names_go_on(client: TestClient, kept: Kept, method: str, path: str, body: Any) -> None:
    """What Airflow's own pages and a program send: every byte of it reaches Airflow, whose answer comes back."""
    answer = client.request(method, path, json=body)
    assert answer.text == "airflow"
    ((_, arrived),) = kept.calls
    assert arrived == answer.request.content


@pytest.mark.parametrize(("method", "path", "body"), BAD)
def test_nothing_else_reaches_airflow(client: TestClient, kept: Kept, method: str, path: str, body: Any) -> None:
    """It is refused with what was expected; the answer repeats nothing of what was sent."""
    answer = client.request(method, path, json=body)
    assert (answer.status_code, kept.calls) == (422, [])
    assert "expected" in answer.json()["detail"]
    assert not any(part in answer.text.lower() for part in ("tanaka", "hanako", "090", "9012345678", "田中"))


@pytest.mark.parametrize(("method", "path", "body"), OTHERS)
def test_others_dags_are_others_business(client: TestClient, kept: Kept, method: str, path: str, body: Any) -> None:
    """What is not about our DAGs is passed on whatever it holds."""
    assert client.request(method, path, json=body).text == "airflow"
    assert json.loads(kept.calls[0][1]) == body


def test_who_reads_sends_nothing_that_is_kept(client: TestClient, kept: Kept) -> None:
    """A search over runs is no call that Airflow writes down in its database."""
    assert client.get(f"{RUNS}?run_id_pattern={quote(WORDS)}").text == "airflow"
    assert len(kept.calls) == 1


def test_a_body_that_comes_in_pieces_is_judged_whole_and_handed_on_whole(client: TestClient, kept: Kept) -> None:
    """Cut anywhere: the address that two pieces make together is seen."""
    good = json.dumps({"conf": {"case_id": CASE}}).encode()
    assert client.post(RUNS, content=iter([good[:20], good[20:25], b"", good[25:]])).text == "airflow"
    assert kept.calls == [(RUNS, good)]
    bad = json.dumps({"conf": {"case_id": "tanaka@example.jp"}}).encode()
    assert client.post(RUNS, content=iter([bad[:30], bad[30:]])).status_code == 422
    assert len(kept.calls) == 1


def test_what_is_no_json_is_airflows_to_refuse(client: TestClient) -> None:
    """Airflow writes down only what it can read."""
    assert client.post(RUNS, content=b"{not json tanaka").text == "airflow"


PERSONAL = st.from_regex(r"[^-0-9]*([@ ,/]|[^\x00-\x7f])[^-0-9]*", fullmatch=True).filter(str.strip)


@given(text=PERSONAL, at=st.sampled_from(GOOD), where=st.integers(0, 40))
def test_whatever_is_typed_wherever(text: str, at: tuple[str, str, dict[str, Any]], where: int) -> None:
    """Put in the place of any text or name of a call that is passed on, words of people are refused."""
    _, path, body = at
    places = list(_places(body))
    place = places[where % len(places)]
    changed = _with(body, place, text)
    rest, _, query = path.removeprefix("/api/v2/").partition("?")
    found = misfit(ours(rest, body), rest, query, changed)
    assert found is not None
    assert text not in found.where


def _places(value: object, so_far: tuple[object, ...] = ()) -> Any:
    """Yield the way to each value in a body that is not the DAG's own name."""
    for key, held in value.items() if isinstance(value, dict) else enumerate(value):  # type: ignore[call-overload]
        if isinstance(held, dict | list) and held:
            yield from _places(held, (*so_far, key))
        elif key != "dag_id":
            yield (*so_far, key)


def _with(value: Any, place: tuple[Any, ...], text: str) -> Any:
    """Return the body with the text there."""
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[place[0]] = text if len(place) == 1 else _with(value[place[0]], place[1:], text)
    return copied
