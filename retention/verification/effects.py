"""What the steps should make of rows, computed over Arrow columns by code of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from hashlib import sha256
from typing import Any, assert_never

import pyarrow as pa
import pyarrow.compute as pc

from retention.errors import TerminalFailure
from retention.model.ids import StepId
from retention.model.plan import AnonymizeRows, EraseRows, ExactStep, LiftRows, RedactFields, SuspendRows
from retention.model.subject import Key
from retention.model.suspension import Flag, FlagValue, Listed, Moved
from retention.model.transform import Band, Drop, Prefix, Tokenize, ToMonth, ToYear, Transform
from retention.verification.canon import Column, plain, rows_as_bytes
from retention.verification.selector import Selector

_ISO = re.compile(r"(\d{4})-(\d{2})-\d{2}(?:[T ][\d:.,]+(Z|[+-]\d{2}:?\d{2})?)?")
_ISO_DATE_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Effected:
    """Rows after the steps, and where each stood before."""

    rows: pa.RecordBatch
    origin: Column
    """For each row, its index in the batch before."""

    def where(self, mask: Column) -> Effected:
        """Return only the rows of the mask."""
        return Effected(self.rows.filter(mask), self.origin.filter(mask))


@dataclass(frozen=True, slots=True)
class Expectation:
    """The steps of one dataset, in order, ready to be computed on batches."""

    steps: Sequence[ExactStep]
    selector: Selector
    rare: Mapping[StepId, frozenset[str]]

    def touched(self, batch: pa.RecordBatch) -> Column:
        """Return for every row whether some step selects it.

        Looking at the rows as they are is enough: a row that a later step selects only after
        an earlier one changed it was selected by that earlier one.
        """
        masks = (self.selector.mask(step.where, batch) for step in self.steps)
        return reduce(pc.or_, masks, pa.repeat(pa.scalar(False), batch.num_rows))  # noqa: FBT003 -- a scalar's value

    def effect(self, batch: pa.RecordBatch) -> Effected:
        """Return what the steps should make of the batch: each sees what the one before left."""
        effected = Effected(batch, pa.array(range(batch.num_rows), pa.int64()))
        for step in self.steps:
            effected = self._after(step, effected)
        return effected

    def left_over(self, batch: pa.RecordBatch) -> Column:
        """Return for every row whether the steps would still change or remove it.

        A plan's steps are idempotent together: no step selects what another made of a row. For
        a plan that is not so, this finds rows after a faithful run, and verification fails.
        """
        left = [False] * batch.num_rows
        mask = self.touched(batch)
        chosen = batch.filter(mask)
        if chosen.num_rows:
            indices = pc.indices_nonzero(mask).to_pylist()
            for index, changed in zip(indices, _changed(chosen, self.effect(chosen)), strict=True):
                left[index] = changed
        return pa.array(left, pa.bool_())

    def _after(self, step: ExactStep, before: Effected) -> Effected:
        mask = self.selector.mask(step.where, before.rows)
        match step:
            case EraseRows():
                return before.where(pc.invert(mask))
            case RedactFields(fields=fields, stand_ins=stand_ins):
                return Effected(_emptied(before.rows, fields, stand_ins, mask), before.origin)
            case AnonymizeRows():
                return self._anonymized(step, before, mask)
            case SuspendRows() | LiftRows():
                return _suspended(step, before, mask)
            case _:
                assert_never(step)

    def _anonymized(self, step: AnonymizeRows, before: Effected, mask: Column) -> Effected:
        chosen, others = before.where(mask), before.where(pc.invert(mask))
        rare = self.rare.get(step.step_id, frozenset())
        transformed, names = _transformed(chosen.rows, step)
        keep = pa.array([name not in rare for name in names], pa.bool_())
        kept = Effected(transformed, chosen.origin).where(keep)
        rows = pa.Table.from_batches([others.rows, kept.rows]).combine_chunks().to_batches()
        origin = pa.concat_arrays([others.origin, kept.origin])
        return Effected(rows[0] if rows else before.rows.slice(0, 0), origin)


def _suspended(step: SuspendRows | LiftRows, before: Effected, mask: Column) -> Effected:
    """Compute what becomes of the rows where they are selected; what comes elsewhere is the arrivals' matter."""
    match step.how.means:
        case Flag() as flag:
            return Effected(flagged(before.rows, flag, mask, lift=isinstance(step, LiftRows)), before.origin)
        case Listed() if isinstance(step, SuspendRows):
            return before
        case Moved() | Listed():
            return before.where(pc.invert(mask))
        case other:
            assert_never(other)


