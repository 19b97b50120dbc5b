"""Whether a predicate's columns exist: a misspelt one would select nothing, or, negated, everything."""

from __future__ import annotations

from connectors.lake.formats import format_of
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
    missing = set(needed(where))
    seen = False
    for stored in bucket.live(bucket.pattern(dataset.location)) if missing else ():
        kind = format_of(stored.key)
        with kind.open(bucket, stored) as file:
            columns = kind.describe(bucket.title(stored), file).keys()
        seen = seen or bool(columns)
        missing -= columns
        if not missing:
            return
    if missing and seen:
        names = ", ".join(sorted(missing))
        raise TerminalFailure(
            f"dataset {dataset.dataset_id}: expected the columns {names}, found none of that name in any object",
            hint="compare the data map with `retention datamap check`",
        )
