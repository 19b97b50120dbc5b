"""We as a processor: a client's OpenDSR requests, from the wire to evidence."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import threading
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from connectors.processor import connect
from retention.app import clients as client_requests
from retention.app import requests as app_requests
from retention.errors import TransientFailure
from retention.evidence import verify
from retention.model.answer import AtWork, Completed
from retention.model.case import CaseState
from retention.model.copies import Order
from retention.model.ids import OrderId, SystemId
from retention.opendsr import LARGEST_REQUEST, Endpoint, Office, call_clients, make_certificate, read_seal
from retention.ports.connector import SystemSettings
from retention.serving import BoundedServer
from retention.store.clients import SqlClientRequests
from retention.wiring import open_app, read_clients, read_workspace

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DOMAIN = "127.0.0.1"
CALLBACK = "https://acme.example/dsr/calls"
TOKENS = {"acme": "acme-token-of-24-characters", "other": "other-token-of-24-characters"}
SETTINGS = f"""\
domain: {DOMAIN}
address: http://127.0.0.1:8091/opendsr
key: opendsr/key.pem
certificate: opendsr/certificate.pem
clients:
  acme:
    tenant: company=acme
    token: file:acme.token
    identities: {{controller_customer_id: user_id, email: email}}
    callbacks: ["{CALLBACK}", "https://acme.example/second"]
  other:
    tenant: company=other
    token: file:other.token
    identities: {{email: email}}
"""


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A key and a certificate, made once."""
    folder = tmp_path_factory.mktemp("opendsr")
    make_certificate(DOMAIN, folder, NOW)
    return folder


class _Firm:
    """The shop, some of whose notes are companies' own, as their processor."""

    def __init__(self, shop, certified: Path) -> None:
        self.shop = shop
        self.now = NOW
        owners = [("c3", "acme"), ("c3", "acme"), ("c4", "acme"), ("c3", "other")]
        rows = ", ".join(f"('{who}', '{of} on {who}', '2026-10-01 00:00:00.000000', '{of}')" for who, of in owners)
        shop.change(
            "ALTER TABLE notes ADD COLUMN company TEXT",
            f"INSERT INTO notes (customer_id, body, written_at, company) VALUES {rows}",
        )
        file = shop.folder / "datamap.yaml"
        text = file.read_text(encoding="utf-8").replace(
            "    table: notes\n", "    table: notes\n    tenant: {company: company}\n"
        )
        file.write_text(text, encoding="utf-8")
        (shop.folder / "opendsr.yaml").write_text(SETTINGS, encoding="utf-8")
        for name, token in TOKENS.items():
            (shop.folder / f"{name}.token").write_text(token, encoding="utf-8")
        (shop.folder / "opendsr").symlink_to(certified)
        with shop.app() as app:
            year_ago = NOW - timedelta(days=365)
            for number, company in enumerate(TOKENS):
                app.record_event(
                    f"company={company}", "contract.started", event_id=f"s{number}", occurred_at=year_ago, now=NOW
                )
        self.office = self.read()
        self.endpoint = Endpoint(self.office, lambda: open_app(shop.folder), lambda: self.now)

    def read(self) -> Office:
        folder = self.shop.folder
        desk = read_clients(folder, read_workspace(folder).datamap)
        return Office(desk.address, read_seal(desk.domain, desk.key, desk.certificate, self.now), desk.clients)

    def ask(self, method: str, path: str, body=None, client: str | None = "acme"):
        """Return status, content and the whole reply; its signature has been checked."""
        headers = {"authorization": f"Bearer {TOKENS[client]}"} if client else {}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        reply = self.endpoint.answer(method, path, headers, raw)
        signature = base64.b64decode(reply.headers["X-OpenDSR-Signature"], validate=True)
        key = self.office.seal.key.public_key()
        key.verify(signature, reply.body, *_scheme())
        assert reply.headers["X-OpenDSR-Processor-Domain"] == DOMAIN
        return int(reply.status), json.loads(reply.body), reply

    def status(self, number: str, client: str = "acme") -> dict:
        code, content, _ = self.ask("GET", f"/v2/requests/{number}", client=client)
        assert code == 200, content
        return content

    def notes(self) -> list[str]:
        return [body for (body,) in self.shop.rows("SELECT body FROM notes WHERE company IS NOT NULL ORDER BY id")]

    def walk(self, case: str, until: str = "sealed") -> None:
        """Take the case along the road, as far as the state named."""
        with self.shop.app() as app:
            app.accept(case, self.now)
            plan = app.plan_request(case, self.now)
            app.approve(plan.plan_id, plan.digest, "office", self.now)
            if until == "approved":
                return
            app.apply(plan.plan_id, self.now)
            app.verify(plan.plan_id, self.now)
            if until == "sealed":
                app.seal(plan.plan_id, self.now)


