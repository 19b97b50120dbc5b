from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import StateError, UnknownNameError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Horizon, Suppression
from retention.model.ids import CaseId, SystemId
from retention.model.subject import SubjectKey
from retention.ports.batches import Kept, Member
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore

AT = datetime(2026, 11, 23, tzinfo=UTC)
ONE, TWO, THREE, BATCH, LATER = (CaseId(f"C-2026112{day}-7f3k2q") for day in range(3, 8))
TARO = SubjectKey("email", "taro@example.jp")


def opened(ledger: Ledger) -> None:
    """Open three requests and two batches."""
    for case_id in (ONE, TWO, THREE):
        ledger.cases.add(Case(case_id, CaseKind.REQUEST, CaseState.OPEN, AT, AT, AT, AT))
    for case_id in (BATCH, LATER):
        ledger.cases.add(Case(case_id, CaseKind.BATCH, CaseState.OPEN, AT, None))


def state(ledger: Ledger, *cases: CaseId) -> list[CaseState]:
    """Return where the cases stand."""
    return [ledger.cases.get(case_id).state for case_id in cases]


def test_requests_move_with_their_batch(ledger: Ledger) -> None:
    """Who stands where it stood goes along; who left it stays, and so does who is in none; nothing skips a state."""
    opened(ledger)
    ledger.batches.keep(BATCH, [Member(ONE, b"1"), Member(TWO, b"2")])
    ledger.batches.move(BATCH, CaseState.PLANNED)
    assert state(ledger, ONE, TWO, THREE, BATCH) == [CaseState.PLANNED] * 2 + [CaseState.OPEN, CaseState.PLANNED]
    ledger.cases.replace(Case(TWO, CaseKind.REQUEST, CaseState.DENIED, AT, AT))
    ledger.batches.move(BATCH, CaseState.APPROVED)
    assert ledger.batches.states(BATCH) == {ONE: CaseState.APPROVED, TWO: CaseState.DENIED}
    with pytest.raises(StateError, match="cannot become"):
        ledger.batches.move(BATCH, CaseState.SEALED)
    with pytest.raises(UnknownNameError):
        ledger.batches.move(CaseId("C-20260101-aaaaaa"), CaseState.PLANNED)


def test_a_request_is_in_one_batch_at_most(ledger: Ledger) -> None:
    """Taken by another only when its own is not under way; kept anew, a batch consists of exactly those named."""
    opened(ledger)
    ledger.batches.keep(BATCH, [Member(ONE, b"1"), Member(TWO, b"2")])
    ledger.batches.keep(LATER, [Member(ONE, b"later"), Member(THREE, b"3")])
    assert ledger.batches.members(BATCH) == (Member(TWO, b"2"),)
    assert ledger.batches.batch_of(ONE) == LATER
    ledger.batches.move(LATER, CaseState.PLANNED)
    with pytest.raises(StateError, match="moved on"):
        ledger.batches.keep(BATCH, [Member(ONE, b"1")])
    ledger.batches.move(BATCH, CaseState.PLANNED)
    with pytest.raises(StateError, match=f"goes with batch {LATER}"):
        ledger.batches.keep(BATCH, [Member(ONE, b"1")])
    assert ledger.batches.members(BATCH) == (Member(TWO, b"2"),)
    ledger.batches.leave(ONE)
    assert (ledger.batches.batch_of(ONE), ledger.batches.members(LATER)) == (None, (Member(THREE, b"3"),))


def test_only_verified_requests_are_sealed(ledger: Ledger) -> None:
    """Those that are not verified stay where they are; a repeat changes nothing."""
    opened(ledger)
    ledger.batches.keep(BATCH, [Member(ONE, b"1")])
    for reached in (CaseState.PLANNED, CaseState.APPROVED, CaseState.APPLYING, CaseState.APPLIED, CaseState.VERIFIED):
        ledger.batches.move(BATCH, reached)
    for _ in range(2):
        ledger.batches.seal([ONE, TWO])
        assert state(ledger, ONE, TWO) == [CaseState.SEALED, CaseState.OPEN]


def test_vaults_of_many_are_read_and_shredded_at_once(ledger: Ledger, keys: FileKeyStore) -> None:
    """Each opens under its own key; who has nothing of that name does not appear; a repeat ends in the same state."""
    for case_id in (ONE, TWO):
        ledger.vault.put(case_id, "start", case_id.encode())
    ledger.vault.put(THREE, "other", b"x")
    assert ledger.many_vaults.read([ONE, TWO, THREE], "start") == {ONE: ONE.encode(), TWO: TWO.encode()}
    checks = {case_id: ledger.vault.key_check(case_id) for case_id in (ONE, TWO)}
    assert ledger.many_vaults.shred([ONE, TWO]) == checks == ledger.many_vaults.shred([ONE, TWO])
    assert keys.read(f"case/{ONE.lower()}") is None
    assert ledger.many_vaults.read([ONE, TWO, THREE], "other") == {THREE: b"x"}
    with pytest.raises(StateError, match="shredded"):
        ledger.vault.put(ONE, "start", b"again")


def test_openings_and_receipts_of_many_are_kept_as_those_of_one(ledger: Ledger) -> None:
    """Found by the person, the newest opening and the first receipt of each case."""
    ledger.openings.begin("2026", AT)
    for opening, receipt in ((b"one", b"first"), (b"two", b"second")):
        ledger.openings.put_many("2026", [Kept(ONE, ((TARO, opening),), receipt, AT), Kept(TWO, (), b"r", AT)])
    assert ledger.openings.find("2026", TARO) == ((ONE, b"two"),)
    assert (ledger.openings.receipt(ONE), ledger.openings.receipt(TWO)) == (b"first", b"r")


def test_who_went_with_a_batch_stays_out_while_its_copies_are_there(ledger: Ledger) -> None:
    """Suppressed in his own case, for as long as the batch's copies live; prolonged and settled with the batch."""
    opened(ledger)
    ledger.batches.keep(BATCH, [Member(ONE, b"1")])
    ledger.copies.suppress([Suppression("email", "d", "request", ONE, AT, AT + timedelta(days=1))])
    later = AT + timedelta(days=2)
    assert not list(ledger.copies.suppressed([("email", "d")], later))
    ledger.copies.add_horizon(Horizon(BATCH, SystemId("nightly"), "nightly/1", AT))
    assert list(ledger.copies.suppressed([("email", "d")], later))
    ledger.copies.prolong_suppressions(BATCH, None)
    assert [each.expires_at for each in ledger.copies.suppressions_of([ONE])] == [None]
    ledger.copies.settle_suppressions(BATCH, later)
    assert [each.expires_at for each in ledger.copies.suppressions_of([ONE])] == [later]
