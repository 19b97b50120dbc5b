"""A Fides dataset file → proposals, and by name what could not be carried over.

Fides draws edges either way. `from` says that this field's values come from the other: the rows
here belong to the rows there. `to` says that the other collection is found by this field: the
rows there belong to the rows here. Retention texts, masking overrides and processing order are
for the policy and the planner to say, and are named as left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retention.datamap.drafting.fides_file import FidesCollection, FidesDataset, FidesField, extras, read_fides
from retention.datamap.drafting.naming import dataset_ids, is_sayable
from retention.datamap.drafting.proposal import Proposal
from retention.datamap.drafting.taxonomy import is_personal, suggested
from retention.datamap.graph import cycle_of
from retention.datamap.words import NAME
from retention.grammar import Finding
from retention.model.datamap import Dataset, Field, Identifies, Reference
from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.transform import Drop

LEFT_BEHIND = "LEFT_BEHIND"


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file became."""

    proposals: tuple[Proposal, ...]
    left_behind: tuple[Finding, ...]
    """Each with the place in the Fides file and the reason."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """Rows of `child` belong to rows of `parent`."""

    child: DatasetId
    parent: DatasetId
    columns: tuple[str, str]
    where: str


def import_fides(text: str, label: str) -> Imported:
    """Read a Fides dataset file.

    Raises:
        DataMapError: it cannot be read; with every problem.

    """
    datasets = read_fides(text, label)
    ids = {each.fides_key: dataset_ids(_system(each), (c.name for c in each.collections)) for each in datasets}
    left: list[Finding] = []
    edges = [edge for each in datasets for edge in _edges(each, ids, left)]
    made = {
        ids[each.fides_key][collection.name]: _dataset(each, collection, ids[each.fides_key], left)
        for each in datasets
        for collection in each.collections
    }
    for each in datasets:
        left.extend(_unread(each))
    parents = _acyclic(made, edges, left)
    proposals = (_with_parents(proposal, parents.get(name, [])) for name, proposal in made.items())
    return Imported(tuple(map(_reachable, proposals)), tuple(left))


def _system(dataset: FidesDataset) -> SystemId:
    text = "".join(sign if sign.isascii() and sign.isalnum() else "_" for sign in dataset.fides_key.lower()).strip("_")
    return SystemId(text if text[:1].isalpha() else f"s_{text}")


def _dataset(
    source: FidesDataset, collection: FidesCollection, ids: Mapping[str, DatasetId], left: list[Finding]
) -> Proposal:
    where = f"{source.fides_key}.{collection.name}"
    inherited = (collection.data_categories or []) + (source.data_categories or [])
    sayable = [field for field in collection.fields if is_sayable(field.name)]
    left.extend(
        _left(f"{where}.{f.name}", "a name that a data map cannot say") for f in collection.fields if f not in sayable
    )
    personal = {field.name: _personal(field, inherited) for field in sayable}
    subject = {i: f.name for f in sayable if (i := f.meta.identity) and NAME.fullmatch(i)}
    about = bool(subject) or any(personal.values())
    keys = tuple(field.name for field in sayable if field.meta.primary_key)
    rest = [f for f in sayable if not personal[f.name] and f.name not in keys and f.name not in subject.values()]
    fields = {name: _field(name, found) for name, found in personal.items() if found}
    dataset = Dataset(
        dataset_id=ids[collection.name],
        system=_system(source),
        location=collection.name,
        primary_key=keys,
        subject=subject,
        parents=(),
        derived_from=(),
        fields=fields | ({f.name: _record(f.name) for f in rest if not _is_operational(f)} if about else {}),
        dates={},
        not_personal={f.name: _reason(f) for f in rest if not about or _is_operational(f)},
    )
    why = {
        name: f"Fides: {', '.join(found)}" if (found := personal.get(name)) else "Fides: no category"
        for name in dataset.fields
    }
    return Proposal(dataset, is_path=False, why=why)


def _personal(field: FidesField, inherited: Iterable[str]) -> tuple[str, ...]:
    """Return the field's personal categories, with those of what is nested in it, or else of its table."""
    own = [*(field.data_categories or []), *(c for nested in field.fields or [] for c in _personal(nested, ()))]
    return tuple(sorted({category for category in own or inherited if is_personal(category)}))


def _field(name: str, categories: tuple[str, ...]) -> Field:
    known = [found for category in categories if (found := suggested(category))]
    ours = known[0][0] if known else "records"
    directly = any(identifies is Identifies.DIRECTLY for _, identifies in known)
    return Field(name, CategoryId(ours), Identifies.DIRECTLY if directly else Identifies.INDIRECTLY, Drop())


def _record(name: str) -> Field:
    return Field(name, CategoryId("records"), Identifies.NO, None)


