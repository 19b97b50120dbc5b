"""What is offered in place of what is difficult: APPI art. 35 provisos, guideline 3-8-5.

The lesser measure must protect the person. For what a law keeps: the promise to erase when its period ends, which is
a deferred disposal that runs by itself. Instead of erasure, the use can be stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from retention.model.ids import HoldId
from retention.model.request_moves import Alternative, Measure
from retention.model.terms import Refusal, Right

_ERASING = frozenset({Right.ERASURE, Right.ITEM_DELETION})
_OFFERED_FOR = frozenset({Refusal.DIFFICULT_WITH_SUBSTITUTE, Refusal.OTHER_LAW, Refusal.LEGAL_OBLIGATION})


def alternatives(right: Right, code: Refusal, holds: Sequence[tuple[HoldId, date | None]]) -> tuple[Alternative, ...]:
    """Return the measures that can take the place of the right, best for the person first; empty: none is owed.

    Args:
        right: What is asked for.
        code: Why it is not done.
        holds: The holds that keep the data, and when each ends; None: nobody knows yet.

    """
    if code not in _OFFERED_FOR or right not in {*_ERASING, Right.SUSPENSION, Right.STOP_PROVISION}:
        return ()
    found = []
    if right in _ERASING and holds:
        ends = [end for _, end in holds]
        until = None if None in ends else max(end for end in ends if end is not None)
        found.append(Alternative(Measure.ERASE_WHEN_PERIOD_ENDS, tuple(hold for hold, _ in holds), until))
    if right in _ERASING:
        found.append(Alternative(Measure.SUSPEND))
    if code is Refusal.DIFFICULT_WITH_SUBSTITUTE:
        found.append(Alternative(Measure.OTHER))
    return tuple(found)
