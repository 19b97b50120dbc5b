"""Partners that collect lists and companies that are written to, doing things wrong, carried through whole cases.

Each is a process of its own; the partner stands before moto's server. Never two deletions by accident, never a
false "done": what is known by a mail's link only is never told as more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from retention.app.answers import certificate
from retention.errors import RefusedError, StateError, TerminalFailure, TransientFailure
from retention.model.answer import AtWork, ByHand, Completed, PartlyDone, Proof, Refused
from retention.model.case import CaseState
from tests.processors.desk import DAY, HOUR, MINUTE, PERSON, Desk, open_desk
from tests.processors.drop_processor import SECRET
from tests.processors.mail_processor import ROUNDS
from tests.processors.running import Running
from tests.s3.server import ACCESS_KEY, SECRET_KEY, S3Server


class _Partner:
    """`tests/processors/drop_processor.py`, and the store behind it."""

    def __init__(self) -> None:
        self.store = S3Server()
        self.bucket = self.store.bucket(versioned=True)
        self._running = Running("drop_processor", self.store.direct.meta.endpoint_url)
        self.fault, self.settle, self.told = self._running.fault, self._running.settle, self._running.told

    def settings(self, **more: str) -> dict[str, str]:
        known = {
            "connector": "processor",
            "protocol": "drop",
            "url": f"s3://{self.bucket}/from-shop",
            "form": "keyed",
            "secret": SECRET,
            "endpoint": self._running.address,
            "access_key": ACCESS_KEY,
            "secret_key": SECRET_KEY,
            "look_up": f"{self._running.address}/people/{{key}}",
        }
        return known | more

    def reset(self) -> None:
        self._running.reset()
        self._running.load(PERSON, "c2@mail.example")

    def lists(self, order_id: str) -> list[str]:
        """Return every version of the order's list and manifest that is left."""
        return [key for key, _ in self.store.versions(self.bucket) if order_id in key and "/answers/" not in key]

    def take_answer_back(self, order_id: str) -> None:
        self.store.direct.delete_object(Bucket=self.bucket, Key=f"from-shop/answers/{order_id}.json")

    def close(self) -> None:
        self._running.close()
        self.store.close()


