"""Look again, by other code, and ask the processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from retention.app.applying import site_of
from retention.app.context import Context
from retention.app.drift import refuse_unmapped
from retention.app.records import move, stored
from retention.errors import FoundError
from retention.execution.looking import look_again
from retention.model.case import CaseState
from retention.model.ids import DatasetId, PlanId
from retention.verification import Look


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification saw, dataset by dataset."""

    plan_id: PlanId
    looks: Mapping[DatasetId, Look]


def verify(context: Context, plan_id: PlanId, now: datetime) -> VerifyReport:
    """Look at every dataset the plan touched.

    Raises:
        FoundError: something is not as it should be, or lies where the map does not look; the case is PARTIAL,
            never "done".
        StateError: the plan has not been carried out, or the case is sealed.

    """
    kept, plan = stored(context, plan_id)
    looks = look_again(site_of(context, kept, plan), now)
    refuse_unmapped(context, context.ledger.cases.get(plan.case_id))
    failed = {dataset: found.failed for dataset, found in looks.items() if not found.passed}
    move(context, plan.case_id, CaseState.PARTIAL if failed else CaseState.VERIFIED)
    context.log.publish()
    if failed:
        what = "; ".join(f"{dataset}: {', '.join(codes)}" for dataset, codes in sorted(failed.items()))
        raise FoundError(
            f"verification of {plan_id} failed ({what})",
            hint=f"the case is partial; look into it, then apply and verify again: retention apply {plan_id}",
        )
    return VerifyReport(plan_id, looks)
