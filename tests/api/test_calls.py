"""A call is done once, nobody allows his own plan, and nothing is done to what has changed."""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import timedelta

import pytest

from retention.app import applying, holds, records, requesting
from retention.app.access import refuse_own
from retention.errors import OwnPlanError
from retention.model.access import Act, Role
from retention.model.case import CaseKind
from retention.model.copies import Order, PlacedOrder
from retention.model.ids import CaseId, OrderId, StepId, SystemId
from retention.store.access import SqlAccess
from tests.api.conftest import NOW, PERSON
from tests.doubles.dying import Died

OPENING = {"subject": {"key": "email", "value": PERSON}, "channel": "post"}
KEY = "one-call-one-key"


def cases(door) -> list[str]:
    """Return the numbers of all requests."""
    with door.shop.app() as app:
        return [case.case_id for case in app.context.ledger.cases.all(CaseKind.REQUEST)]


def facts(door, case: str) -> list[dict]:
    """Return what evidence states of the case."""
    with door.shop.app() as app:
        entries = app.context.ledger.log.of_case(case)
    return [json.loads(b64decode(json.loads(entry.envelope)["payload"]))["predicate"] for entry in entries]


def test_the_whole_road_over_http(door):
    """Open, identify, decide, plan, approve, run, verify, download: each by the role that may; the person is gone."""
    case, plan, digest = door.planned()
    assert door.done("POST", f"/v1/plans/{plan}/approval", {"digest": digest}, by="approver")["state"] == "approved"
    assert door.done("POST", f"/v1/plans/{plan}/run")["state"] == "applied"
    assert door.done("POST", f"/v1/plans/{plan}/verification")["state"] == "closed"
    assert door.shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    bundle = door.ask("GET", f"/v1/cases/{case}/evidence", by="auditor")
    assert bundle.status_code == 200
    assert PERSON.encode() not in bundle.content
    paper = door.ask("GET", f"/v1/cases/{case}/certificate/ja.html")
    assert "個人データ" in paper.text
    (said,) = [fact for fact in facts(door, case) if fact["kind"] == "approval"]
    with door.shop.app() as app:
        assert said["approverRef"] == app.context.ledger.secret_reference("approver@shop")


def test_the_same_key_gives_the_same_answer(door):
    """Sent twice, minutes apart: one case, the same bytes; another body under the key: 422 and no second case."""
    first = door.ask("POST", "/v1/requests", OPENING, key=KEY)
    door.now += timedelta(minutes=5)
    again = door.ask("POST", "/v1/requests", OPENING, key=KEY)
    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, first.headers["etag"])
    other = door.ask("POST", "/v1/requests", {**OPENING, "channel": "email"}, key=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "RET-207")
    elsewhere = door.ask("POST", "/v1/holds", {"subject": OPENING["subject"], "reason": "dispute"}, key=KEY)
    assert elsewhere.status_code == 422
    assert len(cases(door)) == 1
    door.issue("second", Role.OPERATOR, "second@shop")
    assert door.done("POST", "/v1/requests", OPENING, key=KEY, by="second")["case_id"] != first.json()["case_id"]


def test_a_refusal_under_a_key_stays(standing):
    """What was refused is refused again with the same words, though it would be allowed by now."""
    case = standing.opened()
    path = f"/v1/requests/{case}/decision"
    refused = standing.ask("POST", path, {"decision": "accept"}, key="refused-once")
    assert (refused.status_code, refused.json()["code"]) == (409, "RET-307")
    standing.done("POST", f"/v1/requests/{case}/identity", {"document": "passport"})
    assert standing.ask("POST", path, {"decision": "accept"}, key="refused-once").content == refused.content
    assert standing.ask("POST", path, {"decision": "accept"}).status_code == 200


def test_what_is_kept_of_a_call_names_nobody(standing):
    """Digest and answer of a call that named a person hold neither the person nor a digest anyone could try."""
    standing.opened()
    content = b"".join(path.read_bytes() for path in standing.shop.folder.glob("ledger.db*"))
    assert b"operator:operator@shop" in content
    assert PERSON.encode() not in content


DEATHS = {
    ("open", "in the middle"): (requesting, "keep_start"),
    ("open", "before the answer"): (SqlAccess, "answered"),
    ("plan", "in the middle"): (records, "move"),
    ("plan", "before the answer"): (SqlAccess, "answered"),
    ("approve", "before the answer"): (SqlAccess, "answered"),
    ("run", "in the middle"): (applying, "_state_after"),
    ("hold", "in the middle"): (holds, "HoldPlaced"),
}
"""What dies, and where."""


