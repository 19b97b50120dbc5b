"""Moves of requests and promises in the ledger, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from retention.errors import ConcurrentWriteFailure, TerminalFailure
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, CategoryId, HoldId
from retention.model.promises import Promise
from retention.model.request_moves import (
    Acknowledged,
    Alternative,
    Answered,
    Asked,
    CarriedOut,
    Clock,
    DeskWarned,
    Done,
    Extended,
    FeeAsked,
    FeePaid,
    FeeWaived,
    Finding,
    Granted,
    GrantedInPart,
    Identified,
    Investigated,
    Lengthening,
    Measure,
    Move,
    Paper,
    PaperKept,
    PapersDestroyed,
    PaperSeen,
    Received,
    Redirected,
    Refused,
    RefusedItem,
    Supplied,
    Wait,
    Warned,
    What,
    Withdrawn,
)
from retention.model.terms import Filer, Ground, Refusal, Right
from retention.store.request_codec import decode

AT, DAY = datetime(2026, 11, 23, 3, tzinfo=UTC), date(2026, 12, 7)
CASE = CaseId("C-20261123-abcdef")
PAPER, ITEM = Paper("passport", "ab" * 32), CategoryId("account")
CLOCK = Clock("eu.gdpr", DAY, DAY, None, frozenset({Wait.FEE, Wait.PAPERS}), stopped_on=DAY)
RECEIVED = Received(
    Right.ERASURE, None, AT, "Asia/Tokyo", "post", "ja", Filer.PERSON, "post", (CLOCK,), (ITEM,), Ground.BREACH
)
INSTEAD = Alternative(Measure.ERASE_WHEN_PERIOD_ENDS, (HoldId("tax-books"),), DAY)
MOVES: tuple[What, ...] = (
    RECEIVED,
    Acknowledged("d"),
    Asked((Wait.PAPERS,), "d"),
    Supplied((Wait.PAPERS,)),
    Identified("passport", "power-of-attorney"),
    Investigated(Finding.FOUNDED, "d"),
    Granted(),
    GrantedInPart((RefusedItem(ITEM, (Refusal.OTHER_LAW,)),), INSTEAD),
    Refused((Refusal.OTHER_LAW, Refusal.NO_GROUND), "d", INSTEAD),
    Extended("eu.gdpr", DAY, Lengthening.NUMBER, "d"),
    FeeAsked(1000, "JPY"),
    FeePaid(),
    FeeWaived(),
    DeskWarned("eu.gdpr", Warned.ANSWER_LATE, DAY),
    CarriedOut(Done.BY_HAND, "d"),
    Answered("d"),
    Redirected("tenant", None),
    Withdrawn(),
    PaperKept(PAPER),
    PaperSeen("ab" * 32),
    PapersDestroyed((PAPER,)),
)


def case(number: str = CASE) -> Case:
    """Return a case that is new."""
    return Case(CaseId(number), CaseKind.REQUEST, CaseState.OPEN, AT, AT)


def test_every_kind_of_move_comes_back_as_it_went_in(ledger):
    """One of each, in their order, with who and when."""
    assert {type(what) for what in MOVES} == set(get_args(What))
    moves = tuple(Move(AT, None if number % 2 else "h:ab", what) for number, what in enumerate(MOVES))
    ledger.requests.begin(case(), moves[0], [])
    for number, move in enumerate(moves[1:], 1):
        ledger.requests.add(CASE, number, move)
    assert ledger.requests.moves(CASE) == moves
    assert list(ledger.requests.all()) == [(CASE, moves)]


def test_a_number_is_taken_once_and_a_mark_names_one_case(ledger):
    """Of two who write at the same moment one is told; a known mark keeps nothing new, not even the case."""
    assert ledger.requests.begin(case(), Move(AT, None, RECEIVED), ["letter:a", "submission:b"]) == CASE
    other = case("C-20261123-zzzzzz")
    assert ledger.requests.begin(other, Move(AT, None, RECEIVED), ["submission:b", "letter:c"]) == CASE
    assert [each.case_id for each in ledger.cases.all()] == [CASE]
    with pytest.raises(ConcurrentWriteFailure):
        ledger.requests.add(CASE, 0, Move(AT, None, Withdrawn()))
    assert ledger.requests.mark(CASE, "letter:d") == CASE
    assert ledger.requests.marked("letter:d") == CASE
    assert ledger.requests.marked("letter:c") is None


def test_a_move_of_a_newer_version_is_not_misread():
    """It is an error that says so, not a request that looks as if nothing had happened."""
    with pytest.raises(TerminalFailure, match="does not know"):
        decode("Teleported", "{}")


def test_a_promise_stands_until_it_is_kept(ledger):
    """The first word stands; once nothing of the person is there, it is open no longer."""
    ledger.requests.begin(case(), Move(AT, None, RECEIVED), [])
    promise = Promise(CASE, "user_id", "ab" * 32, (ITEM,), DAY, AT)
    ledger.promises.keep([promise])
    ledger.promises.keep([Promise(CASE, "user_id", "ab" * 32, (), date(2030, 1, 1), AT)])
    assert ledger.promises.open() == (promise,)
    ledger.promises.mark_kept([("user_id", "cd" * 32)], AT)
    assert ledger.promises.open() == (promise,)
    ledger.promises.mark_kept([("user_id", "ab" * 32)], AT)
    assert ledger.promises.open() == ()
