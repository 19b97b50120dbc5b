"""`suspend`: how a dataset's rows are suspended; and where they, or their keys, stand meanwhile.

Such a place holds the person's data as well, so it is a dataset of the map like any other, by the name
`DATASET.suspended`: erased, explained, checked and found as any other is. Whatever refers to a dataset whose rows
may be moved away refers to both places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import yaml

from retention.datamap.words import COLUMN, COLUMN_WORDS
from retention.grammar import Cell, Finding, Record
from retention.model.datamap import ColumnType, Dataset, Reference
from retention.model.ids import DatasetId
from retention.model.suspension import Flag, FlagValue, Listed, Means, Moved, Suspension

KEPT_DIFFERS, VIEW_DIFFERS = "KEPT_DIFFERS", "VIEW_DIFFERS"
_WAYS = "one of `flag`, `move`, `view` and `parent`"


def kept_id(dataset_id: DatasetId) -> DatasetId:
    """Return the id of the place where a dataset's suspended rows, or their keys, stand."""
    return DatasetId(f"{dataset_id}.suspended")


def kept_at(dataset: Dataset) -> str | None:
    """Return that place's table; None if rows stay where they are."""
    match dataset.suspension.means if dataset.suspension else None:
        case Moved(table) | Listed(table):
            return table
        case _:
            return None


def view_of(dataset: Dataset) -> Dataset | None:
    """Return what the application reads, as a dataset: only to be looked at."""
    if dataset.suspension is None or dataset.suspension.view is None:
        return None
    name = DatasetId(f"{dataset.dataset_id}.view")
    return replace(dataset, dataset_id=name, location=dataset.suspension.view, suspension=None)


def read_suspension(cell: Cell) -> Suspension | None:
    """Read `{flag: {column: …, value: …, lifted: …}}`, `{move: {table: …}}` or `{view: {name: …, flag: …|keys: …}}`."""
    record = cell.record((), ("flag", "move", "view", "parent"))
    if len(record.cells) != 1:
        cell.complain(_WAYS, f"{len(record.cells)} of them")
        return None
    if "parent" in record:
        return None
    if "flag" in record:
        return Suspension(_flag(record["flag"]))
    if "move" in record:
        return Suspension(Moved(record["move"].record(("table",), ())["table"].text("a table's name")))
    return _view(record["view"])


def with_parent(cell: Cell) -> str | None:
    """Read `{parent: why the rows are out of use when their parent's row is}`."""
    entries = cell.entries("how rows are suspended")
    return (
        entries["parent"].text("the reason why nobody uses such a row but by way of its parent")
        if ("parent" in entries)
        else None
    )


def _view(cell: Cell) -> Suspension | None:
    record = cell.record(("name",), ("flag", "keys"))
    if ("flag" in record) == ("keys" in record):
        cell.complain("one of `flag` and `keys`: by what the view leaves rows out")
        return None
    means: Means = _flag(record["flag"]) if "flag" in record else Listed(record["keys"].text("a table's name"))
    return Suspension(means, record["name"].text("a view's name"))


def _flag(cell: Cell) -> Flag:
    record = cell.record(("column", "value"), ("lifted",))
    value = _value(record["value"])
    lifted = _value(record["lifted"]) if "lifted" in record else (False if value is True else None)
    if value == lifted:
        record["value"].complain("another value than that of rows in use", f"`{value}` for both")
    return Flag(record["column"].matching(COLUMN, COLUMN_WORDS), value, lifted)


def _value(cell: Cell) -> FlagValue:
    if isinstance(cell.node, yaml.ScalarNode):
        match cell.node.tag.rpartition(":")[2]:
            case "bool":
                return str(cell.node.value).lower() in ("true", "yes", "on")
            case "int":
                return cell.integer(-(2**63), "true, false, a whole number or a text")
            case "str":
                return str(cell.node.value)
    cell.complain("true, false, a whole number or a text")
    return ""


