"""Looks again: reads whole tables by a client and a decoder of its own, and knows nothing of predicates or indexes."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from connectors.dynamodb.client import make_client, translated
from connectors.dynamodb.settings import DynamoOptions
from retention.model.datamap import Dataset
from retention.ports.inspector import INFERRED, SqlAddress

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INT64: Final = 2**63


class DynamoInspector:
    """Plain consistent reads of every attribute; verification reads a table twice a plan, `scan` or not."""

    def __init__(self, system: str, options: DynamoOptions) -> None:
        """Nothing is opened before first use."""
        self._system = system
        self._options = options

    @cached_property
    def _client(self) -> DynamoDBClient:
        return make_client(self._options)

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all items, a batch a page and kind; the types are those of the batch's values."""
        with translated(f"{self._system}.{dataset.location}"):
            pages = self._client.get_paginator("scan").paginate(TableName=dataset.location, ConsistentRead=True)
            for page in pages:
                rows = [{name: _plain(value) for name, value in item.items()} for item in page["Items"]]
                yield from _batches(rows)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield nothing: no versions are kept that could be read."""
        del dataset
        yield from ()

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Return None: there is no SQL."""
        del dataset
        return None


def _batches(rows: list[dict[str, Any]]) -> Iterator[pa.RecordBatch]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    for part in _alike(rows):
        columns = [_column([row.get(name) for row in part]) for name in names]
        schema = pa.schema([pa.field(n, c.type) for n, c in zip(names, columns, strict=True)], metadata=INFERRED)
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _alike(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    """Part rows by the kinds of their values: a value reads the same whatever stands beside it."""
    parts: dict[frozenset[tuple[str, type]], list[dict[str, Any]]] = {}
    for row in rows:
        kinds = frozenset((name, type(value)) for name, value in row.items() if value is not None)
        parts.setdefault(kinds, []).append(row)
    return parts.values()


def _column(values: list[Any]) -> pa.Array:
    return pa.array(values)


def _plain(value: Any) -> Any:  # noqa: ANN401 -- one attribute of the store's JSON
    if "N" in value:
        number = Decimal(value["N"])
        whole = number == number.to_integral_value() and -_INT64 <= number < _INT64
        return int(number) if whole else float(number) if _is_short(number) else number
    for kind in ("S", "BOOL", "B"):
        if kind in value:
            return value[kind]
    return None if "NULL" in value else json.dumps(value, sort_keys=True, ensure_ascii=False, default=_json)


def _is_short(number: Decimal) -> bool:
    """Whether a float is the number exactly as it would be written again."""
    return Decimal(repr(float(number))) == number


def _json(value: object) -> object:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    return sorted(value, key=str) if isinstance(value, set | frozenset) else str(value)
