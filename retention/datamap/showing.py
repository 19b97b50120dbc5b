"""What of a row its person may be shown: never a secret, and of somebody else only that something stands there.

The map says so field by field (`shows`). Where it is silent and a column's name is that of a password, a token or
the like (`detection/headers.txt`), it counts as one: a secret that went out cannot be taken back.
"""

from __future__ import annotations

from retention.datamap.detection.headers import Certainty, hints
from retention.datamap.detection.kinds import Kind
from retention.model.datamap import Dataset, Origin, Shows


def of_person(dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that are about the row's person: keys, dates, fields and references, each once."""
    mentions = (here for reference in dataset.mentions for here in reference.here)
    names = (*dataset.subject.values(), *dataset.dates.values(), *dataset.fields, *dataset.linking_columns, *mentions)
    return tuple(dict.fromkeys(names))


def is_secret(dataset: Dataset, column: str) -> bool:
    """Whether the column holds a password, a token or the like."""
    field = dataset.fields.get(column)
    if field is not None and field.shows is not None:
        return field.shows is Shows.SECRET
    return any(hint.kind is Kind.CREDENTIAL and hint.certainty is Certainty.SURE for hint in hints(column)[:1])


def is_others(dataset: Dataset, column: str) -> bool:
    """Whether the column speaks of somebody else than the row's person."""
    field = dataset.fields.get(column)
    if field is not None and field.shows is not None:
        return field.shows is Shows.OTHERS
    return any(column in reference.here for reference in dataset.mentions) and column not in dataset.linking_columns


def is_inferred(dataset: Dataset, column: str) -> bool:
    """Whether we made the column's values from others; keys and dates are no field and say nothing new."""
    field = dataset.fields.get(column)
    if field is None:
        return False
    return field.origin is Origin.INFERRED if field.origin is not None else bool(dataset.derived_from)
