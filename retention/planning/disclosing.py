"""One more kind of plan on the same road: a person is shown what we hold of him. Its steps read, and change nothing.

What goes out is everything that the person's keys lead to, so far as it is his own (APPI 16(4)), without secrets,
without what the application alone can read, and with what speaks of somebody else masked. A restriction or a hold
stops no answer. What a person decided not to show (APPI 33(2), GDPR 15(4)) stays out, category by category, and
the plan says so: with it, whoever approves the plan approves the partial refusal.

Who asks for portability receives what he provided or what was observed of him, where that rests on consent or
contract (GDPR 20(1)); where the policy states no basis, it goes out as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from retention.datamap import is_inferred, is_others, is_secret, of_person
from retention.errors import InputError, Problem, UnknownSubjectError
from retention.model.because import Because
from retention.model.case import CaseKind
from retention.model.datamap import DataMap, Dataset
from retention.model.disclosure import (
    NOTHING_OWN,
    SHOWN,
    DeliverExport,
    DiscloseRows,
    DisclosureStep,
    Undisclosed,
    place_of,
)
from retention.model.ids import CategoryId, DatasetId
from retention.model.plan import Plan, Replay
from retention.model.policy import Basis, Policy
from retention.model.predicate import Everything, Populated, Predicate
from retention.model.sharing import ExportId
from retention.model.subject import Key, KeySet
from retention.model.terms import Refusal, Right
from retention.planning.assemble import Asked, Draft, Header
from retention.planning.authority import CONTROLLED, controlled
from retention.planning.codec import keysets_of
from retention.planning.disposal import UNNAMED
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.limits import crossings
from retention.planning.ordering import step_id
from retention.planning.reach import joined, of_identity
from retention.planning.resolving import refuse_doubts, resolve, unlinked_of
from retention.planning.suspending import own_rows
from retention.planning.world import World

_RIGHTS: Mapping[Right, Mapping[str, str]] = {
    Right.DISCLOSURE: {"jp.appi": "jp.appi.33-1", "eu.gdpr": "eu.gdpr.15-1", "us.ccpa": "us.ccpa.1798-110"},
    Right.PROVISION_RECORD_DISCLOSURE: {"jp.appi": "jp.appi.33-5", "eu.gdpr": "eu.gdpr.15-1"},
    Right.PURPOSE_NOTIFICATION: {"jp.appi": "jp.appi.32-2", "eu.gdpr": "eu.gdpr.15-1"},
    Right.PORTABILITY: {"jp.appi": "jp.appi.33-1", "eu.gdpr": "eu.gdpr.20-1", "us.ccpa": "us.ccpa.1798-130-a-3"},
}
_WITHHOLDING: Mapping[str, Mapping[Refusal, str]] = {
    "jp.appi": {
        Refusal.RIGHTS_OF_OTHERS: "jp.appi.33-2-1",
        Refusal.BUSINESS_HINDRANCE: "jp.appi.33-2-2",
        Refusal.OTHER_LAW: "jp.appi.33-2-3",
    },
    "eu.gdpr": {Refusal.RIGHTS_OF_OTHERS: "eu.gdpr.15-4", Refusal.OTHER_LAW: "eu.gdpr.23-1"},
    "us.ccpa": {Refusal.RIGHTS_OF_OTHERS: "us.ccpa.1798-145-k", Refusal.OTHER_LAW: "us.ccpa.1798-145-a"},
}
"""By law, why a part may stay out (hindrance of the business is a ground of the APPI alone)."""
PROVISION_RECORD = "provision-record"
"""How the kinds of such categories begin (APPI 29, 30)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the answer is to show."""

    right: Right
    export_id: ExportId
    until: datetime
    """When the export is destroyed."""
    withhold: Mapping[CategoryId, Refusal] = field(default_factory=dict)
    """What a person decided not to show, and why."""


def plan_disclosure(world: World, header: Header, asked: Asked, wanted: Wanted) -> Draft:
    """Plan to show a person what we hold of him.

    Raises:
        UnknownSubjectError: no mapped system knows the person.
        AmbiguousSubjectError: the key leads to several people, or to rows that need not be his.
        InputError: a category is unknown, or no law of the request allows to withhold it for that reason.

    """
    regimes = world.policy.regimes if asked.regime is None else (asked.regime,)
    grounds = _grounds(world.policy, wanted.withhold, regimes)
    keysets = KeySets(header.salt)
    person = resolve(world, asked.start, keysets, asked.decision, asked.earlier, also=asked.also)
    refuse_doubts(person, f"retention request resolve {header.case_id} together|apart --question {person.question}")
    reach = of_identity(world, person.identity, keysets)
    if not any(world.count(world.dataset(name), where, keysets) for name, where in reach.rows.items()):
        raise UnknownSubjectError(
            f"no mapped system knows this person by {asked.start.name}",
            hint="check the key; if the person is known by another key, open the request by that one",
        )
    because = Because((), tuple(_RIGHTS[wanted.right][r] for r in regimes if r in _RIGHTS[wanted.right]), request=True)
    looking = _Looking(world, keysets, wanted, grounds, because=because, only=asked.only)
    own = own_rows(world, reach.rows, keysets)
    shown = [step for name in world.datamap.datasets if name in own for step in looking.steps(name, own, reach.rows)]
    place = place_of(wanted.export_id)
    deliver = DeliverExport(UNNAMED, place, wanted.export_id, wanted.right.value, wanted.until, because)
    every: list[DisclosureStep] = [*shown, deliver]
    steps = tuple(replace(step, step_id=step_id(n, step)) for n, step in enumerate(every, 1))
    plan = Plan(
        plan_id=header.plan_id,
        case_id=header.case_id,
        kind=CaseKind.REQUEST,
        made_at=world.now,
        policy_digest=world.policy.digest,
        datamap_digest=world.datamap.digest,
        holds_digest=header.holds_digest,
        subjects=1,
        steps=steps,
        withheld=(),
        crossings=crossings(header.limits, 1, shown),
        replays=tuple(Replay(name, keysets.of(keys), SHOWN) for name, keys in sorted(person.identity.keys.items())),
        undated={},
        unlinked=unlinked_of(world, person, reach, keysets),
        undisclosed=(*looking.tenants(reach.rows), *looking.undisclosed),
    )
    return Draft(plan, {ref: keysets.values[ref] for ref in keysets_of(plan)})


def _grounds(
    policy: Policy, withhold: Mapping[CategoryId, Refusal], regimes: Iterable[str]
) -> dict[CategoryId, tuple[str, str]]:
    """Return code and statute of each category that is withheld."""
    found: dict[CategoryId, tuple[str, str]] = {}
    laws = [_WITHHOLDING[name] for name in regimes if name in _WITHHOLDING]
    for category, refusal in withhold.items():
        if category not in policy.categories:
            known = ", ".join(sorted(policy.categories))
            problem = Problem(where="--withhold", expected=f"a category ({known})", found=f"`{category[:40]}`")
            raise InputError("nobody can say what is withheld", problems=(problem,))
        statutes = [law[refusal] for law in laws if refusal in law]
        if not statutes or len(statutes) < len(laws):  # every law that applies must allow it
            allowed = sorted(each.value for each in set(laws[0]).intersection(*laws[1:])) if laws else []
            problem = Problem(where="--withhold", expected=f"one of {', '.join(allowed)}", found=f"`{refusal.value}`")
            raise InputError(f"the law of the request lets nobody withhold {category} for that", problems=(problem,))
        found[category] = refusal.value, statutes[0]
    return found


class _Looking:
    """Draws up what is shown of each dataset, and notes what is not."""

    def __init__(
        self,
        world: World,
        keysets: KeySets,
        wanted: Wanted,
        grounds: Mapping[CategoryId, tuple[str, str]],
        *,
        because: Because,
        only: AbstractSet[CategoryId] | None,
    ) -> None:
        self._world, self._keysets, self._wanted = world, keysets, wanted
        self._grounds, self._because, self._only = grounds, because, only
        self.undisclosed: list[Undisclosed] = []

    def steps(
        self, name: DatasetId, own: Mapping[DatasetId, Predicate], reached: Mapping[DatasetId, Predicate]
    ) -> Iterator[DiscloseRows]:
        """Yield the step on the person's own rows of the dataset, if there are any to be shown."""
        dataset, where = self._world.dataset(name), own[name]
        rows = self._count(dataset, where)
        if not rows or not self._is_asked_for(dataset):
            return
        columns = self._columns(dataset, where)
        if self._wanted.right is not Right.PURPOSE_NOTIFICATION and not set(columns) & dataset.fields.keys():
            return
        yield DiscloseRows(
            step_id=UNNAMED,
            dataset=name,
            where=where,
            columns=columns,
            masked=tuple(column for column in columns if is_others(dataset, column)),
            own=self._shares(dataset, reached, columns) if dataset.is_shared else NOTHING_OWN,
            rows=rows,
            of_rows=self._count(dataset, Everything()),
            because=self._because,
        )

    def tenants(self, reached: Mapping[DatasetId, Predicate]) -> Iterator[Undisclosed]:
        """Yield the rows over which a client decides: whoever asks is sent there."""
        for name, where in sorted(controlled(self._world, reached, self._keysets).items()):
            if rows := self._count(self._world.dataset(name), where):
                fields = tuple(sorted(self._world.dataset(name).fields))
                yield Undisclosed(name, fields, rows, CONTROLLED, "jp.appi.16-4")

    def _is_asked_for(self, dataset: Dataset) -> bool:
        categories = {each.category for each in dataset.fields.values() if self._is_named(each.category)}
        if self._wanted.right is not Right.PROVISION_RECORD_DISCLOSURE:
            return bool(categories)
        return any(is_provision_record(self._world.policy, category) for category in categories)

    def _is_named(self, category: CategoryId) -> bool:
        """Whether the request is about the category: it names it, or names none."""
        return self._only is None or category in self._only or category in self._grounds

    def _columns(self, dataset: Dataset, where: Predicate) -> tuple[str, ...]:
        if self._wanted.right is Right.PURPOSE_NOTIFICATION:
            return ()
        left: dict[tuple[str, str], list[str]] = {}
        shown: list[str] = []
        fields = dataset.fields
        for column in (c for c in of_person(dataset) if c not in fields or self._is_named(fields[c].category)):
            why = self._why_not(dataset, column)
            shown += [] if why else [column]
            if why:
                left.setdefault(why, []).append(column)
        for (why_, statute), names in left.items():
            if rows := self._count(dataset, together(where, Populated(tuple(names)))):
                self.undisclosed.append(Undisclosed(dataset.dataset_id, tuple(names), rows, why_, statute))
        return tuple(shown)

    def _why_not(self, dataset: Dataset, column: str) -> tuple[str, str] | None:
        """Return code and statute for which the column is not shown."""
        found = dataset.fields.get(column)
        if is_secret(dataset, column):
            return "secret", ""
        if dataset.encrypted is not None and column in dataset.encrypted.fields:
            return "encrypted", ""
        if found is not None and found.category in self._grounds:
            return self._grounds[found.category]
        if found is not None and self._wanted.right is Right.PORTABILITY:
            if is_inferred(dataset, column):
                return "not-provided", "eu.gdpr.20-1"
            if not is_portable(self._world.policy, found.category):
                return "other-basis", "eu.gdpr.20-1"
        return None

    def _shares(
        self, dataset: Dataset, reached: Mapping[DatasetId, Predicate], columns: tuple[str, ...]
    ) -> dict[str, KeySet]:
        """Return, for each column that says whose share a row is, the values that are the person's own."""
        found: dict[str, KeySet] = {}
        for reference in dataset.parents:
            parent, within = self._world.datamap.datasets.get(reference.parent), reached.get(reference.parent)
            for here, there in reference.columns:
                if here in columns:
                    keys = frozenset[Key]()
                    if parent is not None and within is not None:
                        keys = joined(self._world, parent, (there,), within, self._keysets)
                    found[here] = self._keysets.of(keys)
        return found

    def _count(self, dataset: Dataset, where: Predicate) -> int:
        return self._world.count(dataset, where, self._keysets)


def shown_categories(plan: Plan, datamap: DataMap, policy: Policy, right: Right) -> frozenset[CategoryId]:
    """Return the categories of which the plan shows the person something: those whose purposes he is told."""
    shown = {
        each.category
        for step in plan.steps
        if isinstance(step, DiscloseRows)
        for name, each in datamap.datasets[step.dataset].fields.items()
        if name in step.columns or not step.columns
    }
    if right is Right.PROVISION_RECORD_DISCLOSURE:
        shown = {category for category in shown if is_provision_record(policy, category)}
    return frozenset(shown)


def is_portable(policy: Policy, category: CategoryId) -> bool:
    """Whether a purpose of the category rests on consent or contract, or on nothing that the policy states."""
    known = policy.categories.get(category)
    purposes = known.purposes if known else ()
    bases = {policy.purposes[purpose].basis for purpose in purposes if purpose in policy.purposes}
    return not bases or bool(bases & {Basis.CONSENT, Basis.CONTRACT, Basis.UNSTATED})


def is_provision_record(policy: Policy, category: CategoryId) -> bool:
    """Whether the category is records of what was provided to third parties, or received from them."""
    known = policy.categories.get(category)
    return known is not None and any(kind.startswith(PROVISION_RECORD) for kind in known.kinds)
