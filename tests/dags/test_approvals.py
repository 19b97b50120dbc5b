"""Under a real `airflow standalone`: people answer in Airflow, our ledger decides, evidence tells what they said."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from retention.cli.entry import app as program
from retention.evidence.index import predicate
from retention.model.access import Role
from retention.model.case import CaseState
from retention.model.ids import CaseId, PlanId
from tests.dags.standalone import Standalone
from tests.e2e.conftest import Shop, make_shop_in

FILES = ("subject_request", "carry_out", "plan_road", "dataset_assets", "task_errors")
PEOPLE = {"approved": "c1", "rejected": "c2", "stale": "c3", "late": "c4"}
ANSWER_WITHIN = timedelta(days=14)
LATE_AFTER = timedelta(seconds=100)
"""So long the plan of the one who is late still waits when the tests begin."""
_PATIENCE = 900
"""Seconds: on a busy machine Airflow takes minutes to begin a task."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(3000)]


@dataclass(frozen=True)
class Desk:
    """A shop, Airflow, and a case and a run for each test; the runs are begun together."""

    shop: Shop
    airflow: Standalone
    cases: dict[str, CaseId]
    runs: dict[str, str]

    def pending(self, run: str) -> Any:
        """Wait for the run's question; return it as the approver sees it."""
        found: list[Any] = []

        def asked() -> bool:
            path = "dags/~/dagRuns/~/hitlDetails?response_received=false&limit=50"
            told = self.airflow.get(path, "approver")["hitl_details"]
            found[:] = [one for one in told if one["task_instance"]["dag_run_id"] == run]
            return bool(found) and found[0]["task_instance"]["state"] == "deferred"

        self.airflow.wait_until(asked, _PATIENCE, f"the question of {run}")
        return found[0]

    def answer(self, question: Any, user: str, option: str, **form: str) -> None:
        """Answer as that user; raises urllib.error.HTTPError."""
        of = question["task_instance"]
        path = f"dags/{of['dag_id']}/dagRuns/{of['dag_run_id']}/taskInstances/{of['task_id']}/-1/hitlDetails"
        self.airflow.call("PATCH", path, {"chosen_options": [option], "params_input": form}, user)

    def say(self, name: str, user: str, option: str, heard: str, **form: str) -> dict[str, Any]:
        """Answer until evidence of the kind `heard` stands, as a person would who is asked again; return it.

        Airflow asks again when it takes the task that sleeps for one that died, as it may within a second.
        """
        asked = self.pending(self.runs[name])
        told = len(self.evidence(name, heard))

        def is_heard() -> bool:
            if len(self.evidence(name, heard)) > told:
                return True
            with suppress(urllib.error.HTTPError):
                self.answer(asked, user, option, **form)
            return False

        self.airflow.wait_until(is_heard, _PATIENCE, f"{heard} of {name}")
        return self.evidence(name, heard)[-1]

    def log_of(self, question: Any) -> str:
        """Return what the tries of the question's task have logged."""
        of = question["task_instance"]
        place = f"dag_id={of['dag_id']}/run_id={of['dag_run_id']}/task_id={of['task_id']}"
        logs = (self.airflow.home / "logs" / place).glob("*.log")
        return "\n".join(path.read_text(encoding="utf-8") for path in logs)

    def ended(self, dag_id: str, run: str) -> str:
        """Wait until the run is over; return its state."""
        over: list[str] = []

        def is_over() -> bool:
            over[:] = [self.airflow.get(f"dags/{dag_id}/dagRuns/{run}")["state"]]
            return over[0] in {"success", "failed"}

        self.airflow.wait_until(is_over, _PATIENCE, f"the end of {run}")
        return over[0]

    def evidence(self, name: str, kind: str) -> list[dict[str, Any]]:
        """Return the statements of that kind about the case."""
        with self.shop.app() as app:
            told = [predicate(entry.envelope) for entry in app.context.ledger.log.of_case(self.cases[name])]
        return [dict(one) for one in told if one["kind"] == kind]

    def newest(self, name: str) -> tuple[PlanId, str]:
        """Return the case's newest plan and its digest."""
        with self.shop.app() as app:
            kept = app.context.ledger.plans.of_case(self.cases[name])[0]
        return kept.plan_id, kept.digest

    def state(self, name: str) -> CaseState:
        """Return where the case is."""
        with self.shop.app() as app:
            return app.context.ledger.cases.get(self.cases[name]).state

    def left(self, name: str) -> int:
        """Return how many rows the person still has."""
        ((rows,),) = self.shop.rows(f"SELECT count(*) FROM customers WHERE id = '{PEOPLE[name]}'")
        assert isinstance(rows, int)
        return rows


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    shop = make_shop_in(tmp_path_factory.mktemp("shop"))
    now = datetime.now(UTC)
    with shop.app() as app:
        for name in ("operator", "approver"):
            app.access.issue(name, Role.APPROVER, now, now + timedelta(days=1))
        cases = {name: _decided(app, person, now) for name, person in PEOPLE.items()}
    environment = {
        "RETENTION_WORKSPACE": str(shop.folder),
        "RETENTION_RETRY_SECONDS": "1",
        "RETENTION_APPROVAL_POKE_SECONDS": "2",
    }
    airflow = Standalone(tmp_path_factory.mktemp("standalone"), FILES, environment)
    try:
        yield _begun(shop, airflow, cases)
        runs = len(airflow.runs("subject_request")) + len(airflow.runs("carry_out"))
        spent = f"{airflow.cpu_seconds():.0f} s of CPU, {airflow.wall_seconds():.0f} s"
        print(f"\n{len(cases)} requests, {runs} runs; {spent}")  # noqa: T201 -- with -s, for the note
    finally:
        airflow.close()


