"""Conditional writes, one an item and some at a time. A concurrent writer is never lost.

Each write names the values that were read of the attributes that decided or that change. If one of
them is another by then, the write does nothing; the item is read again and decided on anew, a bounded
number of times. (A transaction of a hundred would cost twice the capacity, and one writer would undo all.)
Where the primary key alone decides, nothing a writer does can change the decision: such items go in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from connectors.dynamodb.access import Access, batches, reread
from connectors.dynamodb.client import ItemChanged, left_over, translated
from connectors.dynamodb.items import Attributes, encoded
from connectors.dynamodb.predicate import columns_of
from retention.model.predicate import Selection
from retention.model.transform import Value

_CHUNK: Final = 100
"""Items in hand at a time."""
_BATCH: Final = 25
"""Requests of one BatchWriteItem."""
_AT_ONCE: Final = 8
"""Writes under way at a time; the client holds ten connections."""
_ATTEMPTS: Final = 4
"""How often one item is tried when others write it."""


@dataclass(frozen=True, slots=True)
class Erase:
    """The item goes."""


@dataclass(frozen=True, slots=True)
class Write:
    """Attributes get new values; null removes them."""

    values: Mapping[str, Value] = field(repr=False)


Fate: TypeAlias = Erase | Write | None
"""What becomes of an item; None if it is as it should be."""
Decide: TypeAlias = Callable[[Attributes], Fate]


@dataclass(slots=True)
class Counts:
    """Items written and erased."""

    changed: int = 0
    erased: int = 0

    def add(self, fate: Fate) -> None:
        """Count one that was done."""
        self.changed += fate is not None
        self.erased += isinstance(fate, Erase)


class Changer:
    """Writes what becomes of the selected items."""

    def __init__(self, access: Access, selection: Selection, decide: Decide) -> None:
        """Decide on each item anew whenever it is read."""
        self._access = access
        self._decide = decide
        self._deciding = columns_of(selection.where)
        self._client = access.tables.client
        self._doing = f"{access.tables.system}.{access.table.name}"

    def carry_out(self) -> Counts:
        """Change every selected item; a repeat finds nothing more to do.

        Raises:
            ConcurrentWriteFailure: an item was written by others each time.

        """
        counts = Counts()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for chunk in batches(self._access.items(), _CHUNK):
                due = [(attributes, fate) for attributes in chunk if (fate := self._decide(attributes)) is not None]
                if self._access.by_key_alone and all(isinstance(fate, Erase) for _, fate in due):
                    self._erase_at_once([self._key(attributes) for attributes, _ in due])
                    done: Iterable[Fate] = (fate for _, fate in due)
                else:
                    done = pool.map(self._changed, due)
                for fate in done:
                    counts.add(fate)
        return counts

    def _changed(self, due: tuple[Attributes, Fate]) -> Fate:
        """Change one item; return what was done to it."""
        attributes, fate = due
        key = self._key(attributes)
        for _ in range(_ATTEMPTS):
            if fate is None or self._written(attributes, fate):
                return fate
            now = reread(self._access, key)
            attributes, fate = (key, None) if now is None else (now, self._decide(now))
        raise ItemChanged(f"{self._doing}: someone else wrote the same item each time", hint="run again")

    def _written(self, attributes: Attributes, fate: Erase | Write) -> bool:
        """Write the item if it is as it was read; return whether it was."""
        request = self._request(attributes, fate)
        try:
            with translated(self._doing):
                if isinstance(fate, Write):
                    self._client.update_item(**request)
                else:
                    self._client.delete_item(**request)
        except ItemChanged:
            return False
        return True

    def _erase_at_once(self, keys: Iterable[Attributes]) -> None:
        """Erase by key, without a condition; what the store leaves over is sent again."""
        for batch in batches(keys, _BATCH):
            waiting: Any = {self._access.table.name: [{"DeleteRequest": {"Key": key}} for key in batch]}
            attempts = left_over(self._doing)
            while waiting:
                next(attempts)
                with translated(self._doing):
                    waiting = self._client.batch_write_item(RequestItems=waiting).get("UnprocessedItems")

    def _key(self, attributes: Attributes) -> Attributes:
        return {name: attributes[name] for name in self._access.table.key}

    def _request(self, attributes: Attributes, fate: Erase | Write) -> Any:  # noqa: ANN401 -- the vendor's arguments
        changed = fate.values if isinstance(fate, Write) else {}
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        condition = _as_read(attributes, {*self._deciding, *changed, *self._access.table.key}, names, values)
        update = {"UpdateExpression": _update(changed, names, values)} if isinstance(fate, Write) else {}
        return {
            "TableName": self._access.table.name,
            "Key": self._key(attributes),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            **update,
        }


def _as_read(attributes: Attributes, columns: Iterable[str], names: dict[str, str], values: dict[str, Any]) -> str:
    """Return the condition that these attributes are what they were."""
    parts = []
    for number, column in enumerate(sorted(columns)):
        names[f"#c{number}"] = column
        if column in attributes:
            values[f":c{number}"] = attributes[column]
            parts.append(f"#c{number} = :c{number}")
        else:
            parts.append(f"attribute_not_exists(#c{number})")
    return " AND ".join(parts)


def _update(changed: Mapping[str, Value], names: dict[str, str], values: dict[str, Any]) -> str:
    """Return the update; an attribute that becomes null is removed, as an index wants it."""
    sets, removes = [], []
    for number, (column, value) in enumerate(sorted(changed.items())):
        names[f"#u{number}"] = column
        if value is None:
            removes.append(f"#u{number}")
        else:
            values[f":u{number}"] = encoded(value)
            sets.append(f"#u{number} = :u{number}")
    kinds = (("SET", sets), ("REMOVE", removes))
    return " ".join(f"{kind} {', '.join(parts)}" for kind, parts in kinds if parts)
