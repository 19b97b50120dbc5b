"""One pass over the rows after the steps: everything that is to be known of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from retention.model.datamap import Dataset
from retention.model.ids import StepId
from retention.model.plan import AnonymizeRows
from retention.model.transform import Drop
from retention.verification.baseline import Baseline, columns_of
from retention.verification.canon import Column, digest_sum, plain, rows_as_bytes
from retention.verification.effects import Expectation, fixed_by


@dataclass(slots=True)
class Scan:
    """What one pass over the live rows gathers."""

    rows: int = 0
    total: int = 0
    """Sum of the rows' digests."""
    residual: int = 0
    columns: set[str] = field(default_factory=set)
    """`name` and `name:type` of every column (see `columns_of`)."""
    types: dict[str, pa.DataType] = field(default_factory=dict)
    """Type of each column, dictionary coding undone; null only if no batch had another."""
    classes: dict[StepId, Counter[bytes]] = field(default_factory=dict)
    """For each anonymizing step, the sizes of the equivalence classes."""
    left_over: list[Column] = field(default_factory=list)
    """For every row, batch by batch, whether a step should have dealt with it."""
    key_columns: dict[str, list[str | None]] = field(default_factory=dict)
    """Columns for Great Expectations' frame, as text."""

    @property
    def smallest(self) -> dict[StepId, int]:
        """For each anonymizing step that has left rows, its smallest class."""
        return {step_id: min(sizes.values()) for step_id, sizes in self.classes.items() if sizes}

    def keeps_schema(self, baseline: Baseline) -> bool:
        """Whether no column or type is new, and none is gone from where rows remain."""
        return set(baseline.columns_kept) <= self.columns <= set(baseline.columns)


def scanned(
    dataset: Dataset, expectation: Expectation, batches: Iterable[pa.RecordBatch], key_columns: Sequence[str]
) -> Scan:
    """Read the batches once; keep the named columns as text."""
    scan = Scan(key_columns={name: [] for name in key_columns})
    for batch in batches:
        left_over = expectation.left_over(batch)
        scan.rows += batch.num_rows
        scan.total += digest_sum(rows_as_bytes(batch))
        scan.residual += count_true(left_over)
        scan.columns |= columns_of(dataset, batch)
        scan.left_over.append(left_over)
        for name in batch.schema.names:
            _note_type(scan.types, name, plain(batch.column(name)).type)
        for name, texts in scan.key_columns.items():
            texts.extend(_as_text(batch, name))
        for step in expectation.steps:
            if isinstance(step, AnonymizeRows):
                scan.classes.setdefault(step.step_id, Counter()).update(_classes(step, batch))
    return scan


def count_true(mask: Column) -> int:
    """Return how many of the mask are true."""
    return int(pc.sum(mask).as_py() or 0)


def _note_type(types: dict[str, pa.DataType], name: str, kind: pa.DataType) -> None:
    if name not in types or pa.types.is_null(types[name]):
        types[name] = kind


def _as_text(batch: pa.RecordBatch, name: str) -> list[str | None]:
    """Return the column as text, whole numbers without a fraction."""
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    column = plain(batch.column(name))
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        return [_number_text(value) for value in column.to_pylist()]
    texts: list[str | None] = pc.cast(column, pa.large_string()).to_pylist()
    return texts


def _number_text(value: float | Decimal | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if value.as_integer_ratio()[1] == 1 else str(value)


def _classes(step: AnonymizeRows, batch: pa.RecordBatch) -> Counter[bytes]:
    """Count the classes of the rows that can be this step's output.

    Those are rows whose dropped columns are null and that the transforms leave as they are:
    a row that had no identifier to begin with was never in the step's hands.
    """
    dropped = [
        plain(batch.column(name))
        for name, transform in step.transforms.items()
        if isinstance(transform, Drop) and name in batch.schema.names
    ]
    empty = reduce(
        pc.and_, (pc.is_null(column) for column in dropped), pa.repeat(pa.scalar(value=True), batch.num_rows)
    )
    rows = batch.filter(empty)
    rows = rows.filter(fixed_by(step.transforms, rows))
    return Counter(rows_as_bytes(rows, step.quasi))
