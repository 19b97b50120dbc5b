"""Events by HTTP, and parcels that nobody can read: what senders and operators see."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retention.app.envelopes import read_envelope
from retention.clocks import EVENT_KINDS
from retention.entrance import LARGEST_CALL, SIGNATURE_HEADER, Entrance, sign
from retention.errors import SettingsError
from retention.model.parcel import ParcelState, Urgency
from retention.model.sender import Sender
from retention.ports.queues import Intake
from retention.serving import Asgi
from retention.wiring import count_waiting, read_senders, read_settings
from retention.wiring.intake import connect_intake
from tests.doubles.mail import body, event
from tests.e2e.conftest import NOW, SETTINGS, make_shop_in

CRM = Sender("crm", secret=b"crm-secret-of-24-characters")
FORMS = Sender("forms", token="forms-token-of-24-characters")  # noqa: S106 -- the test's own
ONE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
NASTY = (
    b"",
    b"\xff",
    b"[1]",
    b'{"id": "\\ud800", "source": "/crm"}',
    b'{"Records": [{"eventSource": "aws:s3"}]}',
    body("x", subject="user_id=\ud800"),
    body("y", subject="shoe_size=42"),
    body("z", about="mail"),
    b'{"Service": "Amazon S3", "Event": "s3:TestEvent"}',
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return make_shop_in(tmp_path_factory.mktemp("shop"))


@pytest.fixture
def entrance(shop):
    return Entrance({"crm": CRM, "forms": FORMS}, shop.app, lambda: NOW)


def signed(content, kind=ONE, sender=CRM, at=NOW):
    """Return headers of a signed call."""
    return {"content-type": kind, SIGNATURE_HEADER.lower(): sign(sender, content, at)}


def said(reply):
    """Return a reply's status and what it says."""
    return reply.status, json.loads(reply.body)


def kinds(shop):
    """Return the ids of all events that the clocks know."""
    with shop.app() as app:
        return sorted(found.event_id for found in app.context.ledger.events.of_kinds(sorted(EVENT_KINDS)))


def test_an_event_that_was_taken_by_http_is_folded_once(shop, entrance):
    """202 when it is durable; the same again is known; a contradiction is 409 and the first stands."""
    one, batch = body("h1"), json.dumps([event("h1"), event("h2")]).encode()
    assert said(entrance.answer("POST", "/events", signed(one), one)) == (202, {"new": 1, "known": 0, "conflicting": 0})
    assert said(entrance.answer("POST", "/", signed(batch, BATCH), batch))[1]["known"] == 1
    other = body("h1", "account.opened")
    assert said(entrance.answer("POST", "/events", signed(other), other))[0] == 409
    with shop.app() as app:
        assert app.fold(NOW).folded == 2
        assert app.fold(NOW).folded == 0
    assert kinds(shop) == ["/crm#h1", "/crm#h2"]


def test_who_may_not_call_is_told_nothing(entrance):
    """No signature, an old one, another body, a strange token; a sender speaks for itself only."""
    one, token = body("n1"), {"content-type": ONE, "authorization": f"Bearer {FORMS.token}"}
    strange = {"content-type": ONE, "authorization": "Bearer ありがとう"}
    for headers in (
        {"content-type": ONE},
        signed(one, at=NOW - timedelta(minutes=6)),
        signed(b"another body"),
        signed(one, sender=Sender("crm", secret=b"guessed")),
        signed(one, sender=FORMS),
        strange,
    ):
        assert entrance.answer("POST", "/events", headers, one).status == 401
    assert entrance.answer("POST", "/events", token, one).status == 403
    own = body("n2", source="/forms")
    assert entrance.answer("POST", "/events", token, own).status == 202


@pytest.mark.parametrize(
    "call",
    [
        ("POST", "/events?user_id=c1", ONE, body("w1"), 404),
        ("GET", "/events", ONE, b"", 405),
        ("POST", "/events", "application/json", body("w1"), 415),
        ("POST", "/events", BATCH, body("w1"), 400),
        ("POST", "/events", ONE, b"{", 400),
    ],
)
def test_a_wrong_call_keeps_nothing(shop, entrance, call):
    """A key in the address least of all."""
    method, path, kind, content, status = call
    with shop.app() as app:
        before = app.parcels()
        assert entrance.answer(method, path, signed(content, kind), content).status == status
        assert app.parcels() == before


