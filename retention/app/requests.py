"""A person's case: identified, decided, planned; a tenant's instruction opened. `requesting` leads a request's life."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches

from retention.app.context import Context
from retention.app.disclosing import draw, is_disclosing
from retention.app.identifying import check_authority, kinds_shown
from retention.app.identities import decide_identity, decision_of
from retention.app.instructions import check_instruction, refuse_used
from retention.app.joint_use import known_sharing
from retention.app.lives import granted_items, has_life, life_of, record_move
from retention.app.records import PlanSummary, header, keep_plan, new_id, open_case, refuse_move, stored
from retention.app.starts import also_of, keep_start, start_of
from retention.app.suspensions import plan_lift
from retention.errors import IdentityError, InputError, Problem, StateError, UnknownNameError, UnknownSubjectError
from retention.execution.site import fetch_keys
from retention.model.batch import UNDER_WAY
from retention.model.case import Case, CaseKind, CaseState
from retention.model.facts import Denied
from retention.model.ids import CaseId, CategoryId
from retention.model.request_moves import Finding, GrantedInPart, Identified, Investigated
from retention.model.sharing import ExportId
from retention.model.subject import Key, SubjectKey
from retention.model.terms import Refusal, Right
from retention.planning import assemble, suspended
from retention.planning.authority import tenant_key_names
from retention.planning.resolving import NOTHING_EARLIER, Decision
from retention.planning.world import World
from retention.requests import check_refusal, due_at
from retention.requests.proof import Shown

_EXPORT_FIRST = "export-first"
"""Under this name an erasure's vault has the number of the case whose export comes before it."""

EARLIER = "earlier"
"""Under this name a request's vault holds the keys that a batch knew which it left, carried out in part."""


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
    keep_start(context, case.case_id, "start", subject)
    keep_start(context, case.case_id, "tenant", tenant)
    for number, key in enumerate(also):
        keep_start(context, case.case_id, f"also-{number}", key)
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
    keep_start(context, case_id, "start", subject)


def identify(
    context: Context, case_id: CaseId, papers: Sequence[Shown], now: datetime, *, by: str, authority: str | None = None
) -> Case:
    """Note that these papers proved the requester's identity, to whom.

    `authority` is the kind of paper that shows that an agent may ask for the person.

    Raises:
        IdentityError: the papers do not prove it today.
        InputError: the authority is none that this kind of agent shows.
        StateError, RefusedError: the requester was asked for something that he has not supplied yet.

    """
    case = _request(context, case_id)
    kinds = kinds_shown(context, papers, now)
    if has_life(context, case_id):
        check_authority(context, life_of(context, case_id), authority)
        record_move(context, case_id, Identified(kinds, authority), by, now)
    case = replace(case, identified_at=now)
    context.ledger.cases.replace(case)
    return case


def decided(context: Context, case_id: CaseId, now: datetime) -> Case:
    """Note on the case that a person decided to carry it out.

    Raises:
        IdentityError: the identity has not been proven.

    """
    case = _request(context, case_id)
    if case.identified_at is None:
        raise IdentityError(f"nobody has proven the identity behind {case_id}")
    case = replace(case, decided_at=now)
    context.ledger.cases.replace(case)
    return case


def deny(context: Context, case_id: CaseId, reason: str, now: datetime) -> Case:
    """End a case that is not carried out, with a reason's code; the denial is evidence, the person's key is shredded.

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
        UnknownSubjectError: nobody knows the person; a person decides what to answer, on that finding.
        HeldError, AmbiguousSubjectError: it must not be done as it stands, or a person must decide first.
        InputError, RefusedError: the tenant's instruction does not stand any more, or nothing lets us withhold
            what was decided to be.
        StateError: an export was promised before the erasure, and is not made yet; or it goes with a batch.

    """
    case = _request(context, case_id)
    if case.identified_at is None or case.decided_at is None:
        missing = "identify" if case.identified_at is None else "decide"
        raise IdentityError(f"{case_id} is not ready to be planned", hint=f"retention request {missing} {case_id}")
    _refuse_together(context, case_id)
    if case.lifts is not None:
        return plan_lift(context, case, case.lifts, now)
    _refuse_before_export(context, case)
    try:
        draft = draft_of(context, case, now)
    except UnknownSubjectError:
        _nobody_known(context, case, now)
        raise
    return keep_plan(context, draft, now)


def draft_of(context: Context, case: Case, now: datetime) -> assemble.Draft:
    """Draw up what would carry out the request; nothing is kept.

    Raises:
        UnknownSubjectError, HeldError, AmbiguousSubjectError, InputError, RefusedError: see `plan_request`.

    """
    case_id = case.case_id
    world = context.world(context.datamap, now)
    subject, instruction = start_of(context, case_id, "start"), None
    if case.instruction is not None:
        tenant = start_of(context, case_id, "tenant")
        check_instruction(context, tenant, case.instruction, now)
        instruction = assemble.Instruction(case.instruction, tenant)
    decision, earlier = decision_of(context, case_id), _known_before(context, case)
    only = granted_items(context, case_id)
    asked = assemble.Asked(subject, instruction, decision, earlier, case.regime, also_of(context, case_id), only)
    return _draft(context, world, asked, case, now)


