"""What may be charged: APPI art. 38 allows fees for two kinds of request, GDPR and CCPA for none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from retention.law.charges import MAY_COST
from retention.model.terms import ActualCost, Fee, FixedFee, FreeOfCharge, RightTerms
from retention.policy.conflicts.view import Conflict, View


def fee_not_permitted(view: View) -> Iterator[Conflict]:
    """X1: a fee for a request that must be free."""
    for terms in _charged(view):
        if terms.right not in MAY_COST:
            yield Conflict(
                code="FEE_NOT_PERMITTED",
                where=f"requests.rights.{terms.right.value}.fee",
                says=f"{_worded(terms.fee)} is charged for {terms.right.value}",
                articles=("jp.appi.38-1",),
                law="a fee may be taken for disclosure and for notification of the purpose only",
                instead="nothing is charged for it",
            )


def fee_free_abroad(view: View) -> Iterator[Conflict]:
    """X2: a fee where the GDPR or the CCPA applies, too."""
    for terms in _charged(view):
        yield Conflict(
            code="FEE_FREE_IN_REGIME",
            where=f"requests.rights.{terms.right.value}.fee",
            says=f"{_worded(terms.fee)} is charged for {terms.right.value}, to everyone",
            articles=("eu.gdpr.12-5", "us.ccpa.1798-130-a-2"),
            law="answers are free of charge unless a request is manifestly unfounded or excessive",
            instead="nothing is charged to people under these regimes",
        )


RULES = (fee_not_permitted, fee_free_abroad)


def _charged(view: View) -> Iterator[RightTerms]:
    return (terms for terms in view.terms.rights.values() if not isinstance(terms.fee, FreeOfCharge))


def _worded(fee: Fee) -> str:
    match fee:
        case FreeOfCharge():
            return "nothing"
        case FixedFee(amount, currency):
            return f"{currency} {amount}"
        case ActualCost():
            return "the actual cost"
        case _:
            assert_never(fee)
