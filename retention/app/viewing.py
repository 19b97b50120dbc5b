"""Use cases of those who look on: cases in a list, and one case in full. They read, and change nothing."""

from __future__ import annotations

from datetime import datetime

from retention.app import case_list, case_view
from retention.app.context import Context
from retention.model.ids import CaseId, PlanId


class Viewing:
    """The part of `App` that shows."""

    context: Context

    def list_cases(self, choice: case_list.Choice, now: datetime) -> case_list.CaseList:
        """See `case_list.list_cases`."""
        return case_list.list_cases(self.context, choice, now)

    def view_case(self, case_id: CaseId, now: datetime) -> case_view.CaseView:
        """See `case_view.view_case`."""
        return case_view.view_case(self.context, case_id, now)

    def case_of_plan(self, plan_id: PlanId) -> CaseId:
        """See `case_view.case_of_plan`."""
        return case_view.case_of_plan(self.context, plan_id)
