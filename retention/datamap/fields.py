"""Fields of a dataset, and what anonymization does to each."""

from __future__ import annotations

from collections.abc import Mapping

from retention.datamap.words import CATEGORY, CATEGORY_WORDS, COLUMN, COLUMN_WORDS
from retention.grammar import Cell
from retention.model.datamap import Field, Identifies, Origin, Shows
from retention.model.ids import CategoryId
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform

_IDENTIFIES = {identifies.value: identifies for identifies in Identifies}
_SHOWS = {shows.value: shows for shows in Shows}
_ORIGINS = {origin.value: origin for origin in Origin}
_TRANSFORMS: Mapping[str, Transform | None] = {"drop": Drop(), "month": ToMonth(), "year": ToYear(), "keep": None}
_TRANSFORM_WORDS = "drop, month, year, keep, {prefix: 3} or {band: 10}"


def read_fields(cell: Cell) -> dict[str, Field]:
    """Read `fields`: column → category, how far it identifies, what anonymization does to it."""
    return {name: _field(name, entry) for name, entry in cell.entries("fields by column", may_be_empty=True).items()}


def _field(name: str, cell: Cell) -> Field:
    if not COLUMN.fullmatch(name):
        cell.complain(COLUMN_WORDS, f"`{name}`")
    record = cell.record(("category", "identifies"), ("anonymize", "shows", "origin"))
    identifies = _IDENTIFIES.get(record["identifies"].word(_IDENTIFIES), Identifies.DIRECTLY)
    category = CategoryId(record["category"].matching(CATEGORY, CATEGORY_WORDS))
    shows = _SHOWS.get(record["shows"].word(_SHOWS)) if "shows" in record else None
    origin = _ORIGINS.get(record["origin"].word(_ORIGINS)) if "origin" in record else None
    if "anonymize" not in record:
        return Field(name, category, identifies, None if identifies is Identifies.NO else Drop(), shows, origin)
    transform = _transform(record["anonymize"])
    if identifies is Identifies.DIRECTLY and transform != Drop():
        record["anonymize"].complain(
            "drop: the field identifies directly", hint="say `identifies: indirectly` if it does"
        )
    return Field(name, category, identifies, transform, shows, origin)


def _transform(cell: Cell) -> Transform | None:
    if cell.is_missing or cell.is_scalar:
        word = cell.word(_TRANSFORMS, _TRANSFORM_WORDS)
        return _TRANSFORMS.get(word, Drop())
    record = cell.record((), ("prefix", "band"))
    if len(record.cells) != 1:
        cell.complain(_TRANSFORM_WORDS)
        return Drop()
    if "prefix" in record:
        return Prefix(record["prefix"].integer(1, "a length"))
    return Band(record["band"].integer(2, "a width"))
