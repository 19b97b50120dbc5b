"""How the product's errors look to Airflow: what may get better is retried, what will not is not."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from retention.errors import RetentionError, SettingsError, TransientFailure

if TYPE_CHECKING:
    from retention.app import App, ApplyReport
    from retention.app.letters import Delivery
    from retention.app.questions import Question
    from retention.app.warning import Told
    from retention.model.volume import Progress

_FRAMES = 8
"""How many calls, from the innermost, are named of an error that nobody foresaw."""
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

    Airflow writes whatever is raised into the task's log, with all that caused it, and what a driver or a library
    says may quote a person's row: so only our own words leave here.

    Raises:
        TransientFailure: a system could not be reached; Airflow retries with backoff.
        AirflowFailException: anything else we know: refused, wrong, found or terminal; code and message only.
        UnforeseenError: anything we do not know; retried, since running again is safe.

    """
    # Imported when a task runs: the scheduler parses DAG files all day and needs none of it.
    from retention.wiring import open_app  # noqa: PLC0415

    try:
        with open_app(_workspace()) as app:
            yield app
    except TransientFailure as error:
        raise error from None
    except RetentionError as error:
        raise AirflowFailException(str(error)) from None
    except AirflowException:
        raise
    except Exception as error:  # noqa: BLE001 -- its text stays here
        raise UnforeseenError(_kind_and_place(error)) from None


class UnforeseenError(Exception):
    """Something went wrong that we had not thought of: of which kind and where, without what it says."""


def begun_at() -> datetime:
    """Return when this run of the DAG began: the same moment for every try of its tasks, another once it is cleared.

    Who plans for that moment again, because the process before died, gets the same plan.
    """
    began: datetime = get_current_context()["dag_run"].start_date
    return began


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


def refuse_unapproved(question: Question) -> bool:
    """Return whether the plan is approved; False while it waits.

    Raises:
        AirflowFailException: it was rejected, replaced or is late; waiting longer is no use.

    """
    match question.stand.value:
        case "approved":
            return True
        case "waiting":
            return False
        case _:
            raise AirflowFailException(question.why)


def _kind_and_place(error: Exception) -> str:
    frames = extract_tb(error.__traceback__)[-_FRAMES:]
    places = " < ".join(f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}"


def _workspace() -> Path:
    folder = os.environ.get(WORKSPACE)
    if not folder:
        raise SettingsError(
            f"environment variable {WORKSPACE}: expected the workspace's folder, found nothing",
            hint="set it for scheduler and workers",
        )
    return Path(folder)
