"""How the product's errors look to Airflow: what may get better is retried, what will not is not."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from retention.errors import RetentionError, SettingsError, TransientFailure

if TYPE_CHECKING:
    from retention.app import App, ApplyReport
    from retention.app.letters import Delivery
    from retention.app.rescans import RescanReport
    from retention.app.warning import Told
    from retention.model.volume import Progress

_LOG = logging.getLogger(__name__)
WORKSPACE = "RETENTION_WORKSPACE"
"""The environment variable that names the folder with retention.yaml."""

DEFAULTS: dict[str, Any] = {
    "owner": "data-protection",
    "retries": int(os.environ.get("RETENTION_TASK_RETRIES", "5")),
    "retry_delay": timedelta(seconds=float(os.environ.get("RETENTION_RETRY_SECONDS", "60"))),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(hours=1),
}
"""For every task. Only transient failures come to be retried."""


@contextmanager
def opened() -> Iterator[App]:
    """Open the product on the workspace; turn errors that would come again into a final failure.

    Raises:
        TransientFailure: a system could not be reached; Airflow retries with backoff.
        AirflowFailException: anything else we know: refused, wrong, found or terminal; code and message only.

    """
    # Imported when a task runs: the scheduler parses DAG files all day and needs none of it.
    from retention.wiring import open_app  # noqa: PLC0415

    try:
        with open_app(_workspace()) as app:
            yield app
    except TransientFailure:
        raise
    except RetentionError as error:
        raise AirflowFailException(str(error)) from None


def refuse_failed(report: ApplyReport) -> None:
    """Fail the task if a step could not be done; the journal holds the reason.

    Raises:
        TransientFailure: every failed step may succeed later.
        AirflowFailException: one of them will not.

    """
    if not report.failed:
        return
    what = ", ".join(f"{step} ({failed.code})" for step, failed in report.failed.items())
    message = f"plan {report.plan_id} is {report.state.value}: {what}"
    if all(failed.transient for failed in report.failed.values()):
        raise TransientFailure(message)
    raise AirflowFailException(message)


def log_progress(step_id: str, so_far: Progress) -> None:
    """Write into the task's log how far the plan's steps on large stores are; nothing where there are none."""
    if so_far.of:
        until = f", until about {so_far.until.isoformat(timespec='seconds')}" if so_far.until else ""
        _LOG.info("%s: %d of %d bytes gone through%s", step_id, so_far.done, so_far.of, until)


def returned_plan(report: RescanReport) -> str:
    """Return the plan that erases what came back; name the others, if there are any, in the task's log.

    Raises:
        AirflowSkipException: nobody is back.
        AirflowFailException: nobody is back, and it was looked too late.

    """
    late = sorted({look.case_id for look in report.looks if look.late})
    if not report.plans:
        message = f"RET-100: looked too late at {', '.join(late)}" if late else "nobody is back"
        raise AirflowFailException(message) if late else AirflowSkipException(message)
    first, *others = (str(plan.plan_id) for plan in report.plans)
    for plan in others:
        _LOG.warning("plan %s waits as well", plan)
    return first


def refuse_unsent(delivery: Delivery) -> int:
    """Return how many letters went out.

    Raises:
        AirflowFailException: a person has to do something about one that did not.

    """
    if delivery.refused or delivery.given_up or delivery.lacking or delivery.late:
        waiting = f"{len(delivery.lacking)} lack something, {len(delivery.late)} contacted too late"
        found = f"{len(delivery.refused)} refused, {len(delivery.given_up)} given up, {waiting}"
        raise AirflowFailException(f"RET-100: letters: {found}; `retention letters list` says which")
    return len(delivery.sent) + len(delivery.handed_over)


def told_of_dates(told: Sequence[Told]) -> list[str]:
    """Return what the desk was told, and write it into the task's log: what is late as an error, else as a warning."""
    lines = [
        (f"{each.case_id}: {each.warning.warned.value}, {each.warning.regime}, {each.warning.day}", each.warning.warned)
        for each in told
    ]
    for line, warned in lines:
        _LOG.log(logging.ERROR if warned.value.endswith("late") else logging.WARNING, line)
    return [line for line, _ in lines]


def refuse_rejected(plan_id: str, state: str) -> str:
    """Return the state of a plan's approval.

    Raises:
        AirflowFailException: the plan was rejected; waiting longer is no use.

    """
    if state == "rejected":
        raise AirflowFailException(f"plan {plan_id} was rejected: nothing was touched; plan again")
    return state


def _workspace() -> Path:
    folder = os.environ.get(WORKSPACE)
    if not folder:
        raise SettingsError(
            f"environment variable {WORKSPACE}: expected the workspace's folder, found nothing",
            hint="set it for scheduler and workers",
        )
    return Path(folder)