def _scheme():
    return PKCS1v15(), SHA256()


@pytest.fixture
def firm(shop, certified):
    """The shop as the processor of two companies."""
    return _Firm(shop, certified)


def request(**changed) -> dict:
    """The specification's example of a request (7.2), to us and about c3; `None` leaves a member out."""
    body = {
        "regulation": "gdpr",
        "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
        "subject_request_type": "erasure",
        "submitted_time": "2018-10-02T15:00:00Z",
        "subject_identities": [
            {"identity_type": "email", "identity_value": "c3@mail.example", "identity_format": "raw"}
        ],
        "api_version": "2.0",
        "status_callback_urls": [CALLBACK],
        "extensions": {"example-other-processor.com": {"foo-other-processor-custom-id": 654321}},
    } | changed
    return {name: value for name, value in body.items() if value is not None}


NUMBER = request()["subject_request_id"]


def test_discovery_example(firm):
    """`/discovery` has the specification's members (6.3, 6.4), and serves the certificate it names, to anybody."""
    code, said, _ = firm.ask("GET", "/v2/discovery", client=None)
    assert (code, said["api_version"]) == (200, "2.0")
    assert {"identity_type": "email", "identity_format": "sha256"} in said["supported_identities"]
    assert said["supported_subject_request_types"] == ["erasure"]
    assert said["processor_certificate"] == "http://127.0.0.1:8091/opendsr/certificate.pem"
    published = firm.endpoint.answer("GET", "/opendsr/certificate.pem", {}, b"")
    assert published.body == (firm.shop.folder / "opendsr/certificate.pem").read_bytes()
    assert firm.ask("GET", "/v3/discovery/", client=None)[1]["api_version"] == "3.0"


def test_request_example(firm):
    """The example request is answered 201 with the receipt of 7.4, and its status as in 8.4, below each prefix."""
    body = json.dumps(request()).encode()
    for prefix in ("", "/opendsr", "/opendsr/v2", "/v2"):
        code, said, _ = firm.ask("POST", f"{prefix}/requests", body)
        assert code == 201
    assert said == {
        "controller_id": "acme",
        "expected_completion_time": "2026-12-07T14:59:59Z",
        "received_time": "2026-11-23T03:00:00Z",
        "encoded_request": base64.b64encode(body).decode(),
        "subject_request_id": NUMBER,
        "api_version": "2.0",
    }
    status = firm.status(NUMBER)
    assert status.pop("extensions")[DOMAIN]["case"].startswith("C-20261123-")
    assert status == {
        "controller_id": "acme",
        "expected_completion_time": "2026-12-07T14:59:59Z",
        "subject_request_id": NUMBER,
        "request_status": "pending",
        "api_version": "2.0",
    }


def test_request_of_version_three(firm):
    """Version 3.0 names identities by type; several are one person, and all of him goes."""
    identities = {"controller_customer_id": {"value": "c3", "encoding": "raw"}, "email": {"value": "c3@mail.example"}}
    code, said, _ = firm.ask("POST", "/v3/requests/", request(subject_identities=identities, api_version="3.0"))
    assert (code, said["api_version"]) == (201, "3.0")
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"])
    assert firm.status(NUMBER)["request_status"] == "completed"
    assert firm.notes() == ["acme on c4", "other on c3"]


def test_error_example(firm):
    """A missing member is answered 400 with the error object of 7.7; the message names it."""
    code, said, _ = firm.ask("POST", "/v2/requests", request(subject_request_id=None))
    assert (code, said["error"]["code"]) == (400, 400)
    (detail,) = said["error"]["errors"]
    assert detail["domain"] == "Validation"
    assert detail["message"].startswith("subject_request_id: expected a lower-case UUID")