def _nobody_known(context: Context, case: Case, now: datetime) -> None:
    """Put the finding on record: no program refuses a person (GDPR art. 22); a tenant is told at once."""
    if not has_life(context, case.case_id):
        deny(context, case.case_id, "subject-unknown", now)
        return
    record_move(context, case.case_id, Investigated(Finding.NOTHING_HELD), None, now)
    context.ledger.cases.replace(replace(case, decided_at=None))


def _refuse_together(context: Context, case_id: CaseId) -> None:
    """Refuse to plan a request alone while it goes with a batch; let it go alone from now on if it does no longer.

    Raises:
        StateError: it does.

    """
    batch = context.ledger.batches.batch_of(case_id)
    if batch is None:
        return
    if context.ledger.cases.get(batch).state in UNDER_WAY:
        raise StateError(
            f"{case_id} goes with batch {batch}", hint=f"plan the batch again: retention plan batch {batch}"
        )
    refuse_move(context, case_id, CaseState.PLANNED)
    context.ledger.batches.leave(case_id)


def _draft(context: Context, world: World, asked: assemble.Asked, case: Case, now: datetime) -> assemble.Draft:
    head = header(context, case.case_id, now)
    if is_disclosing(case):
        return draw(context, case, asked, _withheld(context, case), export_id=ExportId(new_id("X", now)), now=now)
    match case.right:
        case Right.SUSPENSION | Right.RESTRICTION:
            return suspended.plan_suspension(world, head, asked)
        case Right.ERASURE | Right.ITEM_DELETION | None:
            return assemble.plan_request(
                world, head, asked, context.pauses(), known_sharing(context, case.case_id, now)
            )
        case _:
            raise StateError(
                f"{case.case_id} asks for {case.right.value}: that is not done by a plan",
                hint=f"retention request done {case.case_id}, when it is done and someone has looked again",
            )


def _withheld(context: Context, case: Case) -> Mapping[CategoryId, Refusal]:
    """Return the categories for which a person refused the request, and why."""
    decision = life_of(context, case.case_id).decision if has_life(context, case.case_id) else None
    if not isinstance(decision, GrantedInPart):
        return {}
    return {refused.item: refused.reasons[0] for refused in decision.refused}


def wait_for_export(context: Context, case_id: CaseId, first: CaseId) -> None:
    """Let an erasure wait until another case's export is handed over: what is gone cannot be (UMU-21)."""
    context.ledger.vault.put(case_id, _EXPORT_FIRST, first.encode())


def goes_alone(context: Context, case: Case) -> bool:
    """Whether a request is carried out by itself: it is granted in part, or an export has to come first."""
    if granted_items(context, case.case_id) is not None:
        return True
    try:
        _refuse_before_export(context, case)
    except StateError:
        return True
    return False


def _refuse_before_export(context: Context, case: Case) -> None:
    try:
        number = context.ledger.vault.get(case.case_id, _EXPORT_FIRST).decode()
    except UnknownNameError:
        return
    first = context.ledger.cases.get(CaseId(number))
    if first.state not in (CaseState.SEALED, CaseState.CLOSED, CaseState.DENIED):
        raise StateError(
            f"{case.case_id} waits for the export of {number}, which is {first.state.value}",
            hint=f"hand the export over, or refuse it: retention request decide {number} deny",
        )


def _known_before(context: Context, case: Case) -> Mapping[str, frozenset[Key]]:
    """Return the keys that the plan before knew, if it was carried out in part: its rows may be gone by now."""
    if case.state is not CaseState.PARTIAL:
        return NOTHING_EARLIER
    if not context.ledger.plans.of_case(case.case_id):  # what a batch left undone of it
        kept = json.loads(context.ledger.vault.get(case.case_id, EARLIER))
        return {name: frozenset(values) for name, values in kept.items()}
    before, plan = stored(context, context.ledger.plans.of_case(case.case_id)[0].plan_id)
    keys = fetch_keys(context.ledger.vault, case.case_id, before.plan_id)
    return {replay.key_name: keys[replay.keys.keyset_id] for replay in plan.replays}


def resolve(context: Context, case_id: CaseId, decision: Decision, *, decider: str, now: datetime) -> tuple[int, bool]:
    """Keep a person's answer to who is meant; see `identities.decide_identity`.

    Returns:
        How many keys are the person's now, and whether something is still in doubt.

    """
    _request(context, case_id)
    start = start_of(context, case_id)
    also = also_of(context, case_id)
    found = decide_identity(context, case_id, start, decision, decider=decider, now=now, also=also)
    return len(found.keys), bool(found.doubts)


def _request(context: Context, case_id: CaseId) -> Case:
    case = context.ledger.cases.get(case_id)
    if case.kind is not CaseKind.REQUEST:
        raise StateError(f"{case_id} is a {case.kind.value}, not a person's request")
    return case