@pytest.mark.parametrize(("step", "where"), list(DEATHS))
def test_a_call_that_died_is_finished_by_the_next(door, monkeypatch, step, where):
    """Killed in the middle or just before the answer: the same key later gives one effect and then one answer."""
    path, body, by = "/v1/requests", OPENING, "operator"
    if step == "hold":
        path, body = "/v1/holds", {"subject": OPENING["subject"], "reason": "dispute"}
    elif step != "open":
        case = door.opened()
        door.done("POST", f"/v1/requests/{case}/identity", {"document": "passport"})
        door.done("POST", f"/v1/requests/{case}/decision", {"decision": "accept"})
        path, body = f"/v1/requests/{case}/plan", None
    if step in {"approve", "run"}:
        plan = door.done("POST", path)["plan"]
        digest = door.done("GET", f"/v1/plans/{plan}")["digest"]
        path, body, by = f"/v1/plans/{plan}/approval", {"digest": digest}, "approver"
        if step == "run":
            door.done("POST", path, body, by=by)
            path, body, by = f"/v1/plans/{plan}/run", None, "operator"
    died = []

    def die(*_, **__):
        died.append(step)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(*DEATHS[step, where], die)
        with pytest.raises((Died, BaseExceptionGroup)):
            door.ask("POST", path, body, by=by, key=KEY)
    assert died == [step]
    door.now += timedelta(hours=2)
    said = door.ask("POST", path, body, by=by, key=KEY)
    assert said.status_code in {200, 201}, said.text
    assert door.ask("POST", path, body, by=by, key=KEY).content == said.content
    with door.shop.app() as app:
        ledger = app.context.ledger
        assert len(ledger.cases.all()) == (0 if step == "hold" else 1)
        assert len(ledger.holds.all()) == (1 if step == "hold" else 0)
        if step in {"approve", "run"}:
            assert len(ledger.plans.approvals(plan)) == 1
        if step == "run":
            assert said.json()["state"] == "applied"
            assert door.shop.rows("SELECT count(*) FROM customers") == [(9,)]
        if step == "plan" and where == "before the answer":
            assert len(ledger.plans.of_case(CaseId(case))) == 1
    kinds = [] if step in {"open", "hold"} else [fact["kind"] for fact in facts(door, case)]
    assert kinds.count("approval") == (1 if step in {"approve", "run"} else 0)


def test_a_call_under_way_is_not_done_beside_itself(door):
    """While somebody is at the case: 503 and when to come again; what he changed meanwhile is looked at then."""
    case = door.opened()
    seen = door.ask("GET", f"/v1/cases/{case}").headers["etag"]
    with door.shop.app() as app:
        assert app.context.ledger.lease(f"case/{case}", "elsewhere:1:x", NOW, NOW + timedelta(hours=1))
    path, body = f"/v1/requests/{case}/identity", {"document": "passport"}
    for key in ("the-first-call", "another-call"):
        busy = door.ask("POST", path, body, key=key, If_Match=seen)
        assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (503, "RET-401", "5")
    door.now += timedelta(hours=1)
    assert door.done("POST", path, body, key="the-first-call", If_Match=seen)["identified_at"]
    assert door.ask("POST", path, body, key="another-call", If_Match=seen).json()["code"] == "RET-324"


def test_nobody_allows_his_own_plan(standing):
    """The same person with two tokens, however he writes his name: 403, nothing recorded; somebody else may."""
    standing.issue("twin", Role.APPROVER, "Operator@Shop")
    case, plan, digest = standing.planned()
    own = standing.ask("POST", f"/v1/plans/{plan}/approval", {"digest": digest}, by="twin")
    assert (own.status_code, own.json()["code"]) == (403, "RET-322")
    assert "approval" not in [fact["kind"] for fact in facts(standing, case)]
    assert standing.done("POST", f"/v1/plans/{plan}/approval", {"digest": digest}, by="approver")["state"] == "approved"


def test_each_hand_on_the_case_counts(standing):
    """Opening, identifying, deciding and planning are each kept with who did it, and any one of them is enough."""
    case, _, _ = standing.planned()
    with standing.shop.app() as app:
        ledger = app.context.ledger
        hand = ledger.secret_reference("operator@shop")
        assert sorted((act.value, by) for act, by in ledger.access.acts(case)) == [
            (act, hand) for act in ("decided", "identified", "opened", "planned")
        ]
        for act in Act:
            ledger.access.note(CaseId(act.value), act, hand, NOW)
            with pytest.raises(OwnPlanError, match=act.value):
                refuse_own(app.context, CaseId(act.value), hand)
            refuse_own(app.context, CaseId(act.value), ledger.secret_reference("another"))


