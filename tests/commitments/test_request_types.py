"""What people may ask for at each company: every right promised is walked from the letter to the closed file."""

from __future__ import annotations

import pytest

from retention.errors import RefusedError
from retention.model.request import RequestState
from retention.model.request_moves import Answered, CarriedOut, Finding, Granted, Investigated, PapersDestroyed
from retention.model.terms import Filer, Right
from retention.requests import DONE_BY
from tests.doubles.asking import Asking


def closed(pack: str, right: Right) -> bool:
    """Return whether a request without a ground is taken, granted, done in its own way, answered and closed.

    On the way, nothing is granted to nobody, nothing is answered that is not done, and what is to be looked into is
    looked into first.
    """
    asking = Asking(pack, right, None, None, Filer.PERSON)
    if asking.bounds.identity_first:
        with pytest.raises(RefusedError):
            asking.move(Granted())
        asking.identified()
    if asking.bounds.finding_first:
        with pytest.raises(RefusedError):
            asking.move(Granted())
        asking.move(Investigated(Finding.FOUNDED))
    asking.move(Granted())
    with pytest.raises(RefusedError):
        asking.move(Answered("d"))
    wrong = {way for ways in DONE_BY.values() for way in ways} - DONE_BY[right]
    for way in wrong:
        with pytest.raises(RefusedError):
            asking.move(CarriedOut(way, "d"), by="another")
    asking.move(CarriedOut(min(DONE_BY[right], key=str), "d"), by="another")
    asking.move(Answered("d"))
    return asking.move(PapersDestroyed(()), by=None).state is RequestState.CLOSED


def test_umu_takes_every_right_of_its_list():
    """Disclosure, correction, addition, deletion, cessation of use, erasure, stop of provision: seven requests.

    UMU-41.
    """
    rights = [
        Right.DISCLOSURE,
        Right.CORRECTION,
        Right.ADDITION,
        Right.DELETION,
        Right.SUSPENSION,
        Right.ERASURE,
        Right.STOP_PROVISION,
    ]
    assert all(closed("umu", right) for right in rights)


def test_destruction_is_a_request_of_its_own_under_three_laws():
    """Erasure is done by an approved, verified plan and by nothing else; other companies are told by that plan.

    TRI-28.
    """
    assert closed("three-regime", Right.ERASURE)


def test_coorum_takes_what_its_text_leaves_out():
    """The text ends in "etc."; suspension, erasure and records of provision are taken as the law gives them.

    COO-21.
    """
    assert all(
        closed("coorum", right) for right in (Right.SUSPENSION, Right.ERASURE, Right.PROVISION_RECORD_DISCLOSURE)
    )


def test_u_nexts_desk_handles_all_that_it_names():
    """Disclosure, correction, deletion, suspension and complaints; suspension, erasure and stop without any ground.

    UNX-02, UNX-43, UNX-45.
    """
    named = [Right.DISCLOSURE, Right.CORRECTION, Right.DELETION, Right.SUSPENSION, Right.COMPLAINT]
    assert all(closed("u-next", right) for right in [*named, Right.ERASURE, Right.STOP_PROVISION, Right.ADDITION])
