"""What will fall due, and what another version of the policy would change. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from retention.app.context import Context
from retention.model.policy import Policy
from retention.planning.affected import Affected, affected
from retention.planning.forecast import Forecast, forecast
from retention.policy import Change


def foresee(context: Context, days: int, now: datetime) -> Forecast:
    """Say what falls due in the coming days; see `planning.forecast`."""
    return forecast(context.world(context.datamap, now), context.ledger.events, days)


def count_affected(
    context: Context, changes: Iterable[Change], old: Policy, new: Policy, now: datetime
) -> tuple[Affected, ...]:
    """Count the live rows whose data changes fate; see `planning.affected`."""
    return affected(context.world(context.datamap, now), changes, old, new, now)
