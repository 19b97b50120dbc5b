"""Where to look for items: by key, by index, or through the whole table where the map allows it.

What an index names is read again from the table itself, consistently, and the predicate decides on
that. An index may lag by moments (it is eventually consistent): an item that is not in it yet is
found by verification, which reads the table, and by the next pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, TypeAlias, TypeVar, assert_never

from connectors.dynamodb.client import left_over, translated
from connectors.dynamodb.items import Attributes, decoded
from connectors.dynamodb.predicate import columns_of, fitting, has_unfit_keys, test_of
from connectors.dynamodb.table import Tables
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    Selection,
)

T = TypeVar("T")

_GET: Final = 100
"""Keys of one BatchGetItem."""
_CHEAP: Final = 100
"""Up to so many keys are always asked one by one."""
_ITEMS_A_QUERY: Final = 20
"""A query costs about what so many small items cost a scan."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Ask the table, or an index of it, for keys one by one."""

    attribute: str
    index: str | None
    kind: str
    keys: tuple[str, ...]


Way: TypeAlias = tuple[Lookup, ...] | None
"""Look-ups that together find every selected item; None: only a scan does."""


class Access:
    """Finds the items of one selection in one table."""

    def __init__(self, tables: Tables, dataset: Dataset, selection: Selection) -> None:
        """Look at the table, and choose the way.

        Raises:
            TableMissing: there is no such table.
            KeyTypeError: a key cannot be one of the table's or the index's.
            TerminalFailure: only a scan would find the items and the map allows none, or the map does not
                know an attribute.

        """
        self.tables = tables
        self.table = tables.table(dataset.location)
        self.test = test_of(selection)
        self._dataset = dataset
        self._selection = selection
        self._way = self._chosen(selection.where)
        self._refuse_unknown()
        if self._way is None:
            self._refuse_scan()

    @property
    def by_key_alone(self) -> bool:
        """Whether only the primary key decides: then whatever a writer does meanwhile, the item stays selected."""
        return columns_of(self._selection.where) <= set(self.table.key)

    def items(self) -> Iterator[Attributes]:
        """Yield the selected items as the store gives them, read consistently."""
        found = self._scanned() if self._way is None else self._looked_up(self._way)
        return (attributes for attributes in found if self.test(decoded(attributes)))

    def checked(self) -> None:
        """Let every item decide once before something is written, if a key may turn out not to be one.

        Raises:
            KeyTypeError: some item's attribute is a number, and a key is none.

        """
        if self._way is None and has_unfit_keys(self._selection):
            for _ in self.items():
                pass

    def _chosen(self, where: Predicate) -> Way:
        way = self._lookups(where)
        if way is None or not self._dataset.scan:
            return way
        asked = sum(len(lookup.keys) for lookup in way)
        return None if asked > max(_CHEAP, self.table.items // _ITEMS_A_QUERY) else way

    def _lookups(self, where: Predicate) -> Way:
        match where:
            case Among(column, keys):
                return self._lookup(column, keys.keyset_id)
            case AllOf(parts):
                # one part that can be looked up is enough: the others are decided on the items
                return next((way for part in parts if (way := self._lookups(part)) is not None), None)
            case AnyOf(parts):
                ways = [self._lookups(part) for part in parts]
                return None if None in ways else tuple(chain.from_iterable(way for way in ways if way is not None))
            case Not(Everything()):
                return ()
            case Everything() | AmongTuples() | Before() | Populated() | Not():
                return None
            case _:
                assert_never(where)

    def _lookup(self, column: str, keyset: Any) -> Way:  # noqa: ANN401 -- the name of a key set
        keys = self._selection.keys[keyset]
        if not keys:
            return ()
        if column != self.table.key[0] and column not in self.table.indexes:
            return None
        kind = self.table.kinds[column]
        return (Lookup(column, self.table.indexes.get(column), kind, tuple(fitting(column, kind, keys))),)

    def _looked_up(self, way: tuple[Lookup, ...]) -> Iterator[Attributes]:
        seen: set[tuple[str, ...]] = set()
        for keys in batches(self._keys(way), _GET):
            named = {tuple(str(key[name]) for name in self.table.key): key for key in keys}
            new = [key for identity, key in named.items() if identity not in seen]
            seen |= named.keys()
            yield from self._got(new)

    def _keys(self, way: tuple[Lookup, ...]) -> Iterator[Attributes]:
        """Yield primary keys that the look-ups name, some perhaps twice."""
        names = {f"#k{number}": name for number, name in enumerate(self.table.key)}
        for lookup in way:
            more: dict[str, Any] = {"ConsistentRead": True} if lookup.index is None else {"IndexName": lookup.index}
            for key in lookup.keys:
                with translated(f"{self.tables.system}.{self.table.name}"):
                    pages = self.tables.client.get_paginator("query").paginate(
                        TableName=self.table.name,
                        KeyConditionExpression="#a = :v",
                        ProjectionExpression=", ".join(names),
                        ExpressionAttributeNames={"#a": lookup.attribute, **names},
                        ExpressionAttributeValues={":v": {lookup.kind: key}},
                        **more,
                    )
                    for page in pages:
                        self.tables.usage.queries += 1
                        yield from page["Items"]

    def _got(self, keys: list[Attributes]) -> Iterator[Attributes]:
        """Read items by primary key, consistently; what the store leaves over is asked for again."""
        name, doing = self.table.name, f"{self.tables.system}.{self.table.name}"
        waiting: Any = {name: {"Keys": keys, "ConsistentRead": True}} if keys else {}
        attempts = left_over(doing)
        while waiting:
            next(attempts)
            with translated(doing):
                answer = self.tables.client.batch_get_item(RequestItems=waiting)
            self.tables.usage.gets += 1
            yield from answer["Responses"].get(name, [])
            waiting = answer.get("UnprocessedKeys")

    def _scanned(self) -> Iterator[Attributes]:
        for page in self.tables.scan(self.table):
            yield from page["Items"]

    def _refuse_scan(self) -> None:
        if not self._dataset.scan:
            raise TerminalFailure(
                f"{self._dataset.dataset_id}: only a scan of the whole table would find these items",
                hint="add an index for the key, or say `scan: allowed` in the data map",
            )

    def _refuse_unknown(self) -> None:
        """Refuse an attribute that the map does not know: a slip would select nothing, or with a negation everything.

        The items cannot be asked: where one erasure has done its work, none of them has the attribute any more.
        """
        dataset = self._dataset
        mapped = {*dataset.fields, *dataset.dates.values(), *dataset.linking_columns, *dataset.not_personal}
        known = {*mapped, *self.table.kinds, *dataset.primary_key, *([dataset.tenant[1]] if dataset.tenant else [])}
        unknown = columns_of(self._selection.where) - known
        if unknown:
            raise TerminalFailure(
                f"{dataset.dataset_id}: the data map knows no attribute {', '.join(sorted(unknown))}",
                hint="compare the data map with `retention datamap check`",
            )


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most that size."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def reread(access: Access, key: Mapping[str, Any]) -> Attributes | None:
    """Return the item as it is now if it is still selected, otherwise None."""
    with translated(f"{access.tables.system}.{access.table.name}"):
        answer = access.tables.client.get_item(TableName=access.table.name, Key=key, ConsistentRead=True)
    access.tables.usage.gets += 1
    found = answer.get("Item")
    return found if found is not None and access.test(decoded(found)) else None
