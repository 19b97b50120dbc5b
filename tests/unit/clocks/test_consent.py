"""Whether a consent stands, whatever order its events came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.clocks import consents
from retention.model.event import Event

NOW = datetime(2026, 11, 25, tzinfo=UTC)
GIVEN, TAKEN = "consent.given", "consent.withdrawn"


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ((), False),
        (((GIVEN, "P", 3),), True),
        (((GIVEN, "Q", 3),), False),
        (((GIVEN, None, 3),), False),
        (((GIVEN, "P", 3), (TAKEN, "P", 2)), False),
        (((GIVEN, "P", 3), (TAKEN, "Q", 2)), True),
        (((GIVEN, "P", 3), (TAKEN, None, 2)), False),
        (((GIVEN, "P", 3), (TAKEN, None, 2), (GIVEN, "P", 1)), True),
        (((GIVEN, "P", 3), (TAKEN, "P", 3)), False),
        (((GIVEN, "P", -1),), False),
    ],
)
def test_a_consent_stands_from_its_giving_to_its_withdrawal(
    *, said: tuple[tuple[str, str | None, int], ...], stands: bool
) -> None:
    """To this purpose only; withdrawn with or without naming it; given again it stands; at one instant it does not."""
    events = [
        Event(f"e{n}", kind, "user_id", "d", NOW - timedelta(days=days), NOW, about=about)
        for n, (kind, about, days) in enumerate(said)
    ]
    assert consents(events, "P", NOW) is stands
    assert consents(reversed(events), "P", NOW) is stands
