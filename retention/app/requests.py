"""A person asks: open, identify, decide, plan."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from itertools import count

from retention.app.context import Context
from retention.app.identities import decide_identity, decision_of
from retention.app.instructions import check_instruction, refuse_used
from retention.app.joint_use import known_sharing
from retention.app.records import PlanSummary, header, keep_plan, new_id, open_case, refuse_move, stored
from retention.app.suspensions import plan_lift
from retention.errors import IdentityError, InputError, Problem, StateError, UnknownNameError, UnknownSubjectError
from retention.execution.site import fetch_keys
from retention.model.case import Case, CaseKind, CaseState
from retention.model.facts import Denied
from retention.model.ids import CaseId
from retention.model.subject import Key, SubjectKey
from retention.model.terms import Right
from retention.planning import assemble, suspended
from retention.planning.authority import tenant_key_names
from retention.planning.resolving import NOTHING_EARLIER, Decision
from retention.planning.world import World
from retention.requests import check_channel, check_refusal, due_at, identity_accepted


def parse_subject(context: Context, text: str, *, or_tenant: bool = False) -> SubjectKey:
    """Read `KEY=VALUE`.

    Args:
        context: The workspace.
        text: What was typed.
        or_tenant: Whether a tenant may be meant as well as a person.

    Raises:
        InputError: it is not of that form, or no dataset knows people by that key.

    """
    name, sign, value = text.partition("=")
    datasets = context.datamap.datasets.values()
    tenants = tenant_key_names(context.datamap) if or_tenant else frozenset[str]()
    known = sorted({key for dataset in datasets for key in dataset.subject} | tenants)
    if not sign or not value or name not in known:
        near = get_close_matches(name, known, 1)
        problem = Problem(
            where="--subject",
            expected=f"KEY=VALUE with a key of the data map ({', '.join(known)})",
            found=_key_found(name) if sign else "no `=`",
            hint=f"did you mean {near[0]}?" if near else "",
        )
        raise InputError("the person cannot be looked up", problems=(problem,))
    return SubjectKey(name, value)


def _key_found(name: str) -> str:
    """Show the key's name as typed only if it looks like one: it could be the person's address."""
    return f"key {name!r}" if re.fullmatch(r"[a-z][a-z_]{0,30}", name) else "something that is no key"


def open_request(
    context: Context,
    subject: SubjectKey,
    channel: str,
    now: datetime,
    regime: str | None = None,
    *,
    right: Right = Right.ERASURE,
) -> Case:
    """Open a case for a person; the key given goes to the vault, under the case's own key.

    `regime` is the law under which the person asks; None: every law of the policy. `right` is what is asked for:
    erasure, or the suspension of use.

    Raises:
        InputError: the policy names no such law.
        RefusedError: the company takes no requests by this channel.

    """
    check_channel(channel, context.policy.requests)
    if regime is not None and regime not in context.policy.regimes:
        expected = f"a law of the policy ({', '.join(context.policy.regimes)})"
        problem = Problem(where="--regime", expected=expected, found=f"`{regime[:20]}`")
        raise InputError("the request cannot rest on that law", problems=(problem,))
    due = due_at(now, context.policy.requests, context.zone)
    case = Case(CaseId(new_id("C", now)), CaseKind.REQUEST, CaseState.OPEN, now, due, regime=regime, right=right)
    open_case(context, case)
    _keep_start(context, case.case_id, "start", subject)
    return case


def open_instructed(
    context: Context,
    subject: SubjectKey,
    tenant: SubjectKey,
    instruction_id: str,
    now: datetime,
    *,
    also: Sequence[SubjectKey] = (),
    case_id: CaseId | None = None,
) -> Case:
    """Open a case about a person's data so far as it is the tenant's, on the tenant's instruction.

    The tenant answers for who is meant, so nobody's identity is asked for. `also` are further keys of
    the person; with a `case_id` chosen before, an opening that was interrupted is finished.

    Raises:
        InputError, RefusedError: the instruction does not stand (see `instructions.check_instruction`), or
            another case rests on it.

    """
    check_instruction(context, tenant, instruction_id, now)
    refuse_used(context, instruction_id, case_id)
    due = due_at(now, context.policy.requests, context.zone)
    case = Case(
        case_id or CaseId(new_id("C", now)),
        CaseKind.REQUEST,
        CaseState.OPEN,
        now,
        due,
        identified_at=now,
        instruction=instruction_id,
    )
    open_case(context, case)
    _keep_start(context, case.case_id, "start", subject)
    _keep_start(context, case.case_id, "tenant", tenant)
    for number, key in enumerate(also):
        _keep_start(context, case.case_id, f"also-{number}", key)
    return case


def open_urgent(context: Context, subject: SubjectKey, right: Right, case_id: CaseId, now: datetime) -> None:
    """Open the case that an urgent event sets going, or finish opening it.

    Whoever sent the event answers for who is meant, and the policy's owner has decided, by declaring the kind urgent,
    that it is carried out: what is left to people is to approve the plan.
    """
    if context.ledger.plans.of_case(case_id):
        return  # opened before, and planned: its salt must stay
    due = due_at(now, context.policy.requests, context.zone)
    kind, state = CaseKind.REQUEST, CaseState.OPEN
    open_case(context, Case(case_id, kind, state, now, due, identified_at=now, decided_at=now, right=right))
    _keep_start(context, case_id, "start", subject)


def _keep_start(context: Context, case_id: CaseId, name: str, key: SubjectKey) -> None:
    text = json.dumps({"name": key.name, "value": key.value}, ensure_ascii=False)
    context.ledger.vault.put(case_id, name, text.encode())


def _also(context: Context, case_id: CaseId) -> frozenset[SubjectKey]:
    """Return the further keys by which the person was named."""
    found: set[SubjectKey] = set()
    with suppress(UnknownNameError):
        for number in count():
            found.add(_start(context, case_id, f"also-{number}"))
    return frozenset(found)


def _start(context: Context, case_id: CaseId, name: str) -> SubjectKey:
    start = json.loads(context.ledger.vault.get(case_id, name))
    return SubjectKey(start["name"], start["value"])


def identify(context: Context, case_id: CaseId, document: str, now: datetime) -> Case:
    """Note that the requester's identity was proven by a document of this kind.

    Raises:
        IdentityError: documents of this kind are not accepted today.

    """
    today = now.astimezone(context.zone).date()
    kinds = tuple(known.kind for known in context.policy.terms.documents if known.accepted(today))
    identity_accepted(document, replace(context.policy.requests, identity_documents=kinds))
    case = replace(_request(context, case_id), identified_at=now)
    context.ledger.cases.replace(case)
    return case


def accept(context: Context, case_id: CaseId, now: datetime) -> Case:
    """Note that a person decided to carry the request out.

    Raises:
        IdentityError: the identity has not been proven.

    """
    case = _request(context, case_id)
    if case.identified_at is None:
        raise IdentityError(
            f"nobody has proven the identity behind {case_id}",
            hint=f"retention request identify {case_id} --document KIND",
        )
    case = replace(case, decided_at=now)
    context.ledger.cases.replace(case)
    return case


def deny(context: Context, case_id: CaseId, reason: str, now: datetime) -> Case:
    """Refuse the request with a reason's code; the denial is evidence, the person's key is shredded.

    Raises:
        InputError: there is no such code.

    """
    check_refusal(reason)
    case = replace(_request(context, case_id), state=CaseState.DENIED, decided_at=now)
    refuse_move(context, case_id, CaseState.DENIED)
    context.record(case_id, Denied(reason), now)
    context.ledger.vault.destroy(case_id)
    context.ledger.cases.replace(case)
    context.log.publish()
    return case


def plan_request(context: Context, case_id: CaseId, now: datetime) -> PlanSummary:
    """Plan the erasure that was asked for.

    Raises:
        IdentityError: not identified, or not decided yet.
        UnknownSubjectError: nobody knows the person; the case is closed as denied, with evidence.
        HeldError, AmbiguousSubjectError: it must not be done as it stands, or a person must decide first.
        InputError, RefusedError: the tenant's instruction does not stand any more.

    """
    case = _request(context, case_id)
    if case.identified_at is None or case.decided_at is None:
        missing = "identify" if case.identified_at is None else "decide"
        raise IdentityError(f"{case_id} is not ready to be planned", hint=f"retention request {missing} {case_id}")
    if case.lifts is not None:
        return plan_lift(context, case, case.lifts, now)
    world = context.world(context.datamap, now)
    subject, instruction = _start(context, case_id, "start"), None
    if case.instruction is not None:
        tenant = _start(context, case_id, "tenant")
        check_instruction(context, tenant, case.instruction, now)
        instruction = assemble.Instruction(case.instruction, tenant)
    decision, earlier = decision_of(context, case_id), _known_before(context, case)
    asked = assemble.Asked(subject, instruction, decision, earlier, case.regime, _also(context, case_id))
    try:
        draft = _draft(context, world, asked, case, now)
    except UnknownSubjectError:
        deny(context, case_id, "subject-unknown", now)
        raise
    return keep_plan(context, draft, now)


def _draft(context: Context, world: World, asked: assemble.Asked, case: Case, now: datetime) -> assemble.Draft:
    head = header(context, case.case_id, now)
    if case.right is Right.SUSPENSION:
        return suspended.plan_suspension(world, head, asked)
    return assemble.plan_request(world, head, asked, context.pauses(), known_sharing(context, case.case_id, now))


def _known_before(context: Context, case: Case) -> Mapping[str, frozenset[Key]]:
    """Return the keys that the plan before knew, if it was carried out in part: its rows may be gone by now."""
    if case.state is not CaseState.PARTIAL:
        return NOTHING_EARLIER
    before, plan = stored(context, context.ledger.plans.of_case(case.case_id)[0].plan_id)
    keys = fetch_keys(context.ledger.vault, case.case_id, before.plan_id)
    return {replay.key_name: keys[replay.keys.keyset_id] for replay in plan.replays}


def resolve(context: Context, case_id: CaseId, decision: Decision, *, decider: str, now: datetime) -> tuple[int, bool]:
    """Keep a person's answer to who is meant; see `identities.decide_identity`.

    Returns:
        How many keys are the person's now, and whether something is still in doubt.

    """
    _request(context, case_id)
    start = _start(context, case_id, "start")
    also = _also(context, case_id)
    found = decide_identity(context, case_id, start, decision, decider=decider, now=now, also=also)
    return len(found.keys), bool(found.doubts)


def _request(context: Context, case_id: CaseId) -> Case:
    case = context.ledger.cases.get(case_id)
    if case.kind is not CaseKind.REQUEST:
        raise StateError(f"{case_id} is a {case.kind.value}, not a person's request")
    return case
