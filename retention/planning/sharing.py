"""Plans of joint use: hand a set over, take sets back, and find a person in what was handed over.

A pseudonymised set is outside what the APPI lets a person ask for (41(9)), and inside what the
GDPR does: whose request rests on the APPI alone is told so, everybody else's is followed there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from retention.clocks import advance
from retention.deidentify.recipe import Aim
from retention.model.datamap import DataMap
from retention.model.ids import DatasetId
from retention.model.period import Period
from retention.model.plan import (
    Because,
    DestroyTokenKey,
    Exempt,
    ExportSet,
    ForgetInSet,
    PublishCounts,
    SharingStep,
    WithdrawSet,
)
from retention.model.policy import Disposal, Policy
from retention.model.predicate import AllOf, Everything, Not, Predicate
from retention.model.sharing import IN_PLACE, ExportId, KeyName, SetState, SharedSet, TokenKey
from retention.model.subject import Key
from retention.model.terms import Counts, JointSet
from retention.planning.authority import controlled
from retention.planning.disposal import UNNAMED
from retention.planning.gate import Handing, member_named, outgoing, person_column
from retention.planning.identity import Identity
from retention.planning.keysets import KeySets
from retention.planning.pausing import Pauses, standstills
from retention.planning.reach import referenced
from retention.planning.suspending import out_of_use
from retention.planning.world import World

APPI_ONLY = frozenset({"jp.appi"})
EXEMPTION = "jp.appi.41-9"
_ENDED = ("jp.appi.41-5",)
_DEFAULT_ANSWER = Period(days=14)
"""For a set that the policy no longer names."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What the ledger knows of joint use, and a way to count rows in what was handed over."""

    sets: tuple[SharedSet, ...] = ()
    keys: tuple[TokenKey, ...] = ()
    count: Callable[[SharedSet, frozenset[Key]], int] = lambda _, __: 0
    """How many rows of the set belong to these keys of the original; asks for the token key."""
    tokens: Callable[[TokenKey, str, frozenset[Key]], frozenset[Key]] = lambda _, __, ___: frozenset()
    """Under which tokens these keys stand in a column that was pseudonymized in place; asks for the token key."""

    @property
    def standing(self) -> tuple[SharedSet, ...]:
        """Return the sets of which something may still lie somewhere."""
        return tuple(shared for shared in self.sets if shared.state is not SetState.WITHDRAWN)


# -- handing over


def key_of(handing: Handing, known: Iterable[TokenKey]) -> tuple[KeyName, int]:
    """Return name and epoch of the key that the next set is made under: the newest, unless it leaked or is gone."""
    purpose, dataset = handing.joint_set.purpose, handing.joint_set.dataset
    domain = (purpose, handing.recipient, dataset)
    earlier = [key for key in known if (key.purpose, key.recipient, key.dataset) == domain]
    newest = max(earlier, key=lambda key: key.epoch, default=None)
    epoch = 1 if newest is None else newest.epoch if newest.is_good else newest.epoch + 1
    words = "-".join("".join(c if c.isalnum() else "-" for c in part.lower()) for part in domain)
    return KeyName(f"joint-use/{words}-{epoch}"), epoch


def export_step(
    world: World, handing: Handing, export_id: ExportId, known: Iterable[TokenKey], *, pauses: Pauses, keysets: KeySets
) -> ExportSet:
    """Return the step: all rows of the original but those that stand still or that a client decides over."""
    joint_set, recipe = handing.joint_set, handing.recipe
    dataset = world.dataset(joint_set.dataset)
    where = _free(world, dataset.dataset_id, pauses, keysets)
    column = person_column(recipe, dataset)
    key_name, epoch = key_of(handing, known)
    return ExportSet(
        step_id=UNNAMED,
        dataset=dataset.dataset_id,
        where=where,
        joint_use=handing.use.name,
        set_name=joint_set.name,
        member=handing.recipient,
        purpose=joint_set.purpose,
        columns=outgoing(recipe),
        label=recipe.aim.value,
        key_name=None if recipe.aim is Aim.ANONYMOUS else key_name,
        epoch=epoch,
        person_column=column,
        export_id=export_id,
        until=_end(world.now, joint_set.keep_for),
        rows=world.count(dataset, where, keysets),
        of_rows=world.count(dataset, Everything(), keysets),
        because=Because((), ("jp.appi.41-6", "jp.appi.27-5"), request=False),
    )


