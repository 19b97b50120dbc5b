"""Look at a dataset again after its steps, and say what is not as it should be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import pyarrow as pa

from retention.model.datamap import Dataset
from retention.model.plan import AnonymizeRows, ExactStep, LiftRows, RedactFields, SuspendRows
from retention.model.predicate import Among
from retention.model.subject import Key, KeyValues
from retention.model.suspension import Flag, Moved
from retention.model.transform import Drop, Tokenize
from retention.ports.inspector import Inspector, SqlAddress
from retention.verification.baseline import Baseline
from retention.verification.canon import digest_hex
from retention.verification.effects import Expectation
from retention.verification.scan import Scan, count_true, scanned
from retention.verification.selector import Selector
from retention.verification.suite import Absent, Check, Emptied, NeverTrue, RowCount, Verdict, at_frame, at_store

Opinion: TypeAlias = Callable[[Expectation, SqlAddress | None, Scan, Baseline], list[Verdict]]
"""Someone else's look at what the scan saw."""

_LEFT_OVER = "(left over)"
"""The frame's verdict column."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found; no personal value."""

    rows_before: int
    rows_after: int
    rows_expected: int
    residual: int
    """Live rows that the steps should have dealt with and that are still there."""
    residual_past: int
    """The same in noncurrent versions."""
    digest_expected: str
    digest_found: str
    smallest_class: int | None
    """Smallest equivalence class among anonymized rows; None if there are none."""
    expectations: int
    """How many expectations Great Expectations evaluated."""
    failed: tuple[str, ...]
    """Codes, sorted: residual, residual-past, count, digest, schema, k-anonymity."""
    summary: str
    """Canonical JSON: types of expectations, verdicts and counts; no values."""

    @property
    def passed(self) -> bool:
        """Whether everything is as it should be."""
        return not self.failed


def look(
    dataset: Dataset,
    steps: Sequence[ExactStep],
    keys: KeyValues,
    inspector: Inspector,
    baseline: Baseline,
    *,
    second_opinion: Opinion | None = None,
) -> Look:
    """Read the dataset again, live rows and noncurrent versions, and compare it with the baseline.

    Memory is bounded by a batch, the equivalence classes, one byte a row, and (in a store
    without SQL) the key columns that a step names. The second opinion is Great Expectations'.

    Raises:
        KeyTypeError: a key cannot be compared with its column.
        UnknownNameError: the keys of a key set were not given.
        MissingExtraError: Great Expectations is not installed.
        TransientFailure: the store could not be reached.
        TerminalFailure: the data cannot be read, or an expectation not evaluated.

    """
    # Rare classes are not needed here: their rows carried the dropped columns, so they are found anyway.
    expectation = Expectation(steps, Selector(keys), {})
    address = inspector.address(dataset)
    scan = scanned(dataset, expectation, inspector.scan(dataset), () if address else _key_columns(steps))
    residual_past = sum(count_true(expectation.left_over(batch)) for batch in inspector.past(dataset))
    verdicts = (second_opinion or great_expectations)(expectation, address, scan, baseline)
    smallest = scan.smallest
    found = digest_hex(scan.total)
    wrong = {
        "residual": scan.residual > 0,
        "residual-past": residual_past > 0,
        "count": scan.rows != baseline.rows_expected,
        "digest": found != baseline.digest_expected,
        "schema": not scan.keeps_schema(baseline),
        "k-anonymity": any(isinstance(s, AnonymizeRows) and smallest.get(s.step_id, s.k) < s.k for s in steps),
    }
    failed = {code for code, is_wrong in wrong.items() if is_wrong} | {v.code for v in verdicts if not v.success}
    return Look(
        rows_before=baseline.rows,
        rows_after=scan.rows,
        rows_expected=baseline.rows_expected,
        residual=scan.residual,
        residual_past=residual_past,
        digest_expected=baseline.digest_expected,
        digest_found=found,
        smallest_class=min(smallest.values(), default=None),
        expectations=len(verdicts),
        failed=tuple(sorted(failed)),
        summary=_summary(verdicts),
    )


