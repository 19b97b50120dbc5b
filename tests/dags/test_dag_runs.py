"""The DAGs by running them, against a simulator of the product."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.airflow import DAGS, Airflow

SIMULATOR = Path(__file__).with_name("simulated_app.py")
PLAN = "P-20261123-aaaaaa"
GROUPS = f"step_groups:{PLAN}"
CASE = "C-20261123-7f3k2q"
STEPS = [f"apply_steps:s{number}" for number in (1, 2, 3, 4)]


class Simulation:
    """One Airflow home and one process for all runs of this file."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        airflow = Airflow(workspace, {})
        airflow.wait_until_ready()
        airflow.close()
        self._process = subprocess.Popen(
            [sys.executable, str(SIMULATOR)],
            env=airflow.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, dag_id: str, script: dict[str, Any], conf: dict[str, str] | None = None
    ) -> tuple[int, list[str], str]:
        """Run a DAG; return its exit code, the simulator's calls in order, and all output."""
        return self._asked(script, {"dag_id": dag_id, "folder": str(DAGS), "conf": conf or {}})

    def answer(self, script: dict[str, Any], option: str, **form: str) -> tuple[int, list[str], str]:
        """Let hanako answer a plan's question in Airflow; return the same."""
        by = {"id": "7", "name": "hanako"}
        answer = {"chosen_options": [option], "params_input": form, "responded_by_user": by}
        return self._asked(script, {"plan_id": PLAN, "answer": answer})

    def _asked(self, script: dict[str, Any], line: dict[str, Any]) -> tuple[int, list[str], str]:
        calls = self._workspace / "calls.txt"
        calls.unlink(missing_ok=True)
        (self._workspace / "script.json").write_text(json.dumps(script), encoding="utf-8")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        output: list[str] = []
        while not (output and output[-1].startswith("exit ")):
            output.append(self._process.stdout.readline())
            assert output[-1], "".join(output)  # it died
        made = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        return int(output[-1].split()[1]), made, "".join(output)

    def announced(self) -> list[tuple[str, object]]:
        """Return the events of datasets that Airflow has kept: the asset's name, and what else is told."""
        connection = sqlite3.connect(self._workspace / "airflow" / "airflow.db")
        query = "SELECT name, e.extra FROM asset_event e JOIN asset a ON a.id = e.asset_id ORDER BY e.id"
        found = [(name, json.loads(extra)) for name, extra in connection.execute(query)]
        connection.close()
        return found

    def close(self) -> None:
        """Stop the process."""
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    started = Simulation(tmp_path_factory.mktemp("workspace"))
    yield started
    started.close()


def test_a_sweep_waits_for_approval_and_goes_the_road_in_order(simulation: Simulation) -> None:
    """Nothing is applied while the plan waits; then every step once, in order, then verify and seal."""
    code, calls, output = simulation.run("retention_sweep", {"approval": ["waiting", "approved"]})
    assert code == 0, output
    waited = [f"ask:{PLAN}"] * 2
    assert calls == ["plan_sweep", *waited, GROUPS, *STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]


def test_a_sweep_with_nothing_due_does_nothing(simulation: Simulation) -> None:
    """The run is skipped from end to end, and succeeds."""
    code, calls, output = simulation.run("retention_sweep", {"due": False})
    assert code == 0, output
    assert calls == ["plan_sweep"]


def test_a_request_survives_a_system_that_could_not_be_reached(simulation: Simulation) -> None:
    """A transient failure is retried; no step happens twice; the certificate comes last."""
    script = {"fail": {"apply_steps:s2": ["transient"]}}
    code, calls, output = simulation.run("subject_request", script, {"case_id": CASE})
    assert code == 0, output
    after = [f"verify:{PLAN}", f"seal:{PLAN}", f"certificate:{CASE}"]
    assert calls == [f"plan_request:{CASE}", f"ask:{PLAN}", GROUPS, *STEPS, *after]


def test_those_who_wait_go_the_road_together(simulation: Simulation) -> None:
    """Gathered, approved, carried out, and everybody's certificates come last; nobody waiting is no failure."""
    code, calls, output = simulation.run("request_batch", {})
    assert code == 0, output
    after = [f"verify:{PLAN}", f"seal:{PLAN}", f"batch_certificates:{PLAN}"]
    assert calls == ["plan_batch", f"ask:{PLAN}", GROUPS, *STEPS, *after]
    code, calls, output = simulation.run("request_batch", {"due": False})
    assert (code, calls) == (0, ["plan_batch"]), output


