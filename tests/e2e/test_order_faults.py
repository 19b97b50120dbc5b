"""OpenDSR and DRP processors that do things wrong, carried through whole cases: each ends in the right state.

Each processor is a process of its own. Never two deletions by accident, never a false "done".
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.analytics import Records
from retention.errors import StateError, TerminalFailure, TransientFailure
from retention.model.answer import AtWork, ByHand, Completed, PartlyDone, Proof, Refused
from retention.model.case import CaseState
from retention.model.copies import Order
from tests.processors.desk import DAY, HOUR, MINUTE, NOW, PERSON, Desk, open_desk
from tests.processors.drp_processor import AGENT_SEED
from tests.processors.running import Running


class _Analytics:
    """`python -m demo.analytics`: OpenDSR."""

    name = "opendsr"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "demo.analytics", "--port", "0", "--folder", str(folder)]
        command += ["--controller", "u-next", "--delay", "0", "--faults"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[3].rstrip(";")
        self._http = httpx.Client(base_url=self.address, timeout=20)

    def settings(self, **more: str) -> dict[str, str]:
        known = {
            "connector": "processor",
            "url": f"{self.address}/v2",
            "certificate": str(self.folder / "certificate.pem"),
            "controller_id": "u-next",
            "identities": "email=controller_customer_id",
            "timeout": "20",
        }
        return known | more

    def reset(self) -> None:
        self.fault()
        self._http.post("/settle").raise_for_status()
        self.before = self._told()["orders"]
        Records(self.folder).load([json.dumps({"user_id": PERSON})])

    def fault(self, **faults: Any) -> None:
        self._http.put("/faults", json={"stay_pending": True} | faults).raise_for_status()

    def settle(self) -> None:
        self._http.post("/settle").raise_for_status()

    def orders(self) -> int:
        return int(self._told()["orders"] - self.before)

    def knows(self) -> bool:
        return Records(self.folder).knows(PERSON)

    def look_up(self) -> str:
        return f"{self.address}/people/{{key}}"

    def _told(self) -> Any:
        return self._http.get("/health").json()

    def close(self) -> None:
        self._http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)


class _Business:
    """`tests/processors/drp_processor.py`: DRP."""

    name = "drp"

    def __init__(self) -> None:
        self._running = Running("drp_processor")

    def settings(self, **more: str) -> dict[str, str]:
        known = {
            "connector": "processor",
            "protocol": "drp",
            "url": self._running.address,
            "business_id": "PARTNER",
            "agent_id": "UNEXT",
            "signing_key": base64.b64encode(AGENT_SEED).decode(),
            "identities": "email=email",
            "verified": "email",
            "regime": "ccpa",
            "repeats": "known",
            "timeout": "5",
        }
        return known | more

    def reset(self) -> None:
        self._running.reset()
        self._running.load(PERSON)

    def fault(self, **faults: Any) -> None:
        self._running.fault(**faults)

    def settle(self) -> None:
        self._running.settle()

    def orders(self) -> int:
        return len(self.told()["requests"])

    def knows(self) -> bool:
        return PERSON in self.told()["people"]

    def look_up(self) -> str:
        return f"{self._running.address}/people/{{key}}"

    def told(self) -> dict[str, Any]:
        return self._running.told()

    def close(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def processors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Both processes, started once."""
    made = {"opendsr": _Analytics(tmp_path_factory.mktemp("analytics") / "data"), "drp": _Business()}
    yield made
    for each in made.values():
        each.close()


@pytest.fixture
def desk(tmp_path: Path, processors: dict[str, Any]) -> Iterator[Callable[..., Desk]]:
    """Make a desk for a protocol, with further options of the processor."""
    made: list[Desk] = []

    def opened(protocol: str, *, look: bool = True, **more: str) -> Desk:
        far = processors[protocol]
        made.append(open_desk(tmp_path, far, **({"look_up": far.look_up()} if look else {}), **more))
        return made[-1]

    yield opened
    for each in made:
        each.close()


BOTH = pytest.mark.parametrize("protocol", ["opendsr", "drp"])