WRONG = [
    ({"subject_request_id": NUMBER.upper()}, "subject_request_id"),
    ({"subject_request_id": "a7551968-d5d6-14b2-9831-815ac9017798"}, "subject_request_id"),
    ({"regulation": "lgpd"}, "regulation"),
    ({"subject_request_type": "access"}, "subject_request_type"),
    ({"submitted_time": "2018-10-02T15:00:00"}, "submitted_time"),
    ({"submitted_time": "2027-01-01T00:00:00Z"}, "submitted_time"),
    ({"subject_identities": []}, "subject_identities"),
    ({"subject_identities": None}, "subject_identities"),
    ({"api_version": "1.0"}, "api_version"),
    ({"status_callback_urls": ["http://169.254.169.254/latest/meta-data"]}, "status_callback_urls.0"),
    ({"status_callback_urls": [CALLBACK + "?x=1"]}, "status_callback_urls.0"),
    ({"extensions": {DOMAIN: {"mpids": [1]}}}, "extensions"),
    (
        {"subject_identities": [{"identity_type": "android_id", "identity_value": "x", "identity_format": "raw"}]},
        "subject_identities.0.identity_type",
    ),
    (
        {"subject_identities": [{"identity_type": "email", "identity_value": "x", "identity_format": "md5"}]},
        "subject_identities.0.identity_format",
    ),
    (
        {"subject_identities": [{"identity_type": "email", "identity_value": "x", "identity_format": "sha256"}]},
        "subject_identities.0.identity_value",
    ),
    ({"subject_identities": {"hanako@mail.example": {"valve": "x"}}, "api_version": None}, "subject_identities.value"),
]
"""What is changed in the example, and the member that is then complained about."""


def test_what_is_wrong_is_refused_whole(firm):
    """Each wrong member is named in a signed 400; nothing is taken, and no value of the body is repeated."""
    for changed, where in WRONG:
        code, said, reply = firm.ask("POST", "/requests", request(**changed))
        assert code == 400, changed
        assert [e["message"].split(":")[0] for e in said["error"]["errors"]] == [where]
        assert b"c3@" not in reply.body
        assert b"hanako" not in reply.body
    for body in (b"", b"[]", b"{", b"\xff\xfe", b"[" * 60_000, b'"x"'):
        assert firm.ask("POST", "/v2/requests", body)[0] == 400
    with firm.shop.app() as app:
        assert app.context.ledger.clients.all() == ()
        assert app.context.ledger.cases.all() == ()


def test_only_clients_ask(firm):
    """Without a token, with a wrong one, or for another client's request, nothing is learnt."""
    assert firm.ask("POST", "/v2/requests", request(), client=None)[0] == 401
    wrong = firm.endpoint.answer("GET", f"/v2/requests/{NUMBER}", {"authorization": "Bearer no"}, b"")
    assert wrong.status == 401
    assert firm.ask("POST", "/v2/requests", request())[0] == 201
    unknown = firm.ask("GET", f"/v2/requests/{uuid.uuid4()}", client="other")
    assert firm.ask("GET", f"/v2/requests/{NUMBER}", client="other")[:2] == unknown[:2]
    assert firm.ask("DELETE", f"/v2/requests/{NUMBER}", client="other")[0] == 404
    assert firm.ask("PUT", f"/v2/requests/{NUMBER}", client="other")[0] == 405
    assert firm.ask("GET", "/v2/people")[0] == 404


def test_same_request_twice_is_one(firm):
    """Sent again, also written in another way, a request is the same case; its number with other content is refused."""
    first = firm.ask("POST", "/v2/requests", request())[1]
    firm.now = NOW + timedelta(hours=1)
    code, again, _ = firm.ask("POST", "/v2/requests", json.dumps(request(), indent=1, sort_keys=True).encode())
    assert (code, again["received_time"]) == (201, first["received_time"])
    assert firm.ask("POST", "/v2/requests", request(submitted_time="2018-10-03T15:00:00Z"))[0] == 409
    assert firm.ask("POST", "/v2/requests", request(status_callback_urls=None), client="other")[0] == 201
    with firm.shop.app() as app:
        assert len(app.context.ledger.cases.all()) == 2


