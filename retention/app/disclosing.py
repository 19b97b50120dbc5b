"""A person is shown what we hold of him: the plan, what is told beside the rows, the file, the letter, their end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, time, timedelta

from retention.app.context import Context
from retention.app.joint_use import known_sharing
from retention.app.laws import articles
from retention.app.records import header
from retention.app.suspensions import standing
from retention.clocks import advance
from retention.disclosure import Keeping, Letter, Receiver, Story, Unshown, letter, phrase_of, purposes_of
from retention.errors import FoundError, StateError
from retention.evidence.blocks import Document
from retention.execution.disclosing import gone
from retention.execution.handing_out import HandingOut
from retention.execution.site import fetch_keys
from retention.model.case import Case, CaseState
from retention.model.disclosure import DISCLOSING, SHOWN, DeliverExport, DiscloseRows, Export, ExportState
from retention.model.ids import CaseId, CategoryId, DatasetId
from retention.model.plan import ForgetInSet, Plan
from retention.model.sharing import ExportId
from retention.model.subject import SubjectKey
from retention.model.terms import Refusal, Right
from retention.planning.assemble import Asked, Draft
from retention.planning.disclosing import Wanted, plan_disclosure, shown_categories
from retention.planning.explain import explained
from retention.planning.fates import Explanation, Line, UnderPlacedHold
from retention.planning.identity import Identity, by_name
from retention.planning.keysets import KeySets
from retention.planning.reach import of_identity
from retention.planning.resolving import Resolved
from retention.planning.sharing import follow
from retention.planning.telling import Telling
from retention.policy import shipped_statutes
from retention.policy.wording import LANGUAGES

_UNDER_HOLD = {"ja": "確認のため保存を続けています", "en": "kept while a matter is open"}
_READY = (CaseState.VERIFIED, CaseState.SEALED, CaseState.CLOSED)


def is_disclosing(case: Case) -> bool:
    """Whether the request is answered by showing."""
    return case.right in DISCLOSING


def draw(
    context: Context,
    case: Case,
    asked: Asked,
    withhold: Mapping[CategoryId, Refusal],
    *,
    export_id: ExportId,
    now: datetime,
) -> Draft:
    """Plan the answer; `withhold` is what a person decided not to show, and why. Raises as `plan_disclosure` does."""
    assert case.right is not None  # noqa: S101 -- narrows the type; the caller has asked `is_disclosing`
    wanted = Wanted(case.right, export_id, _until(context, now), withhold)
    return plan_disclosure(context.world(context.datamap, now), header(context, case.case_id, now), asked, wanted)


def _until(context: Context, now: datetime) -> datetime:
    """Return when an export that is made now is destroyed: at the end of a day."""
    day = advance(now.astimezone(context.zone).date() + timedelta(days=1), context.disclosures_for)
    return datetime.combine(day, time.min, context.zone)


def handing_out(context: Context) -> HandingOut:
    """Return what carrying out such steps needs."""
    return HandingOut(
        exports=context.exports,
        disclosures=context.ledger.disclosures,
        keys=context.keys,
        story=lambda plan, step, now: _story(context, plan, step, now),
        sender=context.policy.controller.name,
    )


# -- what is told beside the rows


def _story(context: Context, plan: Plan, step: DeliverExport, now: datetime) -> Story:
    case, right = context.ledger.cases.get(plan.case_id), Right(step.right)
    keys = fetch_keys(context.ledger.vault, plan.case_id, plan.plan_id)
    own = {r.key_name: keys[r.keys.keyset_id] for r in plan.replays if r.scope == SHOWN}
    identity = Identity(by_name(SubjectKey(name, str(key)) for name, values in own.items() for key in values))
    explanation = _explained(context, identity, now)
    told = {each.dataset for each in plan.steps if isinstance(each, DiscloseRows)}
    shown = shown_categories(plan, context.datamap, context.policy, right)
    lines = [line for line in explanation.lines if line.dataset in told and line.category in shown]
    unshown = [Unshown(each.dataset, each.fields, each.rows, each.why, each.statute) for each in plan.undisclosed]
    return Story(
        case_id=plan.case_id,
        right=right,
        controller=context.policy.controller.name,
        address=context.policy.controller.address,
        responsible=context.policy.controller.responsible,
        asked_at=case.opened_at.astimezone(context.zone),
        made_at=now.astimezone(context.zone),
        until=step.until.astimezone(context.zone),
        known_by=explanation.key_names,
        titles={name: category.title for name, category in context.policy.categories.items() if name in shown},
        purposes=purposes_of(context.policy),
        held_in={name: tuple(_held(context, name, told, shown)) for name in context.datamap.datasets},
        looked_in=len(explanation.datasets),
        keeping=tuple(_keeping(context, lines)),
        receivers=tuple(_receivers(context, case, identity, shown, now)),
        unshown=tuple(unshown),
        laws=articles(each.statute for each in unshown),
    )


def _held(
    context: Context, name: DatasetId, told: AbstractSet[DatasetId], shown: AbstractSet[CategoryId]
) -> Iterator[CategoryId]:
    """Yield the categories by which a dataset is called: of one that is shown, those that are."""
    categories = dict.fromkeys(each.category for each in context.datamap.datasets[name].fields.values())
    yield from (category for category in categories if category in shown or name not in told)


def _explained(context: Context, identity: Identity, now: datetime) -> Explanation:
    """Say what becomes of the data of exactly the person whom the plan is about."""
    every = frozenset(identity.every())
    found = Resolved(every, every, frozenset(), (), (), "")
    world = context.world(context.datamap, now)
    return explained(world, found, KeySets(b"no plan is made of this"), context.pauses(), standing(context))


def _keeping(context: Context, lines: list[Line]) -> Iterator[Keeping]:
    """Yield until when what is shown is kept; of a placed hold its being there, and not what it is about."""
    statutes = shipped_statutes()
    telling = [(language, Telling(context.policy, statutes, language)) for language in LANGUAGES]
    for line in lines:
        if isinstance(line.fate, UnderPlacedHold):
            yield Keeping(line.dataset, line.category, line.fields, line.rows, _UNDER_HOLD, {}, {})
            continue
        said = {str(language): each.tell(line.fate) for language, each in telling}
        yield Keeping(
            dataset=line.dataset,
            category=line.category,
            fields=line.fields,
            rows=line.rows,
            state={language: each.state for language, each in said.items()},
            until={language: each.until for language, each in said.items()},
            why={language: each.why for language, each in said.items()},
        )


def _receivers(
    context: Context, case: Case, identity: Identity, shown: AbstractSet[CategoryId], now: datetime
) -> Iterator[Receiver]:
    """Yield who receives such data, then the sets with rows of the person, so far as his law reaches them."""
    for each in context.policy.terms.recipients:
        categories = tuple(category for category in each.categories if category in shown)
        if categories:
            title = {str(language): each.title.get(language, each.name) for language in LANGUAGES}
            yield Receiver(title, each.kind.value, categories, each.purpose, each.country, opt_out=each.opt_out)
    named = {each.name for each in context.policy.terms.recipients}
    for rules in context.policy.processors:
        categories = tuple(category for category in rules.categories if category in shown)
        if categories and rules.system not in named:
            yield Receiver(dict.fromkeys(LANGUAGES, str(rules.system)), "outsourcer", categories, {})
    yield from _sets(context, case, identity, now)


def _sets(context: Context, case: Case, identity: Identity, now: datetime) -> Iterator[Receiver]:
    """Yield each joint user's set that holds rows of the person; nobody is looked for in sets the law exempts."""
    shared = known_sharing(context, case.case_id, now)
    if not shared.standing:
        return
    world, keysets = context.world(context.datamap, now), KeySets(b"no plan is made of this")
    reached = of_identity(world, identity, keysets).rows
    regimes = context.policy.regimes if case.regime is None else (case.regime,)
    for step in follow(world, identity, reached, shared, regimes=regimes, keysets=keysets).steps:
        yield _set(context, step)


