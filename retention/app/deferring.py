"""A measure in place of what is refused: what a law keeps goes by itself when the law lets go of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from retention.app.context import Context
from retention.app.requests import draft_of
from retention.errors import RefusedError
from retention.model.ids import CaseId, CategoryId
from retention.model.plan import Plan, Withholding
from retention.model.promises import Promise
from retention.model.request import Request
from retention.model.request_moves import Alternative, Granted, GrantedInPart, Measure, Refused
from retention.model.subject import SubjectKey


def alternative_of(
    context: Context, case_id: CaseId, measure: Measure, categories: Collection[CategoryId] | None, now: datetime
) -> Alternative:
    """Return the measure, with the holds and the date that it waits for.

    Args:
        context: The workspace.
        case_id: The request.
        measure: What is done in place of what was asked.
        categories: What is refused; None: all that was asked for.
        now: The moment.

    Raises:
        RefusedError: no law keeps anything of it, or nobody can say until when: then nothing can be promised.
        UnknownSubjectError, AmbiguousSubjectError, HeldError: see `planning.assemble.plan_request`.

    """
    if measure is not Measure.ERASE_WHEN_PERIOD_ENDS:
        return Alternative(measure)
    kept = _kept(context, draft_of(context, context.ledger.cases.get(case_id), now).plan, categories)
    ends = [each.until for each in kept]
    if not ends or None in ends:
        what = "nothing of it is kept by a law" if not ends else "nobody can say until when a law keeps it"
        raise RefusedError(f"{case_id}: {what}, so that no day can be promised", hint="--instead other, or grant it")
    last = max(end for end in ends if end is not None)
    holds = tuple(sorted({each.hold_id for each in kept}))
    return Alternative(measure, holds, last.astimezone(context.zone).date())


def keep_promise(context: Context, request: Request, now: datetime) -> None:
    """Keep whom the promise is about, by keyed digest: the sweep of that day erases what was promised."""
    decision = request.decision
    if decision is None or isinstance(decision, Granted) or decision.alternative is None:
        return
    if decision.alternative.measure is not Measure.ERASE_WHEN_PERIOD_ENDS or decision.alternative.until is None:
        return
    draft = draft_of(context, context.ledger.cases.get(request.case_id), now)
    digest = context.suppression_digester()
    categories = refused_categories(context, request, decision)
    keys = [
        SubjectKey(replay.key_name, str(value))
        for replay in draft.plan.replays
        for value in draft.keys[replay.keys.keyset_id]
    ]
    context.ledger.promises.keep(
        Promise(request.case_id, key.name, digest(key), categories, decision.alternative.until, now) for key in keys
    )


def refused_categories(context: Context, request: Request, decision: GrantedInPart | Refused) -> tuple[CategoryId, ...]:
    """Return the categories that were refused: those named, or all that was asked for."""
    if isinstance(decision, GrantedInPart):
        return tuple(sorted(item.item for item in decision.refused))
    return request.items or tuple(sorted(context.policy.categories))


def _kept(context: Context, plan: Plan, categories: Collection[CategoryId] | None) -> list[Withholding]:
    """Return what laws keep of the categories; placed holds have no end that could be promised."""
    return [
        each
        for each in plan.withheld
        if categories is None
        or any(
            field.category in categories
            for name, field in context.datamap.datasets[each.dataset].fields.items()
            if name in each.fields
        )
    ]
