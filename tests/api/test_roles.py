"""Each role at each door: the table below against the routes that there are."""

from __future__ import annotations

import json

import pytest
from fastapi.routing import APIRoute

from retention.api.application import make_application
from retention.model.access import Role

READERS = frozenset({"operator", "approver", "auditor"})
OPERATOR, APPROVER, PROCESSOR = frozenset({"operator"}), frozenset({"approver"}), frozenset({"processor"})
MAY = {
    ("POST", "/v1/requests"): OPERATOR,
    ("GET", "/v1/requests"): READERS,
    ("GET", "/v1/requests/{case_id}"): READERS,
    ("POST", "/v1/requests/{case_id}/waits"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/supplies"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/finding"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/redirection"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/withdrawal"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/identity"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/decision"): OPERATOR,
    ("POST", "/v1/requests/{case_id}/plan"): OPERATOR,
    ("GET", "/v1/cases"): READERS,
    ("GET", "/v1/cases/{case_id}"): READERS,
    ("GET", "/v1/cases/{case_id}/evidence"): READERS,
    ("GET", "/v1/cases/{case_id}/certificate/{language}.{form}"): OPERATOR,
    ("GET", "/v1/plans/{plan_id}"): READERS,
    ("POST", "/v1/plans/{plan_id}/approval"): APPROVER,
    ("POST", "/v1/plans/{plan_id}/rejection"): APPROVER,
    ("POST", "/v1/plans/{plan_id}/run"): OPERATOR,
    ("POST", "/v1/plans/{plan_id}/verification"): OPERATOR,
    ("GET", "/v1/holds"): READERS,
    ("POST", "/v1/holds"): OPERATOR,
    ("POST", "/v1/holds/{hold_id}/release"): OPERATOR,
    ("GET", "/v1/orders"): READERS | PROCESSOR,
    ("POST", "/v1/orders/{order_id}/acknowledgement"): PROCESSOR,
}
"""Who may. A route that does not stand here fails the first test."""
ANYBODY = {"/v1/openapi.json"}
NUMBERS = {
    "{case_id}": "C-20261123-222222",
    "{plan_id}": "P-20261123-222222",
    "{hold_id}": "H-20261123-222222",
    "{order_id}": "00000000-0000-4000-8000-000000000000",
    "{language}": "ja",
    "{form}": "html",
}
SUBJECT = {"key": "email", "value": "c1@mail.example"}
BODIES = {
    "/v1/requests": {"subject": SUBJECT, "channel": "post"},
    "/v1/requests/{case_id}/identity": {"document": "passport"},
    "/v1/requests/{case_id}/decision": {"decision": "accept"},
    "/v1/requests/{case_id}/waits": {"waits": ["papers"]},
    "/v1/requests/{case_id}/supplies": {"waits": ["papers"]},
    "/v1/requests/{case_id}/finding": {"finding": "founded"},
    "/v1/requests/{case_id}/redirection": {"whom": "controller"},
    "/v1/plans/{plan_id}/approval": {"digest": "0" * 64},
    "/v1/plans/{plan_id}/rejection": {"reason": "other"},
    "/v1/holds": {"subject": SUBJECT, "reason": "dispute"},
    "/v1/orders/{order_id}/acknowledgement": {"answer": "done"},
}


def test_every_route_has_a_row(standing):
    """The table names exactly the routes of the application; what anybody may see is listed too."""
    routes = make_application(standing.shop.app, lambda: standing.now).routes
    ours = {(m, route.path) for route in routes if isinstance(route, APIRoute) for m in route.methods}
    assert ours == set(MAY)
    assert {route.path for route in routes if not isinstance(route, APIRoute)} == ANYBODY