def check_suspension(dataset: Dataset, record: Record) -> None:
    """Refuse what could not be lifted, or what could not be found again."""
    if dataset.out_of_use_with_parent and not dataset.parents:
        record["suspend"].complain("`parent`: the rows by way of which these are used", "none")
    if dataset.suspension is None:
        return
    cell = record["suspend"]
    if not dataset.primary_key:
        cell.complain("`primary_key`, by which suspended rows are told from others", "none")
    if "path" in record:
        cell.complain("`suspend` only with `table`", "`suspend` with `path`", "files cannot be suspended yet")
    known = {*dataset.fields, *dataset.not_personal, *dataset.linking_columns, *dataset.primary_key}
    if dataset.flag and dataset.flag.column in known | set(dataset.dates.values()):
        cell.complain("a column of its own for the flag", f"`{dataset.flag.column}`, which is mapped as another")
    itself = any(reference.parent == dataset.dataset_id for reference in (*dataset.parents, *dataset.mentions))
    if isinstance(dataset.suspension.means, Moved) and itself:
        cell.complain("a flag or a view, for rows that refer to their own table", "`move`")


def with_kept(datasets: Mapping[DatasetId, Dataset], cells: Mapping[str, Cell]) -> dict[DatasetId, Dataset]:
    """Add the places where suspended rows stand, and lead references to moved rows to both places."""
    moved = {name for name, dataset in datasets.items() if dataset.suspension and _is_moved(dataset)}
    places = {(dataset.system, dataset.location) for dataset in datasets.values()}
    found: dict[DatasetId, Dataset] = {}
    for name, dataset in datasets.items():
        table = kept_at(dataset)
        if dataset.is_shared and any(reference.parent in moved for reference in dataset.parents):
            cells[name].complain("rows of several people that lead to rows which stay", "parents that are moved")
        both = _leading_to_both(dataset, moved)
        found[name] = both
        if table is None:
            continue
        if (dataset.system, table) in places or kept_id(name) in datasets:
            cells[name].complain("a table of its own for what is suspended", f"`{table}`, which is mapped already")
        places.add((dataset.system, table))
        found[kept_id(name)] = _moved_rows(both, table) if _is_moved(dataset) else _listed_keys(dataset, table)
    return found


def _is_moved(dataset: Dataset) -> bool:
    return dataset.suspension is not None and isinstance(dataset.suspension.means, Moved)


def _leading_to_both(dataset: Dataset, moved: set[DatasetId]) -> Dataset:
    def both(references: tuple[Reference, ...]) -> tuple[Reference, ...]:
        return tuple(one for reference in references for one in _both(reference, moved))

    return replace(dataset, parents=both(dataset.parents), mentions=both(dataset.mentions))


def _both(reference: Reference, moved: set[DatasetId]) -> Iterator[Reference]:
    yield reference
    if reference.parent in moved:
        yield Reference(kept_id(reference.parent), reference.columns, is_kept=True)


def _moved_rows(dataset: Dataset, table: str) -> Dataset:
    return replace(
        dataset, dataset_id=kept_id(dataset.dataset_id), location=table, suspension=None, keeps=dataset.dataset_id
    )


def _listed_keys(dataset: Dataset, table: str) -> Dataset:
    """Return the table of keys: rows that are the person's by the row that they name."""
    key = tuple((column, column) for column in dataset.primary_key)
    return Dataset(
        dataset_id=kept_id(dataset.dataset_id),
        system=dataset.system,
        location=table,
        primary_key=dataset.primary_key,
        subject={},
        parents=(Reference(dataset.dataset_id, key),),
        derived_from=(),
        fields={},
        dates={},
        not_personal={},
        keeps=dataset.dataset_id,
    )


def suspension_drift(
    dataset: Dataset, live: Mapping[str, ColumnType], there: Mapping[str, ColumnType]
) -> list[Finding]:
    """Return how the kept table, or the view (`there`), differs from the dataset's table in its columns."""
    if live == there or not live:
        return []
    differing = sorted(name for name in live.keys() | there.keys() if live.get(name) != there.get(name))
    is_view = dataset.suspension is not None and dataset.suspension.view is not None
    what = f"the view `{dataset.suspension.view}`" if is_view and dataset.suspension else f"`{kept_at(dataset)}`"
    text = f"{what} needs the columns of `{dataset.location}`, and differs in {', '.join(differing)}"
    return [Finding(VIEW_DIFFERS if is_view else KEPT_DIFFERS, dataset.dataset_id, text)]
