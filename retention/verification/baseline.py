"""What a dataset looks like before its steps, and what it should look like after them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

from retention.model.datamap import Dataset
from retention.model.ids import StepId
from retention.model.plan import ExactStep
from retention.model.subject import KeyValues
from retention.ports.inspector import INFERRED, Inspector
from retention.verification.arrivals import Arriving
from retention.verification.canon import digest_hex, digest_sum, rows_as_bytes
from retention.verification.effects import Expectation
from retention.verification.selector import Selector

_TEXT_FILES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Measured before the first step of a dataset; kept in the journal as JSON. No personal value."""

    rows: int
    """Live rows before."""
    digest: str
    """Digest (hex) of all rows before; does not depend on their order."""
    rows_expected: int
    """Live rows after all the steps, computed."""
    digest_expected: str
    """Digest of the whole dataset after all the steps, computed."""
    selected: int
    """Rows that some step selects."""
    columns: tuple[str, ...]
    """`name` and `name:type` of every column before: nothing else may be there after."""
    columns_kept: tuple[str, ...]
    """Of them, those of the batches in which rows remain: they must be there after."""

    def to_json(self) -> str:
        """Return canonical JSON."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Baseline:
        """Read what `to_json` wrote."""
        parts = json.loads(text)
        lists = {name: tuple(parts[name]) for name in ("columns", "columns_kept")}
        return cls(**{**parts, **lists})


def measure(
    dataset: Dataset,
    steps: Sequence[ExactStep],
    keys: KeyValues,
    rare: Mapping[StepId, frozenset[str]],
    inspector: Inspector,
    *,
    arriving: Iterable[Arriving] = (),
) -> Baseline:
    """Read the dataset once and compute what the steps, in this order, should leave of it.

    `arriving`: rows that steps on another dataset bring here, after this dataset's own steps.

    Memory is bounded by a batch. A writer who changes other rows between this and the look
    makes the digests differ: the look then says so, and one measures and looks again.

    Raises:
        KeyTypeError: a key cannot be compared with its column.
        UnknownNameError: the keys of a key set were not given.
        TransientFailure: the store could not be reached.
        TerminalFailure: the data cannot be read, or a transform has no meaning for it.

    """
    expectation = Expectation(steps, Selector(keys), rare)
    rows = rows_expected = selected = total = total_expected = 0
    columns: set[str] = set()
    kept: set[str] = set()
    for batch in inspector.scan(dataset):
        mask = expectation.touched(batch)
        touched, untouched = batch.filter(mask), batch.filter(pc.invert(mask))
        # Rows that no step selects count on both sides and are digested once.
        same = digest_sum(rows_as_bytes(untouched))
        effected = expectation.effect(touched).rows
        survivors = untouched.num_rows + effected.num_rows
        rows, rows_expected, selected = rows + batch.num_rows, rows_expected + survivors, selected + touched.num_rows
        total += same + digest_sum(rows_as_bytes(touched))
        total_expected += same + digest_sum(rows_as_bytes(effected))
        columns |= columns_of(dataset, batch)
        if has_inferred_types(dataset, batch):
            columns |= set(effected.schema.names)  # a flag that no row had before
        if survivors and not has_inferred_types(dataset, batch):
            kept |= columns_of(dataset, batch)
    for batch in chain.from_iterable(one.batches(expectation.selector) for one in arriving):
        rows_expected += batch.num_rows
        total_expected += digest_sum(rows_as_bytes(batch))
        columns |= columns_of(dataset, batch) if batch.num_rows else set()
    return Baseline(
        rows=rows,
        digest=digest_hex(total),
        rows_expected=rows_expected,
        digest_expected=digest_hex(total_expected),
        selected=selected,
        columns=tuple(sorted(columns)),
        columns_kept=tuple(sorted(kept)),
    )


def has_inferred_types(dataset: Dataset, batch: pa.RecordBatch) -> bool:
    """Whether the store keeps no types, so that a reader guesses them batch by batch (JSON Lines, items)."""
    if INFERRED.items() <= (batch.schema.metadata or {}).items():
        return True
    location = dataset.location.lower()
    return location.endswith(_TEXT_FILES) or ("*" in location and not location.endswith(".parquet"))


def columns_of(dataset: Dataset, batch: pa.RecordBatch) -> set[str]:
    """Return `name` of every column, and `name:type` where the store keeps types."""
    names = set(batch.schema.names)
    if has_inferred_types(dataset, batch):
        return names
    return names | {f"{field.name}:{field.type}" for field in batch.schema}
