"""A plan waits for people: the question in Airflow, the answer in our ledger, which alone decides.

A try of the task is a question. An answer that does not count (somebody's own plan, no role, another digest), or one
of two that are needed, ends the try with the reason in its log, and the next one asks again; Airflow keeps the text
of the first question of a run. Whoever approves or rejects at the command line or over the API is noticed within
`POKE_SECONDS`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowException
from airflow.sdk.execution_time.hitl import upsert_hitl_detail

from dags.approval_watch import ApprovalWatch
from dags.task_errors import opened, refuse_unapproved
from retention.errors import TransientFailure
from retention.model.approval import Heard
from retention.model.approval_facts import REJECTIONS
from retention.model.ids import PlanId

if TYPE_CHECKING:
    from airflow.sdk import Context

    from retention.app.questions import Question

POKE_SECONDS = float(os.environ.get("RETENTION_APPROVAL_POKE_SECONDS", "60"))
APPROVE_WITHIN = timedelta(days=float(os.environ.get("RETENTION_APPROVE_WITHIN_DAYS", "14")))
"""After a plan was made; then it is late, however often it was asked."""
QUESTIONS = 60
"""So often is asked, or a process that died makes up for it, until the run fails; nothing is lost then."""
ASK_AGAIN_AFTER = timedelta(seconds=float(os.environ.get("RETENTION_RETRY_SECONDS", "60")) / 10)


class AskedAgainError(AirflowException):
    """The question is asked again: the answer did not count, or was one of two."""


class PlanApproval(ApprovalOperator):
    """Asks whether the plan may be carried out; passes at once if it is approved already."""

    template_fields = ("plan_id",)

    def __init__(self, *, plan_id: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- an XComArg, and Airflow's own
        """Take the task that names the plan."""
        super().__init__(subject="Approval", **kwargs)
        self.plan_id = plan_id

    def execute(self, context: Context) -> None:
        """Ask, unless the ledger says that it is decided."""
        with opened() as app:
            question = app.questions.ask(PlanId(self.plan_id), APPROVE_WITHIN, datetime.now(UTC), _starter(context))
        if refuse_unapproved(question):
            return
        self.params = _form(question.digest)
        self.subject, self.body = question.subject, question.body
        upsert_hitl_detail(context["ti"].id, self.options, self.subject, self.body, params=self.serialized_params)
        self._wait(context, question.mark, question.until, question.digest)

    def execute_complete(
        self, context: Context, event: Mapping[str, Any], digest: str = "", answer: Mapping[str, Any] | None = None
    ) -> None:
        """Tell the ledger what somebody answered, or look what was said there; go on, fail, or ask again.

        An answer that the ledger could not take, since it was not reached, stays with the task until it can.
        """
        answer = event if event.get("responded_by_user") else answer
        try:
            question = self._heard(digest, answer)
        except TransientFailure:
            if answer is None:
                raise
            self._wait(context, "", datetime.now(UTC) + APPROVE_WITHIN, digest, answer)
        if not refuse_unapproved(question):
            raise AskedAgainError(question.why)

    def _heard(self, digest: str, answer: Mapping[str, Any] | None) -> Question:
        plan_id, now = PlanId(self.plan_id), datetime.now(UTC)
        with opened() as app:
            if answer is None:
                return app.questions.ask(plan_id, APPROVE_WITHIN, now)
            form = answer["params_input"] or {}
            heard = Heard(
                digest=form.get("digest") or digest,
                by=answer["responded_by_user"]["name"],
                approved=list(answer["chosen_options"]) == [self.APPROVE],
                reason=form.get("reason") or "other",
                at=answer["responded_at"],
            )
            return app.questions.hear(plan_id, APPROVE_WITHIN, heard, now)

    def _wait(
        self, context: Context, mark: str, until: datetime, digest: str, answer: Mapping[str, Any] | None = None
    ) -> None:
        watch = ApprovalWatch(self.plan_id, mark, until.isoformat(), POKE_SECONDS, str(context["ti"].id))
        kwargs = {"digest": digest, "answer": None if answer is None else dict(answer)}
        self.defer(trigger=watch, method_name="execute_complete", kwargs=kwargs)


def _starter(context: Context) -> str | None:
    """Return who set the run going; None for a clock or an event."""
    name: str | None = context["dag_run"].triggering_user_name
    return name


def _form(digest: str) -> ParamsDict:
    """Return what is sent with an answer: the digest that was shown, and why, if it is a refusal."""
    return ParamsDict(
        {
            "digest": Param(
                digest,
                type="string",
                title="ダイジェスト / Digest",
                description="この計画のものです。変えずにお送りください。 / Of the plan shown; send it as it is.",
            ),
            "reason": Param(
                "other",
                type="string",
                enum=list(REJECTIONS),
                title="却下の理由 / Reason of a rejection",
                description="Reject の場合だけ記録されます。 / Stated in the evidence if you reject.",
            ),
        }
    )
