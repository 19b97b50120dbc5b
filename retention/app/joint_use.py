"""Joint use: notices, sets handed over and taken back, the keys behind their tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from retention.app.context import Context
from retention.app.records import PlanSummary, new_id, planned_case
from retention.deidentify.files import count_tokens, tokens_of
from retention.deidentify.recipe import Recipe
from retention.deidentify.tokens import Domain, derive
from retention.errors import RefusedError, SharingError, UnknownNameError
from retention.execution.counter import Counter, token_keys
from retention.execution.sharing import files_of
from retention.model.case import CaseKind, CaseState
from retention.model.plan import ExportSet, Plan
from retention.model.sharing import ExportId, KeyAccess, KeyName, KeyUse, PublishedNotice, SharedSet, TokenKey
from retention.model.subject import Key
from retention.model.terms import JointSet, JointUse, Notice
from retention.model.transform import token
from retention.planning import assemble
from retention.planning.assemble import Draft, Header
from retention.planning.gate import Handing, bars
from retention.planning.keysets import KeySets
from retention.planning.sharing import Shared, counts_step, export_step, withdrawals
from retention.policy.joint_notice import JointNotice, notice, notice_digest
from retention.policy.wording import LANGUAGES

_OPEN = (CaseState.OPEN, CaseState.PLANNED, CaseState.APPROVED, CaseState.APPLYING, CaseState.PARTIAL)


@dataclass(frozen=True, slots=True)
class Register:
    """One joint use as of today."""

    use: JointUse
    members: tuple[str, ...]
    """Who is a joint user today and can be handed sets."""
    notice_digest: str
    """Of the notice that says what holds today."""
    published: PublishedNotice | None
    """The publication of just that notice, if there was one."""


# -- the register and its notice


def register(context: Context, now: datetime) -> tuple[Register, ...]:
    """Return every joint use of the policy."""
    return tuple(_registered(context, use, _day(context, now)) for use in context.policy.terms.joint_uses)


def notices(context: Context, name: str, now: datetime) -> tuple[JointNotice, ...]:
    """Return the notice of a joint use as of today, one a language. Raises UnknownNameError."""
    use, day = _use(context, name), _day(context, now)
    return tuple(notice(use, context.policy.controller, language, day) for language in LANGUAGES)


def write_notices(context: Context, name: str, folder: Path, now: datetime) -> list[Path]:
    """Write the notice in each language, as Markdown and as a page; return the files. Raises UnknownNameError."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for each in notices(context, name, now):
        for suffix, text in (("md", each.markdown()), ("html", each.html())):
            files.append(folder / f"joint-use.{name}.{each.language}.{suffix}")
            files[-1].write_text(text, encoding="utf-8")
    return files


def publish_notice(context: Context, name: str, address: str, now: datetime) -> PublishedNotice:
    """Note that the notice as of today was made public there (APPI 41(6)). Raises UnknownNameError."""
    use = _use(context, name)
    published = PublishedNotice(name, notice_digest(use, context.policy.controller, _day(context, now)), now, address)
    context.ledger.sharing.publish(published)
    return published


def _registered(context: Context, use: JointUse, day: date) -> Register:
    digest = notice_digest(use, context.policy.controller, day)
    published = next((each for each in context.ledger.sharing.notices(use.name) if each.digest == digest), None)
    members = tuple(m.member_id for m in use.members if m.member_id is not None and m.belongs(day))
    return Register(use, members, digest, published)


# -- handing over and taking back


def plan_export(context: Context, use_name: str, set_name: str, recipient: str, now: datetime) -> PlanSummary:
    """Plan to hand a set to a joint user.

    Raises:
        UnknownNameError: the policy has no such joint use or set.
        SharingError: something stands against it; all of it is told, nothing is written.

    """
    handing = _handing(context, use_name, set_name, recipient, now)
    _refuse_barred(handing)
    world = context.world(context.datamap, now)
    known = context.ledger.sharing.token_keys()
    export_id = ExportId(new_id("X", now))

    def draw(header: Header) -> Draft:
        keysets = KeySets(header.salt)
        step = export_step(world, handing, export_id, known, pauses=context.pauses(), keysets=keysets)
        return assemble.plan_sharing(world, header, (step,), keysets)

    summary = planned_case(context, CaseKind.JOINT_USE, now, draw)
    assert summary is not None  # noqa: S101 -- narrows the type; `draw` always has a step
    return summary