def test_completed_means_verified_and_sealed(firm):
    """Each status follows the case, and only the company's own rows go; the evidence of it verifies (UMU-04)."""
    firm.ask("POST", "/v2/requests", request())
    case = firm.status(NUMBER)["extensions"][DOMAIN]["case"]
    firm.walk(case, until="approved")
    assert firm.status(NUMBER)["request_status"] == "in_progress"
    with firm.shop.app() as app:
        plan = app.context.ledger.plans.of_case(case)[0].plan_id
        app.apply(plan, NOW)
        assert firm.status(NUMBER)["request_status"] == "in_progress"
        app.verify(plan, NOW)
        assert firm.status(NUMBER)["request_status"] == "in_progress"
        app.seal(plan, NOW)
        report = verify(app.bundle(case))
        assert report.authentic, report.broken
    assert firm.status(NUMBER)["request_status"] == "completed"
    assert firm.notes() == ["acme on c4", "other on c3"]
    assert firm.shop.rows("SELECT count(*) FROM customers") == [(10,)]


def test_what_went_wrong_is_never_completed(firm):
    """A case that is carried out in part says in progress, and that it is partial."""
    firm.ask("POST", "/v2/requests", request())
    case = firm.status(NUMBER)["extensions"][DOMAIN]["case"]
    firm.walk(case, until="approved")
    with firm.shop.app() as app:
        for state in (CaseState.APPLYING, CaseState.PARTIAL):
            cases = app.context.ledger.cases
            cases.replace(replace(cases.get(case), state=state))
    said = firm.status(NUMBER)
    assert (said["request_status"], said["extensions"][DOMAIN]["partial"]) == ("in_progress", True)


def test_identity_as_a_digest(firm):
    """A SHA-256 of the address as it is compared finds the person, though it stands in capitals with us."""
    firm.shop.change("UPDATE customers SET email = 'C3@Mail.Example' WHERE id = 'c3'")
    digest = hashlib.sha256(b"c3@mail.example").hexdigest()
    identity = {"identity_type": "email", "identity_value": digest.upper(), "identity_format": "sha256"}
    assert firm.ask("POST", "/v2/requests", request(subject_identities=[identity]))[0] == 201
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"])
    assert firm.notes() == ["acme on c4", "other on c3"]


def test_digest_of_nobody_of_theirs(firm):
    """A digest of someone about whom the company has no rows is cancelled as unknown, with evidence."""
    digest = hashlib.sha256(b"c5@mail.example").hexdigest()
    identity = {"identity_type": "email", "identity_value": digest, "identity_format": "sha256"}
    assert firm.ask("POST", "/v2/requests", request(subject_identities=[identity]))[0] == 201
    said = firm.status(NUMBER)
    assert said["request_status"] == "cancelled"
    assert said["extensions"][DOMAIN]["reason"] == "subject-unknown"
    with firm.shop.app() as app:
        assert verify(app.bundle(said["extensions"][DOMAIN]["case"])).authentic


def test_cancellation_example(firm):
    """A pending request is cancelled with 202 and the body of 9.3; again, too; then it can never be planned."""
    firm.ask("POST", "/v2/requests", request())
    for _ in range(2):
        code, said, _ = firm.ask("DELETE", f"/v2/requests/{NUMBER}")
        assert (code, said) == (
            202,
            {
                "controller_id": "acme",
                "subject_request_id": NUMBER,
                "received_time": "2026-11-23T03:00:00Z",
                "api_version": "2.0",
            },
        )
    said = firm.status(NUMBER)
    assert said["request_status"] == "cancelled"
    assert said["extensions"][DOMAIN]["reason"] == "withdrawn"
    assert len(firm.notes()) == 4


def test_what_is_under_way_is_not_cancelled(firm):
    """Once approved, a cancellation is refused with 409, and the request goes on."""
    firm.ask("POST", "/v2/requests", request())
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"], until="approved")
    assert firm.ask("DELETE", f"/v2/requests/{NUMBER}")[0] == 409
    assert firm.status(NUMBER)["request_status"] == "in_progress"


def test_no_request_outside_the_contract(firm):
    """After the contract has ended a request is refused, and nothing is opened (UMU-04)."""
    with firm.shop.app() as app:
        ended = NOW - timedelta(days=1)
        app.record_event("company=acme", "contract.ended", event_id="x", occurred_at=ended, now=NOW)
    assert firm.ask("POST", "/v2/requests", request())[0] == 409
    assert firm.ask("GET", f"/v2/requests/{NUMBER}")[0] == 404
    with firm.shop.app() as app:
        assert app.context.ledger.cases.all() == ()


