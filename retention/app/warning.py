"""The desk is told of dates: each thing once, before the date and after it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.lives import life_of, open_lives, record_move
from retention.errors import ConcurrentWriteFailure
from retention.model.ids import CaseId
from retention.model.request_moves import DeskWarned
from retention.requests.clocks import warnings_due
from retention.requests.workdays import calendar_of


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that the desk was told."""

    case_id: CaseId
    warning: DeskWarned


def warn(context: Context, case_id: CaseId, now: datetime) -> tuple[Told, ...]:
    """Record what the desk is to be told of one request now, and return what is new.

    Two processes that ask at the same moment record it once: the other one finds it told.
    """
    works, told = calendar_of(context.policy.timezone), []
    for warning in warnings_due(life_of(context, case_id), now, works):
        with suppress(ConcurrentWriteFailure):
            record_move(context, case_id, warning, None, now)
            told.append(Told(case_id, warning))
    return tuple(told)


def warn_all(context: Context, now: datetime) -> tuple[Told, ...]:
    """Record what the desk is to be told of all open requests now, and return what is new."""
    return tuple(told for request in open_lives(context) for told in warn(context, request.case_id, now))
