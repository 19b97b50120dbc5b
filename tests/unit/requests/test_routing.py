"""Who answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retention.errors import UnknownNameError
from retention.model.asking import Holder, Redirect
from retention.model.policy import Controller
from retention.model.terms import JointUse, JointUseKind, ResponsibleEntity, ResponsibleOffice
from retention.requests.routing import Elsewhere, Ours, Shared, answering_for, route

ADMIN = Redirect("company_id", Holder.ADMINISTRATOR, {"en": "your enterprise"}, None)
CLIENT = Redirect("client_id", Holder.CLIENT, {"en": "our client"}, None)
KNOWN = {"company_id": ADMIN, "client_id": CLIENT}
US = Controller({"en": "Example Ltd.", "ja": "見本"}, "Tokyo", "Privacy office")
GROUP = JointUse(
    "group",
    JointUseKind.ORDINARY,
    (),
    open_ended=False,
    members=(),
    purposes=(),
    responsible=ResponsibleOffice("Privacy office"),
)


@pytest.mark.parametrize(
    ("own", "held_for", "expected"),
    [
        (True, [], Ours()),
        (False, [], Ours()),
        (False, ["company_id"], Elsewhere((ADMIN,))),
        (True, ["company_id"], Shared((ADMIN,))),
        (True, ["company_id", "client_id", "client_id"], Shared((CLIENT, ADMIN))),
    ],
)
def test_authority_lies_with_the_record(own, held_for, expected):
    """Own records are answered here, others' there, and someone may have both."""
    assert route(own=own, held_for=held_for, redirects=KNOWN) == expected


def test_nobody_is_sent_nowhere():
    """Without a name of whom to ask, the request waits for the policy to say it."""
    with pytest.raises(UnknownNameError, match=r"requests\.redirects\.agency_id"):
        route(own=False, held_for=["agency_id"], redirects=KNOWN)


def test_joint_use_is_answered_by_the_one_responsible():
    """An office of ours or our own name: we; another entity: that one, at its address."""
    ours = ResponsibleEntity({"ja": "見本"}, "Tokyo", "The president")
    parent = ResponsibleEntity({"en": "Parent Ltd."}, "Osaka", "The president")
    assert answering_for(GROUP, US) is None
    assert answering_for(replace(GROUP, responsible=ours), US) is None
    asked = answering_for(replace(GROUP, responsible=parent), US)
    assert asked == Redirect("group", Holder.JOINT_RESPONSIBLE, {"en": "Parent Ltd."}, "Osaka")