def test_interrupted_opening_is_finished(firm, monkeypatch):
    """Dying before or after each write, the same request sent again makes one case, and it can be carried out."""

    def dying(real, *, wrote):
        def die(*args, **kwargs):
            if wrote:
                real(*args, **kwargs)
            raise TransientFailure("died")

        return die

    places = [(SqlClientRequests, "take"), (client_requests, "record_event"), (app_requests, "open_case")]
    places += [(app_requests, "keep_start"), (client_requests, "open_instructed"), (SqlClientRequests, "opened")]
    for owner, name in places:
        for wrote in (False, True):
            with monkeypatch.context() as patch:
                patch.setattr(owner, name, dying(getattr(owner, name), wrote=wrote))
                code, _, reply = firm.ask("POST", "/v2/requests", request())
                assert (code, reply.headers["Retry-After"]) == (503, "60")
    assert firm.ask("POST", "/v2/requests", request())[0] == 201
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"])
    with firm.shop.app() as app:
        assert len(app.context.ledger.cases.all()) == 1
    assert firm.notes() == ["acme on c4", "other on c3"]


class _Outside:
    """Where calls go, instead of the network."""

    def __init__(self, firm) -> None:
        self.firm = firm
        self.got: list[tuple[str, dict]] = []
        self.up = True

    def __call__(self, url, headers, body):
        signature = base64.b64decode(headers["X-OpenDSR-Signature"])
        self.firm.office.seal.key.public_key().verify(signature, body, *_scheme())
        self.got.append((url, json.loads(body)))
        return self.up

    def make(self, now):
        """Make the calls that are due; return how many were taken and how many not."""
        with self.firm.shop.app() as app:
            return call_clients(app, self.firm.office, now, self)


def test_clients_are_called_on_change(firm):
    """Each change is told once, signed, to the address of the request; the body is that of 8.7."""
    outside = _Outside(firm)
    firm.ask("POST", "/v2/requests", request())
    assert outside.make(NOW) == (0, 0)
    case = firm.status(NUMBER)["extensions"][DOMAIN]["case"]
    firm.walk(case, until="approved")
    assert outside.make(NOW) == (1, 0)
    assert outside.make(NOW) == (0, 0)
    with firm.shop.app() as app:
        plan = app.context.ledger.plans.of_case(case)[0].plan_id
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
    assert outside.make(NOW) == (1, 0)
    assert [(url, said["request_status"]) for url, said in outside.got] == [
        (CALLBACK, "in_progress"),
        (CALLBACK, "completed"),
    ]
    last = outside.got[-1][1]
    assert (last["controller_id"], last["status_callback_url"]) == ("acme", CALLBACK)
    assert (last["subject_request_id"], last["expected_completion_time"]) == (NUMBER, "2026-12-07T14:59:59Z")


def test_missed_call_is_repeated_later_and_later(firm):
    """What is not taken is tried after a minute, two, four; what is missed meanwhile is not told any more."""
    outside = _Outside(firm)
    firm.ask("POST", "/v2/requests", request())
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"], until="approved")
    outside.up = False
    at = NOW
    for minutes in (1, 2, 4):
        assert outside.make(at) == (0, 1)
        assert outside.make(at + timedelta(minutes=minutes, seconds=-1)) == (0, 0)
        at += timedelta(minutes=minutes)
    outside.up = True
    assert outside.make(at) == (1, 0)
    assert outside.make(at + timedelta(days=1)) == (0, 0)


def test_address_that_was_struck_out_is_not_called(firm):
    """An address that is no longer agreed on is not called, though a request names it."""
    outside = _Outside(firm)
    firm.ask("POST", "/v2/requests", request())
    firm.walk(firm.status(NUMBER)["extensions"][DOMAIN]["case"], until="approved")
    file = firm.shop.folder / "opendsr.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(CALLBACK, "https://acme.example/new"), encoding="utf-8")
    firm.office = firm.read()
    assert outside.make(NOW) == (0, 1)
    assert outside.got == []


def test_nothing_of_the_person_in_the_ledgers_tables(firm):
    """The request's tables hold neither the address nor its plain digest."""
    firm.ask("POST", "/v2/requests", request())
    ledger = b"".join(path.read_bytes() for path in firm.shop.folder.glob("ledger.db*"))
    assert NUMBER.encode() in ledger
    assert b"c3@mail.example" not in ledger
    assert hashlib.sha256(b"c3@mail.example").hexdigest().encode() not in ledger