def _is_operational(field: FidesField) -> bool:
    return bool(field.data_categories) and not any(map(is_personal, field.data_categories or []))


def _reason(field: FidesField) -> str:
    said = ", ".join(field.data_categories or []) or "no category"
    return f"Fides: {said}; review"


def _edges(source: FidesDataset, ids: Mapping[str, Mapping[str, DatasetId]], left: list[Finding]) -> Iterator[_Edge]:
    for collection in source.collections:
        here = ids[source.fides_key][collection.name]
        for field, path in _walked(collection.fields, ""):
            for reference in field.meta.references or []:
                where = f"{source.fides_key}.{collection.name}.{path}"
                table, _, column = reference.field.partition(".")
                there = ids.get(reference.dataset, {}).get(table)
                if there is None or not column or "." in column or "." in path:
                    why = "a nested field" if there else f"a reference to {reference.dataset}.{table}, not in this file"
                    left.append(_left(where, why))
                elif reference.direction == "to":
                    yield _Edge(there, here, (column, field.name), where)
                else:
                    yield _Edge(here, there, (field.name, column), where)


def _walked(fields: Iterable[FidesField], above: str) -> Iterator[tuple[FidesField, str]]:
    for field in fields:
        path = f"{above}.{field.name}" if above else field.name
        yield field, path
        yield from _walked(field.fields or [], path)


def _acyclic(
    made: Mapping[DatasetId, Proposal], edges: Iterable[_Edge], left: list[Finding]
) -> Mapping[DatasetId, list[Reference]]:
    """Take the edges in their order; leave behind what closes a circle, and a second one to the same parent."""
    parents: dict[DatasetId, list[Reference]] = {}
    for edge in edges:
        before = parents.get(edge.child, [])
        reference = Reference(edge.parent, (edge.columns,))
        if reference in before:
            continue
        trial = {**parents, edge.child: [*before, reference]}
        datasets = {name: _with_parents(made[name], trial.get(name, [])).dataset for name in made}
        if any(one.parent == edge.parent for one in before):
            left.append(_left(edge.where, f"a second reference to {edge.parent}"))
        elif edge.child == edge.parent or cycle_of(datasets):
            left.append(_left(edge.where, f"a reference to {edge.parent} that closes a circle"))
        else:
            parents = trial
    return parents


def _with_parents(proposal: Proposal, parents: list[Reference]) -> Proposal:
    dataset = proposal.dataset
    linking = {*dataset.subject.values(), *(here for one in parents for here, _ in one.columns)}
    linked = Dataset(
        dataset_id=dataset.dataset_id,
        system=dataset.system,
        location=dataset.location,
        primary_key=dataset.primary_key,
        subject=dataset.subject,
        parents=tuple(parents),
        derived_from=(),
        fields={n: f for n, f in dataset.fields.items() if n not in linking or f.identifies is not Identifies.NO},
        dates={},
        not_personal={name: reason for name, reason in dataset.not_personal.items() if name not in linking},
    )
    return Proposal(linked, proposal.is_path, proposal.why, proposal.notes)


def _reachable(proposal: Proposal) -> Proposal:
    """Give a dataset that nothing leads to a key to stand in, and say so."""
    dataset = proposal.dataset
    if dataset.subject or dataset.parents or not dataset.fields:
        return proposal
    stopgap = next(iter(dataset.primary_key), next(iter(dataset.fields)))
    note = "Fides names no identity and no reference here; the column under `subject` stands in: name a better one"
    subject = {f"{dataset.short_name}_key": stopgap}
    fields = {n: f for n, f in dataset.fields.items() if n != stopgap or f.identifies is not Identifies.NO}
    linked = Dataset(
        dataset.dataset_id, dataset.system, dataset.location, dataset.primary_key, subject, (), (), fields, {},
        {name: reason for name, reason in dataset.not_personal.items() if name != stopgap},
    )  # fmt: skip
    return Proposal(linked, proposal.is_path, proposal.why, (*proposal.notes, note))


def _unread(source: FidesDataset) -> Iterator[Finding]:
    yield from (_left(f"{source.fides_key} {name}", "not part of a data map") for name in extras(source))
    for collection in source.collections:
        where = f"{source.fides_key}.{collection.name}"
        yield from (_left(f"{where} {name}", "for the policy or the planner to say") for name in extras(collection))
        for field, path in _walked(collection.fields, ""):
            for model in (field, field.meta):
                yield from (_left(f"{where}.{path} {name}", "not part of a data map") for name in extras(model))
            if field.fields and "." not in path:
                yield _left(f"{where}.{path}", "its nested fields one by one: the whole column is mapped")


def _left(where: str, why: str) -> Finding:
    return Finding(LEFT_BEHIND, where, why)
