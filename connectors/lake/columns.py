"""Whether a predicate's columns exist: a misspelt one would select nothing, or, negated, everything."""

from __future__ import annotations

from connectors.lake.formats import format_of, opened
from connectors.lake.objects import Bucket
from connectors.lake.predicate import needed
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.predicate import Predicate


def require_columns(bucket: Bucket, dataset: Dataset, where: Predicate) -> None:
    """Read live objects until each column has been seen; usually the first object has them all.

    Raises:
        TerminalFailure: some live object has columns, and none has the one that is named.

    """
    missing = needed(where)
    seen = False
    for stored in bucket.live(bucket.pattern(dataset.location)) if missing else ():
        kind, title = format_of(stored.key), bucket.title(stored)
        with opened(bucket, stored) as file:
            found = kind.columns(title, file, missing)
            seen = seen or bool(found) or bool(kind.describe(title, file))
        missing -= found
        if not missing:
            return
    if missing and seen:
        names = ", ".join(sorted(missing))
        raise TerminalFailure(
            f"dataset {dataset.dataset_id}: expected the columns {names}, found none of that name in any object",
            hint="compare the data map with `retention datamap check`",
        )


def mapped_columns(dataset: Dataset) -> frozenset[str]:
    """Return every column the data map knows of the dataset."""
    mapped = (
        dataset.linking_columns,
        dataset.primary_key,
        dataset.fields,
        dataset.dates.values(),
        dataset.not_personal,
    )
    return frozenset(name for names in mapped for name in names)
