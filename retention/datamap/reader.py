"""The whole data map → `DataMap`, or one error with every problem in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from retention.datamap.encryption import read_encryption
from retention.datamap.fields import read_fields
from retention.datamap.graph import cycle_of, unreachable
from retention.datamap.references import check_references, is_shared, references, stand_ins
from retention.datamap.suspension import check_suspension, read_suspension, with_kept, with_parent
from retention.datamap.words import COLUMN, COLUMN_WORDS, DATASET, DATASET_WORDS, NAME, NAME_WORDS
from retention.errors import DataMapError
from retention.grammar import Cell, Document, Record
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.transform import Drop

_OPTIONAL = (
    "table",
    "path",
    "primary_key",
    "subject",
    "associates",
    "parent",
    "mentions",
    "shared",
    "stand_ins",
    "derived_from",
    "dates",
    "fields",
    "not_personal",
    "tenant",
    "scan",
    "ttl",
    "suspend",
    "encrypted",
    "only_with",
    "given_to",
)
_SCAN = {"allowed": True, "never": False}


def read_datamap(text: str, label: str) -> DataMap:
    """Read a data map.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.

    Raises:
        DataMapError: with every problem of the file.

    """
    document = Document(text, label)
    file = Cell.root(document).record(("datasets",), ("excluded",))
    cells = file["datasets"].entries("datasets by id")
    mapped = {DatasetId(name): _dataset(name, cell, cells.keys()) for name, cell in cells.items()}
    datasets = with_kept(mapped, cells)
    excluded = _excluded(file["excluded"])
    _check_graph(datasets, cells)
    _check_excluded(datasets.values(), excluded, file["excluded"])
    document.refuse_problems(DataMapError)
    return DataMap(datasets, document.digest, excluded)


def _excluded(cell: Cell) -> dict[SystemId, dict[str, str]]:
    """Read `excluded: {app: {migrations: why no person is in it}}`."""
    systems = cell.entries("system: {table, path or folder: reason}", may_be_empty=True)
    return {
        SystemId(system): {
            location: reason.text("the reason why nothing in it is personal")
            for location, reason in entry.entries("table, path or folder: reason").items()
        }
        for system, entry in systems.items()
    }


def _check_excluded(datasets: Iterable[Dataset], excluded: Mapping[SystemId, Mapping[str, str]], cell: Cell) -> None:
    for dataset in datasets:
        if dataset.location in excluded.get(dataset.system, ()):
            found = f"`{dataset.location}` is mapped as {dataset.dataset_id} as well"
            cell.complain("each place once", found, "remove one")


def _dataset(name: str, cell: Cell, known: Collection[str]) -> Dataset:
    if not DATASET.fullmatch(name):
        cell.complain(DATASET_WORDS, f"`{name}`")
    record = cell.record(("system",), _OPTIONAL)
    dataset = Dataset(
        dataset_id=DatasetId(name),
        system=SystemId(record["system"].matching(NAME, NAME_WORDS)),
        location=_location(cell, record),
        primary_key=_columns(record, "primary_key"),
        subject=_columns_by_name(record["subject"], "identity key: column"),
        parents=references(record["parent"], known),
        derived_from=tuple(
            DatasetId(original.word(known, "a dataset of this map"))
            for original in (record["derived_from"].items("a list of datasets") if "derived_from" in record else ())
        ),
        fields=read_fields(record["fields"]),
        dates=_columns_by_name(record["dates"], "date's name: column"),
        not_personal=_reasons(record["not_personal"]),
        tenant=_tenant(record["tenant"]) if "tenant" in record else None,
        mentions=references(record["mentions"], known),
        stand_ins=stand_ins(record["stand_ins"]),
        is_shared=is_shared(record),
        scan=_SCAN.get(record["scan"].word(_SCAN), False) if "scan" in record else False,
        suspension=read_suspension(record["suspend"]) if "suspend" in record else None,
        out_of_use_with_parent=with_parent(record["suspend"]) if "suspend" in record else None,
        ttl=record["ttl"].matching(COLUMN, COLUMN_WORDS) if "ttl" in record else None,
        associates=_columns_by_name(record["associates"], "associated key: column") if "associates" in record else {},
        only_with=record["only_with"].matching(COLUMN, COLUMN_WORDS) if "only_with" in record else None,
        given_to=_columns_by_name(record["given_to"], "recipient: column") if "given_to" in record else {},
    )
    if "encrypted" in record:
        dataset = replace(dataset, encrypted=read_encryption(record["encrypted"], dataset))
    _check_columns(dataset, record)
    _check_told(dataset, record)
    check_references(dataset, record)
    check_suspension(dataset, record)
    return dataset


def _tenant(cell: Cell) -> tuple[str, str] | None:
    """Read `tenant: {company_id: company_id}`: whose rows these are if the column is filled."""
    found = _columns_by_name(cell, "tenant key: column")
    if len(found) > 1:
        cell.complain("exactly one tenant key", f"{len(found)} keys")
    return next(iter(found.items()), None)


def _location(cell: Cell, record: Record) -> str:
    if ("table" in record) == ("path" in record):
        if record.cells:
            cell.complain("exactly one of `table` and `path`", "both" if "table" in record else "neither")
        return ""
    if "table" in record:
        return record["table"].text("a table's name")
    if "primary_key" in record:
        record["primary_key"].complain("`primary_key` only with `table`", "`primary_key` with `path`", "remove it")
    path = record["path"].text("a path pattern like viewing/dt=*/*.parquet")
    if path.startswith("/") or ".." in path.split("/"):
        record["path"].complain("a path below the system's root")
    return path


def _columns(record: Record, key: str) -> tuple[str, ...]:
    return tuple(item.matching(COLUMN, COLUMN_WORDS) for item in record[key].items("a list of columns"))


def _columns_by_name(cell: Cell, what: str) -> dict[str, str]:
    found = {}
    for name, column in cell.entries(what, may_be_empty=True).items():
        if not NAME.fullmatch(name):
            column.complain(NAME_WORDS, f"`{name}`")
        found[name] = column.matching(COLUMN, COLUMN_WORDS)
    return found


def _reasons(cell: Cell) -> dict[str, str]:
    reasons = cell.entries("column: why it is not personal", may_be_empty=True)
    return {column: reason.text("the reason why it is not personal") for column, reason in reasons.items()}


def _check_columns(dataset: Dataset, record: Record) -> None:
    """Refuse columns that are personal and not personal at once, and keys that would survive anonymization."""
    for column in sorted(dataset.fields.keys() & dataset.not_personal.keys()):
        record["not_personal"].complain("each column once", f"`{column}` in `fields` as well", "remove one")
    for name in sorted(dataset.subject.keys() & dataset.associates.keys()):
        record["associates"].complain(
            "each key once", f"`{name}` in `subject` as well", "a key identifies, or it does not"
        )
    for column in dataset.linking_columns:
        if column in dataset.not_personal:
            record["not_personal"].complain("columns that tie no row to a person", f"the key column `{column}`")
        if column in dataset.fields and dataset.fields[column].anonymize != Drop():
            record["fields"].complain(f"`anonymize: drop` for the key column `{column}`", "a key that would stay")


def _check_told(dataset: Dataset, record: Record) -> None:
    """Refuse a consent's number, or a company's name, that is no column which the map declares."""
    if dataset.only_with is not None and dataset.only_with not in dataset.not_personal:
        record["only_with"].complain("a column that stands in `not_personal`", f"`{dataset.only_with}`")
    for column in dataset.given_to.values():
        if column not in {*dataset.not_personal, *dataset.fields}:
            record["given_to"].complain("a column of `not_personal` or `fields`", f"`{column}`")


def _check_graph(datasets: Mapping[DatasetId, Dataset], cells: Mapping[str, Cell]) -> None:
    if cycle := cycle_of(datasets):
        # the way out is `mentions`, for a reference that does not make a row the other's person's
        cells[cycle[0]].complain("references without a cycle", "a cycle of `parent`", " → ".join(cycle))
    for dataset_id in unreachable(datasets):
        dataset = datasets[dataset_id]
        found = "parents that no identity key reaches" if dataset.parents else "neither"
        cells[dataset_id].complain("`subject`, or a `parent` that has one", found, "UNREACHABLE: nobody could be found")
