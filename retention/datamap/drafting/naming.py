"""Names that a live schema has → names that a data map may have."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from retention.datamap.detection.headers import words
from retention.datamap.words import COLUMN, DATASET, NAME
from retention.model.ids import DatasetId, SystemId

_PLURAL = (
    (re.compile(r"ies$"), "y"),
    (re.compile(r"(?<=[sxz])es$|(?<=ch)es$|(?<=sh)es$"), ""),
    (re.compile(r"(?<!s)s$"), ""),
)


def dataset_ids(system: SystemId, locations: Iterable[str]) -> Mapping[str, DatasetId]:
    """Return location → id: `app.order_items`, `lake.viewing`; equal ones are told apart by their whole place."""
    every = list(locations)
    short = {location: _slug(_literal(location)) for location in every}
    often = Counter(short.values())
    return {
        location: DatasetId(f"{system}.{name if often[name] == 1 else f'{name}-{_mark(location)}'}")
        for location, name in short.items()
    }


def singular(name: str) -> str:
    """Return an English table's name without its plural: `customers` → `customer`."""
    text = words(name)
    for pattern, end in _PLURAL:
        if pattern.search(text):
            return pattern.sub(end, text)
    return text


def key_name(table: str, column: str) -> str:
    """Return what a person's key is called everywhere: `customer_id`, also where the column is only `id`."""
    name = words(column)
    if name in {"id", "uuid", "guid", "no", "number", "code"}:
        name = f"{singular(table)}_{name}"
    return name if NAME.fullmatch(name) else f"key-{_mark(column)}"


def date_name(column: str) -> str:
    """Return what a date is called in rules."""
    name = words(column)
    return name if NAME.fullmatch(name) else f"date-{_mark(column)}"


def is_sayable(column: str) -> bool:
    """Whether a data map can name the column."""
    return COLUMN.fullmatch(column) is not None


def _literal(location: str) -> str:
    """Return the parts of a path that are no pattern: `viewing/dt=*/*.parquet` → `viewing`."""
    parts = [part.partition(".")[0] for part in location.split("/") if "*" not in part]
    return "_".join(parts) or "files"


def _slug(name: str) -> str:
    text = words(name).replace("〒", "")
    return text if DATASET.fullmatch(f"s.{text}") else f"t-{_mark(name)}"


def _mark(text: str) -> str:
    """Return six digits that stay the same for the same name: one in another script has no letters to use."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]