def plan_statistics(context: Context, name: str, now: datetime) -> PlanSummary:
    """Plan to count people for partners.

    Raises:
        UnknownNameError: the policy has no such statistics.

    """
    found = next((each for each in context.policy.terms.statistics if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in context.policy.terms.statistics) or "none"
        raise UnknownNameError(f"the policy has no statistics {name[:40]!r} (known: {known})")
    counts, export_id = found, ExportId(new_id("X", now))
    world = context.world(context.datamap, now)

    def draw(header: Header) -> Draft:
        keysets = KeySets(header.salt)
        step = counts_step(world, counts, export_id, pauses=context.pauses(), keysets=keysets)
        return assemble.plan_sharing(world, header, (step,), keysets)

    summary = planned_case(context, CaseKind.JOINT_USE, now, draw)
    assert summary is not None  # noqa: S101 -- narrows the type; `draw` always has a step
    return summary


def plan_withdrawals(context: Context, now: datetime) -> PlanSummary | None:
    """Plan to take back what must come back today, and to destroy keys that nothing needs; None if nothing is due.

    While someone's request is open no key goes: his rows are found first.
    """
    world, shared = context.world(context.datamap, now), known_sharing(context, "plan", now)
    asked = bool(context.ledger.cases.all(CaseKind.REQUEST, _OPEN))
    steps = withdrawals(context.policy, shared, _day(context, now), world.now, asked=asked)
    if not steps:
        return None
    return planned_case(
        context,
        CaseKind.JOINT_USE,
        now,
        lambda header: assemble.plan_sharing(world, header, steps, KeySets(header.salt)),
    )


def refuse_barred(context: Context, plan: Plan, now: datetime) -> None:
    """Refuse to hand over what may no longer be: a joint user left, a key leaked or a notice changed meanwhile.

    Raises:
        SharingError: it is so; nothing was handed over.

    """
    for step in plan.steps:
        if isinstance(step, ExportSet):
            _refuse_barred(_handing(context, step.joint_use, step.set_name, step.member, now))
            if any(key.key_name == step.key_name and not key.is_good for key in context.ledger.sharing.token_keys()):
                raise SharingError("the token key leaked or was destroyed since", hint="make a new plan")


def counter(context: Context) -> Counter:
    """Return what carrying out steps of joint use needs."""
    return Counter(
        exports=context.exports,
        sharing=context.ledger.sharing,
        keys=context.keys,
        recipe=lambda step: _recipe(context, _set(_use(context, step.joint_use), step.set_name)),
        beside=lambda step: _beside(context, step),
    )


def known_sharing(context: Context, by: str, now: datetime) -> Shared:
    """Return what the ledger knows of joint use; counting asks for the token key, on behalf of `by`."""
    site = counter(context)

    def count(shared: SharedSet, keys: frozenset[Key]) -> int:
        column = shared.person_column
        if column is None or not keys:
            return 0
        tokens = tokens_of(keys, token_keys(site, shared, KeyUse.ERASURE, by, now), column)
        return sum(count_tokens(content, column, tokens) for _, content in files_of(context.exports, shared))

    def tokens(key: TokenKey, column: str, keys: frozenset[Key]) -> frozenset[Key]:
        context.ledger.sharing.note_access(KeyAccess(key.key_name, KeyUse.ERASURE, by, now))
        root = context.keys.read(key.key_name)
        if root is None:
            return frozenset()
        secret = derive(root, Domain(key.purpose, key.recipient, key.dataset, str(key.epoch), column))
        return frozenset(token(secret, str(value)) for value in keys)

    return Shared(context.ledger.sharing.sets(), context.ledger.sharing.token_keys(), count, tokens)


def _handing(context: Context, use_name: str, set_name: str, recipient: str, now: datetime) -> Handing:
    use = _use(context, use_name)
    joint_set = _set(use, set_name)
    return Handing(
        policy=context.policy,
        datamap=context.datamap,
        use=use,
        joint_set=joint_set,
        recipe=_recipe(context, joint_set),
        recipient=recipient,
        day=_day(context, now),
        published=_registered(context, use, _day(context, now)).published is not None,
    )


def _refuse_barred(handing: Handing) -> None:
    found = bars(handing)
    if found:
        told = "; ".join(str(bar) for bar in found)
        raise SharingError(
            f"{handing.joint_set.name} must not be handed to {handing.recipient[:40]}: {told}",
            hint="nothing was written",
        )


def _beside(context: Context, step: ExportSet) -> dict[str, Any]:
    use = _use(context, step.joint_use)
    items = _set(use, step.set_name).columns
    label = context.policy.terms.notices.get(Notice.PROVISION_LABEL, {})
    published = context.ledger.sharing.notices(step.joint_use)[-1]
    told = {"digest": published.digest, "address": published.address}
    return {"items": {name: items[name] for name in step.columns}, "notice": told, "terms": dict(label)}


# -- keys


def note_leak(context: Context, key_name: str, now: datetime) -> TokenKey:
    """Note that a key leaked: nothing is made under it any more, and sets made under it must come back.

    Raises:
        UnknownNameError: there is no such key.
        RefusedError: it is destroyed already.

    """
    known = context.ledger.sharing.get_key(KeyName(key_name))
    if known.destroyed_at is not None:
        raise RefusedError(f"{key_name} is destroyed; what leaked before opens nothing that is still there")
    leaked = replace(known, leaked_at=known.leaked_at or now)
    context.ledger.sharing.put_key(leaked)
    return leaked


# -- names


def _day(context: Context, now: datetime) -> date:
    return now.astimezone(context.zone).date()


def _use(context: Context, name: str) -> JointUse:
    uses = context.policy.terms.joint_uses
    found = next((use for use in uses if use.name == name), None)
    if found is None:
        known = ", ".join(use.name for use in uses) or "none"
        raise UnknownNameError(f"the policy has no joint use {name[:40]!r} (known: {known})")
    return found


def _set(use: JointUse, name: str) -> JointSet:
    found = next((each for each in use.sets if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in use.sets) or "none"
        raise UnknownNameError(f"joint use {use.name} has no set {name[:40]!r} (known: {known})")
    return found


def _recipe(context: Context, joint_set: JointSet) -> Recipe:
    return context.recipes[joint_set.recipe]
