"""Letters in the ledger, SQLite and PostgreSQL: rows are only added, a letter ends once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import StateError, UnknownNameError
from retention.model.letter import Letter, LetterId, LetterKind, LetterMove, Stage, Way

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FIRST, SECOND = LetterId("C-20261123-aaaa.receipt.1"), LetterId("C-20261123-bbbb.receipt.1")


def letter(name):
    """Return a letter."""
    about = name.partition(".")[0]
    return Letter(name, about, LetterKind.RECEIPT, Way.POST, "ja", NOW, NOW + timedelta(days=30))


def test_a_letter_and_what_happened_to_it_come_back_in_order(ledger):
    """Begun twice is once; moves as they were added; by case; those that are not forgotten."""
    letters = ledger.letters
    for name in (FIRST, SECOND, FIRST):
        letters.begin(letter(name))
    moves = [LetterMove(FIRST, NOW, Stage.WRITTEN, digest="d" * 64), LetterMove(FIRST, NOW, Stage.LATER, "RET-401")]
    for move in moves:
        letters.note(move)
    posted = letters.get(FIRST)
    assert posted.letter == letter(FIRST)
    assert posted.moves == (LetterMove(FIRST, NOW, Stage.BEGUN), *moves)
    assert (posted.digest, posted.stage) == ("d" * 64, Stage.LATER)
    assert [each.letter.letter_id for each in letters.all()] == [FIRST, SECOND]
    assert [each.letter.letter_id for each in letters.of("C-20261123-bbbb")] == [SECOND]
    for stage in (Stage.SENT, Stage.FORGOTTEN):
        letters.note(LetterMove(FIRST, NOW, stage))
    assert [each.letter.letter_id for each in letters.open()] == [SECOND]


def test_a_letter_ends_once_and_is_then_only_forgotten(ledger):
    """Sent is not given up, nor tried again; forgotten twice is once."""
    letters = ledger.letters
    letters.begin(letter(FIRST))
    letters.note(LetterMove(FIRST, NOW, Stage.SENT))
    for stage in (Stage.GIVEN_UP, Stage.TRYING, Stage.SENT):
        with pytest.raises(StateError):
            letters.note(LetterMove(FIRST, NOW, stage))
    for _ in range(2):
        letters.note(LetterMove(FIRST, NOW, Stage.FORGOTTEN))
    posted = letters.get(FIRST)
    assert [move.stage for move in posted.moves] == [Stage.BEGUN, Stage.SENT, Stage.FORGOTTEN]
    assert (posted.stage, posted.is_over, posted.is_forgotten) == (Stage.SENT, True, True)


def test_a_letter_that_nobody_began_is_unknown(ledger):
    """Reading it or adding to it is wrong input."""
    with pytest.raises(UnknownNameError):
        ledger.letters.get(FIRST)
    with pytest.raises(UnknownNameError):
        ledger.letters.note(LetterMove(FIRST, NOW, Stage.SENT))
