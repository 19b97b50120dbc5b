"""Which rows a predicate selects, over Arrow columns: two-valued, and by code of its own.

A column that a batch does not have counts as null in every row.
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from functools import reduce
from typing import assert_never

import pyarrow as pa
import pyarrow.compute as pc

from retention.errors import KeyTypeError, TerminalFailure, UnknownNameError
from retention.model.ids import KeySetId
from retention.model.predicate import AllOf, Among, AmongTuples, AnyOf, Before, Everything, Not, Populated, Predicate
from retention.model.subject import Key, KeySet, KeyValues
from retention.verification.canon import Column, plain

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_PLAIN_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Selector:
    """Evaluates predicates with the keys of one plan."""

    def __init__(self, keys: KeyValues) -> None:
        """Keep the keys; they are turned into the columns' types once each."""
        self._keys = keys
        self._typed: dict[tuple[KeySetId, str], pa.Array] = {}

    def mask(self, where: Predicate, batch: pa.RecordBatch) -> Column:
        """Return for every row whether it is selected: true or false, never null.

        Raises:
            KeyTypeError: a key cannot be compared with its column.
            TerminalFailure: a date column holds something that is no date.
            UnknownNameError: the keys of a key set were not given.

        """
        match where:
            case Everything():
                return _same(batch, selected=True)
            case Among(column, keys):
                return self._among(_column(batch, column), column, keys)
            case AmongTuples(columns, keys):
                return self._among_tuples(batch, columns, keys)
            case Before(column, at):
                return pc.fill_null(_before(_column(batch, column), column, at), fill_value=False)
            case Populated(columns):
                return reduce(pc.or_, (pc.is_valid(_column(batch, c)) for c in columns), _same(batch, selected=False))
            case Not(part):
                return pc.invert(self.mask(part, batch))
            case AllOf(parts):
                return reduce(pc.and_, (self.mask(part, batch) for part in parts), _same(batch, selected=True))
            case AnyOf(parts):
                return reduce(pc.or_, (self.mask(part, batch) for part in parts), _same(batch, selected=False))
            case _:
                assert_never(where)

    def typed(self, keys: KeySet, kind: pa.DataType, column: str) -> pa.Array:
        """Return the set's keys in the column's type; keys that the type cannot hold match nothing and are left out.

        Raises:
            KeyTypeError: a key cannot be compared with the column.
            UnknownNameError: the keys of the set were not given.

        """
        wanted = (keys.keyset_id, str(kind))
        if wanted not in self._typed:
            values = self._keys.get(keys.keyset_id)
            if values is None:
                raise UnknownNameError(f"key set {keys.keyset_id}: expected its keys, found none")
            self._typed[wanted] = _in_type(values, kind, column)
        return self._typed[wanted]

    def values(self, keys: KeySet) -> frozenset[Key]:
        """Return the keys of a set as they were given. Raises UnknownNameError: they were not."""
        found = self._keys.get(keys.keyset_id)
        if found is None:
            raise UnknownNameError(f"key set {keys.keyset_id}: expected its keys, found none")
        return found

    def _among(self, values: Column, column: str, keys: KeySet) -> Column:
        if pa.types.is_null(values.type):
            return pc.is_valid(values)
        return pc.is_in(values, value_set=self.typed(keys, values.type, column), skip_nulls=True)

    def _among_tuples(self, batch: pa.RecordBatch, columns: tuple[str, ...], keys: KeySet) -> Column:
        """Compare the texts of the values, written as a person would: no code is shared with the stores'."""
        values = self.values(keys)
        wanted = {tuple(json.loads(str(key))) for key in values}
        texts = zip(*(_texts(_column(batch, column)) for column in columns), strict=True)
        return pa.array([row in wanted for row in texts], pa.bool_())


def _texts(column: Column) -> list[str | None]:
    whole = pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    return [None if v is None else str(int(v)) if whole and v == int(v) else str(v) for v in column.to_pylist()]


def _same(batch: pa.RecordBatch, *, selected: bool) -> Column:
    return pa.repeat(pa.scalar(selected), batch.num_rows)


def _column(batch: pa.RecordBatch, name: str) -> Column:
    if name not in batch.schema.names:
        return pa.nulls(batch.num_rows)
    return plain(batch.column(name))


def _in_type(keys: frozenset[Key], kind: pa.DataType, column: str) -> pa.Array:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.array([str(key) for key in keys], kind)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        typed = (_one(_integer(key, kind, column), kind) for key in keys)
        return pa.concat_arrays([pa.array([], kind), *(one for one in typed if one is not None)])
    raise KeyTypeError(
        f"column {column}: expected a column of text or numbers to compare keys with, found {kind}",
        hint="map the identity key to the column that holds it",
    )


def _integer(key: Key, kind: pa.DataType, column: str) -> int:
    if isinstance(key, str) and _INTEGER.fullmatch(key) is None:
        raise KeyTypeError(
            f"column {column}: expected keys that are whole numbers, found a text key against type {kind}",
            hint="name the person by a key of the column's type",
        )
    return int(key)


def _one(number: int, kind: pa.DataType) -> pa.Array | None:
    """Return the number as an array of one, or None where the type has no such number."""
    try:
        one = pa.array([float(number) if pa.types.is_floating(kind) else number], kind)
    except (pa.ArrowInvalid, OverflowError):
        return None
    return one if one[0].as_py() == number else None


def _before(values: Column, column: str, at: datetime) -> Column:
    kind = values.type
    if pa.types.is_null(kind):
        return pc.is_valid(values)
    if pa.types.is_date(kind):
        return pc.less(pc.cast(values, pa.date32()), pa.scalar(at.date(), pa.date32()))
    if pa.types.is_timestamp(kind):
        if kind.tz is None:
            return pc.less(values, pa.scalar(at.replace(tzinfo=None), pa.timestamp("us")))
        return pc.less(pc.cast(values, pa.timestamp(kind.unit, "UTC")), pa.scalar(at, pa.timestamp("us", "UTC")))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_before(values, column, at)
    raise TerminalFailure(f"column {column}: expected dates or instants, found {kind}")


def _text_before(values: Column, column: str, at: datetime) -> Column:
    """Compare ISO 8601 text, reading each distinct text once."""
    coded = values.dictionary_encode()
    try:
        verdicts = [_is_before(text, at) for text in coded.dictionary.to_pylist()]
    except ValueError:
        message = f"column {column}: expected ISO 8601 dates, found a text that is none"
        raise TerminalFailure(message, hint="repair the rows; until then nobody can say when they are due") from None
    return pc.take(pa.array(verdicts, pa.bool_()), coded.indices)


def _is_before(text: str, at: datetime) -> bool:
    if _PLAIN_DATE.fullmatch(text):
        return date.fromisoformat(text) < at.date()
    instant = datetime.fromisoformat(text)
    return instant < at if instant.tzinfo else instant < at.replace(tzinfo=None)
