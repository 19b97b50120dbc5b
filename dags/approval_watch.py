"""While a plan waits for an answer: look into our ledger, where somebody may approve it without Airflow.

An answer given in Airflow resumes the task by itself. This trigger resumes it when something was said of the plan
elsewhere (`retention approve`, the API), when a newer plan took its place, and when time is up.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from airflow.sdk.exceptions import AirflowRuntimeError
from airflow.sdk.execution_time.hitl import get_hitl_detail_content_detail
from airflow.triggers.base import BaseTrigger, TriggerEvent
from asgiref.sync import sync_to_async

from retention.errors import RetentionError
from retention.model.ids import PlanId

_LOG = logging.getLogger(__name__)


class ApprovalWatch(BaseTrigger):
    """Looks every `look_seconds` until the plan's mark is another one than `mark`, and at the longest until `until`."""

    def __init__(self, plan_id: str, mark: str, until: str, look_seconds: float, question: str) -> None:
        """Take the plan, its mark when it was asked, an instant in ISO 8601, seconds, and the task instance's id."""
        super().__init__()
        self._asked = {
            "plan_id": plan_id,
            "mark": mark,
            "until": until,
            "look_seconds": look_seconds,
            "question": question,
        }
        self._plan_id, self._mark, self._look_seconds = plan_id, mark, look_seconds
        self._until, self._question = datetime.fromisoformat(until), question

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Say how the triggerer makes it again."""
        return ("dags.approval_watch.ApprovalWatch", self._asked)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield once: an answer that Airflow has kept to itself, or that there is something to look at."""
        answered = await self._missed_answer()
        while answered is None and await asyncio.to_thread(self._is_as_asked):
            left = (self._until - datetime.now(UTC)).total_seconds()
            if left <= 0:
                break
            await asyncio.sleep(min(self._look_seconds, left))
            answered = await self._missed_answer()
        yield TriggerEvent(answered or {"look": True})

    async def _missed_answer(self) -> dict[str, Any] | None:
        """Return what somebody answered before the task slept: Airflow resumes none but sleeping tasks."""
        if self.trigger_id is None:
            return None  # `dag.test()` knows no answers
        try:
            found = await sync_to_async(get_hitl_detail_content_detail)(ti_id=UUID(self._question))
        except AirflowRuntimeError as error:  # its server is busy, or the task sleeps no more: asked again
            _LOG.warning("nobody knows whether %s was answered: %s", self._plan_id, error)
            return None
        if not found.response_received or found.responded_by_user is None:
            return None
        by = found.responded_by_user
        return {
            "chosen_options": list(found.chosen_options or []),
            "params_input": found.params_input or {},
            "responded_at": found.responded_at,
            "responded_by_user": {"id": by.id, "name": by.name},
        }

    def _is_as_asked(self) -> bool:
        """Whether nothing was said of the plan since; who cannot be asked is asked again."""
        # Imported in the triggerer alone: the scheduler parses DAG files all day and needs none of it.
        from retention.wiring import approval_mark  # noqa: PLC0415

        try:
            return approval_mark(Path(os.environ["RETENTION_WORKSPACE"]), PlanId(self._plan_id)) == self._mark
        except RetentionError as error:
            _LOG.warning("nobody knows whether %s is approved: %s", self._plan_id, error)
            return True