def _set(context: Context, step: ForgetInSet) -> Receiver:
    made = context.ledger.sharing.get_set(step.export_id)
    use = next((use for use in context.policy.terms.joint_uses if use.name == made.joint_use), None)
    member = next((each for each in use.members if each.member_id == made.member), None) if use else None
    purpose = next((each for each in use.purposes if each.purpose_id == made.purpose), None) if use else None
    return Receiver(
        title=member.name if member else dict.fromkeys(LANGUAGES, made.member),
        kind="joint-user",
        categories=(),
        purpose=purpose.title if purpose else {},
        country=member.country if member else None,
        rows=step.rows,
        until=made.until,
    )


# -- the file and the letter


def exports(context: Context, case_id: CaseId | None = None) -> tuple[Export, ...]:
    """Return every export, or those of one case, oldest first. Raises UnknownNameError."""
    if case_id is not None:
        context.ledger.cases.get(case_id)
    return context.ledger.disclosures.all(case_id)


def fetch(context: Context, case_id: CaseId) -> tuple[Export, bytes]:
    """Return the case's export and the encrypted file, to be sent to the person.

    Raises:
        StateError: it has not been verified, or is destroyed.
        FoundError: the file is not the one that was verified.

    """
    export = _ready(context, case_id)
    content = context.exports.read(export.path)
    if content is None or not export.is_of(content):
        raise FoundError(
            f"the file of {export.export_id} is not the one that was verified",
            hint="plan the request again; what lies there must not be sent",
        )
    return export, content


