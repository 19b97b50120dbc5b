"""Descriptors: what is wrong with one is said with its line; the ready ones are whole; secrets and keys stay out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from connectors.processor import connect
from connectors.processor.rest.filling import body_of, headers_of, path_of
from connectors.processor.rest.processor import RestProcessor
from connectors.processor.rest.reading import parse, read_descriptor, ready
from connectors.processor.rest.settings import RestSettings
from connectors.processor.rest.wire import retry_at
from retention.errors import InputError, SettingsError, TerminalFailure, TransientFailure
from retention.model.answer import ByHand, Completed
from retention.model.copies import Order
from retention.model.ids import OrderId, SystemId
from retention.ports.connector import SystemSettings

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
ORDER = Order(OrderId("7f6a2f7e-3c1c-4c43-9d5b-1d2f3a4b5c6d"), {"user_id": ("taro/..?&x",)}, NOW, "appi")
WHOLE = """\
processor: crm
title: A customer system
source: [https://crm.example/docs]
read: 2026-11-26
url: https://crm.example
auth: {kind: bearer}
delete:
  - method: DELETE
    path: /people/{key}
    answers:
      - {status: 200, outcome: completed}
repeat: safe
"""


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("repeat: safe", "repeat: sometimes", "crm.yaml:12 repeat"),
        ("kind: bearer", "kind: beaver", "crm.yaml:6 auth"),
        (
            "{status: 200, outcome: completed}",
            "{status: 999, outcome: completed}",
            "crm.yaml:11 delete.0.answers.0.status",
        ),
        ("{status: 200, outcome: completed}", "{status: 200, outcome: refused}", "crm.yaml:11 delete.0.answers.0"),
        ("title: A customer system", "titel: A", "crm.yaml:2 titel"),
        ("read: 2026-11-26\n", "", "crm.yaml:1 read"),
        ("method: DELETE", "method: [", "crm.yaml:9"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old, new, where):
    """A wrong word, a missing key, a broken file: file, line and field."""
    with pytest.raises(InputError) as caught:
        parse(WHOLE.replace(old, new), "crm.yaml")
    assert any(problem.where.startswith(where) for problem in caught.value.problems), str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{key}", "all", "names nobody"),
        ("{key}", "{kee}", "{kee}"),
        ("repeat: safe", "repeat: key", "{order}"),
        ("repeat: safe", "repeat: probe", "without `probe`"),
        ("outcome: completed", "outcome: pending", "nobody would ever know"),
        ("outcome: completed", "outcome: next", "next in the last call"),
        (
            "repeat: safe",
            "repeat: safe\nprobe: {method: GET, path: '/{key}', present: [{status: 404}], absent: [{status: 200}]}",
            "takes any such answer for absence",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused(old, new, says):
    """A deletion of nobody, a repeat that nobody could tell, waiting without end: refused before it is used."""
    with pytest.raises(InputError, match="problem") as caught:
        parse(WHOLE.replace(old, new), "crm.yaml")
    assert says in str(caught.value)


def test_the_ready_descriptors_are_whole():
    """Six come with the product; each says where and when it was read, and what is not sure."""
    assert ready() == ("braze", "google-analytics", "segment", "sendgrid", "stripe", "zendesk")
    for name in ready():
        found = read_descriptor(name, Path())
        assert (found.processor, found.read.isoformat()) == (name, "2026-11-26")
        assert found.source
        assert found.unsure


def test_google_analytics_is_best_effort_and_nothing_else():
    """No answer of Google Analytics is ever read as erased."""
    outcomes = {a.outcome for call in read_descriptor("google-analytics", Path()).delete for a in call.answers}
    assert outcomes == {"best-effort", "refused"}


@pytest.mark.parametrize(
    ("name", "status", "body", "known"),
    [
        ("stripe", 200, {"object": "customer", "deleted": True}, False),
        ("stripe", 200, {"object": "customer", "email": "x"}, True),
        ("stripe", 404, None, False),
        ("zendesk", 200, {"users": []}, False),
        ("zendesk", 200, {"users": [{"id": 1}]}, True),
        ("braze", 201, {"users": [], "invalid_user_ids": ["taro/..?&x"]}, False),
        ("braze", 201, {"users": [{"external_id": "taro/..?&x"}]}, True),
    ],
)
def test_a_ready_look_up_tells_gone_from_there(name, status, body, known):
    """What their documentation shows for a deleted and for a living profile is told apart."""
    secrets = {"token": "t0k", "user": "u", "password": "p"}
    settings = RestSettings(SystemId("it"), read_descriptor(name, Path()), "https://it.example", secrets, 5.0)
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    assert RestProcessor(settings, httpx.Client(transport=transport)).knows(ORDER, now=NOW) is known


def test_an_error_page_is_neither_gone_nor_there():
    """An answer of a look-up that says neither is an error, never absence."""
    settings = RestSettings(
        SystemId("it"), read_descriptor("stripe", Path()), "https://it.example", {"token": "t"}, 5.0
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(403))
    with pytest.raises(TerminalFailure):
        RestProcessor(settings, httpx.Client(transport=transport)).knows(ORDER, now=NOW)


def test_a_key_cannot_climb_out_of_its_place():
    """In a path it is one segment, in a header one value, in a body one text; never a template of its own."""
    call = read_descriptor("stripe", Path()).delete[0]
    values = {"key": "../a?b#c {order}", "order": "o1\r\nX: y"}
    assert path_of(call, values) == "/v1/customers/..%2Fa%3Fb%23c%20%7Border%7D"
    assert headers_of(call, values) == {"Idempotency-Key": "o1%0D%0AX: y"}
    assert body_of({"a": ["{key}", 1]}, {"key": "{order}", "order": "o1"}) == {"a": ["{order}", 1]}


@pytest.mark.parametrize(
    ("text", "after"),
    [("120", timedelta(minutes=2)), ("Thu, 26 Nov 2026 04:00:00 GMT", timedelta(hours=1)), ("soon", None), ("", None)],
)
def test_retry_after_is_seconds_or_a_date(text, after):
    """Both forms of RFC 9110 are read; nonsense says nothing."""
    assert retry_at(text, NOW) == (None if after is None else NOW + after)


def made(descriptor: str, answers, **secrets: str) -> RestProcessor:
    """Return a processor over answers that a function gives."""
    settings = RestSettings(
        SystemId("crm"), parse(descriptor, "crm.yaml"), "https://crm.example", {"token": "t0k", **secrets}, 5.0
    )
    return RestProcessor(settings, httpx.Client(transport=httpx.MockTransport(answers)))


FINDING = WHOLE.replace("path: /people/{key}", "path: /people/{found}").replace(
    "delete:",
    "find: {method: GET, path: /people, query: {q: '{key}'}, items: people, id: id, next: next}\ndelete:",
)


@pytest.mark.parametrize(
    ("pages", "answer", "deleted"),
    [
        ([[], [], [7]], Completed(), ["/people/7"]),
        ([[]], Completed(), []),
        ([[7], [8]], ByHand("several-found"), []),
    ],
)
def test_a_search_goes_through_all_pages(pages, answer, deleted):
    """Their id is found on whatever page; nobody found is nothing held; several found is for a person to decide."""
    calls = []

    def answers(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            calls.append(request.url.path)
            return httpx.Response(200)
        page = int(request.url.params.get("page", 0))
        more = f"https://crm.example/people?page={page + 1}" if page + 1 < len(pages) else None
        return httpx.Response(200, json={"people": [{"id": each} for each in pages[page]], "next": more})

    assert made(FINDING, answers).submit(ORDER, now=NOW).answer == answer
    assert calls == deleted


def test_a_further_page_on_another_host_is_not_followed():
    """Credentials do not go where an answer points."""
    more = {"people": [], "next": "https://elsewhere.example/people"}
    with pytest.raises(TerminalFailure, match="another host"):
        made(FINDING, lambda _: httpx.Response(200, json=more)).submit(ORDER, now=NOW)


def test_an_unknown_answer_is_an_error_without_the_person():
    """What the descriptor does not know is no outcome, and no message repeats key, secret or body."""
    with pytest.raises(TerminalFailure) as caught:
        made(WHOLE, lambda _: httpx.Response(418, text="taro is a teapot")).submit(ORDER, now=NOW)
    assert "taro" not in f"{caught.value!r} {caught.value.__cause__} {vars(caught.value)}"
    assert "t0k" not in str(caught.value)


def test_the_agreed_rate_is_kept():
    """Two calls a minute: the third waits for the first to be a minute old, and says until when."""
    processor = made(WHOLE + "rate: {calls: 2, seconds: 60}\n", lambda _: httpx.Response(200))
    for second in (0, 20):
        processor.submit(ORDER, now=NOW + timedelta(seconds=second))
    with pytest.raises(TransientFailure) as caught:
        processor.submit(ORDER, now=NOW + timedelta(seconds=40))
    assert caught.value.retry_at == NOW + timedelta(seconds=60)
    processor.submit(ORDER, now=NOW + timedelta(seconds=60))


def test_oauth_tokens_are_kept_and_renewed():
    """One token serves until a minute before it ends (client credentials)."""
    asked = []

    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            asked.append(request.content.decode())
            return httpx.Response(200, json={"access_token": f"t{len(asked)}", "expires_in": 600})
        assert request.headers["Authorization"] == f"Bearer t{len(asked)}"
        return httpx.Response(200)

    oauth = WHOLE.replace("{kind: bearer}", "{kind: oauth2, token_url: /token, scope: erase}")
    processor = made(oauth, answers, client_id="shop", client_secret="s3cret")  # noqa: S106 -- nobody's
    for minutes in (0, 8, 9):
        processor.submit(ORDER, now=NOW + timedelta(minutes=minutes))
    assert asked == ["grant_type=client_credentials&scope=erase"] * 2


@pytest.mark.parametrize(
    ("auth", "secrets", "header"),
    [
        ("{kind: basic}", {"user": "u", "password": "p"}, ("Authorization", "Basic dTpw")),
        ("{kind: header, name: X-Api-Key}", {}, ("X-Api-Key", "t0k")),
    ],
)
def test_other_credentials(auth, secrets, header):
    """Basic, and a header of their own."""
    seen = {}

    def answers(request: httpx.Request) -> httpx.Response:
        seen.update({name: request.headers.get(name) for name in ("Authorization", "X-Api-Key")})
        return httpx.Response(200)

    made(WHOLE.replace("{kind: bearer}", auth), answers, **secrets).submit(ORDER, now=NOW)
    assert seen[header[0]] == header[1]


def test_wrong_options_are_all_said_at_once(tmp_path):
    """A missing secret, an unknown option, a plain address: three problems, and no secret in them."""
    options = {"protocol": "rest", "descriptor": "stripe", "tokenn": "sk_live_1", "url": "http://crm.example"}
    with pytest.raises(SettingsError) as caught:
        connect(SystemSettings(SystemId("crm"), "processor", options, workspace=tmp_path))
    assert [problem.where for problem in caught.value.problems] == [
        "systems.crm.token",
        "systems.crm.tokenn",
        "systems.crm.url",
    ]
    assert "sk_live_1" not in str(caught.value)
