"""Adds a canary's item."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.dynamodb.client import ItemChanged, translated
from connectors.dynamodb.items import decoded, encoded
from connectors.dynamodb.table import Tables
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.transform import Value


class DynamoPlanter:
    """The planting side; see `retention.ports.planter.Planter`."""

    def __init__(self, tables: Tables) -> None:
        """Write to these tables."""
        self._tables = tables

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one item; the same item twice stands once.

        Raises:
            TerminalFailure: another item has its primary key.

        """
        table = self._tables.table(dataset.location)
        item = {name: encoded(value) for name, value in row.items() if value is not None}
        doing = f"{self._tables.system}.{table.name}"
        try:
            with translated(doing):
                self._tables.client.put_item(
                    TableName=table.name,
                    Item=item,
                    ConditionExpression="attribute_not_exists(#k)",
                    ExpressionAttributeNames={"#k": table.key[0]},
                )
        except ItemChanged:
            with translated(doing):
                key = {name: item[name] for name in table.key}
                there = self._tables.client.get_item(TableName=table.name, Key=key, ConsistentRead=True).get("Item", {})
            if decoded(there) != decoded(item):
                raise TerminalFailure(f"{doing}: another item has the canary's primary key") from None
