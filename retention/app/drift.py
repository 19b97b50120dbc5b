"""Does the data map still fit the systems? Fails closed."""

from __future__ import annotations

from typing import cast

from retention.app.context import Context
from retention.datamap import drift, expiry_drift
from retention.grammar import Finding
from retention.ports.expiring import ExpiringStore


def check_datamap(context: Context) -> tuple[Finding, ...]:
    """Compare every mapped dataset with its live columns; return what does not fit.

    Raises:
        TransientFailure, TerminalFailure: from the stores.

    """
    found: list[Finding] = []
    for dataset in context.datamap.datasets.values():
        store = context.stores[dataset.system]
        live = store.finder().describe(dataset)
        found.extend(drift(dataset, live))
        if live and store.capabilities.expires:
            found.extend(expiry_drift(dataset, cast("ExpiringStore", store).expiry(dataset)))
        elif dataset.ttl:
            found.extend(expiry_drift(dataset, None))
    return tuple(found)
