"""People's requests from the letter to the closed file, through the real ledger, vault, log and a real database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from retention.app import lives, requesting
from retention.app.requesting import Arrival
from retention.errors import ConcurrentWriteFailure, InputError, RefusedError, StateError, UnknownNameError
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.ids import CategoryId
from retention.model.request import RequestState, drawer_of
from retention.model.request_moves import (
    Acknowledged,
    Done,
    Extended,
    Finding,
    Lengthening,
    Measure,
    PaperSeen,
    RefusedItem,
    Wait,
    Warned,
    Withdrawn,
)
from retention.model.subject import SubjectKey
from retention.model.terms import Filer, Refusal, Right

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HANAKO, TARO = "hanako", "taro"
RIGHTS = """
  rights:
    disclosure: {fee: {amount: 1000, currency: JPY, prepaid: true}}
    erasure: {refusals: [other-law]}
    complaint: {grounds: none-needed}
"""
LETTER = "I ask for the erasure of my data. c3"


@pytest.fixture(scope="module")
def app(make_shop, tmp_path_factory):
    """A shop that charges for disclosure, under three laws; each test asks for another person."""
    shop = make_shop(tmp_path_factory.mktemp("life"))
    policy = shop.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr, us.ccpa]")
    old = "requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]}"
    assert old in text
    new = "requests:\n  answer_within: P14D\n  channels: [post, email]\n  identity_documents: [passport]" + RIGHTS
    policy.write_text(text.replace(old, new), encoding="utf-8")
    with shop.app() as opened:
        opened.shop = shop
        yield opened


def arrival(user: str, right: Right = Right.ERASURE, **more) -> Arrival:
    """Return a request by letter."""
    return Arrival(SubjectKey("user_id", user), "post", right, more.pop("regime", "jp.appi"), **more)


def carry_out(app, case, now=NOW):
    """Plan, approve, apply, verify and seal a granted request."""
    walk(app, app.plan_request(case, now), now)


def walk(app, plan, now):
    """Take a plan to the end of the road."""
    approve(app, plan, now)
    app.apply(plan.plan_id, now)
    app.verify(plan.plan_id, now)
    app.seal(plan.plan_id, now)


def approve(app, plan, now=NOW):
    """Have as many people approve the plan as it needs."""
    for approver in ("office", "second office")[: 1 + bool(plan.crossings)]:
        app.approve(plan.plan_id, plan.digest, approver, now)


def granted(app, asked, now=NOW):
    """Take a request as far as the grant; return its case's number."""
    case = app.receive(asked, now).case_id
    app.identify(case, "passport", now, by=HANAKO)
    app.accept(case, now, by=HANAKO)
    return case


def test_a_letter_becomes_an_answer_and_its_papers_go(app):
    """Papers are kept encrypted, seen by name, and destroyed with the address after the answer, with evidence of both.

    UNX-53, UNX-55.
    """
    case = app.receive(arrival("c3", letter=LETTER.encode(), address="3-1 Example, Tokyo"), NOW).case_id
    passport = app.keep_paper(case, "passport", b"a scan of a passport", NOW, by=TARO)
    raw = (app.shop.folder / "ledger.db").read_bytes() + (app.shop.folder / "ledger.db-wal").read_bytes()
    assert b"a scan of a passport" not in raw
    assert LETTER.encode() not in raw
    assert b"3-1 Example" not in raw
    assert app.see_paper(case, passport.digest[:8], NOW, by=HANAKO) == b"a scan of a passport"
    seen = [move for move in app.request_moves(case) if isinstance(move.what, PaperSeen)]
    assert [move.by for move in seen] == [app.context.ledger.secret_reference(HANAKO)]
    app.identify(case, "passport", NOW, by=HANAKO)
    app.accept(case, NOW, by=HANAKO)
    with pytest.raises(RefusedError, match="not done and verified"):
        app.answer(case, b"all is erased", NOW, by=HANAKO)
    carry_out(app, case)
    assert app.answer(case, b"all is erased", NOW, by=HANAKO).state is RequestState.CLOSED
    request = app.request(case)
    assert request.done is not None
    assert (request.done.done, request.papers) == (Done.BY_ROAD, ())
    with pytest.raises(StateError, match="shredded"):
        app.context.ledger.vault.get(drawer_of(case), passport.digest)
    gone = [fact for fact in verify(app.bundle(case)).facts if fact.kind == "papersDestroyed"]
    assert [fact.told["kinds"] for fact in gone] == [["letter", "passport"]]
    assert gone[0].told["digests"][1] == passport.digest
    with pytest.raises(UnknownNameError):
        app.see_paper(case, passport.digest, NOW, by=HANAKO)