def _decided(app: Any, person: str, now: datetime) -> CaseId:
    case = app.open_request(f"user_id={person}", "post", now)
    app.identify(case.case_id, "passport", now)
    app.accept(case.case_id, now)
    return CaseId(case.case_id)


def _begun(shop: Shop, airflow: Standalone, cases: dict[str, CaseId]) -> Desk:
    """Begin the runs: three requests, and a plan that is nearly too old."""
    airflow.unpause("subject_request")
    airflow.unpause("carry_out")
    with shop.app() as app:
        old = app.plan_request(cases["late"], datetime.now(UTC) - ANSWER_WITHIN + LATE_AFTER)
    runs = {"late": _start(airflow, "carry_out", {"plan_id": old.plan_id})}
    for name in ("approved", "rejected", "stale"):
        runs[name] = _start(airflow, "subject_request", {"case_id": cases[name]})
    return Desk(shop, airflow, cases, runs)


def _start(airflow: Standalone, dag_id: str, conf: dict[str, str]) -> str:
    """Start a run over REST, as the operator."""
    body = {"logical_date": None, "conf": conf}
    return str(airflow.call("POST", f"dags/{dag_id}/dagRuns", body, "operator")["dag_run_id"])


def test_another_user_approves_and_the_person_is_gone(desk: Desk) -> None:
    """Whoever started it is refused and the question comes again; another's word is in ledger and log exactly once."""
    question = desk.pending(desk.runs["approved"])
    plan, digest = desk.newest("approved")
    for shown in (desk.cases["approved"], plan, digest, "shop.orders", "tax-books"):
        assert shown in question["body"]
    assert "c1" not in question["body"].replace(digest, "").replace(plan, "").replace(desk.cases["approved"], "")
    assert "mail.example" not in json.dumps(question)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        desk.answer(question, "auditor", "Approve")

    refused = desk.say("approved", "operator", "Approve", "notApproved", digest=digest, reason="other")
    assert (refused["reason"], refused["planDigest"]) == ("own-plan", digest)
    assert (desk.left("approved"), desk.evidence("approved", "approval")) == (1, [])
    assert "does not approve its plan" in desk.log_of(desk.pending(desk.runs["approved"]))

    desk.say("approved", "approver", "Approve", "approval")
    assert desk.ended("subject_request", desk.runs["approved"]) == "success"
    (approved,) = desk.evidence("approved", "approval")
    with desk.shop.app() as app:
        (word,) = app.context.ledger.plans.approvals(plan)
        assert word.approver_ref == approved["approverRef"] == app.context.ledger.secret_reference("approver")
        assert refused["approverRef"] == app.context.ledger.secret_reference("operator")
    assert (approved["planDigest"], word.digest) == (digest, digest)
    assert desk.left("approved") == 0
    assert desk.state("approved") in {CaseState.SEALED, CaseState.CLOSED}
    assert list((desk.shop.folder / "certificates" / desk.cases["approved"]).iterdir())


def test_a_rejection_ends_the_run_and_stands_in_the_evidence(desk: Desk) -> None:
    """With its reason and who said it; nothing is touched."""
    _, digest = desk.newest("rejected")
    told = desk.say("rejected", "approver", "Reject", "rejection", digest=digest, reason="too-much")
    assert desk.ended("subject_request", desk.runs["rejected"]) == "failed"
    assert (told["reason"], told["planDigest"]) == ("too-much", digest)
    assert (desk.state("rejected"), desk.left("rejected")) == (CaseState.REJECTED, 1)


def test_another_digest_is_refused_and_a_replaced_plan_waits_no_longer(desk: Desk) -> None:
    """The question comes again; planned anew, the run of the old plan ends, and the new one is approved by command."""
    refused = desk.say("stale", "approver", "Approve", "notApproved", digest="0" * 64, reason="other")
    assert refused["reason"] == "other-digest"
    assert "not this plan's" in desk.log_of(desk.pending(desk.runs["stale"]))

    old, _ = desk.newest("stale")
    with desk.shop.app() as app:
        app.plan_request(desk.cases["stale"], datetime.now(UTC))
    new, digest = desk.newest("stale")
    assert desk.ended("subject_request", desk.runs["stale"]) == "failed"
    with desk.shop.app() as app:
        assert app.context.ledger.plans.approvals(old) == ()
    assert desk.left("stale") == 1

    run = _start(desk.airflow, "carry_out", {"plan_id": new})
    desk.pending(run)
    typed = ["-w", str(desk.shop.folder), "approve", new, "--digest", digest, "--by", "hanako"]
    assert CliRunner().invoke(program, typed).exit_code == 0
    assert desk.ended("carry_out", run) == "success"
    assert desk.left("stale") == 0


def test_no_answer_in_time_stands_in_the_evidence(desk: Desk) -> None:
    """The run ends by itself, nothing is touched, and the case can be planned again."""
    assert desk.ended("carry_out", desk.runs["late"]) == "failed"
    plan, digest = desk.newest("late")
    (told,) = desk.evidence("late", "notApproved")
    assert (told["reason"], told["planId"], told["planDigest"]) == ("timed-out", plan, digest)
    assert told["approverRef"] is None
    assert (desk.state("late"), desk.left("late")) == (CaseState.PLANNED, 1)
    with desk.shop.app() as app:
        assert app.plan_request(desk.cases["late"], datetime.now(UTC)).plan_id != plan


def test_nobodys_data_is_in_anything_that_airflow_has_written(desk: Desk) -> None:
    """After all of it: numbers of cases are found, nobody's address and nobody's key."""
    assert desk.airflow.traces_of([desk.cases["approved"]])
    planted = [text for person in PEOPLE.values() for text in (f"{person}@mail.example", f"user_id={person}")]
    assert desk.airflow.traces_of(planted) == []
