"""What evidence states when nobody's word on a plan counted."""

from __future__ import annotations

from dataclasses import dataclass

from retention.model.ids import PlanId

REJECTIONS = ("too-much", "too-little", "wrong-person", "not-now", "other")
"""Why a plan is refused: codes of `facts.Rejected`."""


@dataclass(frozen=True, slots=True)
class NotApproved:
    """An answer to the question whether a plan may be carried out did not count, or none came in time."""

    plan_id: PlanId
    plan_digest: str
    approver_ref: str | None
    """HMAC of the name of whoever answered, under the staff key; None if nobody did."""
    reason: str
    """A code.

    `own-plan`: he took, identified, decided, planned or started the case himself.
    `no-role`: he is no approver.
    `same-person`: he approved before, and another person must.
    `other-digest`: he named a digest that is not this plan's.
    `replaced`: a newer plan has taken this one's place.
    `changed`: somebody of a batch goes with it no longer.
    `timed-out`: nobody answered in time.
    """
