"""One suite over the protocols that take orders: the in-memory reference, and each simulator in a process of its own.

Lists and mails tell nothing when an unknown order is asked for: that behaviour is left to those that can look it up.
By mail a person has the next word: `waiting` and `done` say what a protocol itself answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any, ClassVar, Protocol

import httpx
import pytest

from connectors.processor import connect
from demo.analytics import Records
from retention.errors import SignatureFailure, SystemFailure, TerminalFailure, TransientFailure
from retention.model.answer import Answer, AtWork, ByHand, Completed, Proof, Refused, answer_of
from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId, SystemId
from retention.ports.connector import ProcessorSystem, SystemSettings
from retention.ports.processor import Processor
from tests.processors.drop_processor import SECRET
from tests.processors.drp_processor import AGENT_SEED
from tests.processors.mail_processor import ROUNDS
from tests.processors.running import Running
from tests.s3.server import S3Server

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOKEN = "customer-secret"  # noqa: S105 -- the simulator's
PERSON = "hanako-4711"


def new_order(person: str = PERSON) -> Order:
    return Order(OrderId(str(uuid.uuid4())), {"user_id": (person,)}, NOW, "appi", acknowledgement="t0ken")


class _Bench(Protocol):
    """A processor, with a hand on its other side."""

    processor: Processor
    waiting: ClassVar[Answer]
    """What a new order is answered with."""
    done: ClassVar[Answer]
    """What is answered when the work is done."""

    def load(self, person: str) -> None: ...
    def knows(self, person: str) -> bool: ...
    def orders(self) -> int: ...
    def settle(self) -> None: ...
    def be_busy_once(self) -> None: ...
    def lose_next_answer(self) -> None: ...


class _SigningBench(_Bench, Protocol):
    """One whose answers are signed."""

    def forge(self) -> None: ...


class _CallingBench(_SigningBench, Protocol):
    """One that calls us as well."""

    def last_call(self) -> tuple[Mapping[str, str], bytes]: ...


@dataclass
class _ReferenceProcessor:
    """The port's meaning in its fewest lines: signs with HMAC, keeps everything in memory."""

    key: bytes = b"shared"
    people: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    busy: bool = False
    deaf: bool = False
    forging: bool = False

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        self._reach()
        if order.order_id not in self.states:
            self.states[order.order_id] = "pending"
            self.named[order.order_id] = tuple(str(key) for keys in order.keys.values() for key in keys)
        if self.deaf:
            self.deaf = False
            raise TransientFailure("processor reference: the answer was lost")
        return self.callback(*self.say(order.order_id), now=now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        self._reach()
        if order.order_id not in self.states:
            raise TerminalFailure("processor reference: does not know the order")
        return self.callback(*self.say(order.order_id), now=now)

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
        right = hmac.new(self.key, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(headers["signature"], right):
            raise SignatureFailure("processor reference: the signature does not verify")
        said = json.loads(body)
        digest = hashlib.sha256(body).hexdigest()
        key_id = hashlib.sha256(self.key).hexdigest()
        return Receipt(OrderId(said["id"]), answer_of(said["state"], None), now, None, digest, key_id)

    def say(self, order_id: str) -> tuple[Mapping[str, str], bytes]:
        body = json.dumps({"id": order_id, "state": self.states[order_id]}).encode()
        key = b"another" if self.forging else self.key
        return {"signature": hmac.new(key, body, hashlib.sha256).hexdigest()}, body

    def _reach(self) -> None:
        if self.busy:
            self.busy = False
            raise TransientFailure("processor reference: busy")


class _ReferenceBench:
    waiting: ClassVar[Answer] = AtWork()
    done: ClassVar[Answer] = Completed()

    def __init__(self) -> None:
        self.processor = _ReferenceProcessor()

    def load(self, person: str) -> None:
        self.processor.people.add(person)

    def knows(self, person: str) -> bool:
        return person in self.processor.people

    def orders(self) -> int:
        return len(self.processor.states)

    def settle(self) -> None:
        for order_id, people in self.processor.named.items():
            self.processor.people -= set(people)
            self.processor.states[order_id] = "completed"
        self.processor.named.clear()

    def be_busy_once(self) -> None:
        self.processor.busy = True

    def lose_next_answer(self) -> None:
        self.processor.deaf = True

    def forge(self) -> None:
        self.processor.forging = True

    def last_call(self) -> tuple[Mapping[str, str], bytes]:
        return self.processor.say(next(reversed(self.processor.states)))


class _OpenDsrBench:
    """The connector, and the simulator in its process behind it."""

    waiting: ClassVar[Answer] = AtWork()
    done: ClassVar[Answer] = Completed()

    def __init__(self, process: _Simulator, calls: _Inbox) -> None:
        self._process = process
        self._calls = calls
        self._orders_before = process.health()["orders"]
        self.system = process.connect(callback_url=calls.url)
        self.processor: Processor = self.system.processor()
        self.fault()

    def fault(self, **faults: Any) -> None:
        self._process.put_faults({"stay_pending": True} | faults)

    def load(self, person: str) -> None:
        self._process.load(person)

    def knows(self, person: str) -> bool:
        return self._process.mentions(person)

    def orders(self) -> int:
        return int(self._process.health()["orders"] - self._orders_before)

    def settle(self) -> None:
        self._process.post_settle()

    def be_busy_once(self) -> None:
        self.fault(errors=1, error_status=503)

    def lose_next_answer(self) -> None:
        self.fault(drop=1)

    def forge(self) -> None:
        self.fault(wrong_signature=True)

    def last_call(self) -> tuple[Mapping[str, str], bytes]:
        return self._calls.last()


class _Inbox:
    """Our own callback endpoint."""

    def __init__(self) -> None:
        calls: Queue[tuple[Mapping[str, str], bytes]] = Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.put((dict(self.headers.items()), body))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._calls = calls
        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/callbacks"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def next(self) -> tuple[Mapping[str, str], bytes]:
        return self._calls.get(timeout=20)

    def last(self) -> tuple[Mapping[str, str], bytes]:
        call = self.next()
        while not self._calls.empty():
            call = self._calls.get()
        return call

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Simulator:
    """`python -m demo.analytics`, started once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._http = httpx.Client(timeout=20)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "demo.analytics", "--port", "0", "--folder", str(folder)),
                *("--controller", "u-next", "--token", TOKEN, "--delay", "0", "--faults"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[3].rstrip(";")

    def connect(self, **options: str) -> ProcessorSystem:
        known = {
            "protocol": "opendsr",
            "url": f"{self.address}/v2",
            "certificate": "certificate.pem",
            "controller_id": "u-next",
            "identities": "user_id=controller_customer_id",
            "token": TOKEN,
            "timeout": "20",
        }
        system = connect(SystemSettings(SystemId("analytics"), "processor", known | options, workspace=self.folder))
        assert hasattr(system, "processor")
        return system

    def put_faults(self, faults: Mapping[str, Any]) -> None:
        self._http.put(f"{self.address}/faults", json=faults).raise_for_status()

    def post_settle(self) -> None:
        self._http.post(f"{self.address}/settle").raise_for_status()

    def health(self) -> dict[str, int]:
        answer: dict[str, int] = self._http.get(f"{self.address}/health").raise_for_status().json()
        return answer

    def load(self, person: str) -> None:
        Records(self.folder).load([json.dumps({"user_id": person, "views": 3, "minutes": 95})])

    def mentions(self, text: str) -> bool:
        return any(text.encode() in file.read_bytes() for file in self.folder.iterdir())

    def kill(self) -> None:
        self._http.close()
        self._process.kill()
        self._process.communicate(timeout=20)

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Simulator]:
    """Return the simulator, started once a session."""
    process = _Simulator(tmp_path_factory.mktemp("analytics") / "data")
    yield process
    process.close()


@pytest.fixture
def opendsr(simulator: _Simulator) -> Iterator[_OpenDsrBench]:
    """Return a connector of its own, and the simulator without faults."""
    calls = _Inbox()
    bench = _OpenDsrBench(simulator, calls)
    yield bench
    bench.fault()
    bench.settle()
    bench.system.close()
    calls.close()


class _DrpBench:
    """The connector's DRP client, and a business in its own process behind it."""

    waiting: ClassVar[Answer] = AtWork()
    done: ClassVar[Answer] = Completed()

    def __init__(self, business: Running) -> None:
        self._business = business
        business.reset()
        options = {"protocol": "drp", "url": business.address, "business_id": "PARTNER", "agent_id": "UNEXT"}
        options |= {"signing_key": base64.b64encode(AGENT_SEED).decode(), "identities": "user_id=email"}
        self.system = connect(SystemSettings(SystemId("partner"), "processor", options | {"repeats": "known"}))
        self.processor: Processor = self.system.processor()
        self.processor.submit(new_order("somebody"), now=NOW)  # sets up the pair: a lost answer is then an order's
        self._orders_before = len(business.told()["requests"])

    def load(self, person: str) -> None:
        self._business.load(person)

    def knows(self, person: str) -> bool:
        return person in self._business.told()["people"]

    def orders(self) -> int:
        return len(self._business.told()["requests"]) - self._orders_before

    def settle(self) -> None:
        self._business.settle()

    def be_busy_once(self) -> None:
        self._business.fault(errors=1, status=503)

    def lose_next_answer(self) -> None:
        self._business.fault(lost=1)


@pytest.fixture(scope="session")
def business() -> Iterator[Running]:
    """Return the business, started once a session."""
    running = Running("drp_processor")
    yield running
    running.close()


@pytest.fixture
def drp(business: Running) -> Iterator[_DrpBench]:
    """Return a connector of its own, and the business without faults."""
    bench = _DrpBench(business)
    yield bench
    bench.system.close()


@pytest.fixture(params=["reference", "opendsr", "drp", "rest"])
def looking(request: pytest.FixtureRequest) -> _Bench:
    """Return each implementation of a protocol that can be asked whether it has an order."""
    return _ReferenceBench() if request.param == "reference" else request.getfixturevalue(request.param)


@pytest.fixture(params=["reference", "opendsr", "drp", "rest", "drop", "mail"])
def bench(request: pytest.FixtureRequest) -> _Bench:
    """Return each implementation in turn."""
    return _ReferenceBench() if request.param == "reference" else request.getfixturevalue(request.param)


REST = """\
processor: crm
title: A customer system
source: [https://crm.example/docs]
read: 2026-11-26
auth: {kind: bearer}
delete:
  - method: POST
    path: /jobs
    headers: {Idempotency-Key: "{order}"}
    body: {person: "{key}"}
    answers:
      - {status: 202, when: {job.state: running}, outcome: pending, reference: job.id}
      - {status: 202, when: {job.state: done}, outcome: completed, reference: job.id}
repeat: key
poll:
  method: GET
  path: /jobs/{reference}
  answers:
    - {status: 200, when: {job.state: running}, outcome: pending}
    - {status: 200, when: {job.state: done}, outcome: completed}
"""


class _RestBench:
    """A descriptor over the simulated REST processor in its process; the order's number there is kept as we do."""

    waiting: ClassVar[Answer] = AtWork()
    done: ClassVar[Answer] = Completed()

    def __init__(self, running: Running, folder: Path) -> None:
        (folder / "crm.yaml").write_text(REST, encoding="utf-8")
        running.reset()
        self._running = running
        options = {"protocol": "rest", "descriptor": "crm.yaml", "url": running.address, "token": "t0k"}
        self.system = connect(SystemSettings(SystemId("crm"), "processor", options, workspace=folder))
        self.processor: Processor = self.system.processor()

    def load(self, person: str) -> None:
        self._running.load(person)

    def knows(self, person: str) -> bool:
        return person in self._running.told()["people"]

    def orders(self) -> int:
        return int(self._running.told()["jobs"])

    def settle(self) -> None:
        self._running.settle()

    def be_busy_once(self) -> None:
        self._running.fault(errors=1, status=503)

    def lose_next_answer(self) -> None:
        self._running.fault(lost=1)


@pytest.fixture(scope="session")
def rest_process() -> Iterator[Running]:
    """Return the REST simulator, started once a session."""
    running = Running("rest_processor")
    yield running
    running.close()


@pytest.fixture
def rest(rest_process: Running, tmp_path: Path) -> Iterator[_RestBench]:
    """Return a connector of its own, and the simulator as new."""
    bench = _RestBench(rest_process, tmp_path)
    yield bench
    bench.system.close()


class _DropBench:
    """Lists in a bucket of moto's server, and a partner in its own process before it."""

    waiting: ClassVar[Answer] = AtWork()
    done: ClassVar[Answer] = Completed()

    def __init__(self, store: S3Server, bucket: str, partner: Running) -> None:
        partner.reset()
        self._partner = partner
        options = {"protocol": "drop", "form": "keyed", "secret": SECRET, "endpoint": partner.address}
        options = {**store.settings(bucket, "drop"), **options, "url": f"s3://{bucket}/from-shop"}
        self.system = connect(SystemSettings(SystemId("partner"), "processor", options))
        self.processor: Processor = self.system.processor()

    def load(self, person: str) -> None:
        self._partner.load(person)

    def knows(self, person: str) -> bool:
        return person in self._partner.told()["people"]

    def orders(self) -> int:
        return int(self._partner.told()["orders"])

    def settle(self) -> None:
        self._partner.settle()

    def be_busy_once(self) -> None:
        self._partner.fault(errors=1, status=503)

    def lose_next_answer(self) -> None:
        self._partner.fault(lost=1)

    def forge(self) -> None:
        self._partner.fault(forge=True)
        self.settle()


@pytest.fixture(scope="session")
def partner() -> Iterator[tuple[S3Server, str, Running]]:
    """Return the store, a bucket, and the partner before them, started once a session."""
    store = S3Server()
    running = Running("drop_processor", store.direct.meta.endpoint_url)
    yield store, store.bucket(versioned=True), running
    running.close()
    store.close()


@pytest.fixture
def drop(partner: tuple[S3Server, str, Running]) -> Iterator[_DropBench]:
    """Return a connector of its own, and the partner as new."""
    bench = _DropBench(*partner)
    yield bench
    bench.system.close()


class _MailBench:
    """Mails, and a company in its own process that takes them: what it answers, a person brings."""

    waiting: ClassVar[Answer] = ByHand("mail-acknowledgement")
    done: ClassVar[Answer] = waiting

    def __init__(self, company: Running) -> None:
        company.reset()
        self._company = company
        options = {"protocol": "mail", "to": "privacy@archive.example", "from": "office@shop.example"}
        options |= {"smtp": company.told()["smtp"], "secret": SECRET, "language": "en"}
        self.system = connect(SystemSettings(SystemId("archive"), "processor", options))
        self.processor: Processor = self.system.processor()

    def load(self, person: str) -> None:
        self._company.load(person)

    def knows(self, person: str) -> bool:
        return person in self._company.told()["people"]

    def orders(self) -> int:
        """Return how many orders a person would tell apart by number and Message-ID."""
        return len({(subject, number) for subject, number, _ in self._company.told()["mails"]})

    def settle(self) -> None:
        self._company.settle()

    def be_busy_once(self) -> None:
        self._company.fault(errors=1, status=451)

    def lose_next_answer(self) -> None:
        self._company.fault(lost=1)


@pytest.fixture(scope="session")
def company() -> Iterator[Running]:
    """Return the company and its mail server, started once a session."""
    running = Running("mail_processor")
    yield running
    running.close()


@pytest.fixture
def mail(company: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[_MailBench]:
    """Return a connector of its own, and the company as new."""
    monkeypatch.setattr("connectors.processor.mail.sealed.ROUNDS", ROUNDS)
    bench = _MailBench(company)
    yield bench
    bench.system.close()


@pytest.fixture(params=["reference", "opendsr", "drop"])
def signing(request: pytest.FixtureRequest) -> _SigningBench:
    """Return each implementation of a protocol whose answers are signed."""
    return _ReferenceBench() if request.param == "reference" else request.getfixturevalue(request.param)


@pytest.fixture(params=["reference", "opendsr"])
def calling(request: pytest.FixtureRequest) -> _CallingBench:
    """Return each implementation of a protocol whose processors call us."""
    return _ReferenceBench() if request.param == "reference" else request.getfixturevalue(request.param)


@pytest.fixture(params=["drp", "drop", "mail"])
def silent(request: pytest.FixtureRequest) -> _Bench:
    """Return each implementation of a protocol whose processors' calls count for nothing."""
    return request.getfixturevalue(request.param)


def placed(bench: _Bench, order: Order) -> Order:
    """Submit the order and return it with the number that the processor gave it."""
    return replace(order, reference=bench.processor.submit(order, now=NOW).reference)


def raised(kind: type[SystemFailure], call: Callable[[], object]) -> SystemFailure:
    """Return the error, having made sure that no identity stands in it or in what caused it."""
    with pytest.raises(kind) as caught:
        call()
    error: BaseException | None = caught.value
    while error is not None:
        assert PERSON not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__
    return caught.value


def test_new_order_is_submitted_and_not_completed(bench: _Bench) -> None:
    """A new order's receipt says submitted, and names order, signed bytes and key."""
    order = new_order()
    receipt = bench.processor.submit(order, now=NOW)
    assert (receipt.order_id, receipt.answer, receipt.received_at) == (order.order_id, bench.waiting, NOW)
    assert len(receipt.body_digest) == 64
    assert (receipt.proof is Proof.SIGNATURE) == (receipt.key_id is not None)
    assert receipt.key_id is None or len(receipt.key_id) == 64


def test_order_erases_the_person(bench: _Bench) -> None:
    """An order that is completed has removed the person, and nobody else."""
    bench.load(PERSON)
    bench.load("taro-0815")
    order = placed(bench, new_order())
    assert bench.knows(PERSON)
    bench.settle()
    assert bench.processor.status(order, now=NOW).answer == bench.done
    assert not bench.knows(PERSON)
    assert bench.knows("taro-0815")


def test_same_order_twice_is_one_order(bench: _Bench) -> None:
    """Submitting again places nothing and tells what became of the first."""
    order = new_order()
    bench.processor.submit(order, now=NOW)
    bench.settle()
    assert bench.processor.submit(order, now=NOW).answer == bench.done
    assert bench.orders() == 1


def test_unknown_order_is_terminal(looking: _Bench) -> None:
    """Asking for an order nobody placed is a terminal failure."""
    order = replace(new_order(), reference=str(uuid.uuid4()))
    raised(TerminalFailure, lambda: looking.processor.status(order, now=NOW))


def test_busy_processor_is_transient(bench: _Bench) -> None:
    """A busy processor is a transient failure, and the same call works later."""
    order = new_order()
    bench.be_busy_once()
    raised(TransientFailure, lambda: bench.processor.submit(order, now=NOW))
    assert bench.orders() == 0
    assert bench.processor.submit(order, now=NOW).answer == bench.waiting


def test_lost_answer_does_not_make_two_orders(bench: _Bench) -> None:
    """An order whose answer was lost is found again, not placed again."""
    order = new_order()
    bench.lose_next_answer()
    raised(TransientFailure, lambda: bench.processor.submit(order, now=NOW))
    again = replace(order, may_have_arrived=True)
    assert bench.processor.submit(again, now=NOW).answer == bench.waiting
    assert bench.orders() == 1


def test_forged_status_is_refused(signing: _SigningBench) -> None:
    """A completed order with a wrong signature is an error and never a receipt."""
    order = new_order()
    signing.processor.submit(order, now=NOW)
    signing.settle()
    signing.forge()
    raised(SignatureFailure, lambda: signing.processor.status(order, now=NOW))


def test_callback_counts_with_its_signature(calling: _CallingBench) -> None:
    """A signed call tells the order's state; one changed byte and it is refused."""
    order = new_order()
    calling.processor.submit(order, now=NOW)
    calling.settle()
    headers, body = calling.last_call()
    receipt = calling.processor.callback(headers, body, now=NOW)
    assert (receipt.order_id, receipt.answer) == (order.order_id, Completed())
    raised(SignatureFailure, lambda: calling.processor.callback(headers, body + b" ", now=NOW))


def test_a_call_nobody_signed_completes_nothing(silent: _Bench) -> None:
    """Where calls are not signed, one that says "completed" is refused and completes nothing."""
    order = new_order()
    silent.processor.submit(order, now=NOW)
    forged = json.dumps({"order": order.order_id, "request_id": order.order_id, "status": "fulfilled"}).encode()
    raised(TerminalFailure, lambda: silent.processor.callback({}, forged, now=NOW))
    assert silent.processor.status(placed(silent, order), now=NOW).answer == silent.waiting


@pytest.mark.parametrize("fault", ["wrong_signature", "unsigned", "wrong_domain"])
@pytest.mark.parametrize("when", ["submit", "status", "callback"])
def test_answer_that_is_not_the_processors(opendsr: _OpenDsrBench, fault: str, when: str) -> None:
    """Wrongly signed, unsigned and in another's name: refused on every road an answer comes by."""
    order = new_order()
    if when != "submit":
        opendsr.processor.submit(order, now=NOW)
    opendsr.fault(**{fault: True})
    opendsr.settle()
    calls = {
        "submit": lambda: opendsr.processor.submit(order, now=NOW),
        "status": lambda: opendsr.processor.status(order, now=NOW),
        "callback": lambda: opendsr.processor.callback(*opendsr.last_call(), now=NOW),
    }
    raised(SignatureFailure, calls[when])


@pytest.mark.parametrize("fault", ["malformed", "other_order", "forget_identity"])
def test_signed_nonsense_is_terminal(opendsr: _OpenDsrBench, fault: str) -> None:
    """Well signed, but cut off, about another order or about another request: terminal."""
    opendsr.fault(**{fault: True})
    failure = raised(TerminalFailure, lambda: opendsr.processor.submit(new_order(), now=NOW))
    assert not isinstance(failure, SignatureFailure)


def test_too_many_requests_says_when(opendsr: _OpenDsrBench) -> None:
    """429 is transient, and the hint tells when to come again."""
    opendsr.fault(errors=1, error_status=429, retry_after="17")
    failure = raised(TransientFailure, lambda: opendsr.processor.submit(new_order(), now=NOW))
    assert failure.retry_at == NOW + timedelta(seconds=17)


def test_refusal_is_terminal(opendsr: _OpenDsrBench) -> None:
    """403 is a terminal failure."""
    opendsr.fault(errors=1, error_status=403)
    raised(TerminalFailure, lambda: opendsr.processor.submit(new_order(), now=NOW))


@pytest.mark.parametrize("answer", [400, 409])
def test_duplicate_that_was_overlooked(opendsr: _OpenDsrBench, answer: int) -> None:
    """If the processor says "duplicate" to what it did not know a moment ago, its status is asked again."""
    order = new_order()
    opendsr.processor.submit(order, now=NOW)
    opendsr.fault(errors=1, error_status=404, duplicate_status=answer)
    assert opendsr.processor.submit(order, now=NOW).answer == AtWork()
    assert opendsr.orders() == 1


def test_known_order_is_not_sent_again(opendsr: _OpenDsrBench) -> None:
    """The identity leaves us once: a processor that refuses every second sending never sees one."""
    order = new_order()
    opendsr.processor.submit(order, now=NOW)
    opendsr.fault(duplicate_status=422)
    assert opendsr.processor.submit(order, now=NOW).answer == AtWork()


def test_cancelled_is_not_completed(opendsr: _OpenDsrBench) -> None:
    """An order the processor gave up is told as cancelled, and the person is still there."""
    opendsr.load(PERSON)
    order = new_order()
    opendsr.processor.submit(order, now=NOW)
    opendsr.fault(cancel=True)
    opendsr.settle()
    assert opendsr.processor.status(order, now=NOW).answer == Refused("cancelled")
    assert opendsr.knows(PERSON)


def test_processor_works_and_calls_by_itself(opendsr: _OpenDsrBench, simulator: _Simulator) -> None:
    """Without any hand on it, the processor goes from in progress to completed and calls at each change."""
    opendsr.load(PERSON)
    opendsr.fault(stay_pending=False)
    order = new_order()
    opendsr.processor.submit(order, now=NOW)
    states = [opendsr.processor.callback(*opendsr._calls.next(), now=NOW).answer for _ in range(2)]
    assert states == [AtWork(), Completed()]
    assert not simulator.mentions(PERSON)


def test_people_are_loaded_from_a_file(simulator: _Simulator, tmp_path: Path) -> None:
    """The `load` command takes people in while the processor is running; a repeat changes nothing."""
    file = tmp_path / "people.jsonl"
    file.write_text('{"user_id": "load-1", "views": 3, "minutes": 95}\n{"user_id": 17}\n\n', encoding="utf-8")
    before = simulator.health()["people"]
    for _ in range(2):
        command = [sys.executable, "-m", "demo.analytics", "load", "--folder", str(simulator.folder), str(file)]
        subprocess.run(command, check=True, capture_output=True)
    assert simulator.health()["people"] == before + 2


def test_processor_killed_with_an_order_open(tmp_path: Path) -> None:
    """The simulator is durable: killed with an order open, it carries it out when it is started again."""
    calls, first = _Inbox(), _Simulator(tmp_path / "data")
    first.put_faults({"stay_pending": True})
    first.load(PERSON)
    order = new_order()
    first.connect(callback_url=calls.url).processor().submit(order, now=NOW)
    first.kill()
    second = _Simulator(first.folder)
    processor = second.connect(callback_url=calls.url).processor()
    states = [processor.callback(*calls.next(), now=NOW).answer for _ in range(2)]
    assert states == [AtWork(), Completed()]
    assert not second.mentions(PERSON)
    second.close()
    calls.close()


def test_call_for_another_address_is_refused(opendsr: _OpenDsrBench, simulator: _Simulator) -> None:
    """A signed call that names another callback address does not count."""
    opendsr.processor.submit(new_order(), now=NOW)
    opendsr.settle()
    headers, body = opendsr.last_call()
    elsewhere = simulator.connect(callback_url="https://elsewhere.example/callbacks").processor()
    raised(TerminalFailure, lambda: elsewhere.callback(headers, body, now=NOW))


def test_pin_by_fingerprint(opendsr: _OpenDsrBench, simulator: _Simulator) -> None:
    """A fingerprint is enough of a pin: discovery's certificate is taken if it is that one, else nothing counts."""
    order = new_order()
    fingerprint = opendsr.processor.submit(order, now=NOW).key_id
    right = simulator.connect(url=simulator.address, certificate=f"sha256:{fingerprint}").processor()
    assert right.status(order, now=NOW).key_id == fingerprint
    wrong = simulator.connect(url=simulator.address, certificate="0" * 64).processor()
    raised(SignatureFailure, lambda: wrong.status(order, now=NOW))


def test_hashed_identity(opendsr: _OpenDsrBench, simulator: _Simulator) -> None:
    """Where the processor takes digests, it erases by them and never sees the key."""
    opendsr.load(PERSON)
    processor = simulator.connect(identities="user_id=controller_customer_id:sha256").processor()
    processor.submit(new_order(), now=NOW)
    opendsr.settle()
    assert not opendsr.knows(PERSON)


def test_unsupported_identity_is_not_sent(opendsr: _OpenDsrBench, simulator: _Simulator) -> None:
    """What the processor does not know people by is refused before it leaves us."""
    processor = simulator.connect(identities="user_id=email").processor()
    raised(TerminalFailure, lambda: processor.submit(new_order(), now=NOW))
    assert opendsr.orders() == 0
    assert not simulator.mentions(PERSON)


@pytest.mark.parametrize(("option", "value"), [("token", "wrong"), ("controller_id", "someone-else")])
@pytest.mark.usefixtures("opendsr")
def test_wrong_account_is_terminal(simulator: _Simulator, option: str, value: str) -> None:
    """A token that is not ours, or answers addressed to another controller, are terminal."""
    processor = simulator.connect(**{option: value}).processor()
    raised(TerminalFailure, lambda: processor.submit(new_order(), now=NOW))


def test_unreachable_is_transient(simulator: _Simulator) -> None:
    """Nobody listening is a transient failure."""
    processor = simulator.connect(url="http://127.0.0.1:9").processor()
    raised(TransientFailure, lambda: processor.submit(new_order(), now=NOW))


def test_expired_pin_is_refused(opendsr: _OpenDsrBench) -> None:
    """After the certificate's last day its signatures do not count any more."""
    late = datetime(2051, 1, 1, tzinfo=UTC)
    raised(SignatureFailure, lambda: opendsr.processor.submit(new_order(), now=late))
