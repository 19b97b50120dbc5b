"""Whether a set may be handed to someone: every bar at once, each with its article. Pure.

A pseudonymised set goes to joint users only, under published items, and serves neither contact nor
identification: no third party gets it, not even with the person's consent (APPI 41(6)-(8),
Enforcement Rules 33). What the produced file really is, tests of the file say (`deidentify`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from retention.deidentify.recipe import Aim, DropItem, KeepFormat, Recipe, Token
from retention.model.datamap import DataMap, Dataset, Identifies
from retention.model.policy import Policy
from retention.model.terms import JointMember, JointSet, JointUse, ResponsibleOffice


@dataclass(frozen=True, slots=True)
class Bar:
    """One reason why it must not be."""

    code: str
    says: str
    articles: tuple[str, ...]

    def __str__(self) -> str:
        """Return the bar as one line of text."""
        return f"{self.code}: {self.says} ({', '.join(self.articles)})"


@dataclass(frozen=True, slots=True)
class Handing:
    """What is to be handed over, and to whom."""

    policy: Policy
    datamap: DataMap
    use: JointUse
    joint_set: JointSet
    recipe: Recipe
    recipient: str
    day: date
    published: bool
    """Whether a notice that says what holds today was published."""


def member_named(use: JointUse, recipient: str) -> JointMember | None:
    """Return the joint user of that name."""
    return next((member for member in use.members if member.member_id == recipient), None)


def outgoing(recipe: Recipe) -> tuple[str, ...]:
    """Return the columns that go out, in order."""
    return tuple(name for name, column in recipe.columns.items() if DropItem() not in column.methods)


def in_clear(recipe: Recipe) -> frozenset[str]:
    """Return the columns that go out without a key over them."""
    keyed = {name for name, column in recipe.columns.items() if {Token(), KeepFormat()} & set(column.methods)}
    return frozenset(outgoing(recipe)) - keyed


def person_column(recipe: Recipe, dataset: Dataset) -> str | None:
    """Return the column whose tokens tell one person's rows from another's; identity keys before references."""
    tokens = [name for name, column in recipe.columns.items() if Token() in column.methods]
    linking = [*dict.fromkeys([*dataset.subject.values(), *dataset.linking_columns])]
    return next((name for name in linking if name in tokens), None)


def bars(handing: Handing) -> tuple[Bar, ...]:
    """Return everything that stands against it."""
    return (*_recipient(handing), *_notice(handing), *_columns(handing), *_contact(handing), *_joins(handing))


def _recipient(handing: Handing) -> Iterator[Bar]:
    member = member_named(handing.use, handing.recipient)
    if member is None:
        known = ", ".join(sorted(m.member_id for m in handing.use.members if m.member_id)) or "none has an id"
        says = f"the recipient is none of the published joint users ({known}), and consent does not help"
        yield Bar("not-a-joint-user", says, ("jp.appi.41-6", "jp.appi.27-5"))
    elif not member.belongs(handing.day):
        says = f"{handing.recipient} is no joint user on {handing.day}"
        yield Bar("not-a-joint-user", says, ("jp.appi.41-6", "jp.appi.27-5"))


def _notice(handing: Handing) -> Iterator[Bar]:
    articles = ("jp.appi.41-6", "jp.appi.27-5")
    if isinstance(handing.use.responsible, ResponsibleOffice):
        says = "an office answers for it: entity, address and representative must be published"
        yield Bar("responsible-unnamed", says, articles)
    if not handing.published:
        says = "no published notice says what holds today (items, joint users, purposes, who answers)"
        yield Bar("notice-unpublished", says, articles)


def _columns(handing: Handing) -> Iterator[Bar]:
    going = outgoing(handing.recipe)
    unlisted = [name for name in going if handing.joint_set.columns.get(name) not in handing.use.items]
    if unlisted:
        says = f"columns that no published item covers: {', '.join(unlisted)}"
        yield Bar("column-not-published", says, ("jp.appi.41-6", "jp.appi.27-5"))
    if handing.recipe.aim is Aim.MASKED:
        yield Bar("wrong-label", "a masked set is personal data, and no pseudonymised one", ("jp.appi.41-1",))
    followed = person_column(handing.recipe, _source(handing))
    if followed is None and handing.recipe.aim is Aim.PSEUDONYMOUS and "eu.gdpr" in handing.policy.regimes:
        says = "no column holds a token of the person: an erasure under the GDPR could not follow"
        yield Bar("not-followable", says, ("eu.gdpr.17-1",))


def _contact(handing: Handing) -> Iterator[Bar]:
    """Contact guard: neither a purpose that reaches people nor anything to reach them by."""
    purpose = next(each for each in handing.use.purposes if each.purpose_id == handing.joint_set.purpose)
    if purpose.contacts:
        yield Bar(
            "contact", f"the purpose {purpose.purpose_id} contacts people", ("jp.appi.41-8", "jp.appi.enf-rule-33")
        )
    if purpose.identifies:
        yield Bar("identification", f"the purpose {purpose.purpose_id} ties data to people", ("jp.appi.41-7",))
    clear, source = in_clear(handing.recipe), _source(handing)
    reach = sorted(name for name in clear & set(source.fields) if _tells(source, name))
    if reach:
        says = f"what identifies people directly goes out in clear: {', '.join(reach)}"
        yield Bar("contact-data", says, ("jp.appi.41-8", "jp.appi.enf-rule-31"))


def _joins(handing: Handing) -> Iterator[Bar]:
    """Join guard: no column in clear that other records are found by."""
    clear, source = in_clear(handing.recipe), _source(handing)
    own = sorted(clear & {*source.primary_key, *source.linking_columns})
    if own:
        yield Bar("joinable", f"keys go out in clear: {', '.join(own)}", ("jp.appi.41-7",))
    for banned in handing.joint_set.never_joined_with:
        other = handing.datamap.datasets[banned]
        common = sorted((clear - set(own)) & _findable(other))
        if common:
            says = f"matching with {banned} is banned, and it has {', '.join(common)} too"
            yield Bar("joinable", says, ("jp.appi.41-7",))


def _findable(dataset: Dataset) -> frozenset[str]:
    """Return the columns by which a row of the dataset could be found again."""
    telling = {name for name, field in dataset.fields.items() if field.identifies is not Identifies.NO}
    return frozenset(telling | {*dataset.primary_key, *dataset.linking_columns})


def _tells(dataset: Dataset, name: str) -> bool:
    return dataset.fields[name].identifies is Identifies.DIRECTLY


def _source(handing: Handing) -> Dataset:
    return handing.datamap.datasets[handing.joint_set.dataset]


def misfits(
    policy: Policy, datamap: DataMap, recipes: Mapping[str, Recipe]
) -> Iterator[tuple[str, str, str, Collection[str]]]:
    """Yield what in the sets does not fit the data map: where, expected, found, and the words there are."""
    for counts in policy.terms.statistics:
        if counts.dataset not in datamap.datasets:
            yield f"policy statistics.{counts.name}", "a dataset of the data map", counts.dataset, datamap.datasets
    for use in policy.terms.joint_uses:
        for joint_set in use.sets:
            where = f"policy joint_use.{use.name}.sets.{joint_set.name}"
            for dataset in (joint_set.dataset, *joint_set.never_joined_with):
                if dataset not in datamap.datasets:
                    yield where, "a dataset of the data map", dataset, datamap.datasets
            recipe = recipes.get(joint_set.recipe)
            for name in sorted(set(outgoing(recipe)) - set(joint_set.columns)) if recipe else ():
                yield where, "every column that its recipe lets go out to be under `columns`", name, joint_set.columns