def test_the_same_letter_twice_is_one_case(app, monkeypatch):
    """By its bytes, or by the sender's own id; also when the process died before anything was put beside the case."""
    with monkeypatch.context() as dying:
        dying.setattr(requesting, "keep_start", _die)
        with pytest.raises(KeyboardInterrupt):
            app.receive(arrival("c0", letter=b"please erase c0", submission="drp:1"), NOW)
    again = arrival("c0", letter=b"please erase c0", submission="drp:1")
    first = app.receive(again, NOW + timedelta(days=2)).case_id
    assert [paper.kind for paper in app.request(first).papers] == ["letter"]
    assert app.receive(arrival("c0", letter=b"please erase c0"), NOW).case_id == first
    assert app.receive(arrival("c0", submission="drp:1"), NOW).case_id == first
    assert app.receive(arrival("c0", submission="drp:2"), NOW).case_id != first
    assert app.request(first).received_at == NOW
    moves = app.request_moves(first)
    with pytest.raises(ConcurrentWriteFailure):
        app.context.ledger.requests.add(first, len(moves) - 1, moves[-1])


def _die(*_arguments):
    raise KeyboardInterrupt


def test_only_the_items_that_were_named_and_not_refused_go(app):
    """In part: notes go, the account is refused and stays; a re-scan finds nothing that came back.

    UNX-45.
    """
    named = (CategoryId("notes"), CategoryId("account"))
    case = app.receive(arrival("c4", Right.ITEM_DELETION, items=named), NOW).case_id
    app.identify(case, "passport", NOW, by=HANAKO)
    with pytest.raises(RefusedError, match="not all and no others"):
        app.accept(case, NOW, by=HANAKO, refused=[RefusedItem(CategoryId("billing"), (Refusal.OTHER_LAW,))])
    app.accept(case, NOW, by=HANAKO, refused=[RefusedItem(CategoryId("account"), (Refusal.OTHER_LAW,))])
    carry_out(app, case)
    assert app.shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c4'") == [(0,)]
    assert app.shop.rows("SELECT name FROM customers WHERE id = 'c4'") == [("Name c4",)]
    assert app.shop.rows("SELECT count(amount) FROM orders WHERE customer_id = 'c4'") == [(2,)]
    report = app.rescan(NOW + timedelta(days=8))
    assert not report.plans
    app.answer(case, b"in part", NOW, by=HANAKO)
    with pytest.raises(InputError, match="--item"):
        app.receive(arrival("c4", Right.ITEM_DELETION), NOW)


def test_a_correction_is_investigated_done_by_hand_and_looked_at_by_another(app):
    """Nothing is changed before a finding (APPI 34(2)); who decided does not vouch for what was done.

    WEB-14.
    """
    case = app.receive(arrival("c5", Right.CORRECTION), NOW).case_id
    app.identify(case, "passport", NOW, by=HANAKO)
    with pytest.raises(RefusedError, match="looked into"):
        app.accept(case, NOW, by=HANAKO)
    app.investigate(case, Finding.UNFOUNDED, NOW, by=TARO)
    with pytest.raises(RefusedError, match="does not bear"):
        app.accept(case, NOW, by=HANAKO)
    app.investigate(case, Finding.FOUNDED, NOW, by=TARO, report=b"the address was old")
    app.accept(case, NOW, by=HANAKO)
    with pytest.raises(StateError, match="not done by a plan"):
        app.plan_request(case, NOW)
    with pytest.raises(RefusedError, match="another person"):
        app.done_by_hand(case, b"seen", NOW, by=HANAKO)
    app.done_by_hand(case, b"seen", NOW, by=TARO)
    assert app.answer(case, b"corrected", NOW, by=HANAKO).state is RequestState.CLOSED