@BOTH
def test_an_order_is_placed_done_looked_for_and_sealed(desk, protocol):
    """Taken, at work, done: the case is sealed only then; one order, and nobody else is gone."""
    it = desk(protocol)
    assert it.apply() is CaseState.APPLIED
    assert it.answer == AtWork()
    with pytest.raises(TransientFailure):
        it.seal(MINUTE)
    it.far.settle()
    assert it.seal(HOUR) is CaseState.CLOSED
    assert (it.answer, it.far.orders(), it.far.knows()) == (Completed(), 1, False)
    assert it.order.receipt.proof is (Proof.SIGNATURE if protocol == "opendsr" else Proof.CHANNEL)


@BOTH
def test_an_outage_leaves_the_case_partial_and_the_next_run_goes_on(desk, protocol):
    """A 500 is PARTIAL, nothing ordered; the same command again places the one order."""
    it = desk(protocol)
    it.far.fault(errors=1, **{"error_status" if protocol == "opendsr" else "status": 500})
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert (it.answer, it.far.orders()) == (AtWork(), 1)


@BOTH
def test_silence_is_an_outage(desk, protocol):
    """A call that is never answered in time is PARTIAL, and the next run places one order."""
    it = desk(protocol, timeout="1")
    it.far.fault(silent=1, **({"silence": 3} if protocol == "opendsr" else {}))
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert (it.answer, it.far.orders()) == (AtWork(), 1)


@BOTH
def test_too_many_requests_is_waited_for(desk, protocol):
    """429 with Retry-After: nobody calls before that moment."""
    it = desk(protocol)
    it.far.fault(errors=1, retry_after="600", **{"error_status" if protocol == "opendsr" else "status": 429})
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(9 * MINUTE) is CaseState.PARTIAL
    assert it.far.orders() == 0
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert it.far.orders() == 1


@BOTH
def test_a_lost_answer_is_no_second_order(desk, protocol):
    """The order was taken and the answer lost: the next run finds it, by id or as the repeat that it is."""
    it = desk(protocol)
    it.far.fault(**({"drop": 1} if protocol == "opendsr" else {"errors": 0}))
    if protocol == "drp":
        it.app.context.processors["crm"].processor()._pair(NOW)  # else the lost answer is that of the setup
        it.far.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.far.orders() == 1
    assert it.apply(MINUTE) is CaseState.APPLIED
    it.far.settle()
    assert it.seal(HOUR) is CaseState.CLOSED
    assert it.far.orders() == 1


def test_where_repeats_are_not_known_a_person_has_to_look(desk):
    """DRP without known repeats: a lost answer becomes a task; nothing is sent twice, nothing is sealed."""
    it = desk("drp", repeats="ask")
    it.app.context.processors["crm"].processor()._pair(NOW)
    it.far.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    assert it.answer == ByHand("look-whether-it-arrived")
    with pytest.raises(TransientFailure):
        it.seal(DAY)
    assert it.far.orders() == 1


@BOTH
def test_a_refusal_keeps_the_case_partial_with_its_reason(desk, protocol):
    """Denied or cancelled with a reason: PARTIAL, however often it is run, and never sealed."""
    it = desk(protocol)
    if protocol == "drp":
        it.far.fault(refuse=True)
    else:
        it.apply()
        it.far.fault(cancel=True, reason="claim-not-covered")
        it.far.settle()
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
    assert it.answer == Refused("claim-not-covered")
    with pytest.raises(StateError, match="partial"):
        it.seal()
    assert (it.far.orders(), it.far.knows()) == (1, True)


def test_half_work_keeps_the_case_partial(desk):
    """OpenDSR: what they call completed in part is PARTIAL with the reason, however often it is run."""
    it = desk("opendsr")
    it.apply()
    it.far.fault(partial=True, reason="kept-by-law", keep=True)
    it.far.settle()
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
        assert it.answer == PartlyDone("kept-by-law")


def test_a_person_who_must_prove_himself_there_is_a_task(desk):
    """DRP `need_user_verification`: a task for a person; the case waits and is not sealed."""
    it = desk("drp")
    it.far.fault(partial=True)
    assert it.apply() is CaseState.APPLIED
    assert it.answer == ByHand("verify-person")
    with pytest.raises(TransientFailure):
        it.seal(DAY)


