"""Suspends and lifts items by an attribute, one conditional write an item (see `change`)."""

from __future__ import annotations

from connectors.dynamodb.access import Access
from connectors.dynamodb.change import Changer, Fate, Write
from connectors.dynamodb.items import Attributes, decoded
from connectors.dynamodb.table import Tables
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.suspension import FlagValue


class DynamoSuspender:
    """Stops the use of items, and allows it again."""

    def __init__(self, tables: Tables) -> None:
        """Write to these tables."""
        self._tables = tables

    def suspend_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Set the flag of the selected items; items that have it already do not count."""
        flag = dataset.flag
        if flag is None:
            raise _no_flag(dataset)
        return self._set(dataset, selection, flag.column, flag.value)

    def lift_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Give the flag of the selected items its other value, or take it away if that is nothing."""
        flag = dataset.flag
        if flag is None:
            raise _no_flag(dataset)
        return self._set(dataset, selection, flag.column, flag.lifted)

    def _set(self, dataset: Dataset, selection: Selection, name: str, value: FlagValue | None) -> Effect:
        def decide(attributes: Attributes) -> Fate:
            return None if decoded(attributes).get(name) == value else Write({name: value})

        access = Access(self._tables, dataset, selection)
        access.checked()
        return Effect(rows=Changer(access, selection, decide).carry_out().changed)


def _no_flag(dataset: Dataset) -> TerminalFailure:
    return TerminalFailure(
        f"{dataset.dataset_id}: items are suspended by an attribute", hint="say `suspend: {flag: …}` in the data map"
    )
