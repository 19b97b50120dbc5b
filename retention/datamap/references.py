"""How rows refer to rows of other datasets, and what stands in where a reference has to survive."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import yaml

from retention.datamap.words import COLUMN, COLUMN_WORDS
from retention.grammar import Cell, Record, nearest
from retention.model.datamap import Dataset, Reference
from retention.model.ids import DatasetId
from retention.model.subject import Key


def references(cell: Cell, known: Collection[str]) -> tuple[Reference, ...]:
    """Read `parent` or `mentions`: the other dataset's id → {column here: column there}, or a list of such.

    Several pairs in one mapping join on all of them together; several mappings are several references.
    """
    return tuple(_references(cell, known))


def _references(cell: Cell, known: Collection[str]) -> Iterator[Reference]:
    for name, entry in cell.entries("dataset's id: {column here: column there}", may_be_empty=True).items():
        if name not in known:
            entry.complain("a dataset of this map", f"`{name}`", nearest(name, known))
        for one in entry.items("a list of {column here: column there}") if entry.is_list else (entry,):
            pairs = one.entries("{column here: column there}").items()
            yield Reference(
                DatasetId(name), tuple((here, there.matching(COLUMN, COLUMN_WORDS)) for here, there in pairs)
            )


def stand_ins(cell: Cell) -> dict[str, Key]:
    """Read `stand_ins`: column → what it holds once it is emptied, where it cannot be null."""
    return {name: _value(value) for name, value in cell.entries("column: value", may_be_empty=True).items()}


def _value(cell: Cell) -> Key:
    if isinstance(cell.node, yaml.ScalarNode):
        if cell.node.tag == "tag:yaml.org,2002:int":
            return cell.integer(-(2**63), "a whole number or a text")
        if cell.node.tag == "tag:yaml.org,2002:str":
            return str(cell.node.value)
    cell.complain('a whole number or a text ("" is one)')
    return ""


def is_shared(record: Record) -> bool:
    """Read `shared: true`."""
    if "shared" in record and not record["shared"].is_word("true"):
        record["shared"].complain("true, or nothing")
    return "shared" in record


def check_references(dataset: Dataset, record: Record) -> None:
    """Refuse references that could not be followed or emptied."""
    columns = {here for reference in dataset.mentions for here in reference.here}
    for column in sorted(columns & (dataset.fields.keys() | dataset.not_personal.keys() | {*dataset.linking_columns})):
        record["mentions"].complain("each column once", f"`{column}` elsewhere as well", "remove one")
    if "path" in record and any(len(each.columns) > 1 for each in (*dataset.parents, *dataset.mentions)):
        record["parent"].complain("one pair of columns", "several", "files are joined on one column")
    if "path" in record and dataset.stand_ins:
        record["stand_ins"].complain("`stand_ins` only with `table`", "`stand_ins` with `path`", "remove it")
    for column in sorted(dataset.stand_ins.keys() & {*dataset.primary_key}):
        record["stand_ins"].complain("columns that can be emptied", f"`{column}` of the primary key")
    if dataset.is_shared and len(dataset.parents) < 2:  # noqa: PLR2004 -- it takes two to share
        record["shared"].complain("`parent` with two references or more", f"{len(dataset.parents)}")
