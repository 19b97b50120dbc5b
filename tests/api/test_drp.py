"""The receiving side of the Data Rights Protocol: our own client against it, and what nobody else may make it do."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
import uuid
from datetime import timedelta

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.testclient import TestClient

from connectors.processor import connect
from retention.api.application import make_api
from retention.app import agents as agent_requests
from retention.drp import Endpoint
from retention.errors import SettingsError, TerminalFailure
from retention.model.answer import AtWork, Refused
from retention.model.case import CaseKind, CaseState
from retention.model.copies import Order
from retention.model.ids import OrderId, SystemId
from retention.model.request_moves import Received
from retention.model.terms import Filer
from retention.ports.connector import SystemSettings
from retention.wiring import read_agents, read_workspace
from tests.api.conftest import NOW, PERSON, UNLIMITED, Door
from tests.doubles.dying import Died
from tests.e2e.conftest import make_shop_in
from tests.processors.drp_processor import AGENT, AGENT_SEED, BUSINESS
from tests.processors.running import Running

KEY = Ed25519PrivateKey.from_private_bytes(AGENT_SEED)
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(32))
FILE = f"""\
business: {BUSINESS}
channel: email
agents:
  {AGENT}:
    verify_key: {base64.b64encode(KEY.public_key().public_bytes_raw()).decode()}
    claims: {{email: email}}
  OTHER:
    verify_key: {base64.b64encode(STRANGER.public_key().public_bytes_raw()).decode()}
    claims: {{email: email}}
"""


REQUESTS = "/drp/v1/data-rights-request"


class Counter:
    """Our desk for agents in the API of a shop, seen from outside."""

    def __init__(self, door: Door) -> None:
        self.door = door
        (door.shop.folder / "drp.yaml").write_text(FILE, encoding="utf-8")
        business = read_agents(door.shop.folder, read_workspace(door.shop.folder).datamap)
        self.endpoint = Endpoint(business.name, business.agents, door.shop.app, lambda: door.now)
        self.api = make_api(door.shop.app, lambda: door.now, UNLIMITED, {"drp": self.endpoint.answer})
        self.client = TestClient(self.api)
        self.tokens = {name: self.pair(name, key).json()["token"] for name, key in ((AGENT, KEY), ("OTHER", STRANGER))}

    def case_of(self, number: str) -> str:
        """Return the case of the agent's number."""
        with self.door.shop.app() as app:
            request = app.context.ledger.agents.known(AGENT, f"id:{number}")
        assert request is not None
        return request.case_id

    def pair(self, name: str, key: Ed25519PrivateKey, **changed):
        """Ask for a token."""
        return self.client.post(f"/drp/v1/agent/{name}", content=signed(key, **{**head(name), **changed}))

    def ask(self, method: str, path: str, content: bytes = b"", by: str = AGENT):
        """Call with a token."""
        headers = {"Authorization": f"Bearer {self.tokens[by]}", "Content-Type": "text/plain"}
        return self.client.request(method, path, content=content, headers=headers)

    def exercise(self, key: Ed25519PrivateKey = KEY, by: str = AGENT, **changed):
        """Send a request."""
        return self.ask("POST", REQUESTS, signed(key, **{**asking(by), **changed}), by=by)

    def cases(self) -> list[str]:
        """Return the numbers of all requests."""
        with self.door.shop.app() as app:
            return [case.case_id for case in app.context.ledger.cases.all(CaseKind.REQUEST)]


def head(agent: str = AGENT) -> dict:
    return {
        "agent-id": agent,
        "business-id": BUSINESS,
        "issued-at": NOW.isoformat(),
        "expires-at": (NOW + timedelta(minutes=10)).isoformat(),
        "drp.version": "0.9.4",
    }


def asking(agent: str = AGENT) -> dict:
    return head(agent) | {"exercise": "deletion", "email": PERSON, "email_verified": True}


def signed(key: Ed25519PrivateKey, **message) -> bytes:
    """Return the message as 3.07.1 has it; what is None is left out."""
    text = json.dumps({name: value for name, value in message.items() if value is not None}).encode()
    return base64.b64encode(key.sign(text) + text)


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    """A desk that the module's tests share."""
    return Counter(Door(make_shop_in(tmp_path_factory.mktemp("drp"))))


