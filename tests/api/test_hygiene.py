"""What holds for every call: problems, sizes, types, headers, rates, and what is never told."""

from __future__ import annotations

import json
import logging

import pytest
from starlette.testclient import TestClient

from retention.api.application import make_api
from retention.api.hygiene import LARGEST_BODY
from retention.api.limits import Limiter, Rate
from retention.app import App
from retention.errors import TerminalFailure, TooManyCallsError, TransientFailure
from tests.api.conftest import NOW, PERSON

OPENING = {"subject": {"key": "email", "value": PERSON}, "channel": "post"}


def test_everything_wrong_is_told_at_once_and_nothing_repeated(standing):
    """Three mistakes, three problems with where, expected and found; no value and no member's name comes back."""
    body = {"subject": {"key": PERSON, "value": ""}, "channel": 7, PERSON: PERSON}
    said = standing.ask("POST", "/v1/requests", body)
    assert (said.status_code, said.headers["content-type"]) == (422, "application/problem+json")
    assert {one["where"] for one in said.json()["problems"]} == {
        "body.subject.key",
        "body.subject.value",
        "body.channel",
        "body.(a member that is none)",
    }
    assert all(one["expected"] and one["found"] for one in said.json()["problems"])
    assert PERSON not in said.text


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"subject": {"key": "emial", "value": PERSON}}, "RET-200", "did you mean email?"),
        ({"regime": "xx.law"}, "RET-200", "a law of the policy"),
        ({"channel": "fax"}, "RET-300", "fax"),
    ],
)
def test_what_the_policy_does_not_know_is_told(standing, change, code, word):
    """An unknown key, law or way in: a stable code, where in the body, what would have been right."""
    said = standing.ask("POST", "/v1/requests", {**OPENING, **change})
    assert said.json()["code"] == code
    assert said.json()["type"] == f"urn:retention:error:{code}"
    assert word in said.text
    assert "--" not in json.dumps(said.json().get("problems", []))
    assert PERSON not in said.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"{}", "application/x-www-form-urlencoded", 415),
        (b" " * (LARGEST_BODY + 1), "application/json", 413),
        (b"[" * 60_000, "application/json", 400),
    ],
)
def test_bodies_that_are_none(standing, content, kind, status):
    """No JSON, another type, too long, too deep: refused as a problem, each with its status."""
    headers = {"Authorization": f"Bearer {standing.tokens['operator']}", "Idempotency-Key": "12345678"}
    said = standing.client.post("/v1/requests", content=content, headers=headers | {"Content-Type": kind})
    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
    assert said.json()["status"] == status


@pytest.mark.parametrize("path", ["/v1/cases", "/v1/nowhere", "/v1/openapi.json", "/"])
def test_every_answer_is_stored_nowhere_and_allows_no_other_origin(standing, path):
    """no-store, nosniff, no referrer, nothing loads; no CORS header, also not to a preflight."""
    said = standing.ask("GET", path, Origin="https://elsewhere.example")
    flight = standing.client.options(
        path, headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    )
    for answer in (said, flight):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_nothing_stands_in_an_address_that_is_not_named(standing):
    """An unknown query, one twice, an address too long, a number that is none: refused, and not repeated."""
    assert standing.ask("GET", f"/v1/cases?email={PERSON}").status_code == 422
    assert standing.ask("GET", "/v1/cases?limit=1&limit=2").status_code == 422
    assert standing.ask("GET", f"/v1/cases/{'x' * 600}").status_code == 414
    said = standing.ask("GET", f"/v1/cases/{PERSON}")
    assert said.status_code == 422
    assert PERSON not in said.text


def test_the_access_log_names_nobody(standing, caplog):
    """Method, route, status and the token's number: no address of a person or network, no query, no unknown path."""
    with caplog.at_level(logging.INFO):
        case = standing.opened()
        standing.ask("GET", f"/v1/cases/{case}")
        standing.ask("GET", f"/v1/people/{PERSON}?email={PERSON}", by=None)
    lines = [record.getMessage() for record in caplog.records if record.name == "retention.api"]
    number = "T-20261123-operator"
    assert lines == [
        f"POST /v1/requests 201 {number}",
        f"GET /v1/cases/{{case_id}} 200 {number}",
        "GET (no route) 404 -",
    ]
    assert PERSON not in caplog.text.replace(f"http://testserver/v1/people/{PERSON}?email={PERSON}", "")
    assert standing.tokens["operator"] not in caplog.text


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TransientFailure("the ledger cannot be reached"), (503, "RET-401", "5")),
        (TerminalFailure("it answered nonsense"), (502, "RET-403", None)),
        (KeyError(PERSON), (500, "RET-500", None)),
    ],
)
def test_what_goes_wrong_behind_us_is_told_without_values(standing, monkeypatch, caplog, error, told):
    """Not reached: 503 and when to come again; nonsense: 502; a defect: 500 and its kind, no text, no traceback."""

    def broken(*_, **__):
        raise error

    monkeypatch.setattr(App, "receive", broken)
    said = standing.ask("POST", "/v1/requests", OPENING)
    assert (said.status_code, said.json()["code"], said.headers.get("retry-after")) == told
    assert PERSON not in said.text + caplog.text
    assert "Traceback" not in said.text + caplog.text


def test_a_workspace_that_cannot_be_used_is_not_told_to_callers(door):
    """A broken policy: 502 with the code; not its text, which is for whoever keeps it."""
    (door.shop.folder / "policy.yaml").write_text("policy: [", encoding="utf-8")
    said = door.ask("GET", "/v1/requests")
    assert (said.status_code, said.json()["code"]) == (502, "RET-403")
    assert "policy.yaml" not in said.text


def test_each_token_has_its_own_rate(door):
    """The call after the burst gets 429 and Retry-After; another token does not; after the wait it goes on."""
    slow = Rate(burst=3, a_minute=6)
    door.client = TestClient(make_api(door.shop.app, lambda: door.now, slow))
    assert [door.ask("GET", "/v1/holds").status_code for _ in range(4)] == [200, 200, 200, 429]
    over = door.ask("GET", "/v1/holds")
    assert (over.json()["code"], over.headers["retry-after"]) == ("RET-323", "10")
    assert door.ask("GET", "/v1/holds", by="auditor").status_code == 200
    assert [door.ask("GET", "/v1/holds", by=None).status_code for _ in range(4)] == [401, 401, 401, 429]
    door.now = door.now.replace(second=10)
    assert [door.ask("GET", "/v1/holds").status_code for _ in range(2)] == [200, 429]


def test_a_bucket_forgets_who_has_not_called():
    """Whoever has not called for as long as a bucket takes to fill costs no memory; a clock set back gives nothing."""
    limiter = Limiter(Rate(burst=2, a_minute=60))
    limiter.take("a", NOW)
    limiter.take("b", NOW.replace(minute=1))
    assert set(limiter._buckets) == {"b"}
    limiter.take("b", NOW)
    with pytest.raises(TooManyCallsError) as over:
        limiter.take("b", NOW)
    assert over.value.wait_seconds == 1