def letters(context: Context, case_id: CaseId) -> dict[str, Document]:
    """Return the letter with the pass phrase by file name, one a language; it is sent apart from the file.

    Raises:
        StateError: the export has not been verified, or is destroyed.

    """
    export = _ready(context, case_id)
    key = context.keys.read(export.key_name)
    if key is None:
        raise StateError(f"{export.export_id} is destroyed; nobody has its pass phrase")
    told = Letter(
        case_id=case_id,
        controller=context.policy.controller.name,
        address=context.policy.controller.address,
        phrase=phrase_of(key),
        file_digest=export.file_digest,
        until=export.until.astimezone(context.zone),
    )
    return {f"letter.{language}": letter(told, language) for language in LANGUAGES}


def _ready(context: Context, case_id: CaseId) -> Export:
    case = context.ledger.cases.get(case_id)
    live = [each for each in context.ledger.disclosures.all(case_id) if each.state is ExportState.LIVE]
    if case.state not in _READY or not live:
        why = "has no export" if not live else f"is {case.state.value}: its export has not been verified"
        raise StateError(f"{case_id} {why}; there is nothing to hand out", hint="see `retention disclosure list`")
    return live[-1]


# -- the end


def expire(context: Context, now: datetime) -> tuple[Export, ...]:
    """Destroy exports whose time is over, with the keys of their pass phrases; return those destroyed now.

    Safe to repeat: what a dead run destroyed and did not note is noted now.

    Raises:
        TransientFailure, TerminalFailure: from the store of exports or of keys; the rest is done by the next run.

    """
    ended = []
    for export in context.ledger.disclosures.all():
        if export.state is not ExportState.GONE and export.until <= now:
            handing_out(context).clear(export)
            context.record(export.case_id, gone(export, context.ledger.plans.get(export.plan_id).digest), now)
            ended.append(replace(export, state=ExportState.GONE))
            context.ledger.disclosures.put(ended[-1])
    return tuple(ended)


def offers_export(context: Context) -> bool:
    """Whether the policy promises people their data: then it is offered before an erasure (UMU-21)."""
    return Right.PORTABILITY in context.policy.terms.rights