class _Company:
    """`tests/processors/mail_processor.py`."""

    def __init__(self) -> None:
        self._running = Running("mail_processor")
        self.smtp = self._running.told()["smtp"]
        self.fault, self.settle, self.told = self._running.fault, self._running.settle, self._running.told

    def settings(self, **more: str) -> dict[str, str]:
        known = {
            "connector": "processor",
            "protocol": "mail",
            "to": "privacy@archive.example",
            "from": "office@shop.example",
            "smtp": self.smtp,
            "secret": SECRET,
            "language": "en",
        }
        return known | more

    def reset(self) -> None:
        self._running.reset()
        self._running.load(PERSON, "c2@mail.example")

    def answer(self) -> dict[str, Any]:
        """Let them work, and return what their one answer is: token, word, reason."""
        self.settle()
        [answer] = self.told()["answers"]
        return answer

    def close(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def partner() -> Iterator[_Partner]:
    """The partner and its store, started once."""
    made = _Partner()
    yield made
    made.close()


@pytest.fixture(scope="module")
def company() -> Iterator[_Company]:
    """The company, started once."""
    made = _Company()
    yield made
    made.close()


@pytest.fixture
def drop(tmp_path: Path, partner: _Partner) -> Iterator[Callable[..., Desk]]:
    """Make a desk whose order goes out as a list, with further options."""
    yield from _desks(tmp_path, partner)


@pytest.fixture
def mail(tmp_path: Path, company: _Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    """Make a desk whose order goes out by mail, with further options."""
    monkeypatch.setattr("connectors.processor.mail.sealed.ROUNDS", ROUNDS)
    yield from _desks(tmp_path, company)


def _desks(folder: Path, far: Any) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def opened(**more: str) -> Desk:
        made.append(open_desk(folder, far, **more))
        return made[-1]

    yield opened
    for each in made:
        each.close()


def test_a_list_is_put_worked_looked_for_and_sealed(drop):
    """Put, at work, done: sealed only then; one deletion, nobody else is gone, and no version of the list is left."""
    it = drop()
    assert it.apply() is CaseState.APPLIED
    assert (it.answer, len(it.far.lists(it.order.order_id))) == (AtWork(), 2)
    with pytest.raises(TransientFailure):
        it.seal(MINUTE)
    it.far.settle()
    assert it.seal(HOUR) is CaseState.CLOSED
    told = it.far.told()
    assert (told["deletions"], told["people"], told["puts"]) == ([PERSON], ["c2@mail.example"], 1)
    assert (it.answer, it.order.receipt.proof) == (Completed(), Proof.SIGNATURE)
    assert [probe["found"] for probe in it.facts("processorProbe")] == [False]
    assert it.far.lists(it.order.order_id) == []


def test_whatever_the_store_fails_with_is_partial_and_ends_in_one_order(drop):
    """500, 503, 429, an end or silence, before the list or between it and its manifest: PARTIAL, then one order."""
    it = drop(timeout="1")
    wrong = [{"errors": 1}, {"errors": 1, "status": 503}, {"silent": 1}, {"hang": 1}, {"spare": 2, "errors": 1}]
    for fault in wrong:
        it.far.fault(**fault)
        assert it.apply(DAY) is CaseState.PARTIAL
        assert it.far.told()["orders"] == 0
    it.far.fault(spare=1, errors=1, status=429, retry_after="600")
    assert it.apply(DAY) is CaseState.PARTIAL
    calls = it.far.told()["calls"]
    assert it.apply(9 * MINUTE) is CaseState.PARTIAL
    assert it.far.told()["calls"] == calls
    assert it.apply(MINUTE) is CaseState.APPLIED
    it.far.settle()
    assert it.apply(HOUR) is CaseState.APPLIED
    told = it.far.told()
    assert (it.answer, told["puts"], told["deletions"]) == (Completed(), 1, [PERSON])


@pytest.mark.parametrize(("works_at_once", "puts"), [(True, 1), (False, 2)])
def test_a_lost_answer_of_the_store_is_no_second_deletion(drop, works_at_once, puts):
    """The list arrived and the store's answer was lost: their answer is found, or the same list is the same order."""
    it = drop()
    it.far.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    if works_at_once:
        it.far.settle()
    assert it.apply(MINUTE) is CaseState.APPLIED
    it.far.settle()
    assert it.apply(HOUR) is CaseState.APPLIED
    told = it.far.told()
    assert (it.answer, told["orders"], told["puts"], told["deletions"]) == (Completed(), 1, puts, [PERSON])
    assert it.far.lists(it.order.order_id) == []


def test_an_answer_that_somebody_else_signed_is_none(drop):
    """Signed with another secret: PARTIAL, the order as open as it was; signed right, it counts."""
    it = drop()
    it.apply()
    it.far.fault(forge=True)
    it.far.settle()
    assert it.apply(HOUR) is CaseState.PARTIAL
    assert (it.answer, len(it.far.lists(it.order.order_id))) == (AtWork(), 2)
    it.far.fault()
    it.far.settle()
    assert it.apply(DAY) is CaseState.APPLIED
    assert (it.answer, it.far.told()["deletions"]) == (Completed(), [PERSON])


def test_a_refused_list_is_partial_until_they_take_the_answer_back(drop):
    """PARTIAL with the reason, never sealed, nobody erased; without their answer the list is put again and worked."""
    it = drop()
    it.apply()
    it.far.fault(refuse=True)
    it.far.settle()
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
    assert (it.answer, it.far.told()["deletions"]) == (Refused("kept-by-law"), [])
    with pytest.raises(StateError, match="partial"):
        it.seal()
    it.far.fault()
    it.far.take_answer_back(it.order.order_id)
    assert it.apply(DAY) is CaseState.APPLIED
    it.far.settle()
    assert it.seal(HOUR) is CaseState.CLOSED
    assert (it.answer, it.far.told()["deletions"]) == (Completed(), [PERSON])


def test_half_a_list_keeps_the_case_partial(drop):
    """Erased in part is PARTIAL with the reason, however often it is run, and never asked for again."""
    it = drop()
    it.apply()
    it.far.fault(partial=True)
    it.far.settle()
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
    told = it.far.told()
    assert (it.answer, told["puts"], told["deletions"]) == (PartlyDone("kept-by-law"), 1, [PERSON])


def test_a_partner_that_says_done_and_keeps_the_data_is_caught(drop):
    """Its signed "completed" is contradicted by its own look-up: PARTIAL in place of done."""
    it = drop()
    it.apply()
    it.far.fault(keep=True)
    it.far.settle()
    with pytest.raises(TerminalFailure, match="still knows"):
        it.seal(HOUR)
    assert (it.state, [probe["found"] for probe in it.facts("processorProbe")]) == (CaseState.PARTIAL, [True])


@pytest.mark.parametrize("keeps", [False, True])
def test_an_answer_by_link_is_told_as_that_and_nothing_more(mail, keeps):
    """True or not, "done" by a mail's link is known by the link only: no look, no signature, no other proof."""
    it = mail()
    it.far.fault(keep=keeps, goodbye="451 not so fast")
    assert it.apply() is CaseState.APPLIED
    assert it.answer == ByHand("mail-acknowledgement")
    with pytest.raises(TransientFailure):
        it.seal(MINUTE)
    it.app.acknowledge(**it.far.answer(), now=it.now)
    assert it.seal(HOUR) is CaseState.CLOSED
    told = it.far.told()
    assert (len(told["mails"]), told["deletions"], PERSON in told["people"]) == (1, [PERSON], keeps)
    said = [(ack["state"], ack["proof"], ack["keyId"]) for ack in it.facts("processorAck")]
    assert said == [("manual", "nobody", None), ("completed", "link", None)]
    assert it.facts("processorProbe") == []
    [line] = certificate(it.app.context, it.case_id).processors
    assert (line.said, line.completed_at is None) == ("completed", False)


def test_whatever_the_mail_server_fails_with_is_partial_and_ends_in_one_mail(mail):
    """451, 550, an end and silence: PARTIAL and no mail; a later run sends the one mail, and no run a second."""
    it = mail(timeout="1")
    for fault in ({"errors": 1, "status": 451}, {"errors": 1, "status": 550}, {"silent": 1}, {"hang": 1}):
        it.far.fault(**fault)
        assert it.apply(DAY) is CaseState.PARTIAL
        assert it.far.told()["mails"] == []
    assert it.apply(DAY) is CaseState.APPLIED
    assert it.apply(DAY) is CaseState.APPLIED
    assert (len(it.far.told()["mails"]), it.answer) == (1, ByHand("mail-acknowledgement"))


def test_where_no_mail_server_listens_the_case_is_partial(mail):
    """A refused connection: PARTIAL, and after three of them nobody calls for a while."""
    it = mail(smtp="127.0.0.1:9")
    assert [it.apply() for _ in range(3)] == [CaseState.PARTIAL] * 3
    assert it.app.context.ledger.processing.silence("crm").not_before > it.now


def test_a_mail_whose_answer_was_lost_is_the_same_order_again(mail):
    """Taken, and the connection broke off: the second mail has the number, Message-ID and token of the first."""
    it = mail()
    it.far.fault(lost=1)
    assert it.apply() is CaseState.PARTIAL
    assert it.apply(MINUTE) is CaseState.APPLIED
    first, second = it.far.told()["mails"]
    assert first == second
    it.app.acknowledge(**it.far.answer(), now=it.now)
    assert it.seal(HOUR) is CaseState.CLOSED
    assert it.far.told()["deletions"] == [PERSON]


def test_a_token_that_is_forged_late_or_used_changes_nothing(mail):
    """Refused each time: the case waits as before, and one answer is all that counts."""
    it = mail()
    it.apply()
    it.far.fault(forge=True)
    forged = it.far.answer()
    with pytest.raises(RefusedError, match="none of ours"):
        it.app.acknowledge(**forged, now=it.now)
    [[_, __, text]] = it.far.told()["mails"]
    right = {"token": text.split("Answer: ")[1].split()[0], "said": "done", "reason": None}
    with pytest.raises(RefusedError, match="no longer good"):
        it.app.acknowledge(**right, now=it.order.due_at + timedelta(days=31))
    assert (it.answer, it.state) == (ByHand("mail-acknowledgement"), CaseState.APPLIED)
    it.app.acknowledge(**right, now=it.now)
    with pytest.raises(RefusedError, match="used before"):
        it.app.acknowledge(**(right | {"said": "refused", "reason": "kept-by-law"}), now=it.now)
    assert (it.answer, len(it.facts("processorAck"))) == (Completed(), 2)


@pytest.mark.parametrize(
    ("fault", "answer", "deletions"),
    [({"refuse": True}, Refused("kept-by-law"), []), ({"partial": True}, PartlyDone("kept-by-law"), [PERSON])],
)
def test_a_refusal_or_half_work_by_mail_is_partial(mail, fault, answer, deletions):
    """PARTIAL with the reason, however often it is run; no second mail, never sealed."""
    it = mail()
    it.apply()
    it.far.fault(**fault)
    it.app.acknowledge(**it.far.answer(), now=it.now)
    for _ in range(2):
        assert it.apply(DAY) is CaseState.PARTIAL
    with pytest.raises(StateError, match="partial"):
        it.seal()
    told = it.far.told()
    assert (it.answer, len(told["mails"]), told["deletions"]) == (answer, 1, deletions)
