"""A person decides who is meant, where keys do not tell: before the plan, and about those very keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import assert_never

from retention.app.context import Context
from retention.app.records import refuse_move
from retention.errors import ApprovalError, StateError, UnknownNameError
from retention.identity import Answer, Associated, Doubt, Merged
from retention.model.case import CaseState
from retention.model.facts import IdentityDecided
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.planning.keysets import KeySets
from retention.planning.resolving import Decision, Resolved, resolve

_KEPT = "identity"
"""Name of the decision in the case's vault: it is shredded with the case's key."""


def decide_identity(
    context: Context,
    case_id: CaseId,
    start: SubjectKey,
    decision: Decision,
    *,
    decider: str,
    now: datetime,
    also: AbstractSet[SubjectKey] = frozenset(),
) -> Resolved:
    """Keep a person's answer to the question that planning asked; the answer is evidence.

    Returns:
        The person, as the answer makes him.

    Raises:
        ApprovalError: the answer names another question: the keys are others now.
        AmbiguousSubjectError: the answer cannot be carried out.
        StateError: nothing is in doubt, or the case is past planning.

    """
    refuse_move(context, case_id, CaseState.PLANNED)
    world = context.world(context.datamap, now)
    keysets = KeySets(context.ledger.vault.get(case_id, "salt"))
    asked = resolve(world, start, keysets, also=also)
    if not asked.doubts:
        raise StateError(f"{case_id}: nothing is in doubt", hint=f"retention plan request {case_id}")
    if asked.question != decision.question:
        raise ApprovalError(
            f"{case_id}: the question is another one now; the keys have changed",
            hint=f"look again: retention plan request {case_id}",
        )
    found = resolve(world, start, keysets, decision, also=also)
    kept = json.dumps({"question": decision.question, "answer": decision.answer.value})
    context.ledger.vault.put(case_id, _KEPT, kept.encode())
    context.record(case_id, _fact(asked, decision, context.ledger.secret_reference(decider)), now)
    context.log.publish()
    return found


def decision_of(context: Context, case_id: CaseId) -> Decision | None:
    """Return what a person decided for the case, if anything."""
    try:
        return _read(context.ledger.vault.get(case_id, _KEPT))
    except UnknownNameError:
        return None


def decisions_of(context: Context, cases: Iterable[CaseId]) -> dict[CaseId, Decision]:
    """Return what people decided for these cases."""
    return {case_id: _read(body) for case_id, body in context.ledger.many_vaults.read(cases, _KEPT).items()}


def _read(body: bytes) -> Decision:
    kept = json.loads(body)
    return Decision(kept["question"], Answer(kept["answer"]))


def _fact(asked: Resolved, decision: Decision, reference: str) -> IdentityDecided:
    counted = list(_counts(asked.doubts))
    return IdentityDecided(
        question=decision.question,
        answer=decision.answer.value,
        datasets=tuple(sorted({doubt.dataset for doubt in asked.doubts})),
        values=sum(values for values, _ in counted),
        rows=sum(rows for _, rows in counted),
        decider_ref=reference,
    )


def _counts(doubts: tuple[Doubt, ...]) -> Iterator[tuple[int, int]]:
    """Yield values and rows of each doubt."""
    for doubt in doubts:
        match doubt:
            case Merged(values=values):
                yield values, 0
            case Associated(rows=rows):
                yield 0, rows
            case _:
                assert_never(doubt)