def flagged(rows: pa.RecordBatch, flag: Flag, mask: Column, *, lift: bool) -> pa.RecordBatch:
    """Return the rows with the flag set, or lifted, in those of the mask; a store without types may not have it yet."""
    is_new = flag.column not in rows.schema.names
    column = pa.nulls(rows.num_rows) if is_new else plain(rows.column(flag.column))
    if pa.types.is_null(column.type):
        column = column.cast(pa.scalar(flag.value).type)
    value = _flag_scalar(flag.lifted if lift else flag.value, column.type)
    held = pc.if_else(mask, value, column)
    if not is_new:
        return _with(rows, flag.column, held)
    return pa.RecordBatch.from_arrays([*rows.columns, held], names=[*rows.schema.names, flag.column])


def _flag_scalar(value: FlagValue | None, kind: pa.DataType) -> pa.Scalar:
    if value is None:
        return pa.scalar(None, kind)
    if pa.types.is_boolean(kind):
        return pa.scalar(bool(value), kind)
    return pa.scalar(int(value) if pa.types.is_integer(kind) else value, kind)


def fixed_by(transforms: Mapping[str, Transform], rows: pa.RecordBatch) -> Column:
    """Return for every row whether it can be an output of the transforms: applying them again changes nothing."""
    before, after = rows_as_bytes(rows, transforms), rows_as_bytes(_replaced(rows, transforms), transforms)
    return pa.array([one == other for one, other in zip(before, after, strict=True)], pa.bool_())


def _changed(before: pa.RecordBatch, effected: Effected) -> list[bool]:
    """Return for every row before whether it is gone or different after."""
    changed = [True] * before.num_rows
    old = rows_as_bytes(before)
    for index, new in zip(effected.origin.to_pylist(), rows_as_bytes(effected.rows), strict=True):
        changed[index] = old[index] != new
    return changed


def _emptied(rows: pa.RecordBatch, fields: Sequence[str], stand_ins: Mapping[str, Key], mask: Column) -> pa.RecordBatch:
    for name in fields:
        if name in rows.schema.names:
            column = plain(rows.column(name))
            rows = _with(rows, name, pc.if_else(mask, _scalar(name, stand_ins.get(name), column.type), column))
    return rows


