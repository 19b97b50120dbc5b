"""A table as it really is: its keys, its indexes, and what keeps copies of its items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.dynamodb.client import TableMissing, make_client, translated
from connectors.dynamodb.settings import DynamoOptions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Table:
    """What `DescribeTable` says that we need."""

    name: str
    key: tuple[str, ...]
    """Partition key, and the sort key if there is one: these never change while the item lives."""
    indexes: Mapping[str, str]
    """Partition key of a global secondary index → the index's name."""
    kinds: Mapping[str, str]
    """Attribute of a key or an index → `S`, `N` or `B`."""
    items: int
    """How many there are by the store's own, some hours old, count."""
    streams: bool
    """Whether changes go to a stream, which keeps them for a day."""


@dataclass(slots=True)
class Usage:
    """What reading has cost, counted in requests; a scan is one for each page."""

    queries: int = 0
    gets: int = 0
    scans: int = 0


@dataclass
class Tables:
    """One account and region."""

    system: str
    options: DynamoOptions
    usage: Usage = field(default_factory=Usage)
    _known: dict[str, Table] = field(default_factory=dict)

    @cached_property
    def client(self) -> DynamoDBClient:
        """The client; made at first use."""
        return make_client(self.options)

    def table(self, name: str) -> Table:
        """Return what a table is; looked up once a store.

        Raises:
            TableMissing: there is no such table.

        """
        if name not in self._known:
            self._known[name] = self._described(name)
        return self._known[name]

    def _described(self, name: str) -> Table:
        with translated(f"{self.system}.{name}"):
            described = self.client.describe_table(TableName=name)["Table"]
        indexes = described.get("GlobalSecondaryIndexes", [])
        return Table(
            name=name,
            key=tuple(part["AttributeName"] for part in described["KeySchema"]),
            # an index that is still being filled would miss items
            indexes={
                index["KeySchema"][0]["AttributeName"]: index["IndexName"]
                for index in indexes
                if index.get("IndexStatus", "ACTIVE") == "ACTIVE" and not index.get("Backfilling", False)
            },
            kinds={part["AttributeName"]: part["AttributeType"] for part in described["AttributeDefinitions"]},
            items=described.get("ItemCount", 0),
            streams=bool(described.get("StreamSpecification", {}).get("StreamEnabled", False)),
        )

    def found(self, name: str) -> Table | None:
        """Describe a table, or None if there is none."""
        try:
            return self.table(name)
        except TableMissing:
            return None

    def names(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        with translated(self.system):
            pages = self.client.get_paginator("list_tables").paginate()
            return tuple(sorted(name for page in pages for name in page["TableNames"]))

    def expiry(self, name: str) -> str | None:
        """Return the attribute by which the store lets items expire, or None."""
        with translated(f"{self.system}.{name}"):
            told = self.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        enabled = told.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"}
        return told.get("AttributeName") if enabled else None

    def scan(self, table: Table, **more: Any) -> Iterator[Any]:  # noqa: ANN401 -- the vendor's arguments and pages
        """Yield the pages of a whole table, read consistently."""
        with translated(f"{self.system}.{table.name}"):
            for page in self.client.get_paginator("scan").paginate(TableName=table.name, ConsistentRead=True, **more):
                self.usage.scans += 1
                yield page

    def close(self) -> None:
        """Give connections back."""
        if "client" in self.__dict__:
            self.client.close()
            del self.__dict__["client"]
