"""May this plan be carried out? Asked where people work (Airflow), and answered into our ledger: it alone decides.

waiting ──► approved | rejected      somebody's answer, or the command line, the API
   │  └───► waiting                  an answer that does not count is stated, and the question is asked again
   ├──────► gone                     a newer plan took its place, or the case waits no longer
   └──────► late                     nobody answered in time: stated; the case can be planned again
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from retention.app.access import has_role
from retention.app.approvals import approval_state, approve, is_newest, reject, settle
from retention.app.context import Context
from retention.app.records import stored
from retention.errors import ApprovalError, OwnPlanError, StalePlanError, StateError
from retention.evidence.index import predicate
from retention.model.access import Act, Role
from retention.model.approval import Heard
from retention.model.approval_facts import REJECTIONS, NotApproved
from retention.model.case import Case, CaseState
from retention.model.ids import CaseId, PlanId
from retention.model.plan import Plan
from retention.planning.approval import check_digest, missing_approvals
from retention.planning.question import REFUSALS, Asked, body, subject
from retention.ports.ledger import Ledger, StoredPlan


class Stand(Enum):
    """How the question stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    GONE = "gone"
    """The plan waits no longer."""
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how it stands; no personal value."""

    plan_id: PlanId
    case_id: CaseId
    digest: str
    stand: Stand
    subject: str
    body: str
    """Markdown."""
    until: datetime
    """By when somebody must answer."""
    mark: str
    """Another one when something was said of the plan since: see `mark`."""
    why: str
    """Why it is not approved; empty if it is."""


class Questions:
    """Questions to approvers, over one workspace."""

    def __init__(self, context: Context) -> None:
        """Keep the context."""
        self._context = context

    def ask(self, plan_id: PlanId, within: timedelta, now: datetime, starter: str | None = None) -> Question:
        """See `ask`."""
        return ask(self._context, plan_id, within, now, starter)

    def hear(self, plan_id: PlanId, within: timedelta, heard: Heard, now: datetime) -> Question:
        """See `hear`."""
        return hear(self._context, plan_id, within, heard, now)


def ask(context: Context, plan_id: PlanId, within: timedelta, now: datetime, starter: str | None = None) -> Question:
    """Return the question as it stands now.

    Args:
        context: The workspace.
        plan_id: The plan.
        within: How long after it was made somebody may answer.
        now: The moment.
        starter: Who set the run going that asks: he does not approve the plan. None: nobody, a clock.

    Raises:
        UnknownNameError: there is no such plan.

    """
    kept, plan = stored(context, plan_id)
    if starter:
        context.ledger.access.note(plan.case_id, Act.STARTED, context.ledger.secret_reference(starter), now)
    case, until = settle(context, plan_id), kept.made_at + within
    stand = _stand(context, case, plan_id)
    if stand is Stand.WAITING and now >= until:
        stand = Stand.LATE
        _state(context, kept, None, "timed-out", until)
    missing = missing_approvals(plan, kept.digest, context.ledger.plans.approvals(plan_id))
    asked = Asked(kept.digest, missing, until, context.zone, _last_refusal(context, plan), _anybody(context, now))
    return Question(
        plan_id=plan_id,
        case_id=plan.case_id,
        digest=kept.digest,
        stand=stand,
        subject=subject(plan),
        body=body(plan, asked),
        until=until,
        mark=mark(context.ledger, plan_id),
        why=_why(plan, stand, case, asked),
    )


def hear(context: Context, plan_id: PlanId, within: timedelta, heard: Heard, now: datetime) -> Question:
    """Take an answer into the ledger, or state why it does not count; return the question after it.

    Told again after a crash, the same answer changes nothing.

    Raises:
        UnknownNameError: there is no such plan.

    """
    kept, plan = stored(context, plan_id)
    if not is_newest(context, plan_id):
        _state(context, kept, heard.by, "replaced", heard.at)
    elif heard.at < kept.made_at + within and _stand(context, settle(context, plan_id), plan_id) is Stand.WAITING:
        refusal = _refusal(context, plan, heard) or _taken(context, kept, heard)
        if refusal is not None:
            _state(context, kept, heard.by, refusal, heard.at)
    return ask(context, plan_id, within, now)


def mark(ledger: Ledger, plan_id: PlanId) -> str:
    """Return what changes when something is said of the plan, or of its case: cheap enough to be asked often."""
    case_id = ledger.plans.get(plan_id).case_id
    newest, said = ledger.plans.of_case(case_id)[0].plan_id, ledger.plans.approvals(plan_id)
    return f"{newest} {ledger.cases.get(case_id).state.value} {len(said)}"


def _stand(context: Context, case: Case, plan_id: PlanId) -> Stand:
    if not is_newest(context, plan_id):
        return Stand.GONE
    if case.state is CaseState.REJECTED:
        return Stand.REJECTED
    match approval_state(context, plan_id):
        case "approved":
            return Stand.APPROVED
        case "rejected":
            return Stand.REJECTED
        case "waiting":
            return Stand.WAITING if case.state is CaseState.PLANNED else Stand.GONE


def _refusal(context: Context, plan: Plan, heard: Heard) -> str | None:
    """Say why the answer does not count, as far as it can be said before it is taken."""
    if not has_role(context, heard.by, Role.APPROVER, heard.at):
        return "no-role"
    reference = context.ledger.secret_reference(heard.by)
    said = [one for one in context.ledger.plans.approvals(plan.plan_id) if one.approver_ref == reference]
    return "same-person" if heard.approved and any(one.decided_at != heard.at for one in said) else None


def _taken(context: Context, kept: StoredPlan, heard: Heard) -> str | None:
    """Take the answer; return None, or why it does not count."""
    try:
        check_digest(kept.digest, heard.digest)
        with suppress(StateError):  # somebody was quicker: how it stands now is told
            if heard.approved:
                approve(context, kept.plan_id, heard.digest, heard.by, heard.at)
            else:
                reason = heard.reason if heard.reason in REJECTIONS else "other"
                reject(context, kept.plan_id, heard.by, reason, heard.at)
    except OwnPlanError:
        return "own-plan"
    except StalePlanError:
        return "changed"
    except ApprovalError:
        return "other-digest"
    return None


def _state(context: Context, kept: StoredPlan, by: str | None, reason: str, at: datetime) -> None:
    reference = None if by is None else context.ledger.secret_reference(by)
    context.record(kept.case_id, NotApproved(kept.plan_id, kept.digest, reference, reason), at)


def _last_refusal(context: Context, plan: Plan) -> str | None:
    """Return why the last answer to this plan did not count, unless somebody's word counted since."""
    for entry in reversed(context.ledger.log.of_case(plan.case_id)):
        told = predicate(entry.envelope)
        if told.get("planId") == plan.plan_id:
            return str(told["reason"]) if told["kind"] == "notApproved" else None
    return None


def _anybody(context: Context, now: datetime) -> bool:
    tokens = context.ledger.access.all()
    return any(one.role is Role.APPROVER and one.revoked_at is None and now < one.expires_at for one in tokens)


def _why(plan: Plan, stand: Stand, case: Case, asked: Asked) -> str:
    match stand:
        case Stand.APPROVED:
            return ""
        case Stand.WAITING:
            did_not_count = f"; {REFUSALS[asked.refused].rpartition(' / ')[2]}" if asked.refused else ""
            return f"RET-303: plan {plan.plan_id} waits: approvals missing: {asked.missing}{did_not_count}"
        case Stand.REJECTED:
            return f"RET-303: plan {plan.plan_id} was rejected: nothing was touched; plan again"
        case Stand.GONE:
            return f"RET-308: plan {plan.plan_id} waits no longer (a newer plan, or the case is {case.state.value})"
        case Stand.LATE:
            return f"RET-303: nobody approved plan {plan.plan_id} in time: nothing was touched; plan again"