def test_above_a_limit_two_must_allow(door):
    """A plan over a limit stays planned after one approval, and after the same one again; a second person's counts."""
    file = door.shop.folder / "retention.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("{subjects: 5, fraction: 0.5, rows: 20}", "{fraction: 0.01, rows: 0}"), encoding="utf-8"
    )
    door.issue("second", Role.APPROVER, "second@shop")
    _, plan, digest = door.planned()
    path, body = f"/v1/plans/{plan}/approval", {"digest": digest}
    assert door.done("POST", path, body, by="approver")["state"] == "planned"
    assert door.done("POST", path, body, by="approver")["state"] == "planned"
    assert door.ask("POST", f"/v1/plans/{plan}/run").json()["code"] == "RET-302"
    assert door.done("POST", path, body, by="second")["state"] == "approved"


def test_what_has_changed_is_left_alone(standing):
    """If-Match with the ETag of before: 409 and nothing done; with today's it is done. A wrong plan digest: 409."""
    case = standing.opened()
    seen = standing.ask("GET", f"/v1/cases/{case}").headers["etag"]
    path = f"/v1/requests/{case}"
    standing.done("POST", f"{path}/identity", {"document": "passport"}, If_Match=seen)
    stale = standing.ask("POST", f"{path}/decision", {"decision": "deny", "reasons": ["other-law"]}, If_Match=seen)
    assert (stale.status_code, stale.json()["code"]) == (409, "RET-324")
    fresh = standing.ask("GET", f"/v1/cases/{case}")
    assert fresh.json()["state"] == "open"
    standing.done("POST", f"{path}/decision", {"decision": "accept"}, If_Match=fresh.headers["etag"])
    plan = standing.done("POST", f"{path}/plan")["plan"]
    wrong = standing.ask("POST", f"/v1/plans/{plan}/approval", {"digest": "0" * 64}, by="approver")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "RET-303")


def test_pages_of_cases_follow_one_another(door):
    """Two a page, newest first, until the end; every case once."""
    made = {door.opened(f"c{number}@mail.example") for number in range(3)}
    found, before = [], ""
    while True:
        page = door.done("GET", f"/v1/requests?limit=2&before={before}")
        found += [case["case_id"] for case in page["cases"]]
        if page["next_before"] is None:
            break
        before = page["next_before"]
    assert len(found) == 3
    assert set(found) == made


def test_a_processor_answers_its_own_orders(standing):
    """It sees and answers its own; of another's it learns nothing; evidence says that it came over its channel."""
    case, _, _ = standing.planned()
    mine, other = (f"00000000-0000-4000-8000-00000000000{number}" for number in (1, 2))
    with standing.shop.app() as app:
        for number, system in ((mine, "crm"), (other, "ads")):
            order = Order(OrderId(number), {"email": (PERSON,)}, NOW, "appi")
            placed = PlacedOrder(
                order.order_id, CaseId(case), StepId(f"step-{number}"), SystemId(system), NOW + timedelta(14), None
            )
            app.context.ledger.copies.put_order(placed)
    assert [order["order_id"] for order in standing.done("GET", "/v1/orders", by="processor")["orders"]] == [mine]
    assert len(standing.done("GET", "/v1/orders", by="auditor")["orders"]) == 2
    path = f"/v1/orders/{mine}/acknowledgement"
    assert standing.ask("POST", path, {"answer": "refused"}, by="processor").status_code == 409
    said = standing.done("POST", path, {"answer": "partial", "reason": "kept-by-law"}, by="processor")
    assert (said["answer"], said["reason"]) == ("partial", "kept-by-law")
    hidden = standing.ask("POST", f"/v1/orders/{other}/acknowledgement", {"answer": "done"}, by="processor")
    unknown = standing.ask("POST", f"/v1/orders/{other[:-1]}9/acknowledgement", {"answer": "done"}, by="processor")
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace(other, "") == unknown.text.replace(f"{other[:-1]}9", "")
    (fact,) = [fact for fact in facts(standing, case) if fact.get("processor") == "crm"]
    assert fact["proof"] == "channel"
