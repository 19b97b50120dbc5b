"""Plans and what people said of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from retention.errors import StateError, UnknownNameError
from retention.model.ids import CaseId, PlanId
from retention.ports.ledger import Approval, StoredPlan
from retention.store.cases import require_case
from retention.store.engine import Database
from retention.store.tables import APPROVALS, PLANS


class SqlPlans:
    """Implements `ports.ledger.Plans`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def add(self, plan: StoredPlan) -> None:
        """Keep a plan; the same plan again is harmless.

        Raises:
            StateError: another plan has that id.
            UnknownNameError: there is no such case.

        """
        row = {
            "plan_id": plan.plan_id,
            "case_id": plan.case_id,
            "digest": plan.digest,
            "body": plan.body,
            "made_at": plan.made_at,
        }
        with self._database.writing() as connection:
            require_case(connection, plan.case_id)
            connection.execute(self._database.insert(PLANS).values(row).on_conflict_do_nothing())
            stands = connection.scalar(select(PLANS.c.digest).where(PLANS.c.plan_id == plan.plan_id))
        if stands != plan.digest:
            # dropping it in silence would let an approval of the first cover the second
            raise StateError(f"plan {plan.plan_id}: expected digest {stands}, found {plan.digest}", hint="plan again")

    def get(self, plan_id: PlanId) -> StoredPlan:
        """Return the plan; raises UnknownNameError."""
        with self._database.reading() as connection:
            row = connection.execute(select(PLANS).where(PLANS.c.plan_id == plan_id)).one_or_none()
        if row is None:
            raise _unknown(plan_id)
        return _plan(row)

    def of_case(self, case_id: CaseId) -> tuple[StoredPlan, ...]:
        """Return the case's plans, newest first."""
        query = select(PLANS).where(PLANS.c.case_id == case_id).order_by(PLANS.c.made_at.desc(), PLANS.c.seq.desc())
        with self._database.reading() as connection:
            return tuple(_plan(row) for row in connection.execute(query))

    def approve(self, approval: Approval) -> None:
        """Keep an approval or a rejection; one a person and plan: the first word stays.

        Raises:
            UnknownNameError: there is no such plan.

        """
        row = {
            "plan_id": approval.plan_id,
            "digest": approval.digest,
            "approver_ref": approval.approver_ref,
            "approved": approval.approved,
            "standing": approval.standing,
            "decided_at": approval.decided_at,
        }
        with self._database.writing() as connection:
            if connection.scalar(select(PLANS.c.seq).where(PLANS.c.plan_id == approval.plan_id)) is None:
                raise _unknown(approval.plan_id)
            connection.execute(self._database.insert(APPROVALS).values(row).on_conflict_do_nothing())

    def approvals(self, plan_id: PlanId) -> tuple[Approval, ...]:
        """Return what was said of the plan, oldest first."""
        query = (
            select(APPROVALS).where(APPROVALS.c.plan_id == plan_id).order_by(APPROVALS.c.decided_at, APPROVALS.c.seq)
        )
        with self._database.reading() as connection:
            return tuple(_approval(row) for row in connection.execute(query))


def _plan(row: Row[Any]) -> StoredPlan:
    return StoredPlan(
        plan_id=PlanId(row.plan_id),
        case_id=CaseId(row.case_id),
        digest=row.digest,
        body=row.body,
        made_at=row.made_at,
    )


def _approval(row: Row[Any]) -> Approval:
    return Approval(
        plan_id=PlanId(row.plan_id),
        digest=row.digest,
        approver_ref=row.approver_ref,
        approved=row.approved,
        standing=row.standing,
        decided_at=row.decided_at,
    )


def _unknown(plan_id: PlanId) -> UnknownNameError:
    return UnknownNameError(f"no plan {plan_id}", hint="see `retention request show`")
