"""What a policy says of statistics for partners: which dataset is counted by what, and from how many people on."""

from __future__ import annotations

from retention.grammar import Cell
from retention.model.ids import DatasetId
from retention.model.terms import Counts
from retention.model.transform import Band, Prefix, ToMonth, ToYear, Transform
from retention.policy.words import ID, ID_WORDS, names

_PLAIN: dict[str, Transform | None] = {"keep": None, "month": ToMonth(), "year": ToYear()}
_FEWEST = 3
"""Two people in a cell tell each other of one another."""


def read_counts(cell: Cell) -> tuple[Counts, ...]:
    """Read `statistics`."""
    return tuple(_counts(name, entry) for name, entry in cell.entries("statistics by name").items())


def _counts(name: str, cell: Cell) -> Counts:
    if not ID.fullmatch(name):
        cell.complain(ID_WORDS, f"`{name}`")
    record = cell.record(("dataset", "person", "dimensions", "at_least"), ("recipients",))
    return Counts(
        name=name,
        dataset=DatasetId(record["dataset"].text("a dataset of the data map")),
        person=record["person"].text("the column that tells people apart"),
        dimensions={column: _transform(entry) for column, entry in record["dimensions"].entries("columns").items()},
        at_least=record["at_least"].integer(_FEWEST),
        recipients=names(record["recipients"]) if "recipients" in record else (),
    )


def _transform(cell: Cell) -> Transform | None:
    if cell.is_scalar:
        return _PLAIN.get(cell.word(_PLAIN))
    record = cell.record((), ("prefix", "band"))
    if "prefix" in record:
        return Prefix(record["prefix"].integer(1))
    return Band(record["band"].integer(1))
