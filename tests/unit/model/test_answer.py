"""What processors say, and what it means."""

from __future__ import annotations

import pytest

from retention.model.answer import (
    Answer,
    AtWork,
    BestEffort,
    ByHand,
    Completed,
    PartlyDone,
    Refused,
    Standing,
    Unreachable,
    answer_of,
    code_of,
    reason_of,
    standing,
)

MEANS: list[tuple[Answer, str, Standing]] = [
    (Completed(), "completed", Standing.ERASED),
    (BestEffort(), "best-effort", Standing.ASKED),
    (AtWork(), "pending", Standing.WAITING),
    (ByHand("look"), "manual", Standing.WAITING),
    (Unreachable("timeout"), "unreachable", Standing.WAITING),
    (PartlyDone("kept-by-law"), "partial", Standing.STUCK),
    (Refused("no-match"), "refused", Standing.STUCK),
]


@pytest.mark.parametrize(("answer", "code", "means"), MEANS)
def test_each_answer_has_one_word_and_one_meaning(answer: Answer, code: str, means: Standing) -> None:
    """The word and the reason that are kept lead back to the answer; only completed means erased."""
    assert (code_of(answer), standing(answer)) == (code, means)
    assert answer_of(code, reason_of(answer)) == answer
    assert (means is Standing.ERASED) == (answer == Completed())


@pytest.mark.parametrize(
    ("word", "answer"),
    [("submitted", AtWork()), ("in_progress", AtWork()), ("cancelled", Refused("cancelled"))],
)
def test_words_of_earlier_versions_are_read(word: str, answer: Answer) -> None:
    """A ledger of an earlier version opens: none of its words is taken for erased."""
    assert answer_of(word, None) == answer


def test_a_word_that_nobody_says_is_refused() -> None:
    """No answer is made up."""
    with pytest.raises(ValueError, match="erased"):
        answer_of("erased", None)
