"""May data be used for this, or given to that one? Asked by a job before it reads; not knowing means no.

Every use names a purpose of the policy and the data it reads. What stands against it is told at once, each with
its article (`Bar`); of whom a consent is needed is then asked person by person (`planning.agreeing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from retention.app.context import Context
from retention.app.supervision import lapses
from retention.errors import InputError, Problem, RefusedError
from retention.grammar import nearest
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import CategoryId, DatasetId
from retention.model.policy import Basis, Policy
from retention.model.recipient import ENTRUSTED, Recipient, RecipientKind
from retention.model.subject import SubjectKey
from retention.model.terms import ConsentKind
from retention.planning.agreeing import without_consent
from retention.planning.gate import Bar


class Exempt(Enum):
    """Without consent, by law (APPI arts. 18(3), 27(1))."""

    LAW = "law"
    LIFE = "life-body-property"
    HEALTH = "public-health"
    PUBLIC_BODY = "public-body"
    RESEARCH = "academic-research"


@dataclass(frozen=True, slots=True)
class Use:
    """What a job is about to do."""

    purpose: str
    data: tuple[str, ...]
    """Datasets (`app.payments`) or single columns of them (`app.payments.amount`)."""
    recipient: str | None = None
    """To whom it goes, as the policy calls him; None: it stays with us."""
    exempt: Exempt | None = None
    """The law that it rests on, if neither purpose nor consent carries it."""


def bars(policy: Policy, datamap: DataMap, use: Use, today: date) -> tuple[Bar, ...]:
    """Return everything that stands against the use.

    Raises:
        InputError: the data map has no such dataset or column.

    """
    read = dict(_read(datamap, use.data))
    found = [*_purpose(policy, read, use), *_joins(policy, datamap, read)]
    if use.recipient is not None:
        found += _recipient(policy, read, use, use.recipient, today)
    return tuple(found)


def asks_people(policy: Policy, use: Use) -> bool:
    """Whether each person's own consent is needed: the purpose rests on it, or a third party receives the data."""
    if use.exempt is not None:
        return False
    purpose = policy.purposes.get(use.purpose)
    rests = purpose is not None and purpose.basis is Basis.CONSENT
    found = _named(policy, use.recipient)
    return rests or (found is not None and found.kind not in ENTRUSTED)


def left_out(context: Context, use: Use, keys: Iterable[SubjectKey] | None, now: datetime) -> Iterator[int]:
    """Return the places (from 0) of those whose data must not be used, since they did not agree to the purpose.

    Nobody is left out where no consent is needed; `keys` may be None then.

    Raises:
        RefusedError: the use is not allowed at all, with every reason; or each person's consent is needed and
            nobody said whose data it is.
        InputError: see `bars`.
        TransientFailure: the ledger or a store cannot be reached: nobody knows, so nothing may be used.

    """
    today = now.astimezone(context.zone).date()
    found = bars(context.policy, context.datamap, use, today)
    if found:
        told = "; ".join(str(bar) for bar in found)
        raise RefusedError(f"this use is not allowed: {told}", hint="nothing was read")
    if not asks_people(context.policy, use):
        return iter(())
    if keys is None:
        raise RefusedError(
            f"each person must have agreed to {use.purpose}", hint="say whose data it is: --subject KEY=VALUE, or -"
        )
    world = context.world(context.datamap, now)
    return without_consent(world, keys, use.purpose, context.ledger.events, context.lookup_digest)


def _read(datamap: DataMap, named: Iterable[str]) -> Iterator[tuple[DatasetId, frozenset[CategoryId]]]:
    """Yield each dataset read, with the categories of what is read of it."""
    found: dict[DatasetId, set[CategoryId]] = {}
    for name in named:
        dataset, columns = _columns(datamap, name)
        found.setdefault(dataset.dataset_id, set()).update(
            dataset.fields[column].category for column in columns if column in dataset.fields
        )
    yield from ((name, frozenset(categories)) for name, categories in found.items())


def _columns(datamap: DataMap, name: str) -> tuple[Dataset, Iterable[str]]:
    if (whole := datamap.datasets.get(DatasetId(name))) is not None:
        return whole, whole.fields
    before, _, column = name.rpartition(".")
    part = datamap.datasets.get(DatasetId(before))
    if part is None or column not in {*part.fields, *part.not_personal, *part.dates.values(), *part.linking_columns}:
        hint = nearest(name, datamap.datasets)
        problem = Problem(where=name[:80], expected="a dataset or a column of the data map", found="neither", hint=hint)
        raise InputError("nobody can say what is read", problems=(problem,))
    return part, (column,)