def test_consent_is_withdrawn_by_an_event_that_stands(app):
    """The event about the purpose is read back before the request counts as done; a complaint is answered as such."""
    case = granted(app, arrival("c6", Right.CONSENT_WITHDRAWAL, regime="eu.gdpr"))
    with pytest.raises(RefusedError, match="does not stand"):
        app.done_by_event(case, [], NOW)
    assert app.done_by_event(case, ["P3"], NOW).state is RequestState.CARRIED_OUT
    app.answer(case, b"noted", NOW, by=HANAKO)
    complaint = app.receive(arrival("c6", Right.COMPLAINT), NOW).case_id
    app.accept(complaint, NOW, by=HANAKO)
    assert app.answer(complaint, b"we are sorry", NOW, by=HANAKO).state is RequestState.CLOSED


def test_whoever_withdraws_after_the_approval_is_not_erased(app):
    """Nothing is applied after it, the papers are gone, and the case has ended with that reason."""
    case = granted(app, arrival("c6", letter=b"erase me, c6"))
    plan = app.plan_request(case, NOW)
    approve(app, plan)
    app.investigate(case, Finding.PARTLY_FOUNDED, NOW, by=TARO)
    with pytest.raises(RefusedError):
        app.apply(plan.plan_id, NOW)
    assert app.withdraw_request(case, NOW, by=TARO).state is RequestState.CLOSED
    assert app.context.ledger.cases.get(case).state is CaseState.DENIED
    with pytest.raises(RefusedError):
        app.apply(plan.plan_id, NOW)
    assert app.shop.rows("SELECT count(*) FROM customers WHERE id = 'c6'") == [(1,)]


def test_what_a_dead_process_left_is_ended_by_the_hourly_look(app):
    """Died after the withdrawal was recorded: the case ends with its key, and the papers go."""
    case = app.receive(arrival("c6", letter=b"erase me soon, c6"), NOW).case_id
    lives.record_move(app.context, case, Withdrawn(), TARO, NOW)
    app.warn(NOW)
    assert app.request(case).state is RequestState.CLOSED
    assert app.context.ledger.cases.get(case).state is CaseState.DENIED
    with pytest.raises(StateError, match="shredded"):
        app.context.ledger.vault.get(case, "start")


def test_the_desk_is_told_of_each_date_once_whatever_the_clocks_of_machines(app):
    """Soon, on the last working day, too late: once each; a slow clock repeats nothing and hides no late answer."""
    case = app.receive(arrival("c8", regime=None), NOW).case_id
    told = [(w.warning.regime, w.warning.warned) for w in app.warn(NOW + timedelta(days=13)) if w.case_id == case]
    soon = [("jp.appi", Warned.ANSWER_SOON), ("policy", Warned.ANSWER_SOON), ("us.ccpa", Warned.ACKNOWLEDGE_SOON)]
    assert sorted(told, key=str) == sorted(soon, key=str)
    assert [w for w in app.warn(NOW + timedelta(days=13)) if w.case_id == case] == []
    assert [w for w in app.warn(NOW) if w.case_id == case] == []
    app.acknowledge_request(case, b"received", NOW, by=None)
    assert isinstance(app.request_moves(case)[-1].what, Acknowledged)
    assert app.request_moves(case)[-1].at == NOW + timedelta(days=13)
    app.refuse(case, [Refusal.OTHER_LAW], NOW + timedelta(days=20), by=HANAKO)
    app.answer(case, b"no", NOW + timedelta(days=1), by=HANAKO)
    late = {m.what.regime for m in app.request_moves(case) if getattr(m.what, "warned", None) is Warned.ANSWER_LATE}
    assert late == {"jp.appi", "policy"}


def test_a_law_lets_a_date_be_put_off_once_and_in_time(app):
    """One month and two more under the GDPR, told within the first; the APPI's date cannot be put off."""
    case = app.receive(arrival("c8", Right.PORTABILITY, regime="eu.gdpr"), NOW).case_id
    with pytest.raises(RefusedError, match="lets the date"):
        app.extend(case, "jp.appi", Lengthening.COMPLEXITY, b"why", NOW, by=HANAKO)
    with pytest.raises(RefusedError, match="too late"):
        app.extend(case, "eu.gdpr", Lengthening.COMPLEXITY, b"why", NOW + timedelta(days=31), by=HANAKO)
    after = app.extend(case, "eu.gdpr", Lengthening.COMPLEXITY, b"why", NOW + timedelta(days=3), by=HANAKO)
    assert {clock.regime: clock.due_on for clock in after.clocks}["eu.gdpr"] == date(2027, 2, 23)
    assert isinstance(app.request_moves(case)[-1].what, Extended)
    with pytest.raises(StateError, match="already"):
        app.extend(case, "eu.gdpr", Lengthening.NUMBER, b"again", NOW + timedelta(days=3), by=HANAKO)


