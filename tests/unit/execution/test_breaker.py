"""When a processor that does not answer is called again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.execution.breaker import BREAKS_AT, LONGEST_PAUSE, after_answer, after_failure, may_call
from retention.model.answer import Silence

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_the_first_failures_are_tried_again_at_once() -> None:
    """Two failures in a row do not stop anybody; the third does, for a minute."""
    silence = Silence()
    for _ in range(BREAKS_AT - 1):
        silence = after_failure(silence, NOW, None)
        assert may_call(silence, NOW)
    silence = after_failure(silence, NOW, None)
    assert not may_call(silence, NOW)
    assert may_call(silence, NOW + timedelta(minutes=1))
    assert after_answer() == Silence()


@settings(max_examples=40)
@given(st.integers(1, 500), st.one_of(st.none(), st.integers(-60, 10**6)))
def test_a_pause_grows_to_its_limit_and_keeps_what_they_said(failures: int, seconds: int | None) -> None:
    """However long it lasts, the pause is bounded by ours or by theirs, whichever is longer; `since` stays."""
    silence = Silence()
    at = None if seconds is None else NOW + timedelta(seconds=seconds)
    for _ in range(failures):
        silence = after_failure(silence, NOW, at)
    until = silence.not_before or NOW
    assert NOW <= until <= max(NOW + LONGEST_PAUSE, at or NOW)
    assert until >= (at or NOW)
    assert (silence.since, silence.failures) == (NOW, failures)
