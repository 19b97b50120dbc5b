"""What the product found, as Airflow understands it: an alarm is a failed task, what may get better is tried again.

Codes and ids only; nothing here is about a person.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException
from task_errors import WORKSPACE

from retention.errors import TransientFailure

if TYPE_CHECKING:
    from retention.app.alerting import Alerted
    from retention.app.copies import FollowUp
    from retention.app.processing import Checked, Followed
    from retention.app.rescans import RescanReport
    from retention.app.unfinished import SealedLater
    from retention.evidence.witnessing import Witnessed
    from retention.grammar import Finding

_LOG = logging.getLogger(__name__)


def run_of(dag_id: str, name: str, **conf: str) -> dict[str, object]:
    """Say which run is to be begun; under a name that exists, none is begun twice."""
    return {"trigger_dag_id": dag_id, "trigger_run_id": name, "conf": conf}


def closed_cases(followed: FollowUp) -> list[str]:
    """Return the cases that are closed now.

    Raises:
        TransientFailure: a system of copies could not be asked.
        AirflowFailException: a copy is where it should not be, or longer than was promised.

    """
    if followed.unreachable:
        raise TransientFailure("; ".join(failure.message for failure in followed.unreachable))
    refuse("copies", (f"{each.fault.value} {each.what} in {each.system}" for each in followed.findings))
    return [str(case.case_id) for case in followed.closed]


def reminded(followed: Sequence[Followed]) -> list[str]:
    """Return the orders of whom a processor was reminded before its day.

    Raises:
        AirflowFailException: the day of one has passed, and whoever answers for the contract is to be told.

    """
    late = (f"{each.order_id} at {each.processor}" for each in followed if each.kind.value == "escalated")
    refuse("processors are late", late)
    return [str(each.order_id) for each in followed]


def sealed_plans(later: SealedLater) -> dict[str, list[str]]:
    """Return which plans were sealed and what each has touched; a processor that refuses is logged as an error."""
    for plan, code in later.stuck:
        _LOG.error("plan %s: %s; a person decides: `retention processors`", plan, code)
    return {str(plan): [str(dataset) for dataset in report.datasets] for plan, report in later.sealed}


def returned_plans(report: RescanReport) -> list[str]:
    """Return the plans that erase again what came back; a look that came too late is logged as an error.

    Raises:
        AirflowFailException: it was looked too late, and nobody is back.

    """
    late = sorted({look.case_id for look in report.looks if look.late})
    if not report.plans:
        refuse("looked too late", late)
    elif late:
        _LOG.error("RET-100: looked too late at %s", ", ".join(late))
    return [str(plan.plan_id) for plan in report.plans]


def refuse_unwitnessed(witnessed: Witnessed | None) -> int:
    """Return how many witnesses stand behind the newest checkpoint.

    Raises:
        AirflowFailException: a witness has seen another history of this log.
        TransientFailure: too few have cosigned.

    """
    if witnessed is None:
        return 0
    grave = {name: code for name, code in witnessed.missing.items() if code in {"contradicts", "ahead"}}
    refuse("witnesses", (f"{name}: {code}" for name, code in grave.items()))
    if not witnessed.is_quorum:
        missing = ", ".join(f"{name} ({code})" for name, code in sorted(witnessed.missing.items()))
        raise TransientFailure(f"checkpoint of {witnessed.size} entries: not cosigned by {missing}")
    return len(witnessed.cosigned)


def untold_refused(alerted: Alerted) -> int:
    """Return how many warnings reached the desk.

    Raises:
        TransientFailure: a way failed that may work later.
        AirflowFailException: a way fails until somebody changes something; what could be told is told.

    """
    for failure in alerted.failed.values():
        if not isinstance(failure, TransientFailure):
            raise AirflowFailException(str(failure))
    for failure in alerted.failed.values():
        raise failure
    return len(alerted.told)


def refuse_lapses(checked: Checked) -> None:
    """Fail if a contract or its supervision lapsed; raises AirflowFailException."""
    refuse("contracts", (f"{lapse.processor}: {lapse.code}" for lapse in checked.lapses))


def refuse_drift(findings: Iterable[Finding]) -> None:
    """Fail if something lies in a system that the data map does not know; raises AirflowFailException."""
    refuse("the data map", (f"{finding.code} {finding.where}" for finding in findings))


def write_once(name: str, text: str) -> str:
    """Write a page into the workspace unless it is there; return its name."""
    path = Path(os.environ[WORKSPACE]) / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        half = path.with_suffix(".half")
        half.write_text(text, encoding="utf-8")
        half.rename(path)
    return name


def ended(epochs: Mapping[Any, Sequence[Any]]) -> int:
    """Return how many key epochs ended."""
    return sum(len(each) for each in epochs.values())


def refuse(about: str, found: Iterable[str]) -> None:
    """Fail the task if anything was found.

    Raises:
        AirflowFailException: RET-100, with what was found.

    """
    lines = list(found)
    if lines:
        raise AirflowFailException(f"RET-100: {about}: {'; '.join(lines)}")
