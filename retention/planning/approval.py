"""Is this plan, by its digest, allowed? An approval names one digest and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from retention.errors import ApprovalError, LimitError
from retention.model.case import CaseKind
from retention.model.key_steps import LeaveUnreadable
from retention.model.plan import ExpireCopies, Plan, SuspendRows
from retention.model.policy import Policy
from retention.ports.ledger import Approval


def stands_approved(policy: Policy, plan: Plan) -> str | None:
    """Return the office whose standing approval covers the plan, or None.

    Only sweeps, only within the limits, and only if every step comes from the rules it names.
    """
    standing = policy.preapproved
    if standing is None or plan.kind is not CaseKind.SWEEP or plan.crossings:
        return None
    if any(isinstance(step, SuspendRows) and step.because.request for step in plan.steps):
        return None  # a person asked, whatever the rules say beside
    rules = {
        rule
        for step in plan.steps
        if not isinstance(step, ExpireCopies | LeaveUnreadable)
        for rule in step.because.rules
    }
    return standing.by if rules <= set(standing.rules) else None


def check_digest(stored: str, named: str) -> None:
    """Refuse an approval that names another digest.

    Raises:
        ApprovalError: it does.

    """
    if named != stored:
        raise ApprovalError(
            f"the digest given ({named[:16]}…) is not this plan's ({stored[:16]}…)",
            hint="look at the plan again and approve the digest it shows",
        )


def needed_approvals(plan: Plan) -> int:
    """Return how many people must allow the plan: four eyes above a limit."""
    return 2 if plan.crossings else 1


def missing_approvals(plan: Plan, digest: str, approvals: Sequence[Approval]) -> int:
    """Return how many people must still allow exactly this digest; one person counts once."""
    approvers = {one.approver_ref for one in approvals if one.approved and one.digest == digest}
    return max(0, needed_approvals(plan) - len(approvers))


def check_approved(plan: Plan, digest: str, approvals: Sequence[Approval]) -> None:
    """Refuse to go on unless enough people allowed exactly this digest.

    Raises:
        ApprovalError: nobody did, somebody rejected it, or the approval is for another digest.
        LimitError: the plan crosses a limit and only one person approved.

    """
    if any(not approval.approved for approval in approvals):
        raise ApprovalError(f"plan {plan.plan_id} was rejected", hint="make a new plan")
    missing = missing_approvals(plan, digest, approvals)
    if missing == needed_approvals(plan):
        hint = f"retention approve {plan.plan_id} --digest {digest}"
        raise ApprovalError(f"plan {plan.plan_id} is not approved", hint=hint)
    if missing:
        what = "; ".join(f"{c.limit}: allowed {c.allowed}, found {c.found}" for c in plan.crossings)
        raise LimitError(f"plan {plan.plan_id} crosses a limit ({what})", hint="a second person must approve it")
