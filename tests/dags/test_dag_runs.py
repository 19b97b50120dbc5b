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
from tests.dags.simulated_app import ROW

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
        self, dag_id: str, script: dict[str, Any], conf: dict[str, str] | None = None, logical_date: str = ""
    ) -> tuple[int, list[str], str]:
        """Run a DAG; return its exit code, the simulator's calls in order, and all output."""
        asked = {"dag_id": dag_id, "folder": str(DAGS), "conf": conf or {}, "logical_date": logical_date}
        return self._asked(script, asked)

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
        query = "SELECT name, e.extra FROM asset_event e JOIN asset a ON a.id = e.asset_id ORDER BY e.id"
        return [(name, json.loads(extra)) for name, extra in self._ask(query)]

    def runs_of(self, dag_id: str) -> list[str]:
        """Return the names of the DAG's runs."""
        return [name for (name,) in self._ask("SELECT run_id FROM dag_run WHERE dag_id = ?", dag_id)]

    def pools(self) -> dict[str, int]:
        """Return the pools and their slots."""
        return dict(self._ask("SELECT pool, slots FROM slot_pool"))

    def _ask(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self._workspace / "airflow" / "airflow.db")
        rows = connection.execute(query, values).fetchall()
        connection.close()
        return rows

    def close(self) -> None:
        """Stop the process."""
        self._process.communicate(timeout=60)


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    started = Simulation(tmp_path_factory.mktemp("workspace"))
    yield started
    started.close()


def test_a_sweep_waits_for_approval_and_goes_the_road_in_order(simulation: Simulation) -> None:
    """Nothing is applied while the plan waits; then every shard, one of them again, and every step once, in order."""
    script = {"approval": ["waiting", "approved"], "shards": [["s2", 1], ["s2", 2], ["s3", 1]]}
    code, calls, output = simulation.run("retention_sweep", {**script, "fail": {"apply_shard:s2/2": ["transient"]}})
    assert code == 0, output
    waited = [f"ask:{PLAN}"] * 2
    assert calls[:5] == ["plan_sweep", *waited, GROUPS, f"shard_tickets:{PLAN}"]
    assert sorted(calls[5:8]) == ["apply_shard:s2/1", "apply_shard:s2/2", "apply_shard:s3/1"]
    assert calls[8:] == [*STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]


def test_a_backfilled_sweep_asks_the_clock_what_is_due_and_does_nothing_if_nothing_is(simulation: Simulation) -> None:
    """A run for a day long past plans as of now, which the simulator insists on; it is skipped from end to end."""
    code, calls, output = simulation.run("retention_sweep", {"due": False}, logical_date="2026-02-01T03:17:00+09:00")
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


def test_a_tasks_log_says_what_we_say_and_nothing_that_a_driver_said(simulation: Simulation) -> None:
    """Of what nobody foresaw, the kind and the place; it is retried, as what cannot be reached is."""
    script = {"fail": {f"verify:{PLAN}": ["unforeseen"], "apply_steps:s1": ["transient"], f"seal:{PLAN}": ["found"]}}
    code, calls, output = simulation.run("retention_sweep", script)
    assert (code, calls[-1]) == (1, f"verify:{PLAN}")
    assert "UnforeseenError: KeyError at dags/simulated_app.py:" in output
    for word in (f"simulated at seal:{PLAN}", "RET-401", "RET-100"):
        assert word in output
    assert ROW not in output


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


def test_a_plan_that_exists_is_carried_out_and_its_datasets_are_announced(simulation: Simulation) -> None:
    """The road from its number; whoever derives something from a dataset learns which plan touched it."""
    before = simulation.announced()
    code, calls, output = simulation.run("carry_out", {}, {"plan_id": PLAN})
    assert code == 0, output
    assert calls == [f"plan:{PLAN}", f"ask:{PLAN}", GROUPS, *STEPS, f"verify:{PLAN}", f"seal:{PLAN}"]
    told = [(f"retention/{name}", {"plan": PLAN}) for name in ("shop.customers", "shop.orders")]
    assert simulation.announced()[len(before) :] == told


def test_who_is_back_goes_again_in_a_run_of_its_own_and_a_late_processor_is_an_alarm(simulation: Simulation) -> None:
    """The plan of a re-scan begins a run by its number; a late processor fails the run, and keeps nothing else back."""
    before = simulation.announced()
    code, calls, output = simulation.run("copies_follow_up", {"late": True})
    assert code == 1, output
    assert "RET-100: processors are late: O-1 at crm" in output
    assert sorted(calls) == ["follow_up", "remind_processors", "rescan", "seal_waiting"]
    assert simulation.announced()[len(before) :] == [("retention/shop.orders", {"plan": PLAN})]
    assert f"returned-{PLAN}" in simulation.runs_of("carry_out")


def test_airflow_takes_the_pools_from_their_file(simulation: Simulation) -> None:
    """As `airflow pools import dags/pools.json` reads it, beside Airflow's own pool."""
    assert simulation.pools() == {"default_pool": 128, "retention_requests": 16, "retention_sweeps": 4}


def test_a_form_answer_that_is_no_case_number_is_refused(simulation: Simulation) -> None:
    """An address typed into the form goes nowhere."""
    code, calls, _ = simulation.run("subject_request", {}, {"case_id": "someone@mail.example"})
    assert code != 0
    assert calls == []