def great_expectations(
    expectation: Expectation, address: SqlAddress | None, scan: Scan, baseline: Baseline
) -> list[Verdict]:
    """Ask Great Expectations.

    Steps chosen by keys alone are checked on the store's own columns. A predicate with dates
    or negations would be read by each SQL dialect in its own way: for those, and where there
    is no SQL or it cannot compare the column, the scan's verdict on every row stands in a frame.
    """
    counted = RowCount(baseline.rows_expected)
    if address is None:
        absent = [check for check in _of_keys(expectation, scan, as_text=True) if isinstance(check, Absent)]
        return _at_frame(scan, [counted, *absent])
    answers = at_store(address, [counted, *_of_keys(expectation, scan, as_text=False)])
    verdicts = [one for one in answers if isinstance(one, Verdict)]
    if len(verdicts) < len(answers) or any(_by_keys(step) is None for step in expectation.steps):
        verdicts += _at_frame(scan, [counted])
    return verdicts


def _at_frame(scan: Scan, checks: Sequence[Check]) -> list[Verdict]:
    left_over = pa.chunked_array(scan.left_over, pa.bool_())
    columns = {_LEFT_OVER: left_over, **{n: pa.array(texts, pa.string()) for n, texts in scan.key_columns.items()}}
    return at_frame(columns, scan.rows, [*checks, NeverTrue(_LEFT_OVER)])


def _by_keys(step: ExactStep) -> Among | None:
    """Return the step's predicate if it is by keys alone and nothing of it may remain true."""
    if not isinstance(step.where, Among) or _leaves(step):
        return None
    if isinstance(step, AnonymizeRows) and not isinstance(step.transforms.get(step.where.column), Drop | Tokenize):
        return None
    return step.where


def _leaves(step: ExactStep) -> bool:
    """Whether the rows stay where they are selected: with a flag, or listed elsewhere."""
    match step:
        case SuspendRows(how=how):
            return not isinstance(how.means, Moved)
        case LiftRows(how=how):
            return isinstance(how.means, Flag)
        case _:
            return False


def _key_columns(steps: Sequence[ExactStep]) -> tuple[str, ...]:
    wheres = (_by_keys(step) for step in steps if not isinstance(step, RedactFields))
    return tuple(sorted({where.column for where in wheres if where is not None}))


def _of_keys(expectation: Expectation, scan: Scan, *, as_text: bool) -> list[Check]:
    checks: list[Check] = []
    for step in expectation.steps:
        where = _by_keys(step)
        if where is None or where.column not in scan.types:
            continue
        keys = _comparable(expectation.selector, where, scan.types[where.column], as_text=as_text)
        if isinstance(step, RedactFields):
            checks += [
                Emptied(name, where.column, keys) for name in step.fields if name in scan.types.keys() - step.stand_ins
            ]
        else:
            checks.append(Absent(where.column, keys))
    return checks


def _comparable(selector: Selector, where: Among, kind: pa.DataType, *, as_text: bool) -> tuple[Key, ...]:
    """Return the keys in the column's type, in a fixed order."""
    if pa.types.is_null(kind):
        return ()
    typed = selector.typed(where.keys, kind, where.column).to_pylist()
    keys: list[Key] = [key if isinstance(key, str) else int(key) for key in typed]
    return tuple(sorted((str(key) for key in keys) if as_text else keys, key=str))


def _summary(verdicts: Sequence[Verdict]) -> str:
    # Great Expectations answers in no fixed order; same findings, same bytes.
    ordered = sorted(verdicts, key=lambda v: (v.looked_at == "frame", v.column or "", v.expectation, v.unexpected))
    document = {"expectations": [asdict(verdict) for verdict in ordered]}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