def _purpose(policy: Policy, read: dict[DatasetId, frozenset[CategoryId]], use: Use) -> Iterator[Bar]:
    if use.purpose not in policy.purposes:
        known = ", ".join(policy.purposes)
        yield Bar("purpose-undeclared", f"the policy has no purpose {use.purpose[:40]!r} ({known})", ("jp.appi.17-1",))
        return
    if use.exempt is not None:
        return
    for dataset, categories in read.items():
        beyond = sorted(c for c in categories if use.purpose not in policy.categories[c].purposes)
        if beyond:
            says = f"{dataset} holds {', '.join(beyond)}, which is not held for {use.purpose}"
            yield Bar("out-of-purpose", says, ("jp.appi.18-1", "jp.appi.35-1"))


def _joins(policy: Policy, datamap: DataMap, read: dict[DatasetId, frozenset[CategoryId]]) -> Iterator[Bar]:
    """Join guard: what was pseudonymised is read alone, and what would undo it is read by no job (APPI 41(2), (7))."""

    def has(categories: Iterable[CategoryId], kind: str) -> bool:
        return any(kind in policy.categories[category].kinds for category in categories)

    undoing = sorted(name for name, categories in read.items() if has(categories, "deletion-information"))
    if undoing:
        says = f"{', '.join(undoing)} tells who stands behind a pseudonym"
        yield Bar("deletion-information", says, ("jp.appi.41-7", "jp.appi.enf-rule-32"))
    apart = {name for name, categories in read.items() if has(categories, "pseudonymised")}
    others = sorted(name for name in read.keys() - apart if _leads_to_people(datamap.datasets[name]))
    if apart and others:
        says = f"{', '.join(sorted(apart))} is pseudonymised and would be matched with {', '.join(others)}"
        yield Bar("joinable", says, ("jp.appi.41-7",))


def _leads_to_people(dataset: Dataset) -> bool:
    return bool(dataset.subject or dataset.parents or dataset.associates)


def _recipient(
    policy: Policy, read: dict[DatasetId, frozenset[CategoryId]], use: Use, name: str, today: date
) -> Iterator[Bar]:
    recipient = _named(policy, name)
    if recipient is None:
        known = ", ".join(each.name for each in policy.terms.recipients) or "none"
        says = f"the policy knows no recipient {name[:40]!r} ({known})"
        yield Bar("recipient-unknown", says, ("jp.appi.27-1", "jp.appi.25"))
        return
    unlisted = sorted(c for categories in read.values() for c in categories if c not in recipient.categories)
    if unlisted and use.exempt is None:
        says = f"{name} receives {', '.join(recipient.categories) or 'nothing'}, and not {', '.join(unlisted)}"
        yield Bar("recipient-unlisted", says, ("jp.appi.27-1", "jp.appi.25"))
    yield from _basis(policy, use, recipient)
    for lapse in lapses(recipient, today, policy.regimes):
        yield Bar(lapse.code.lower().replace("_", "-"), f"{name}: {lapse.says}", (lapse.statute,))


def _basis(policy: Policy, use: Use, recipient: Recipient) -> Iterator[Bar]:
    """Third parties need a consent that people are asked for in words; authorities a law (APPI 27(1))."""
    if recipient.kind in ENTRUSTED or use.exempt is not None:
        return
    if recipient.kind is RecipientKind.AUTHORITY:
        yield Bar("no-law", f"{recipient.name} is an authority: name the law", ("jp.appi.27-1",))
    elif not _is_asked(policy, use.purpose):
        says = f"{recipient.name} is a third party, and nobody is asked for a consent to {use.purpose}"
        yield Bar("no-basis", says, ("jp.appi.27-1",))


def _is_asked(policy: Policy, purpose: str) -> bool:
    """Whether people are asked in words; use without objection is no consent to a provision."""
    kinds = [each.kind for each in policy.terms.consents if not each.purposes or purpose in each.purposes]
    known = policy.purposes.get(purpose)
    rests = known is not None and known.basis is Basis.CONSENT
    return ConsentKind.EXPLICIT in kinds or (rests and not kinds)


def _named(policy: Policy, name: str | None) -> Recipient | None:
    return next((each for each in policy.terms.recipients if each.name == name), None)