def test_one_wrong_event_stops_its_call_and_is_named(entrance):
    """By its place and a code; what it said is not repeated."""
    batch = json.dumps([event("b1"), event("b2", "account.burnt"), event("b3", subject="phone=0312345678")]).encode()
    reply = entrance.answer("POST", "/events", signed(batch, BATCH), batch)
    assert said(reply)[0] == 400
    assert said(reply)[1]["events"] == [
        {"event": 1, "reason": "unknown-kind"},
        {"event": 2, "reason": "no-subject"},
    ]
    assert b"0312345678" not in reply.body


def test_the_same_door_stands_under_an_asgi_server(entrance):
    """Mounted anywhere: the path below the mount, the query, and a body that is too long."""
    mounted = Asgi(entrance.answer, LARGEST_CALL)

    def call(content, query=b"", path="/api/events"):
        sent = []

        async def receive():
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(name.encode(), value.encode()) for name, value in signed(content).items()]
        scope = {"type": "http", "method": "POST", "path": path, "root_path": "/api", "query_string": query}
        asyncio.run(mounted({**scope, "headers": headers}, receive, send))
        return sent[0]["status"]

    assert call(body("a1")) == 202
    assert call(body("a2"), query=b"user_id=c1") == 404
    assert call(b" " * (LARGEST_CALL + 1)) == 413
    assert call(body("a3"), path="/api") == 202


def test_nothing_that_is_sent_stops_the_inbox_and_the_dead_wait_for_somebody(cli, tmp_path):
    """Each is dead with its reason, an event behind it is folded; retried when the map knows better, or dropped."""
    made = make_shop_in(tmp_path)
    with made.app() as app:
        app.receive_parcels([*NASTY, body("good")], "crm", NOW)
        folded = app.fold(NOW)
        assert (folded.folded, folded.dead) == (1, 9)
    listed = json.loads(cli("event", "dead", "list", "--json", folder=made.folder).out)
    assert {each["reason"] for each in listed} == {
        "not-json",
        "not-cloudevent",
        "no-subject",
        "wrong-about",
        "objects-of-nobody",
    }
    assert b"shoe_size" not in (made.folder / "ledger.db").read_bytes()
    assert cli("event", "dead", "retry", "000000000000", folder=made.folder).code == 2
    datamap = made.folder / "datamap.yaml"
    datamap.write_text(datamap.read_text().replace("email: email}", "email: email, shoe_size: name}"), encoding="utf-8")
    assert "9 wait again" in cli("event", "dead", "retry", folder=made.folder).out
    assert "1 folded" in cli("event", "take", folder=made.folder).out
    left = [each["parcel"] for each in json.loads(cli("event", "dead", "list", "--json", folder=made.folder).out)]
    assert len(left) == 8
    assert "8 dropped" in cli("event", "dead", "drop", *left, folder=made.folder).out
    assert "dropped" in cli("event", "inbox", folder=made.folder).out


def test_an_urgent_event_opens_a_case_that_can_be_planned_unless_it_was_taken_back(tmp_path):
    """Objection: a suspension. Consent withdrawn: what the rules make due, at once. Given again later: nothing."""
    made = make_shop_in(tmp_path)
    urgent = {"objection": Urgency.SUSPENSION, "account.closed": Urgency.SWEEP, "consent.withdrawn": Urgency.ERASURE}
    with made.app() as app:
        app.context = replace(app.context, intake=Intake(urgent=urgent))
        parcels = (
            body("o", "objection", "user_id=c1"),
            body("c", "account.closed", "user_id=c2", time="2026-09-01T00:00:00Z"),
            body("given", "consent.given", "user_id=c4", time="2026-11-21T00:00:00Z"),
            body("taken", "consent.withdrawn", "user_id=c4", time="2026-11-20T00:00:00Z"),
            body("really", "consent.withdrawn", "user_id=c5"),
        )
        app.receive_parcels(parcels, "crm", NOW)
        folded, started = app.fold(NOW), app.started()
        assert (folded.folded, len(folded.cases), len(started.requests), len(started.plans)) == (5, 3, 2, 1)
        rights = {app.context.ledger.cases.get(case).right.value: case for case in started.requests}
        assert set(rights) == {"suspension", "erasure"}
        assert app.plan_request(rights["erasure"], NOW).steps
        assert app.started().requests == (rights["suspension"],)
        assert app.context.ledger.inbox.counts() == {ParcelState.FOLDED: 5}