def _free(world: World, dataset: DatasetId, pauses: Pauses, keysets: KeySets) -> Predicate:
    parts: list[Predicate] = [
        Not(still.reached[dataset]) for still in standstills(world, pauses, keysets) if dataset in still.reached
    ]
    theirs = controlled(world, {dataset: Everything()}, keysets)
    parts += [Not(where) for name, where in theirs.items() if name == dataset]
    if (stopped := out_of_use(world, world.dataset(dataset), keysets)) is not None:
        parts.append(Not(stopped))
    return Everything() if not parts else parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _end(now: datetime, period: Period) -> datetime:
    """Return the first free day after the period (Civil Code 140: the day itself does not count)."""
    return datetime.combine(advance(now.date() + timedelta(days=1), period), time.min, now.tzinfo)


# -- counting


def counts_step(
    world: World, counts: Counts, export_id: ExportId, *, pauses: Pauses, keysets: KeySets
) -> PublishCounts:
    """Return the step that counts for partners: rows that stand still, or that a client decides over, do not count."""
    dataset = world.dataset(counts.dataset)
    where = _free(world, dataset.dataset_id, pauses, keysets)
    return PublishCounts(
        step_id=UNNAMED,
        dataset=DatasetId(f"statistics.{counts.name}.{export_id}"),
        source=dataset.dataset_id,
        where=where,
        name=counts.name,
        person=counts.person,
        columns=tuple(counts.dimensions),
        transforms={name: how for name, how in counts.dimensions.items() if how is not None},
        at_least=counts.at_least,
        recipients=counts.recipients,
        rows=world.count(dataset, where, keysets),
        of_rows=world.count(dataset, Everything(), keysets),
        because=Because((), (), request=False),
    )


# -- taking back


def withdrawals(policy: Policy, shared: Shared, day: date, now: datetime, *, asked: bool) -> tuple[SharingStep, ...]:
    """Return what must come back today, and the keys that nothing needs any more; sets before their keys.

    Args:
        policy: who is a joint user today, and of what.
        shared: what was handed over.
        day: today, where the policy is at home.
        now: the same.
        asked: whether someone's request is still open: his rows are found before a key goes.

    """
    steps: list[SharingStep] = []
    leaked = {key.key_name for key in shared.keys if key.leaked_at is not None}
    for each in shared.standing:
        reason = _reason(policy, each, leaked, day, now)
        if reason is not None:
            within = _answer_within(policy, each)
            because = Because((), _ENDED, request=False)
            steps.append(WithdrawSet(UNNAMED, each.place, each.export_id, reason, each.rows, within, because))
    going = {step.export_id for step in steps if isinstance(step, WithdrawSet)}
    needed = {each.key_name for each in shared.standing if each.export_id not in going}
    needed |= {key.key_name for key in shared.keys if key.recipient == IN_PLACE and _stands(policy, key.purpose)}
    if not asked:
        steps += [
            DestroyTokenKey(UNNAMED, key.key_name, Because((), _ENDED, request=False))
            for key in shared.keys
            if key.destroyed_at is None and key.key_name not in needed
        ]
    return tuple(steps)


def _stands(policy: Policy, rule_id: str) -> bool:
    """Whether a rule still pseudonymizes: its key is needed to find people in what it made."""
    return any(rule.rule_id == rule_id and rule.then is Disposal.PSEUDONYMIZE for rule in policy.rules)


