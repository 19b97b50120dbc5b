"""Whoever was erased and comes back is found, erased again and told of; whoever may be back stays."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from retention.app.readmitting import Reason
from retention.app.suppressed import Arrival
from retention.errors import RefusedError, StateError
from retention.evidence import verifier
from retention.model.case import CaseState
from retention.model.ids import DatasetId, SystemId
from retention.model.parcel import ParcelState
from retention.model.rescan import Seen
from retention.model.subject import SubjectKey
from retention.ports.queues import Intake
from tests.doubles.queue import MemoryQueue
from tests.e2e.conftest import NOW

BACK = "INSERT INTO customers VALUES ('c3', 'Name c3', 'c3@mail.example')"
LAKE = """\
  lake.seen:
    system: lake
    path: seen/*.jsonl
    subject: {user_id: user}
    fields:
      page: {category: account, identifies: "no"}
"""
WEEK, MONTH = NOW + timedelta(days=7), NOW + timedelta(days=30)


class Lake:
    """A bucket on moto's server."""

    def __init__(self, server):
        self._server, self._bucket = server, server.bucket(versioned=True)
        self.settings = server.settings(self._bucket)

    def put(self, key, content):
        """Write an object; return when the store says that it came."""
        self._server.put(self._bucket, key, content)
        return self._server.direct.head_object(Bucket=self._bucket, Key=key)["LastModified"]

    def contents(self):
        """Return what every object and version holds."""
        versions = self._server.direct.list_object_versions(Bucket=self._bucket).get("Versions", ())
        return [self._server.get(self._bucket, each["Key"], VersionId=each["VersionId"]) for each in versions]


@pytest.fixture
def lake():
    """An empty lake."""
    path = Path(__file__).parents[1] / "s3" / "server.py"
    spec = importlib.util.spec_from_file_location("s3_server", path)
    module = sys.modules.setdefault("s3_server", importlib.util.module_from_spec(spec))
    if not hasattr(module, "S3Server"):
        spec.loader.exec_module(module)
    running = module.S3Server()
    yield Lake(running)
    running.close()


@pytest.fixture
def erased(closed):
    """A shop from which c3 was erased on request, and what her case is called."""
    return closed.shop, closed.case


def carry_on(app, plan_id, now):
    """Take an approved plan down the rest of the road."""
    app.apply(plan_id, now)
    app.verify(plan_id, now)
    return app.seal(plan_id, now)


def carry_out(app, plan, now):
    """Approve a plan and take it down the rest of the road."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    return carry_on(app, plan.plan_id, now)


def rescans_of(app, case):
    """Return what the log says of re-scans of the case."""
    payloads = [
        json.loads(base64.b64decode(json.loads(e.envelope)["payload"])) for e in app.context.log.sequence.of_case(case)
    ]
    return [told["predicate"] for told in payloads if told["predicate"]["kind"] == "rescan"]


def test_a_case_is_looked_at_after_a_week_and_a_month(erased):
    """Before it is due nothing happens; then each round is stated once, and a repeat looks no second time."""
    shop, case = erased
    with shop.app() as app:
        assert app.rescan(NOW + timedelta(days=6)).looks == ()
        for when, name in ((WEEK, "P7D"), (MONTH, "P30D")):
            (look,) = app.rescan(when).looks
            assert (look.case_id, look.round, look.seen, look.late) == (case, name, Seen.CLEAN, False)
            assert app.rescan(when).looks == ()
        assert [told["state"] for told in rescans_of(app, case)] == ["clean", "clean"]


def test_what_comes_back_is_erased_again_and_told_of(erased):
    """A late import is found after a week, with its sender; the case is not done until it is erased again."""
    shop, case = erased
    with shop.app() as app:
        shop.change(BACK, "INSERT INTO notes VALUES (900, 'c3', 'secret', '2026-10-01 00:00:00.000000')")
        report = app.rescan(WEEK)
        (look,), (plan,) = report.looks, report.plans
        assert report.is_finding
        assert {place.dataset: place.rows for place in look.found_in} == {"shop.customers": 1, "shop.notes": 1}
        assert app.context.ledger.cases.get(case).state is CaseState.RETURNED
        assert not verifier.verify(app.bundle(case)).complete
        carry_out(app, plan, WEEK)
        assert shop.rows("SELECT count(*) FROM customers WHERE email = 'c3@mail.example'") == [(0,)]
        assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c3'") == [(0,)]
        assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
        assert [told["state"] for told in rescans_of(app, case)] == ["returned", "erased"]
        for each in (case, plan.case_id):
            told = verifier.verify(app.bundle(each))
            assert (told.broken, told.complete) == ("", True)
        after = {look.case_id: look.seen for look in app.rescan(MONTH).looks}
        assert after == {case: Seen.CLEAN}
        assert app.rescan(WEEK + timedelta(days=30)).looks[0].round == "P30D", "it is looked at anew from then on"


def test_a_late_word_is_not_kept_and_its_sender_is_told_of(erased):
    """What happened before the erasure is not kept again, but counted; the re-scan says who had sent it."""
    shop, case = erased
    old, new = NOW - timedelta(days=3), NOW + timedelta(days=2)
    line = {"id": "old", "kind": "session.ended", "subject": "user_id=c3", "at": old.isoformat()}
    with shop.app() as app:
        lines = [json.dumps(line), json.dumps({**line, "id": "other", "subject": "user_id=c4"})]
        done = app.import_events(lines, "crm.jsonl", new)
        assert (done.new, done.kept_out) == (1, 1)
        with pytest.raises(RefusedError, match="older than the erasure"):
            app.record_event("user_id=c3", "session.ended", event_id="old", occurred_at=old, now=new, source="helpdesk")
        assert app.suppressed("email=C3@mail.example", new, Arrival(DatasetId("shop.customers"), source="mailing"))
        shop.change(BACK)
        (place,) = app.rescan(WEEK).looks[0].found_in
        assert (place.since, place.sources) == (new, ("crm", "helpdesk", "mailing"))
        offers = app.context.ledger.sightings.of_keys(
            {("user_id", app.context.suppression_digest(SubjectKey("user_id", "c3")))}
        )
        assert {(o.sighting.source, o.sighting.reference, o.times) for o in offers} == {
            ("crm", "old", 1),
            ("helpdesk", "old", 1),
        }
        assert '"c3"' not in json.dumps(rescans_of(app, case))


def test_whoever_opens_an_account_again_stays(erased):
    """By an event after the erasure, whatever order things arrive in, with evidence; an older account goes."""
    shop, case = erased
    opened = NOW + timedelta(days=3)
    with shop.app() as app:
        shop.change("INSERT INTO customers VALUES ('c99', 'Name c3', 'c3@mail.example')", BACK)
        app.record_event("user_id=c99", "account.opened", event_id="o", occurred_at=opened, now=opened)
        report = app.rescan(WEEK)
        assert report.readmitted == 1
        carry_out(app, report.plans[0], WEEK)
        assert shop.rows("SELECT id FROM customers WHERE email = 'c3@mail.example'") == [("c99",)]
        app.record_event("user_id=c3", "consent.given", event_id="p", occurred_at=opened, now=MONTH)
        assert not app.suppressed("user_id=c3", MONTH)
        shop.change("INSERT INTO customers VALUES ('c3', 'Name c3', NULL)")
        assert {look.seen for look in app.rescan(MONTH).looks} == {Seen.CLEAN}
        told = [fact.told["reason"] for fact in verifier.verify(app.bundle(case)).facts if fact.kind == "readmission"]
        assert told == ["account.opened", "consent.given"]


def test_a_person_decides_that_somebody_may_be_back(erased):
    """All keys of her request are readmitted with a reason; whoever is not kept out needs no decision."""
    shop, case = erased
    with shop.app() as app:
        shop.change(BACK)
        assert app.readmit("email=c3@mail.example", Reason.CONTRACT, "hanako", NOW + timedelta(days=1)) == 2
        assert not app.suppressed("user_id=c3", WEEK)
        with pytest.raises(StateError, match="kept out"):
            app.readmit("user_id=c3", Reason.CONTRACT, "hanako", WEEK)
        assert not app.rescan(WEEK).is_finding
        assert "readmission" in {fact.kind for fact in verifier.verify(app.bundle(case)).facts}


def test_missed_rounds_are_made_up_for_and_told_of(erased):
    """A look after forty days answers both rounds, and says that both were late: that is a finding."""
    shop, _ = erased
    with shop.app() as app:
        report = app.rescan(NOW + timedelta(days=40))
        assert [(look.round, look.late, look.seen) for look in report.looks] == [
            ("P7D", True, Seen.CLEAN),
            ("P30D", True, Seen.CLEAN),
        ]
        assert report.is_finding
        assert app.rescan(NOW + timedelta(days=41)).looks == ()


def test_fields_that_were_emptied_are_looked_at_too(erased):
    """A law keeps an amount without her; when it is tied to her again, that is found, and untied again."""
    shop, case = erased
    with shop.app() as app:
        shop.change(BACK, "UPDATE orders SET customer_id = 'c3' WHERE amount = 1003")
        report = app.rescan(WEEK, case)
        assert {place.dataset: place.rows for place in report.looks[0].found_in} == {
            "shop.customers": 1,
            "shop.orders": 1,
        }
        carry_out(app, report.plans[0], WEEK)
        assert shop.rows("SELECT amount, customer_id FROM orders WHERE amount = 1003") == [(1003, None)]


def test_the_command_says_where_and_exits_as_a_check_does(erased, cli):
    """Exit 1 with dataset, sender and the plan to approve; 0 when all is well; no value of hers is printed."""
    shop, case = erased
    run = lambda *words: cli(*words, folder=shop.folder)  # noqa: E731 -- the words are the test
    assert run("rescan", "--case", case).code == 0
    assert run("suppressed", "user_id=c3", "--source", "crm").code == 1
    assert run("suppressed", "user_id=c3", "--source", "山田").code == 2
    shop.change(BACK)
    said = run("rescan", "--case", case)
    assert (said.code, "shop.customers: 1 rows since" in said.out, "from crm" in said.out) == (1, True, True)
    assert "plan P-" in said.out
    assert not {"c3@mail.example", "Name c3"} & set(said.all.split())
    told = json.loads(run("rescan", "--case", case, "--json").out)
    assert [look["seen"] for look in told["looks"]] == ["returned"]
    assert len(told["plans"]) == 1, "asked for by a person, it is planned anew"
    assert run("rescan", "--case", "C-20261123-zzzzzz").code == 2
    assert run("readmit", "--subject", "user_id=c3", "--reason", "new-contract", "--by", "hanako").code == 0
    assert run("rescan", "--case", case).code == 3, "nobody is left to look for"


def test_an_object_that_arrives_late_in_the_lake_is_found(shop, lake):
    """By the store's own date, in a bucket that the erasure had left clean; and erased again there."""
    settings, datamap = shop.folder / "retention.yaml", shop.folder / "datamap.yaml"
    options = "".join(f"    {name}: '{value}'\n" for name, value in lake.settings.items())
    with_lake = settings.read_text().replace("systems:\n", f"systems:\n  lake:\n    connector: lake\n{options}", 1)
    settings.write_text(with_lake, encoding="utf-8")
    datamap.write_text(datamap.read_text() + LAKE, encoding="utf-8")
    lake.put("seen/1.jsonl", b'{"user":"c3","page":"a"}\n{"user":"c4","page":"b"}\n')
    app, _, plan = shop.approved_request("user_id=c3")
    with app:
        carry_on(app, plan, NOW)
        received = lake.put("seen/2.jsonl", b'{"user":"c3","page":"c"}\n')
        report = app.rescan(WEEK)
        (place,) = report.looks[0].found_in
        assert (place.dataset, place.rows, place.since) == ("lake.seen", 1, received)
        carry_out(app, report.plans[0], WEEK)
        assert [b"c3" in content for content in lake.contents()] == [False] * len(lake.contents())
        assert b'"c4"' in b"".join(lake.contents())


def test_a_bucket_that_tells_of_a_late_file_has_it_looked_at_at_once(shop, lake):
    """Whoever was erased and is in it goes again, without waiting for the week; other objects are looked at in vain."""
    settings, datamap = shop.folder / "retention.yaml", shop.folder / "datamap.yaml"
    options = "".join(f"    {name}: '{value}'\n" for name, value in lake.settings.items())
    with_lake = settings.read_text().replace("systems:\n", f"systems:\n  lake:\n    connector: lake\n{options}", 1)
    settings.write_text(with_lake, encoding="utf-8")
    datamap.write_text(datamap.read_text() + LAKE, encoding="utf-8")
    app, case, plan = shop.approved_request("user_id=c3")
    queue, files = MemoryQueue(), Intake({}, {"files": SystemId("lake")})
    with app:
        carry_on(app, plan, NOW)
        app.context = replace(app.context, intake=replace(files, queues={"files": queue}))
        lake.put("seen/2 late+x.jsonl", b'{"user":"c4","page":"c"}\n{"user":"c3","page":"c"}\n')
        at = lake.put("elsewhere/1.jsonl", b'{"user":"c3"}\n')
        queue.send(b'{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}')
        queue.send(told("elsewhere/1.jsonl", at), told("seen/2+late%2Bx.jsonl", at, "ObjectRemoved:Delete"))
        app.take_parcels(NOW, 0)
        assert app.fold(NOW).cases == ()
        queue.send(told("seen/2+late%2Bx.jsonl", at))
        app.take_parcels(NOW, 0)
        (again,) = app.fold(NOW).cases
        assert app.context.ledger.cases.get(case).state is CaseState.RETURNED
        (plan,) = app.started().plans
        assert app.plan(plan)[0].case_id == again
        (shown,) = [each for each in rescans_of(app, case) if each["state"] == "returned"]
        assert shown["foundIn"][0]["sources"] == ["files"]
        assert app.parcels() == {ParcelState.FOLDED: 4}


def told(key, at, name="ObjectCreated:Put"):
    """Return what a bucket tells of an object; the key stands URL-encoded in it."""
    record = {"eventSource": "aws:s3", "eventName": name, "eventTime": at.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    return json.dumps({"Records": [{**record, "s3": {"object": {"key": key}}}]}).encode()