def test_openssl_verifies_what_we_sign(firm, tmp_path):
    """With the published certificate and openssl alone: the reply verifies, and one changed byte does not."""
    body = tmp_path / "body"
    reply = firm.ask("POST", "/v2/requests", request())[2]
    (tmp_path / "certificate.pem").write_bytes(firm.endpoint.answer("GET", "/certificate.pem", {}, b"").body)
    (tmp_path / "signature").write_bytes(base64.b64decode(reply.headers["X-OpenDSR-Signature"]))

    def openssl(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)

    (tmp_path / "key.pem").write_text(openssl("x509", "-in", "certificate.pem", "-pubkey", "-noout").stdout)
    for content, said in ((reply.body, "Verified OK"), (reply.body + b" ", "Verification failure")):
        body.write_bytes(content)
        checked = openssl("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "body")
        assert said in checked.stdout + checked.stderr
        assert (checked.returncode == 0) == (said == "Verified OK")
    names = openssl("x509", "-in", "certificate.pem", "-noout", "-checkhost", DOMAIN)
    assert "does match certificate" in names.stdout


@pytest.fixture
def served(firm):
    """The endpoint on a port of its own."""
    with BoundedServer("opendsr", firm.endpoint.answer, ("127.0.0.1", 0), LARGEST_REQUEST) as server:
        threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.mark.parametrize(("form", "version"), [("raw", "2.0"), ("sha256", "3.0")])
def test_our_client_against_our_server(firm, served, form, version):
    """Our own client orders, asks and is told completed when all is verified; a callback of ours counts for it."""
    options = {
        "protocol": "opendsr",
        "url": f"{served}/v{version[0]}",
        "api_version": version,
        "certificate": "opendsr/certificate.pem",
        "controller_id": "acme",
        "identities": f"user_id=controller_customer_id, email=email:{form}",
        "callback_url": CALLBACK,
        "token": TOKENS["acme"],
    }
    system = connect(SystemSettings(SystemId("umu"), "processor", options, workspace=firm.shop.folder))
    processor = system.processor()
    order = Order(OrderId(str(uuid.uuid4())), {"email": ("c3@mail.example",)}, NOW, "gdpr")
    assert processor.submit(order, now=NOW).answer == AtWork()
    assert processor.submit(order, now=NOW).answer == AtWork()
    firm.walk(firm.status(order.order_id)["extensions"][DOMAIN]["case"])
    receipt = processor.status(order, now=NOW)
    assert receipt.answer == Completed()
    calls: list = []
    with firm.shop.app() as app:
        call_clients(app, firm.office, NOW, lambda _, headers, body: calls.append((headers, body)) is None)
        assert len(app.context.ledger.cases.all()) == 1
    assert processor.callback(*calls[0], now=NOW).answer == Completed()
    assert firm.notes() == ["acme on c4", "other on c3"]
    system.close()


def test_commands_list_and_call(firm, cli):
    """`opendsr list` shows number, case and status and nobody; `opendsr call` exits 4 while a client is not reached."""
    firm.now = datetime.now(UTC)  # the commands read the clock
    (firm.shop.folder / "opendsr").unlink()
    assert cli("opendsr", "certificate", "--domain", DOMAIN, folder=firm.shop.folder).code == 0
    assert cli("opendsr", "certificate", "--domain", DOMAIN, folder=firm.shop.folder).code == 2
    file = firm.shop.folder / "opendsr.yaml"
    text = file.read_text(encoding="utf-8").replace(CALLBACK, "http://127.0.0.1:9/dsr")
    file.write_text(text, encoding="utf-8")
    firm.office = firm.read()
    firm.endpoint = Endpoint(firm.office, lambda: open_app(firm.shop.folder), lambda: firm.now)
    assert firm.ask("POST", "/v2/requests", request(status_callback_urls=["http://127.0.0.1:9/dsr"]))[0] == 201
    said = cli("opendsr", "list", "--json", folder=firm.shop.folder)
    assert said.code == 0, said.err
    (row,) = json.loads(said.out)
    assert (row["request"]["request_id"], row["told"]["progress"]) == (NUMBER, "pending")
    assert "c3@" not in said.out
    assert cli("opendsr", "call", folder=firm.shop.folder).code == 0
    firm.walk(row["told"]["case_id"], until="approved")
    missed = cli("opendsr", "call", folder=firm.shop.folder)
    assert (missed.code, "0 calls taken, 1 to be tried again" in missed.out) == (4, True)
    assert NUMBER in cli("opendsr", "list", folder=firm.shop.folder).out