def _reason(policy: Policy, shared: SharedSet, leaked: set[KeyName], day: date, now: datetime) -> str | None:
    use = next((use for use in policy.terms.joint_uses if use.name == shared.joint_use), None)
    member = None if use is None else member_named(use, shared.member)
    if member is None or not member.belongs(day):
        return "member-left"
    if shared.key_name in leaked:
        return "key-leaked"
    if joint_set_of(policy, shared) is None:
        return "no-longer-shared"
    return "time-over" if shared.until <= now else None


def joint_set_of(policy: Policy, shared: SharedSet) -> JointSet | None:
    """Return what the policy says today of a set that was handed over."""
    named = (each for use in policy.terms.joint_uses if use.name == shared.joint_use for each in use.sets)
    return next((each for each in named if each.name == shared.set_name), None)


def _answer_within(policy: Policy, shared: SharedSet) -> Period:
    known = joint_set_of(policy, shared)
    return _DEFAULT_ANSWER if known is None else known.answer_within


# -- a person's erasure


def pseudonymous_too(datamap: DataMap, keys: Identity, shared: Shared, regimes: Iterable[str]) -> Identity:
    """Return the identity with the tokens under which it stands in rows pseudonymized in place.

    Who asks under the APPI alone does not reach those (41(9)).
    """
    if frozenset(regimes) <= APPI_ONLY:
        return keys
    found = {name: set(values) for name, values in keys.keys.items()}
    for key in shared.keys:
        dataset = datamap.datasets.get(key.dataset)
        if key.recipient == IN_PLACE and key.destroyed_at is None and dataset is not None:
            for name, column in dataset.subject.items():
                found.setdefault(name, set()).update(shared.tokens(key, column, keys.keys.get(name, frozenset())))
    return Identity({name: frozenset(values) for name, values in found.items() if values})


@dataclass(frozen=True, slots=True)
class Followed:
    """What a person's request means for sets that were handed over."""

    steps: tuple[ForgetInSet, ...] = ()
    exempt: tuple[Exempt, ...] = ()


def follow(
    world: World,
    identity: Identity,
    reached: Mapping[DatasetId, Predicate],
    shared: Shared,
    *,
    regimes: Iterable[str],
    keysets: KeySets,
) -> Followed:
    """Return where the person stands in what was handed over, and where the request does not reach.

    Only sets of which a set of keys leads to at least one row are touched.
    """
    found = list(_found(world, identity, reached, shared, keysets))
    if frozenset(regimes) <= APPI_ONLY:
        return Followed(exempt=tuple(Exempt(each.place, EXEMPTION) for each, _, _ in found))
    because = Because((), ("eu.gdpr.17-1",), request=True)
    return Followed(
        tuple(
            ForgetInSet(
                UNNAMED,
                each.place,
                each.export_id,
                keysets.of(keys),
                rows,
                each.rows,
                _answer_within(world.policy, each),
                because,
            )
            for each, keys, rows in found
        )
    )


def _found(
    world: World, identity: Identity, reached: Mapping[DatasetId, Predicate], shared: Shared, keysets: KeySets
) -> Iterator[tuple[SharedSet, frozenset[Key], int]]:
    for each in shared.standing:
        keys = _keys_in(world, identity, reached, each, keysets)
        rows = shared.count(each, keys) if keys else 0
        if rows:
            yield each, keys, rows


def _keys_in(
    world: World, identity: Identity, reached: Mapping[DatasetId, Predicate], shared: SharedSet, keysets: KeySets
) -> frozenset[Key]:
    """Return the values that the set's person column was made from: own keys, or what the person's rows refer by."""
    dataset = world.datamap.datasets.get(shared.dataset)
    if dataset is None or shared.person_column is None:
        return frozenset()
    for name, column in dataset.subject.items():
        if column == shared.person_column:
            return identity.keys.get(name, frozenset())
    if dataset.dataset_id not in reached:
        return frozenset()
    return referenced(world, dataset, shared.person_column, reached[dataset.dataset_id], keysets)