def _scalar(name: str, value: Key | None, kind: pa.DataType) -> pa.Scalar:
    if pa.types.is_decimal(kind) and isinstance(value, int):
        return pa.scalar(Decimal(value), kind)
    try:
        return pa.scalar(value, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
        raise TerminalFailure(f"column {name}: expected a stand-in that fits its type, {kind}") from None


def _with(rows: pa.RecordBatch, name: str, column: Column) -> pa.RecordBatch:
    """Replace a column, dictionary coding undone: bytes of rows do not depend on it."""
    columns = {n: column if n == name else rows.column(n) for n in rows.schema.names}
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _replaced(rows: pa.RecordBatch, transforms: Mapping[str, Transform]) -> pa.RecordBatch:
    for name, transform in transforms.items():
        if name in rows.schema.names:
            column = plain(rows.column(name))
            rows = _with(rows, name, _typed(name, _transform(name, column, transform), column.type))
    return rows


def _transformed(rows: pa.RecordBatch, step: AnonymizeRows) -> tuple[pa.RecordBatch, list[str]]:
    """Return the transformed rows and the name of each row's class."""
    columns: list[list[Any]] = []
    for name in step.quasi:
        column = plain(rows.column(name)) if name in rows.schema.names else pa.nulls(rows.num_rows)
        if name in step.transforms:
            column = _transform(name, column, step.transforms[name])
        columns.append(column if isinstance(column, list) else column.to_pylist())
    names = [_class_name([column[row] for column in columns]) for row in range(rows.num_rows)]
    return _replaced(rows, step.transforms), names


def _class_name(values: Sequence[object]) -> str:
    """Name a class as plans do: a JSON array of texts, dates in ISO 8601."""
    texts = (None if v is None else v.isoformat() if isinstance(v, date) else str(v) for v in values)
    return json.dumps(list(texts), ensure_ascii=False)


def _typed(name: str, column: Column | list[Any], kind: pa.DataType) -> Column:
    try:
        return pa.array(column, kind) if isinstance(column, list) else pc.cast(column, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        raise TerminalFailure(f"column {name}: expected a type that holds the anonymized value, found {kind}") from None


def _transform(name: str, column: Column, transform: Transform) -> Column | list[Any]:
    if pa.types.is_null(column.type):
        return column
    match transform:
        case Drop():
            return pa.nulls(len(column), column.type)
        case ToMonth():
            return _floored(name, column, "month")
        case ToYear():
            return _floored(name, column, "year")
        case Prefix(length):
            return pc.utf8_slice_codeunits(pc.cast(column, pa.large_string()), 0, length)
        case Band(width):
            return [None if v is None else _band(name, v, width) for v in column.to_pylist()]
        case Tokenize(key):
            tokens = {
                text: _token(key, text)
                for text in pc.cast(column, pa.string()).unique().to_pylist()
                if text is not None
            }
            return [tokens.get(text, text) for text in pc.cast(column, pa.string()).to_pylist()]
        case _:
            assert_never(transform)


def _token(key: bytes, text: str) -> str:
    """Compute a token our own way: HMAC by its definition (RFC 2104), not by the library's function for it."""
    body, tail = text[:-8], text[-8:]
    if len(text) == 32 and _hmac(key, "mark", body)[:8] == tail:  # noqa: PLR2004 -- a token of this key already
        return text
    body = _hmac(key, "token", text)[:24]
    return body + _hmac(key, "mark", body)[:8]


def _hmac(key: bytes, what: str, text: str) -> str:
    block = key.ljust(64, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in block) + f"{what}\0{text}".encode()).digest()
    return sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


def _floored(name: str, column: Column, unit: str) -> Column | list[Any]:
    kind = column.type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return pc.floor_temporal(column, unit=unit)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return [None if v is None else _floored_text(name, v, unit) for v in column.to_pylist()]
    raise TerminalFailure(f"column {name}: expected dates or instants, found {kind}")


def _floored_text(name: str, text: str, unit: str) -> str:
    """Cut ISO 8601 text by its letters: no parsing, so it cannot share a parser's mistake."""
    parts = _ISO.fullmatch(text)
    if parts is None:
        raise TerminalFailure(f"column {name}: expected ISO 8601 dates, found a text that is none")
    year, month, zone = parts.groups()
    day = f"{year}-{month if unit == 'month' else '01'}-01"
    if len(text) == _ISO_DATE_LENGTH:
        return day
    return f"{day}T00:00:00{_zone(zone)}"


def _zone(zone: str | None) -> str:
    if zone is None:
        return ""
    digits = "0000" if zone == "Z" else zone[1:].replace(":", "")
    sign = "-" if zone.startswith("-") and digits != "0000" else "+"
    return f"{sign}{digits[:2]}:{digits[2:]}"


def _band(name: str, value: object, width: int) -> int | float | Decimal:
    """Round down by whole numbers: exact for any size, and down for negative numbers as well."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TerminalFailure(f"column {name}: expected numbers, found {type(value).__name__}")
    if not math.isfinite(value):
        return value
    return type(value)(math.floor(value) // width * width)