@pytest.fixture(scope="module")
def ours(counter):
    """The whole API behind uvicorn, as `retention api serve` starts it; the address for agents."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(counter.api, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}/drp"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def simulated():
    """The simulated business that the client is tested with elsewhere."""
    running = Running("drp_processor")
    yield running.address
    running.close()


def new_order(person: str = PERSON) -> Order:
    return Order(OrderId(str(uuid.uuid4())), {"email": (person,)}, NOW, "ccpa")


@pytest.mark.parametrize("business", ["ours", "simulated"])
def test_our_client_finds_the_same_business_in_us_and_in_the_simulator(request, counter, business):
    """Setup, submit, the same again, status, revoke, revoke again: word for word the same answers."""
    options = {"protocol": "drp", "url": request.getfixturevalue(business), "business_id": BUSINESS, "agent_id": AGENT}
    options |= {"signing_key": base64.b64encode(AGENT_SEED).decode(), "identities": "email=email", "verified": "email"}
    system = connect(SystemSettings(SystemId("partner"), "processor", options | {"repeats": "known"}))
    client, order = system.processor(), new_order()
    before = len(counter.cases())
    first = client.submit(order, now=NOW)
    again = client.submit(order, now=NOW + timedelta(seconds=0))
    assert (first.answer, again.answer, again.reference) == (AtWork(), AtWork(), first.reference)
    placed = Order(order.order_id, order.keys, NOW, "ccpa", reference=first.reference)
    assert client.status(placed, now=NOW).answer == AtWork()
    assert client.withdraw(placed, now=NOW).answer == Refused("revoked")
    assert client.status(placed, now=NOW).answer == Refused("revoked")
    assert len(counter.cases()) - before == (1 if business == "ours" else 0)
    with pytest.raises(TerminalFailure):
        client.status(Order(order.order_id, order.keys, NOW, "ccpa", reference=str(uuid.uuid4())), now=NOW)
    system.close()


def test_a_request_of_an_agent_is_a_request_like_any_other(counter):
    """It begins its life as a mandated agent's; the person's key lies in the vault alone; the status has no more."""
    said = counter.exercise(**{"agent-request-id": "a-1"})
    assert said.status_code == 200
    assert said.json() == {
        "request_id": said.json()["request_id"],
        "agent_request_id": "a-1",
        "status": "in_progress",
        "received_at": "2026-11-23T03:00:00Z",
        "expected_by": "2026-12-07T14:59:59Z",
    }
    case = counter.case_of("a-1")
    with counter.door.shop.app() as app:
        (move,) = app.request_moves(case)
        assert isinstance(move.what, Received)
        assert (move.what.filer, move.what.channel) == (Filer.MANDATED_AGENT, "email")
        assert json.loads(app.context.ledger.vault.get(case, "start")) == {"name": "email", "value": PERSON}
        assert app.context.ledger.cases.get(case).identified_at is None
    content = b"".join(path.read_bytes() for path in counter.door.shop.folder.glob("ledger.db*"))
    assert PERSON.encode() not in content


@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"agent-id": "OTHER"}, 403, ""),
        ({"business-id": "ELSEWHERE"}, 403, ""),
        ({"issued-at": (NOW + timedelta(seconds=1)).isoformat()}, 400, "issued-at"),
        ({"issued-at": "2026-11-23T03:00:00"}, 400, "issued-at"),
        ({"expires-at": NOW.isoformat()}, 400, "expires-at"),
        ({"expires-at": (NOW + timedelta(hours=2)).isoformat()}, 400, "expires-at"),
        ({"drp.version": "1.0"}, 400, "drp.version"),
        ({"exercise": "sale:opt_out"}, 400, "deletion"),
        ({"regime": "ccpa"}, 400, "a law that we are under"),
        ({"email_verified": None}, 400, "email_verified"),
        ({"email": "x\ny"}, 400, "email_verified"),
        ({"email": None}, 400, "email_verified"),
        ({"agent-request-id": 7}, 400, "agent-request-id"),
    ],
)
def test_what_is_not_meant_for_us_now_is_refused(counter, changed, status, word):
    """Each check of 3.07 and each member: refused with its name, nothing taken, no value repeated."""
    before = counter.cases()
    said = counter.exercise(**changed)
    assert said.status_code == status
    assert word in said.json()["message"]
    assert said.json().get("fatal", False) is (status == 400)
    assert PERSON not in said.text
    assert counter.cases() == before


@pytest.mark.parametrize("body", [b"", b"!!", base64.b64encode(b"short"), signed(STRANGER, **asking()), b"e30="])
def test_what_the_agent_did_not_sign_is_refused(counter, body):
    """No base64, no signature, or another's: refused, nothing taken."""
    before = counter.cases()
    assert counter.ask("POST", REQUESTS, body).status_code in {400, 403}
    assert counter.cases() == before


