"""What stopped on the way is found, and goes on: by the ledger's state, whoever died or waited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retention.app import unfinished
from retention.errors import TerminalFailure, TransientFailure
from retention.model.case import CaseState
from tests.e2e.conftest import NOW, Shop

SOON, LATE = NOW + timedelta(hours=5), NOW + timedelta(hours=7)


def test_an_approved_plan_is_stopped_when_nobody_was_at_it_for_hours(shop: Shop) -> None:
    """Not while somebody may be at work; not before it is approved; not when it is verified or sealed."""
    app, case, plan = shop.approved_request("email=c3@mail.example")
    with app:
        waiting = app.open_request("email=c7@mail.example", "post", NOW)
        app.identify(waiting.case_id, "passport", NOW)
        app.accept(waiting.case_id, NOW)
        app.plan_request(waiting.case_id, NOW)
        assert app.stopped(SOON) == ()
        assert app.stopped(LATE) == (plan,)
        app.apply(plan, LATE)
        assert app.stopped(LATE + timedelta(hours=5)) == ()
        assert app.stopped(LATE + timedelta(hours=7)) == (plan,)
        app.verify(plan, LATE)
        assert app.stopped(LATE + timedelta(days=9)) == ()
        (sealed,) = app.seal_waiting(LATE).sealed
        assert (sealed[0], sealed[1].case_id) == (plan, case)
        assert app.seal_waiting(LATE) == unfinished.SealedLater((), (), ())
        assert app.context.ledger.cases.get(case).state in {CaseState.SEALED, CaseState.CLOSED}


@pytest.mark.parametrize(
    ("failure", "waiting", "stuck"),
    [(TransientFailure("still at work"), True, False), (TerminalFailure("it refused"), False, True)],
)
def test_a_processor_that_has_not_finished_keeps_only_its_own_plan_waiting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, failure: Exception, *, waiting: bool, stuck: bool
) -> None:
    """Silence waits for the next look; a refusal is named with its code for a person to decide."""
    app, _, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)

        def refuses(*_: object) -> None:
            raise failure

        monkeypatch.setattr(unfinished, "seal", refuses)
        later = app.seal_waiting(LATE)
    assert later.sealed == ()
    assert later.waiting == ((plan,) if waiting else ())
    assert later.stuck == (((plan, TerminalFailure.code),) if stuck else ())