@pytest.mark.parametrize("who", [*(role.value for role in Role), None])
def test_each_role_gets_in_where_it_may_and_nowhere_else(standing, who):
    """A role that may gets past the door (to 200, 404, 409 …); one that may not gets 403, and nobody 401."""
    wrong = {}
    for (method, path), may in MAY.items():
        address = path
        for name, number in NUMBERS.items():
            address = address.replace(name, number)
        said = standing.ask(method, address, BODIES.get(path), by=who)
        code = said.json().get("code") if said.status_code >= 400 else ""
        found = {401: "unknown", 403: "shut"}.get(said.status_code, "in")
        expected = "unknown" if who is None else "in" if who in may else "shut"
        if found != expected or (found == "shut" and code != "RET-321"):
            wrong[method, path] = said.status_code
    assert not wrong


def test_a_token_that_is_over_opens_nothing(door):
    """Expired, revoked, cut short, or another's text: 401, and which of them is not said."""
    number = door.issue("leaver", Role.OPERATOR, "leaver@shop")
    assert door.ask("GET", "/v1/requests", by="leaver").status_code == 200
    with door.shop.app() as app:
        app.access.revoke(number, door.now)
    door.tokens["short"] = door.tokens["operator"][:-1]
    door.tokens["number"] = number
    said = [door.ask("GET", "/v1/requests", by=who) for who in ("leaver", "short", "number", None)]
    door.now = door.now.replace(year=2027)
    said.append(door.ask("GET", "/v1/requests"))
    assert {one.status_code for one in said} == {401}
    assert len({one.text for one in said}) == 1
    assert said[0].headers["www-authenticate"] == "Bearer"


def test_the_ledger_never_holds_a_token(door):
    """Neither the text of a token nor a part of it stands in the ledger's file."""
    content = b"".join(path.read_bytes() for path in door.shop.folder.glob("ledger.db*"))
    assert b"operator@shop" in content
    assert not [name for name, text in door.tokens.items() if text.removeprefix("rtn_")[:20].encode() in content]


def test_a_token_is_issued_shown_once_and_ended(standing, cli):
    """Standard output is the token alone; lists name it by number; a name that is none and a stranger are refused."""
    folder = standing.shop.folder
    said = cli("api", "token", "issue", "clerk@shop", "--role", "auditor", "--days", "366", folder=folder)
    secret = said.out.strip()
    assert said.code == 0
    assert secret.startswith("rtn_")
    assert len(secret) >= 43
    assert secret not in said.err
    listed = cli("api", "token", "list", "--json", folder=folder)
    assert secret not in listed.all
    (mine,) = [token for token in json.loads(listed.out) if token["name"] == "clerk@shop"]
    standing.tokens["clerk"] = secret
    assert standing.ask("GET", "/v1/cases", by="clerk").status_code == 200
    assert cli("api", "token", "revoke", mine["token_id"], folder=folder).code == 0
    assert standing.ask("GET", "/v1/cases", by="clerk").status_code == 401
    for wrong, word in (
        (("issue", "a b", "--role", "auditor"), "letters, digits"),
        (("issue", "nobody", "--role", "processor"), "a processor of retention.yaml"),
        (("issue", "x", "--role", "agent"), "agent"),
        (("issue", "x", "--role", "auditor", "--days", "0"), "--days"),
        (("revoke", "T-nix"), "T-nix"),
    ):
        refused = cli("api", "token", *wrong, folder=folder)
        assert refused.code == 2
        assert word in refused.err


def test_the_schema_is_printed_as_it_is_served(standing, cli):
    """`retention api openapi` prints what the server has, with roles, examples and problem details on every call."""
    printed = json.loads(cli("api", "openapi", folder=standing.shop.folder).out)
    assert printed == standing.ask("GET", "/v1/openapi.json", by=None).json()
    for path, methods in printed["paths"].items():
        for method, operation in methods.items():
            assert operation["x-roles"] == sorted(MAY[method.upper(), path])
            assert operation["security"]
            for status in ("401", "403", "409", "422", "429", "503"):
                assert "application/problem+json" in operation["responses"][status]["content"]
    assert printed["components"]["schemas"]["Subject"]["properties"]["key"]["examples"]
