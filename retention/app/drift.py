"""Does the data map still fit the systems? Fails closed."""

from __future__ import annotations

from retention.app.context import Context
from retention.datamap import drift
from retention.grammar import Finding


def check_datamap(context: Context) -> tuple[Finding, ...]:
    """Compare every mapped dataset with its live columns; return what does not fit.

    Raises:
        TransientFailure, TerminalFailure: from the stores.

    """
    found: list[Finding] = []
    for dataset in context.datamap.datasets.values():
        live = context.stores[dataset.system].finder().describe(dataset)
        found.extend(drift(dataset, live))
    return tuple(found)