def test_a_failed_verification_is_final_and_nothing_is_sealed(simulation: Simulation) -> None:
    """A finding is not retried: the run fails with the error's code."""
    code, calls, output = simulation.run("retention_sweep", {"fail": {f"verify:{PLAN}": ["found"]}})
    assert code == 1
    assert "RET-100" in output
    assert calls[-1] == STEPS[-1]


def test_a_rejected_plan_ends_the_run_untouched(simulation: Simulation) -> None:
    """Rejected means at once, without waiting for the time-out, and nothing is applied."""
    code, calls, output = simulation.run("restore_gate", {"approval": ["rejected"]}, {"system_id": "app_restored"})
    assert code == 1
    assert "was rejected" in output
    assert calls == ["plan_gated:app_restored", f"ask:{PLAN}"]


def test_an_answer_stays_with_the_task_until_the_ledger_has_it(simulation: Simulation) -> None:
    """With the digest that was shown or sent; one that does not count ends the try, so that it is asked again."""
    heard = f"hear:{PLAN}:hanako:yes:dddd"
    code, calls, output = simulation.answer({"fail": {heard: ["transient"]}}, "Approve")
    assert (code, calls) == (0, [heard, f"ask:{PLAN}"]), output
    code, calls, output = simulation.answer({"approval": ["waiting"]}, "Reject", digest="e" * 64, reason="not-now")
    assert (code, calls) == (1, [f"hear:{PLAN}:hanako:no (not-now):eeee", f"ask:{PLAN}"])
    assert "asked again: RET-303" in output


def test_a_restored_store_opens_when_the_gate_was_asked_again(simulation: Simulation) -> None:
    """Gate, road, gate: shut at the end fails the run; open at the start skips the road."""
    conf = {"system_id": "app_restored", "taken_at": "2026-11-22T03:00:00+09:00"}
    first, last = "plan_gated:app_restored", "refuse_shut:app_restored"
    code, calls, output = simulation.run("restore_gate", {"fail": {last: ["found"]}}, conf)
    assert (code, calls[0], calls[-1]) == (1, first, f"seal:{PLAN}"), output
    code, calls, output = simulation.run("restore_gate", {}, conf)
    assert (code, calls[0], calls[-2:]) == (0, first, [f"seal:{PLAN}", last]), output
    code, calls, output = simulation.run("restore_gate", {"due": False}, conf)
    assert (code, calls) == (0, [first]), output


def test_an_export_goes_the_same_road(simulation: Simulation) -> None:
    """A set is planned by three names, and handed over once the plan is approved, step by step, then looked at."""
    conf = {"joint_use": "group", "set_name": "viewing", "recipient": "holdings"}
    code, calls, output = simulation.run("joint_use_export", {}, conf)
    assert code == 0, output
    planned = ["plan_export:group/viewing/holdings", f"ask:{PLAN}"]
    assert calls == [*planned, GROUPS, *STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]


def test_who_is_back_goes_the_road_again_and_a_late_look_is_told(simulation: Simulation) -> None:
    """Planned, approved, carried out, sealed; a look that finds nobody and comes too late fails with its code."""
    code, calls, output = simulation.run("rescans", {})
    assert code == 0, output
    assert calls == ["rescan", f"ask:{PLAN}", GROUPS, *STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]
    code, calls, output = simulation.run("rescans", {"due": False, "late": True})
    assert (code, calls) == (1, ["rescan"])
    assert "RET-100: looked too late at C-20261101-cccccc" in output


def test_a_plan_that_exists_is_carried_out_and_its_datasets_are_announced(simulation: Simulation) -> None:
    """The road from its number; whoever derives something from a dataset learns which plan touched it."""
    before = simulation.announced()
    code, calls, output = simulation.run("carry_out", {}, {"plan_id": PLAN})
    assert code == 0, output
    assert calls == [f"plan:{PLAN}", f"ask:{PLAN}", GROUPS, *STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]
    told = [(f"retention/{name}", {"plan": PLAN}) for name in ("shop.customers", "shop.orders")]
    assert simulation.announced()[len(before) :] == told


def test_a_form_answer_that_is_no_case_number_is_refused(simulation: Simulation) -> None:
    """An address typed into the form goes nowhere."""
    code, calls, _ = simulation.run("subject_request", {}, {"case_id": "someone@mail.example"})
    assert code != 0
    assert calls == []