def test_the_page_shows_settings_and_an_event_that_work(tmp_path, monkeypatch):
    """docs/events.md: the section of retention.yaml connects, the envelope is read."""
    page = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
    section, envelope = (
        re.search(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1] for kind in ("yaml", "json")
    )
    assert read_envelope(json.loads(envelope)).sender == "crm"
    monkeypatch.setenv("FORMS_SECRET", "a-secret-of-24-characters")
    monkeypatch.setenv("CRM_TOKEN", "a-token-of-24-characters!")
    text = SETTINGS.replace("systems:\n", "systems:\n  lake: {connector: lake, url: s3://lake}\n") + section
    events = read_settings(text, "retention.yaml", tmp_path).events
    intake, senders = connect_intake(events, tmp_path), read_senders(events, tmp_path)
    assert (set(intake.queues), intake.objects_of, set(senders)) == (
        {"crm", "files"},
        {"files": "lake"},
        {"crm", "forms"},
    )
    assert intake.urgent["objection"] is Urgency.SUSPENSION


def test_a_wrong_section_is_told_whole(tmp_path):
    """Every problem with its line: a queue of a system that is none, a kind that is none, a sender without a secret."""
    section = """
events:
  queues: {crm: {connector: sqs, objects_of: lakes}, Files: {url: x}}
  senders: {crm: {}, forms: {secret: plain-text}}
  urgent: {account.burnt: sweep, objection: erase}
"""
    with pytest.raises(SettingsError) as refused:
        read_settings(SETTINGS + section, "retention.yaml", tmp_path)
    told = " ".join(str(problem) for problem in refused.value.problems)
    for word in ("objects_of", "Files", "connector", "neither", "env:NAME", "account.burnt", "did you mean"):
        assert word in told, word
    events = read_settings(SETTINGS + "events: {queues: {crm: {connector: sqss}}}\n", "retention.yaml", tmp_path).events
    with pytest.raises(SettingsError, match="did you mean sqs"):
        connect_intake(events, tmp_path)
    with pytest.raises(SettingsError, match="nobody may send"):
        read_senders(events, tmp_path)


def test_the_command_serves_until_it_is_interrupted(tmp_path):
    """`retention event serve`, a process of its own: an event is taken over the wire, durable before the answer."""
    made = make_shop_in(tmp_path)
    with (made.folder / "retention.yaml").open("a", encoding="utf-8") as settings:
        settings.write("events: {senders: {crm: {secret: env:CRM_SECRET}}}\n")
    command = [sys.executable, "-c", "from retention.cli import main; main()", "-w", str(made.folder)]
    environment = {**os.environ, "CRM_SECRET": CRM.secret.decode(), "COLUMNS": "200"}
    served = subprocess.Popen(
        [*command, "event", "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        address = served.stdout.readline().split()[-1]
        content = body("wire")
        headers = signed(content, at=datetime.now(UTC))
        request = urllib.request.Request(address, content, headers, method="POST")  # noqa: S310 -- our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- same
            assert (answer.status, json.loads(answer.read())["new"]) == (202, 1)
    finally:
        served.send_signal(signal.SIGINT)
        assert served.wait(30) == 0
    assert count_waiting(made.folder) == 1
    with made.app() as app:
        assert app.parcels() == {ParcelState.WAITING: 1}
        app.fold(NOW)
    assert count_waiting(made.folder) == 0
