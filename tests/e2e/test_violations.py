"""What was done against the purpose, by a way that is not open, or by mistake: on record, and with its consequences."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retention.app.requesting import Arrival
from retention.app.using import Use
from retention.errors import RefusedError
from retention.model.request_moves import Finding
from retention.model.terms import Ground, Right

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def asked(app, who):
    """Let a request to suspend for use beyond the purpose arrive, from someone who has shown who he is."""
    ground = {"right": Right.SUSPENSION, "ground": Ground.OUT_OF_PURPOSE}
    case = app.receive(Arrival(app.subject_of(who), "post", **ground), NOW).case_id
    app.identify(case, "passport", NOW, by="mori")
    return case


def test_a_use_beyond_the_purpose_is_the_ground_of_a_later_request(shop):
    """Logged for an undeclared purpose: c3's suspension is granted without an inquiry, c4's is looked into (TRI-10)."""
    with shop.app() as app:
        wanted = Use("growth", ("shop.customers",))
        with pytest.raises(RefusedError, match="nothing was read"):
            app.use(wanted, ["user_id=c4"], NOW)
        assert app.note_use(Use("P1", ("shop.customers",)), ["user_id=c4"], NOW) == ((), 0)
        beyond, new = app.note_use(wanted, ["user_id=c3"], NOW)
        assert ([bar.code for bar in beyond], new) == (["purpose-undeclared"], 1)
        assert app.note_use(wanted, ["user_id=c3"], NOW)[1] == 0

        case, other = asked(app, "user_id=c3"), asked(app, "user_id=c4")
        assert [Ground.OUT_OF_PURPOSE in app.ruling(each, NOW).shown for each in (case, other)] == [True, False]
        app.accept(case, NOW, by="mori")
        assert app.request(case).finding is Finding.FOUNDED
        with pytest.raises(RefusedError, match="looked into"):
            app.accept(other, NOW, by="mori")
