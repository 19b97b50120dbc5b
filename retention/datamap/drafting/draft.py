"""A live schema → a map to be reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from retention.datamap.detection import ADVICE, RECORDS, Kind, Suggestion, judge
from retention.datamap.drafting.naming import dataset_ids, date_name, is_sayable
from retention.datamap.drafting.proposal import Proposal
from retention.datamap.drafting.relations import Belonging, belongings
from retention.model.datamap import ColumnType, Dataset, Field, Identifies, Reference
from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.transform import Drop
from retention.ports.gazetteer import Gazetteer
from retention.ports.surveyor import ForeignKey, LiveDataset

_NO_RULE = "no rule matched; in a dataset about people everything may be personal"
_NO_PERSON = "draft: no rule matched and nothing leads to a person; review"
_PUBLIC = "draft: a corporate number is public; review"
_DATES = (ColumnType.DATE, ColumnType.INSTANT)


def draft(
    system: SystemId, live: Iterable[LiveDataset], gazetteer: Gazetteer, category: CategoryId | None = None
) -> tuple[Proposal, ...]:
    """Propose a dataset for each table and each shape of files; `category` stands in for all suggested ones."""
    tables = {table.location: table for table in live}
    found = {place: judge(table, gazetteer) for place, table in tables.items()}
    tied = belongings(tables, found)
    ids = dataset_ids(system, tables)
    return tuple(
        _proposal(system, table, ids, found=found[place], tied=tied[place], category=category)
        for place, table in sorted(tables.items())
    )


def _proposal(
    system: SystemId,
    table: LiveDataset,
    ids: Mapping[str, DatasetId],
    *,
    found: Mapping[str, Suggestion],
    tied: Belonging,
    category: CategoryId | None,
) -> Proposal:
    columns = [column for column in table.columns if is_sayable(column)]
    parent = _references(ids, [tied.parent] if tied.parent else [])
    keys = {*tied.subject.values(), *(here for one in parent for here, _ in one.columns)}
    about = tied.is_about_people
    plain = [c for c in columns if c not in keys and c not in table.primary_key and not _is_personal(found.get(c))]
    fields = {
        c: _field(c, found[c], category) for c in columns if _is_personal(found.get(c)) and _is_told(c, found, keys)
    }
    rest = {c: _record(c, category) for c in plain if about and c not in found}
    dataset = Dataset(
        dataset_id=ids[table.location],
        system=system,
        location=table.location,
        primary_key=table.primary_key if all(map(is_sayable, table.primary_key)) else (),
        subject=tied.subject,
        parents=parent,
        derived_from=(),
        fields={c: (fields | rest)[c] for c in columns if c in fields or c in rest},
        dates={date_name(c): c for c in plain if about and table.columns[c] in _DATES},
        not_personal={c: _PUBLIC if c in found else _NO_PERSON for c in plain if c in found or not about},
    )
    why = {c: found[c].why if c in fields else _NO_RULE for c in dataset.fields}
    mentions = _references(ids, tied.mentions)
    return Proposal(dataset, table.is_path, why, tuple(_notes(table, tied)), mentions)


def _is_personal(suggestion: Suggestion | None) -> bool:
    return suggestion is not None and suggestion.kind.is_personal


def _is_told(column: str, found: Mapping[str, Suggestion], keys: Iterable[str]) -> bool:
    """Whether a personal column is written among the fields: a bare key is written as a key only."""
    return found[column].kind is not Kind.ACCOUNT or column not in keys


def _field(column: str, suggestion: Suggestion, category: CategoryId | None) -> Field:
    advice = ADVICE[suggestion.kind]
    return Field(column, category or CategoryId(advice.category), advice.identifies, Drop())


def _record(column: str, category: CategoryId | None) -> Field:
    return Field(column, category or CategoryId(RECORDS), Identifies.NO, None)


def _references(ids: Mapping[str, DatasetId], keys: Iterable[ForeignKey]) -> tuple[Reference, ...]:
    return tuple(Reference(ids[key.table], key.columns) for key in keys if key.table in ids)


def _notes(table: LiveDataset, tied: Belonging) -> Iterable[str]:
    if not table.columns:
        yield "these files cannot be looked into: exclude them with the reason, or convert them"
    if not tied.is_certain:
        yield "no key of a person was found; the column under `subject` stands in for one: name a better one"
    if tied.is_about_people and not table.primary_key and not table.is_path:
        yield "the table has no primary key: rows cannot be told apart in evidence"
    for column in table.columns:
        if not is_sayable(column):
            yield f"the column {column!r} has a name that a data map cannot say: rename it in a view"
