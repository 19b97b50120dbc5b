"""Why is it kept? Looks, and changes nothing."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.suspensions import standing
from retention.model.subject import SubjectKey
from retention.planning.explain import explain
from retention.planning.fates import Explanation


def explain_subject(context: Context, subject: SubjectKey, now: datetime) -> Explanation:
    """Say what becomes of everything that is known of a person; see `planning.explain`."""
    world = context.world(context.datamap, now)
    return explain(world, subject, context.pauses(), standing(context))
