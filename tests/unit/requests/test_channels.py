"""By which way a request comes in, and when it arrived."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retention.law import Regime
from retention.requests.channels import Membership, Redirected, Taken, TakenIfProven, arrived_at, gate

GROUP = {"en": "users of a headset"}
ONLY_FOR = {"email": GROUP}
CHANNELS = ("post", "email")
PROVEN, CLAIMED, NONE = Membership.PROVEN, Membership.CLAIMED, Membership.NONE
JAPAN = frozenset({Regime.APPI})


def day(number: int) -> datetime:
    """Return a day of November."""
    return datetime(2026, 11, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "membership", "expected"),
    [
        ("post", NONE, Taken()),
        ("email", PROVEN, Taken()),
        ("email", CLAIMED, TakenIfProven(GROUP)),
        ("email", NONE, Redirected(("post",))),
        ("telephone", PROVEN, Redirected(("post",))),
    ],
)
def test_a_way_is_open_to_all_to_a_group_or_to_nobody(channel, membership, expected):
    """Whoever comes another way is told the ways that are open to everyone."""
    assert gate(channel, CHANNELS, ONLY_FOR, membership, JAPAN) == expected


@pytest.mark.parametrize("law", [Regime.GDPR, Regime.CCPA])
def test_some_laws_let_nobody_insist_on_a_way(law):
    """Under the GDPR and the CCPA it has arrived, and the better way is told."""
    assert gate("telephone", CHANNELS, ONLY_FOR, NONE, JAPAN | {law}) == Taken(("post",))


def test_it_arrived_when_it_was_first_taken():
    """Mail that was turned away does not count; a second letter with what was missing changes nothing."""
    turned, letter, supplement = (day(1), Redirected(("post",))), (day(5), Taken()), (day(20), Taken())
    assert arrived_at([supplement, turned, letter]) == day(5)
    assert arrived_at([turned, (day(2), TakenIfProven(GROUP))]) is None