def test_a_fee_is_asked_for_disclosure_alone_and_only_where_the_law_lets_one_be_taken(app):
    """Unpaid it stops the disclosure and its date; nothing is asked for an erasure, or of whom the GDPR protects."""
    erasure = app.receive(arrival("c9"), NOW).case_id
    european = app.receive(arrival("c9", Right.DISCLOSURE, regime="eu.gdpr"), NOW).case_id
    for case in (erasure, european):
        with pytest.raises(RefusedError, match="nothing may be charged"):
            app.charge(case, 1000, "JPY", NOW, by=HANAKO)
    case = app.receive(arrival("c9", Right.DISCLOSURE), NOW).case_id
    due = app.request(case).due_on
    app.charge(case, 1000, "JPY", NOW, by=HANAKO)
    app.identify(case, "passport", NOW, by=HANAKO)
    with pytest.raises(RefusedError, match="waits for fee"):
        app.accept(case, NOW, by=HANAKO)
    assert app.settle_fee(case, NOW + timedelta(days=5), by=TARO).due_on == due + timedelta(days=5)
    assert app.context.ledger.cases.get(case).due_at.date() == due + timedelta(days=5)
    app.accept(case, NOW + timedelta(days=5), by=HANAKO)


def test_an_unclear_paper_is_asked_for_again_and_the_day_of_arrival_stays(app):
    """Nobody is refused for what he was not asked for; an agent shows his authority as well.

    UNX-54.
    """
    case = app.receive(arrival("c9", filer=Filer.MANDATED_AGENT), NOW).case_id
    with pytest.raises(RefusedError, match="once asked"):
        app.refuse(case, [Refusal.IDENTITY_UNPROVEN], NOW, by=HANAKO)
    waiting = app.ask(case, [Wait.PAPERS, Wait.AUTHORITY], NOW, by=HANAKO)
    assert (waiting.state, waiting.received_at) == (RequestState.WAITING, NOW)
    with pytest.raises(RefusedError, match="waits for"):
        app.identify(case, "passport", NOW, by=HANAKO)
    back = app.supply(case, [Wait.PAPERS, Wait.AUTHORITY], NOW + timedelta(days=3), by=HANAKO)
    assert back.due_on == waiting.due_on
    with pytest.raises(RefusedError, match="agent"):
        app.identify(case, "passport", NOW + timedelta(days=3), by=HANAKO)
    app.identify(case, "passport", NOW + timedelta(days=3), by=HANAKO, authority="power-of-attorney")
    assert app.request(case).state is RequestState.IDENTIFIED
    app.redirect(case, "client", NOW + timedelta(days=3), by=HANAKO, letter=b"please ask them")
    assert app.request(case).state is RequestState.CLOSED


def test_what_a_law_keeps_is_promised_and_goes_by_itself(app):
    """Refused with the measure in its place: the record names hold and day, and the sweep of that day erases it.

    APPI art. 35, proviso.
    """
    case = app.receive(arrival("c7"), NOW).case_id
    app.identify(case, "passport", NOW, by=HANAKO)
    instead = Measure.ERASE_WHEN_PERIOD_ENDS
    app.refuse(case, [Refusal.OTHER_LAW], NOW, by=HANAKO, explanation=b"the tax law", instead=instead)
    assert app.answer(case, b"we cannot yet", NOW, by=HANAKO).state is RequestState.CLOSED
    promised = app.request(case).decision.alternative
    assert (promised.measure, promised.holds) == (instead, ("tax-books",))
    assert promised.until == date(2032, 6, 1)
    customers, orders = (f"SELECT count(*) FROM {table} WHERE" for table in ("customers", "orders"))
    of_c7 = f"SELECT ({customers} id = 'c7') + ({orders} customer_id = 'c7')"
    assert app.shop.rows(of_c7) == [(3,)]
    for day in (datetime(2032, 5, 30, tzinfo=UTC), datetime(2032, 6, 1, 3, tzinfo=UTC)):
        walk(app, app.plan_sweep(day), day)
        assert app.shop.rows("SELECT count(*) FROM customers WHERE id = 'c7'") == [(day.month == 5,)]
    assert app.shop.rows(of_c7) == [(0,)]
    app.plan_sweep(datetime(2032, 6, 2, tzinfo=UTC))
    assert app.context.ledger.promises.open() == ()
