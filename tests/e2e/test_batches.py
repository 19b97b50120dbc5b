"""Requests of many people carried out as one batch: one pass over each dataset, and everybody has his own answer."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.batch import queue
from benchmarks.crowd import FILES, NOW, Crowd, Seen, address, approve, ask, make_crowd
from retention.app import App
from retention.app.answers import certificates
from retention.app.auditing import collect
from retention.app.batches import BatchSummary
from retention.errors import ApprovalError, StalePlanError, StateError
from retention.evidence import verify
from retention.evidence.certificate import Certificate, render
from retention.model.case import CaseState
from retention.model.ids import CaseId, CategoryId
from retention.model.parcel import Urgency
from retention.model.request_moves import RefusedItem
from retention.model.terms import Refusal
from retention.ports.queues import Intake
from tests.doubles.mail import body
from tests.e2e.conftest import Shop

OTHERS = 200
COUNTS = (("erase", FILES), ("erase", FILES), ("redact", 1), ("erase", 1), ("erase", 1))
"""Of each person: a row in each file of the lake, an order that the tax law keeps and one that is old, the account."""


def _servers() -> Any:
    if "s3_server" not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec
        assert spec.loader
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    return sys.modules["s3_server"]


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """An S3 server that remembers what it was asked."""
    server = _servers().S3Server()
    yield server
    server.close()


def carry_out(crowd: Crowd, app: App) -> tuple[BatchSummary, list[Seen]]:
    """Take everybody who waits down the whole road; return what planning, applying and verifying asked the stores."""
    with crowd.watched() as planning:
        batch = app.plan_batch(NOW)
    assert batch
    assert batch.plan
    approve(app, batch.plan.plan_id, batch.plan.digest)
    with crowd.watched() as applying:
        app.apply(batch.plan.plan_id, NOW)
    with crowd.watched() as verifying:
        app.verify(batch.plan.plan_id, NOW)
    app.seal(batch.plan.plan_id, NOW)
    return batch, [planning, applying, verifying]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("people", [60, pytest.param(1000, marks=pytest.mark.long)])
def test_many_people_share_one_pass_over_each_dataset(s3: Any, tmp_path: Path, people: int) -> None:
    """The stores are asked as often as for two people, each file is written once, and everybody has his certificate."""
    few = make_crowd(_folder(tmp_path, "few"), s3, 2 + OTHERS, limit=people)
    with few.app() as app:
        for number in range(2):
            ask(app, f"user_id=c{number}")
        _, expected = carry_out(few, app)
    crowd = make_crowd(_folder(tmp_path, "crowd"), s3, people + OTHERS, limit=people)
    with crowd.app() as app:
        cases = [queue(app, number) for number in range(people)]
        batch, seen = carry_out(crowd, app)
        assert (batch.requests, batch.left_out) == (people, ())
        for mine, of_two in zip(seen, expected, strict=True):
            assert _work(mine) == _work(of_two)
            assert mine.reads == of_two.reads
        files = {f"{kind}/dt=2026-11-0{day}/part-0" for kind in ("viewing", "clicks") for day in range(1, FILES + 1)}
        assert {key.rpartition(".")[0]: times for key, times in seen[1].writes.items()} == dict.fromkeys(files, 1)
        told = {each.case_id: each for each in certificates(app.context, batch.batch)}
        assert set(told) == set(cases)
        assert {_counts(each) for each in told.values()} == {COUNTS}
        assert all(case_id in render(each, "ja") for case_id, each in told.items())
        papers = app.certificate(cases[0], tmp_path / "paper")
        assert {path.name for path in papers} >= {"certificate.ja.html", "certificate.en.html", "receipt.txt"}
        states = Counter(case.state for case in app.context.ledger.cases.all())
        assert states == {CaseState.CLOSED: people + 1}
        _check_evidence(app, batch, cases)
    assert crowd.rows("SELECT count(*), min(CAST(substr(id, 2) AS integer)) FROM customers") == [(OTHERS, people)]
    assert crowd.rows("SELECT count(*), count(customer_id) FROM orders") == [(2 * OTHERS + people, 2 * OTHERS)]


def _work(seen: Seen) -> dict[str, int]:
    """Return the statements that look at rows or change them; keys are sent ahead in other ones, if they are many."""
    return {word: seen.statements[word] for word in ("SELECT", "UPDATE", "DELETE")}


def _counts(certificate: Certificate) -> tuple[tuple[str, int], ...]:
    return tuple((line.action, line.rows) for line in certificate.lines)


def _folder(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


def _check_evidence(app: App, batch: BatchSummary, cases: list[CaseId]) -> None:
    """One person's bundle verifies, names nobody else's case, and so does the batch's, which names nobody's."""
    bundle = app.bundle(cases[7])
    report = verify(bundle)
    assert report.complete, (report.broken, report.still_open)
    told = str(report.facts) + bundle.decode()
    assert not [other for other in cases if other in told and other != cases[7]]
    share = next(fact for fact in report.facts if fact.kind == "batchShare")
    assert share.told["batch"] == batch.batch
    assert [(kept["dataset"], kept["rows"]) for kept in share.told["kept"]] == [("shop.orders", 1)]  # type: ignore[attr-defined]  # JSON
    whole = app.bundle(batch.batch)
    report = verify(whole)
    assert report.complete, (report.broken, report.still_open)
    assert not [case_id for case_id in cases if case_id in str(report.facts) + whole.decode()]
    assert app.confirm(app.bundle(cases[7]), f"email={address(7)}", None)[0].case_id == cases[7]


def gathered(shop: Shop, *subjects: str) -> tuple[App, list[CaseId], BatchSummary]:
    """Open and decide requests in the shop of ten customers, and plan them together."""
    app = shop.app()
    cases = [ask(app, subject) for subject in subjects]
    batch = app.plan_batch(NOW)
    assert batch
    return app, cases, batch


def sealed(app: App, batch: BatchSummary) -> None:
    """Take a planned batch to its end."""
    assert batch.plan
    approve(app, batch.plan.plan_id, batch.plan.digest)
    app.apply(batch.plan.plan_id, NOW)
    app.verify(batch.plan.plan_id, NOW)
    app.seal(batch.plan.plan_id, NOW)


def states(app: App, *cases: CaseId) -> list[str]:
    """Return where the cases stand."""
    return [app.context.ledger.cases.get(case).state.value for case in cases]


def test_who_must_not_go_stays_open_and_the_others_go(shop: Shop, cli: Any) -> None:
    """Two people under one address, somebody held, somebody unknown: told why, open, and nobody else waits for them."""
    shop.change("INSERT INTO customers VALUES ('c77', 'Namesake', 'c7@mail.example')")
    with shop.app() as app:
        app.place_hold("user_id=c4", "litigation", NOW)
        subjects = ("email=c7@mail.example", "user_id=c4", "email=nobody@mail.example", "user_id=c3")
        doubtful, held, unknown, fine = (ask(app, subject) for subject in subjects)
    said = cli("plan", "batch", folder=shop.folder)
    assert said.code == 0, said.err
    assert "1 requests go together" in said.out
    for case, why in ((doubtful, "who is meant"), (held, "a hold names"), (unknown, "no mapped system")):
        assert any(case in line and why in line for line in said.out.splitlines())
    with shop.app() as app:
        assert states(app, doubtful, held, unknown, fine) == ["open", "open", "open", "planned"]
        assert app.plan_batch(NOW).plan is None  # type: ignore[union-attr]  # three wait
    said = cli("plan", "batch", "--json", folder=shop.folder)
    assert {left["why"] for left in json.loads(said.out)["left_out"]} == {"ambiguous", "held", "unknown"}


def test_a_batch_is_of_one_law_and_the_most_urgent_come_first(shop: Shop) -> None:
    """Who is due first decides the law; a limit keeps the later ones for the next batch; nobody waiting is no batch."""
    with shop.app() as app:
        days = [NOW - timedelta(days=days) for days in (3, 2, 1)]
        first, second = (ask(app, f"user_id=c{n}", regime="jp.appi", now=days[n]) for n in (0, 1))
        other = ask(app, "user_id=c2", now=days[2])
        one = app.plan_batch(NOW, 1)
        two = app.plan_batch(NOW)
        three = app.plan_batch(NOW)
        assert one
        assert two
        assert three
        gone = [app.context.ledger.batches.members(made.batch) for made in (one, two, three)]
        assert [[member.case_id for member in members] for members in gone] == [[first], [second], [other]]
        assert set(states(app, first, second, other)) == {"planned"}
        assert app.plan_batch(NOW) is None


def test_a_request_goes_with_its_batch_or_alone(shop: Shop) -> None:
    """Not planned alone while the batch is under way; once the batch is rejected it goes alone, or with it again."""
    app, (first, second), batch = gathered(shop, "user_id=c1", "user_id=c2")
    with app:
        assert batch.plan
        with pytest.raises(StateError, match="goes with batch"):
            app.plan_request(first, NOW)
        app.reject(batch.plan.plan_id, "office", "not-now", NOW)
        assert states(app, first, second, batch.batch) == ["rejected"] * 3
        alone = app.plan_request(first, NOW)
        assert alone.case_id == first
        again = app.plan_batch_again(batch.batch, NOW)
        assert again.requests == 1
        sealed(app, again)
        assert states(app, first, second, batch.batch) == ["planned", "closed", "closed"]
    assert shop.rows("SELECT id FROM customers WHERE id IN ('c1', 'c2')") == [("c1",)]


def test_what_was_granted_in_part_or_cannot_wait_goes_alone(shop: Shop) -> None:
    """Only the plain erasure is gathered; a partial grant and what an urgent event set going stay open, unplanned."""
    with shop.app() as app:
        plain = ask(app, "user_id=c1")
        part = app.open_request("user_id=c2", "post", NOW).case_id
        app.identify(part, "passport", NOW)
        app.accept(part, NOW, refused=[RefusedItem(CategoryId("billing"), (Refusal.OTHER_LAW,))])
        app.context = replace(app.context, intake=Intake({}, {}, {"objection": Urgency.ERASURE}))
        app.receive_parcels([body("o-1", "objection", "user_id=c3")], "crm", NOW)
        app.fold(NOW)
        (urgent,) = app.started().requests
        batch = app.plan_batch(NOW)
        assert batch
        assert (batch.requests, batch.left_out) == (1, ())
        assert [member.case_id for member in app.context.ledger.batches.members(batch.batch)] == [plain]
        assert states(app, part, urgent) == ["open", "open"]


def test_who_withdraws_makes_a_new_plan(shop: Shop) -> None:
    """A request that is denied after it was planned takes its rows out of the batch: the old plan is refused."""
    app, (first, second), batch = gathered(shop, "user_id=c1", "user_id=c2")
    with app:
        assert batch.plan
        app.withdraw_request(first, NOW, by=None)
        with pytest.raises(StalePlanError, match=first):
            app.approve(batch.plan.plan_id, batch.plan.digest, "office", NOW)
        again = app.plan_batch_again(batch.batch, NOW)
        sealed(app, again)
        assert states(app, first, second) == ["denied", "closed"]
        report = collect(app.context, NOW.date(), NOW.date(), NOW)
        assert next(each.erased for each in report.datasets if each.name == "shop.customers") == 1
        assert {each.case_id: each.outcome for each in report.requests} == {first: "denied", second: "answered"}
        with pytest.raises(ApprovalError):
            app.apply(batch.plan.plan_id, NOW)
    assert shop.rows("SELECT id FROM customers WHERE id IN ('c1', 'c2')") == [("c1",)]


def test_a_person_who_comes_back_is_found_in_her_own_case(shop: Shop) -> None:
    """Only her case is returned, not the batch and not the others; erased again, it is done again."""
    app, (first, second), batch = gathered(shop, "user_id=c1", "user_id=c2")
    with app:
        sealed(app, batch)
        shop.change("INSERT INTO customers VALUES ('c2', 'Name c2', 'c2@mail.example')")
        week = NOW + timedelta(days=7)
        (plan,) = app.rescan(week).plans
        assert states(app, first, second, batch.batch) == ["closed", "returned", "closed"]
        app.approve(plan.plan_id, plan.digest, "office", week)
        app.apply(plan.plan_id, week)
        app.verify(plan.plan_id, week)
        app.seal(plan.plan_id, week)
        assert states(app, first, second) == ["closed", "closed"]
        assert verify(app.bundle(second)).complete


def test_what_was_begun_is_planned_again_with_the_keys_that_were_known(shop: Shop) -> None:
    """The people's rows are gone and a step failed: the new plan still knows everybody, and each gets his answer."""
    app, (first, second), batch = gathered(shop, "email=c1@mail.example", "user_id=c2")
    with app:
        assert batch.plan
        approve(app, batch.plan.plan_id, batch.plan.digest)
        app.apply_steps(batch.plan.plan_id, list(batch.plan.steps[:-1]), NOW)
        app.context.ledger.batches.move(batch.batch, CaseState.PARTIAL)
        again = app.plan_batch_again(batch.batch, NOW)
        assert again.requests == 2
        sealed(app, again)
        assert states(app, first, second, batch.batch) == ["closed"] * 3
        for case, who in ((first, "email=c1@mail.example"), (second, "email=c2@mail.example")):
            assert app.confirm(app.bundle(case), who, None)[0].case_id == case
    assert shop.rows("SELECT count(*) FROM customers WHERE id IN ('c1', 'c2')") == [(0,)]