def test_the_same_message_is_the_same_request(counter):
    """Replayed without a number: the same request. The same number with another person: 409, and nothing taken."""
    message = signed(KEY, **asking())
    first, again = (counter.ask("POST", REQUESTS, message).json() for _ in range(2))
    assert first == again
    known = counter.exercise(**{"agent-request-id": "n-1"}).json()
    before = counter.cases()
    later = (NOW + timedelta(minutes=9)).isoformat()
    assert counter.exercise(**{"agent-request-id": "n-1", "expires-at": later}).json() == known
    other = counter.exercise(**{"agent-request-id": "n-1", "email": "c4@mail.example"})
    assert (other.status_code, other.json()["code"]) == (409, "409")
    assert counter.cases() == before


def test_an_agent_learns_of_no_others_requests(counter):
    """Another's number and one that is none: the same 403; so is a role that is no agent's, and another's own page."""
    number = counter.exercise(**{"agent-request-id": "mine"}).json()["request_id"]
    counter.tokens["office"] = counter.door.tokens["operator"]
    found = {
        counter.ask("GET", f"{REQUESTS}/{number}", by="OTHER").text,
        counter.ask("GET", f"{REQUESTS}/{uuid.uuid4()}").text,
        counter.ask("GET", f"{REQUESTS}/{number}", by="office").text,
        counter.ask("GET", f"/drp/v1/agent/{AGENT}", by="OTHER").text,
        counter.ask("DELETE", f"{REQUESTS}/{number}", signed(STRANGER), by="OTHER").text,
        counter.ask("DELETE", f"{REQUESTS}/{number}", signed(STRANGER)).text,
    }
    assert found == {'{"code": "403", "message": "not yours, or unknown"}'}
    assert counter.ask("GET", f"{REQUESTS}/{number}").json()["status"] == "in_progress"
    assert counter.ask("GET", f"/drp/v1/agent/{AGENT}").json() == {}


def test_setup_says_nothing_to_whoever_has_not_the_key(counter):
    """Wrong key, unknown agent, expired message: 403 and no body (2.05.1)."""
    late = {"expires-at": NOW.isoformat()}
    for said in (counter.pair(AGENT, STRANGER), counter.pair("NOBODY", KEY), counter.pair(AGENT, KEY, **late)):
        assert (said.status_code, said.content) == (403, b"")


def test_a_request_that_died_halfway_is_finished_by_the_next(counter, monkeypatch):
    """Killed between the case and its number: sent again, one case."""
    before = len(counter.cases())

    def die(**_):
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(agent_requests, "AgentRequest", die)
        with pytest.raises((Died, BaseExceptionGroup)):
            counter.exercise(**{"agent-request-id": "died"})
    assert counter.exercise(**{"agent-request-id": "died"}).json()["status"] == "in_progress"
    assert len(counter.cases()) == before + 1


def test_what_becomes_of_it_is_told(counter):
    """Denied: the protocol's reason. Sealed: fulfilled, and no sooner; a revocation then comes too late."""
    door = counter.door
    number = counter.exercise(**{"agent-request-id": "denied"}).json()["request_id"]
    case = counter.case_of("denied")
    door.done("POST", f"/v1/requests/{case}/waits", {"waits": ["authority"]})
    door.done("POST", f"/v1/requests/{case}/decision", {"decision": "deny", "reasons": ["agent-unproven"]})
    said = counter.ask("GET", f"{REQUESTS}/{number}").json()
    assert (said["status"], said["reason"]) == ("denied", "insuf_verification")
    number = counter.exercise(**{"agent-request-id": "sealed"}).json()["request_id"]
    case, told = counter.case_of("sealed"), []
    with door.shop.app() as app:
        cases = app.context.ledger.cases
        for state in ("planned", "approved", "applying", "applied", "verified", "sealed", "closed"):
            found = cases.get(case)
            cases.replace(type(found)(**{**_values(found), "state": CaseState(state)}))
            told.append(counter.ask("GET", f"{REQUESTS}/{number}").json()["status"])
    assert told == ["in_progress"] * 5 + ["fulfilled"] * 2
    late = counter.ask("DELETE", f"{REQUESTS}/{number}", signed(KEY))
    assert (late.status_code, late.json()["code"]) == (409, "409")


def _values(record) -> dict:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_a_wrong_drp_yaml_is_told_at_once(door):
    """Every problem with its line: an unknown claim, an unknown key, no key at all."""
    text = "business: B\nchannel: email\nagents:\n  A:\n    verify_key: nix\n    claims: {emial: email, email: nix}\n"
    (door.shop.folder / "drp.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as wrong:
        read_agents(door.shop.folder, read_workspace(door.shop.folder).datamap)
    assert len(wrong.value.problems) == 3
    assert all("drp.yaml:" in problem.where for problem in wrong.value.problems)
