"""The end of a batch: each request has its own commitment, receipt and share in the evidence, and its key is shredded.

Some at a time, so that the log and the ledger are written once for many. Every write here may be the last before a
crash: run again, and the requests that are not sealed yet go on.
"""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.rescans import schedule
from retention.app.subjects import commit_each
from retention.evidence import column_name
from retention.execution.processors import order_id
from retention.execution.sealing import is_shredded, shred_case_keys
from retention.execution.site import fetch_people
from retention.model.batch import Share
from retention.model.batch_facts import BatchShare, DoneOf, KeptOf
from retention.model.case import CaseState
from retention.model.facts import Recorded
from retention.model.plan import Plan
from retention.planning.codec import decode_share
from retention.ports.ledger import StoredPlan

_AT_A_TIME = 100


def seal_members(context: Context, kept: StoredPlan, plan: Plan, now: datetime) -> None:
    """Seal every request that went with the batch; the batch's own key must still be there."""
    people = fetch_people(context.ledger.vault, plan.case_id, plan.plan_id)
    states = context.ledger.batches.states(plan.case_id)
    shares = {
        member.case_id: decode_share(member.share)
        for member in context.ledger.batches.members(plan.case_id)
        if states[member.case_id] is CaseState.VERIFIED
    }
    schedule(context, plan.case_id, now, list(states))
    waiting = list(shares)
    for start in range(0, len(waiting), _AT_A_TIME):
        some = waiting[start : start + _AT_A_TIME]
        mine = {case_id: people[case_id] for case_id in some if not is_shredded(context.keys, case_id)}
        committed = commit_each(context, kept, mine, now)
        facts = [(case_id, (_told(plan, kept.digest, shares[case_id]), committed[case_id])) for case_id in mine]
        context.log.record_many([Recorded(case_id, now, fact) for case_id, pair in facts for fact in pair])
        shred_case_keys(context.ledger, context.log, some, now)
        context.ledger.batches.seal(some)


def _told(plan: Plan, digest: str, share: Share) -> BatchShare:
    return BatchShare(
        plan_digest=digest,
        batch=plan.case_id,
        done=tuple(DoneOf(part.step_id, part.dataset, part.action, part.rows) for part in share.done),
        kept=tuple(
            KeptOf(w.dataset, tuple(map(column_name, w.fields)), w.rows, w.hold_id, w.statute, w.until)
            for w in share.kept
        ),
        orders=tuple(order_id(plan.plan_id, step_id) for step_id in share.told),
    )
