"""The catalogue of events."""

from __future__ import annotations

import pytest

from retention.clocks import EVENT_KINDS, STOPS, WITHDRAWN, stops_of
from retention.grammar import ABOUT

PROMISED = """
account.closed recovery.completed session.ended consent.withdrawn objection permission.revoked cookie.refused ad.optout
purpose.accomplished survey.closed inquiry.closed campaign.prizes_dispatched commission.settled card.replaced
applicant.rejected applicant.hired employee.retired contractor.ended subject.corrected subject.deceased contract.ended
instruction.received partner.withdrew group.member_removed service.terminated legal_hold.placed legal_hold.released
restriction.placed restriction.lifted breach.confirmed wrongful_deletion deletion_info.leaked restore.completed
pack.announced pack.activated controller.succession_planned form.returned fee.paid response.completed notice.delivered
mail.bounced
"""
"""The kinds that the companies' promises and the law speak of."""


def test_every_kind_that_a_promise_speaks_of_can_be_recorded():
    """None is missing; what the calendar or a correction says is no event of its own."""
    assert set(PROMISED.split()) <= EVENT_KINDS
    assert not EVENT_KINDS & {"fiscal_year.closed", "purposes.ended", WITHDRAWN}


@pytest.mark.parametrize(
    ("start", "stops"),
    [
        ("account.closed", {"account.opened", "account.reopened"}),
        ("applicant.rejected", {"applicant.hired"}),
        ("consent.withdrawn", {"consent.given"}),
        ("contract.ended", {"contract.started"}),
        ("legal_hold.placed", {"legal_hold.released"}),
        ("restriction.placed", {"restriction.lifted"}),
    ],
)
def test_what_can_be_undone_has_an_event_that_undoes_it(start, stops):
    """And nothing else stops it."""
    assert STOPS[start] == stops_of(start, None) == stops
    assert {start, *stops} <= EVENT_KINDS


def test_what_cannot_be_undone_is_not():
    """A death, a survey's end and a breach stay; consent given anew revives a purpose, however it had ended."""
    for kind in EVENT_KINDS - set(STOPS):
        assert stops_of(kind, None) == frozenset()
    assert stops_of("objection", "ads") == stops_of("purpose.accomplished", "ads") == {"consent.given"}


def test_only_known_kinds_are_about_something():
    """The words for what events are about name kinds of the catalogue."""
    assert set(ABOUT) <= EVENT_KINDS