@BOTH
def test_saying_done_and_keeping_the_data_is_caught(desk, protocol):
    """The look-up finds the person, whatever they said: PARTIAL in place of done."""
    it = desk(protocol)
    it.apply()
    it.far.fault(keep=True)
    it.far.settle()
    with pytest.raises(TerminalFailure, match="still knows"):
        it.seal(HOUR)
    assert it.state is CaseState.PARTIAL
    assert it.far.knows()


def test_an_answer_of_somebody_else_is_no_answer(desk):
    """OpenDSR: a status that is not theirs leaves the case PARTIAL; the order is as open as it was."""
    it = desk("opendsr")
    it.apply()
    it.far.settle()
    it.far.fault(wrong_signature=True)
    assert it.apply(HOUR) is CaseState.PARTIAL
    assert it.answer == AtWork()
    it.far.fault()
    assert it.apply(DAY) is CaseState.APPLIED
    assert it.answer == Completed()


def test_a_business_takes_nothing_that_we_did_not_sign(desk):
    """DRP: with another key than the directory's the pair is not set up, and nothing is sent."""
    it = desk("drp", signing_key=base64.b64encode(bytes(32)).decode())
    assert it.apply() is CaseState.PARTIAL
    assert it.far.orders() == 0


def test_a_signed_request_says_least_and_openssl_verifies_it(desk, tmp_path):
    """DRP: signature and JSON in base64; openssl verifies it with the public key; one claim of the person, no more."""
    it = desk("drp")
    it.apply()
    told = it.far.told()
    (raw,) = (base64.b64decode(each) for each in told["taken"])
    body = json.loads(raw[64:])
    issued, expires = (datetime.fromisoformat(body.pop(name)) for name in ("issued-at", "expires-at"))
    assert (issued, expires) == (NOW, NOW + 10 * MINUTE)
    assert body == {
        "agent-id": "UNEXT",
        "business-id": "PARTNER",
        "drp.version": "0.9.4",
        "agent-request-id": it.order.order_id,
        "exercise": "deletion",
        "regime": "ccpa",
        "email": PERSON,
        "email_verified": True,
    }
    (tmp_path / "seed.der").write_bytes(bytes.fromhex("302e020100300506032b657004220420") + AGENT_SEED)
    (tmp_path / "signature").write_bytes(raw[:64])
    (tmp_path / "message").write_bytes(raw[64:])

    def openssl(*words: str) -> str:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    openssl("pkey", "-inform", "DER", "-in", "seed.der", "-pubout", "-out", "public.pem")
    files = ("-inkey", "public.pem", "-in", "message", "-sigfile", "signature")
    verified = openssl("pkeyutl", "-verify", "-pubin", "-rawin", *files)
    assert "Verified Successfully" in verified


@BOTH
def test_an_order_is_withdrawn_while_it_waits(desk, protocol):
    """The client takes an order back: it is told as refused, and the person is still there."""
    it = desk(protocol)
    it.apply()
    receipt = it.order.receipt
    order = Order(it.order.order_id, {"email": (PERSON,)}, NOW, "appi", receipt.reference)
    taken_back = it.app.context.processors["crm"].processor().withdraw(order, now=it.now)
    assert taken_back.answer == Refused("cancelled" if protocol == "opendsr" else "revoked")
    it.far.settle()
    assert it.far.knows()


def test_a_drp_call_is_only_a_hint(desk):
    """DRP calls are not signed: what counts is fetched, so a forged "fulfilled" changes nothing."""
    it = desk("drp")
    it.apply()
    (one,) = it.far.told()["requests"]
    forged = json.dumps({"request_id": one["request_id"], "status": "fulfilled"}).encode()
    processor = it.app.context.processors["crm"].processor()
    said = processor.callback({}, forged, now=NOW)
    assert (said.order_id, said.answer) == (it.order.order_id, AtWork())
    with pytest.raises(TerminalFailure):
        processor.callback({}, json.dumps({"request_id": "x", "status": "fulfilled"}).encode(), now=NOW)
