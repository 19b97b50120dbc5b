"""A dataset of the lake in shards: estimated before, by one process or several, in any order, with the same end."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retention.app import App
from retention.app.applying import shard_lease
from retention.app.volumes import Ticket
from retention.errors import TransientFailure
from retention.execution.shards import shard_id
from retention.model.case import CaseState
from retention.model.ids import PlanId, StepId
from retention.model.volume import Progress
from retention.planning import codec
from retention.wiring import open_app
from tests.fault.apply_benches import DATAMAP, POLICY, SETTINGS, load_s3

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FILES = [f"people/{number}.jsonl" for number in range(3)]


def line(user: str) -> bytes:
    """Return one person's row."""
    return json.dumps({"user_id": user, "city": "Tokyo"}).encode() + b"\n"


LEFT = {key: b"".join(line(f"user-{key}-{n}") for n in range(9)) for key in FILES}
"""What everybody else has."""


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """One server for the file."""
    running = load_s3().S3Server()
    yield running
    running.close()


class Place:
    """A workspace over three objects, each with an older version and a shard of its own, and an approved plan."""

    def __init__(self, folder: Path, server: Any) -> None:
        self.folder, self.server = folder, server
        self.bucket: str = server.bucket(versioned=True)
        for key, left in LEFT.items():
            server.put(self.bucket, key, line("gone"))
            server.put(self.bucket, key, line("gone") + left)
        options = server.settings(self.bucket, shard="500")
        lines = ", ".join(f"{name}: '{value}'" for name, value in options.items())
        settings = SETTINGS.format(systems=f"  store: {{connector: lake, {lines}}}")
        (folder / "retention.yaml").write_text(settings, encoding="utf-8")
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
        (folder / "datamap.yaml").write_text(DATAMAP.replace("LOCATION", "path: people/*.jsonl"), encoding="utf-8")
        with self.app() as app:
            self.plan = self.make_plan(app)

    def app(self) -> App:
        """Open it as another process would."""
        return open_app(self.folder)

    def make_plan(self, app: App) -> PlanId:
        """Take a request as far as its approved plan."""
        case = app.open_request("user_id=gone", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        return plan.plan_id

    def stored(self) -> dict[str, bytes]:
        """Return every version of every object, read around the connector."""
        found = self.server.versions(self.bucket)
        assert len(found) == len({key for key, _ in found}), "an older version is left"
        return {key: self.server.get(self.bucket, key) for key, _ in found}

    def done(self, app: App) -> tuple[int, int]:
        """Return what the journal says of the step: rows, and objects written anew."""
        lines = app.context.ledger.journal.entries(self.plan)
        (done,) = [json.loads(each.body) for each in lines if (each.step_id, each.phase.value) == (self.step, "done")]
        return done["rows"], done["objects_rewritten"]

    @property
    def step(self) -> StepId:
        """Return the plan's only step."""
        return StepId("001-erase-store.people")


@pytest.fixture
def place(tmp_path: Path, server: Any) -> Place:
    """A fresh one."""
    server.faults = load_s3().Faults()
    return Place(tmp_path, server)


def test_a_plan_says_beforehand_what_it_will_move_and_its_digest_does_not(place: Place, cli: Any) -> None:
    """Objects, bytes and shards stand beside the plan, its digest is of what is touched; afterwards both are told."""
    with place.app() as app:
        plan, digest = app.plan(place.plan)
        assert codec.digest(codec.encode(plan)) == digest
        (course,) = app.volumes(place.plan).courses
    size = sum(len(line("gone") + left) for left in LEFT.values())
    expected = course.volume.estimate
    assert (expected.objects, expected.size, expected.clean, len(course.volume.shards)) == (3, size, 0, 3)
    assert (course.moved, size / 2 < expected.moved.read <= size) == (None, True)
    shown = cli("plan", "show", place.plan, folder=place.folder)
    assert "Expected to move" in shown.out
    assert "gone through" not in shown.out
    assert cli("apply", place.plan, folder=place.folder).code == 0
    told = json.loads(cli("plan", "show", place.plan, "--json", folder=place.folder).out)["volumes"]
    assert told["so_far"]["done"] == told["so_far"]["of"] == size + 3 * len(line("gone"))
    assert told["courses"][0]["moved"]["written"] == sum(map(len, LEFT.values()))
    assert "gone through" in cli("plan", "show", place.plan, folder=place.folder).out


def test_one_process_goes_from_shard_to_shard_and_says_how_far_it_is(place: Place) -> None:
    """Bytes grow from shard to shard, the end is told by the rate reached, and the case takes its usual road."""
    heard: list[Progress] = []
    ticks = count()
    with place.app() as app:
        app.context = replace(app.context, stopwatch=lambda: next(ticks) * 60.0)
        report = app.apply(place.plan, NOW, lambda _, so_far: heard.append(so_far))
        assert report.state is CaseState.APPLIED
        assert place.stored() == LEFT
        assert place.done(app) == (3, 3)
    assert [each.done for each in heard] == sorted(each.done for each in heard)
    assert len(heard) == 4
    assert heard[0].until is heard[-1].until is None
    assert all(each.until and each.until > NOW + timedelta(minutes=2) for each in heard[1:-1])


def test_several_processes_share_a_step_in_any_order(place: Place, cli: Any) -> None:
    """Three tickets from the last to the first, two at a time, one of them twice; then the step has nothing to do."""
    with place.app() as app:
        tickets = app.shard_tickets(place.plan)
        assert [ticket.number for ticket in tickets] == [1, 2, 3]

    def carry_out(ticket: Ticket) -> None:
        with place.app() as mine:
            mine.apply_shard(place.plan, ticket.step_id, ticket.number, NOW)

    carry_out(tickets[-1])  # whoever is first begins the step
    with place.app() as app:
        (case,) = app.context.ledger.cases.all()
    assert "gone through, until about" in cli("request", "show", case.case_id, folder=place.folder).out
    with ThreadPoolExecutor(2) as pool:
        again = [pool.submit(carry_out, ticket) for ticket in reversed(tickets)]
    for ticket, each in zip(reversed(tickets), again, strict=True):
        if each.exception() is not None:
            assert isinstance(each.exception(), TransientFailure), "the plan's own lease is held for a moment"
            carry_out(ticket)
    writes = place.server.faults.writes
    with place.app() as app:
        assert app.context.ledger.cases.all()[0].state is CaseState.APPLYING
        assert app.apply(place.plan, NOW).state is CaseState.APPLIED
        assert place.server.faults.writes == writes
        assert place.done(app) == (3, 3)
    assert place.stored() == LEFT


def test_nobody_works_on_a_shard_that_another_has(place: Place) -> None:
    """The second is told to come again, whether he has a ticket or carries the whole plan out; nothing is touched."""
    ticket = Ticket(place.step, 2)
    with place.app() as app:
        name = shard_lease(place.plan, shard_id(ticket.step_id, 2))
        assert app.context.ledger.lease(name, "elsewhere:1:x", NOW, NOW + timedelta(minutes=9))
        with pytest.raises(TransientFailure, match=r"another process is at work on 001-erase-store\.people/2"):
            app.apply_shard(place.plan, ticket.step_id, ticket.number, NOW)
        with pytest.raises(TransientFailure, match="another process is at work"):
            app.apply(place.plan, NOW)
        assert place.server.faults.writes == 0
        app.context.ledger.give_back(name, "elsewhere:1:x")
        assert app.apply(place.plan, NOW).state is CaseState.APPLIED


def test_a_shard_that_dies_is_finished_by_whoever_comes_next(place: Place) -> None:
    """Killed after the store wrote: the rows are those that the first attempt met, and nothing is lost."""
    with place.app() as app:
        ticket = app.shard_tickets(place.plan)[1]
        place.server.faults = load_s3().Faults(cut_write=0, when=load_s3().When.AFTER)
        with pytest.raises(TransientFailure):
            app.apply_shard(place.plan, ticket.step_id, ticket.number, NOW)
        place.server.faults = load_s3().Faults()
        assert app.apply(place.plan, NOW).state is CaseState.APPLIED
        assert place.done(app)[0] == 2, "of the shard that died, nobody knows what it did"
    assert place.stored() == LEFT


HOSTILE = {
    "truncated": lambda good: good[:-9],
    "of another kind": lambda _: b"PK\x03\x04" + b"0" * 40,
    "with a lying footer": lambda good: good[:-8] + (1 << 30).to_bytes(4, "little") + b"PAR1",
    "encrypted": lambda good: b"PARE" + good[4:-4] + b"PARE",
}
"""How a file that was sound when it was planned has become."""


def test_a_file_that_became_hostile_is_not_touched_and_the_case_is_partial(place: Place, cli: Any) -> None:
    """A clear error names the object; put right, the same plan goes on."""
    sink = io.BytesIO()
    pq.write_table(pa.table({"user_id": ["gone", "other"], "city": ["a", "b"]}), sink)
    good, key = sink.getvalue(), "people/p.parquet"
    place.server.empty(place.bucket)
    place.server.put(place.bucket, key, good)
    datamap = (place.folder / "datamap.yaml").read_text(encoding="utf-8")
    (place.folder / "datamap.yaml").write_text(datamap.replace("*.jsonl", "p.parquet"), encoding="utf-8")
    with place.app() as app:
        plan = place.make_plan(app)
    for what, spoil in HOSTILE.items():
        place.server.put(place.bucket, key, spoil(good))
        writes = place.server.faults.writes
        said = cli("apply", plan, folder=place.folder)
        assert (said.code != 0, "people/p.parquet" in said.err, "Traceback" in said.all) == (True, True, False), what
        with place.app() as app:
            assert app.context.ledger.cases.get(app.plan(plan)[0].case_id).state is CaseState.PARTIAL, what
        assert place.server.faults.writes == writes, what
        assert place.server.get(place.bucket, key) == spoil(good), what
    place.server.empty(place.bucket)  # an older version that nobody can read is told as well
    place.server.put(place.bucket, key, good)
    assert cli("apply", plan, folder=place.folder).code == 0
    left = pq.read_table(io.BytesIO(place.server.get(place.bucket, key)))
    assert left["user_id"].to_pylist() == ["other"]


def test_what_a_shard_cannot_do_is_the_steps_failure(place: Place) -> None:
    """A ticket that is refused for good leaves it to the step, and the case is PARTIAL until it is put right."""
    with place.app() as app:
        place.server.faults = load_s3().Faults(deny="PUT")
        app.apply_shard(place.plan, place.step, 1, NOW)
        report = app.apply(place.plan, NOW)
        assert (report.state, [each.transient for each in report.failed.values()]) == (CaseState.PARTIAL, [False])
        place.server.faults = load_s3().Faults()
        assert app.apply(place.plan, NOW).state is CaseState.APPLIED
    assert place.stored() == LEFT
