from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import TerminalFailure
from retention.model.ids import DatasetId, StepId
from retention.model.plan import AnonymizeRows, Because
from retention.model.predicate import Everything
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform, apply, class_of
from retention.verification.effects import Expectation
from retention.verification.selector import Selector

TOKYO = timezone(timedelta(hours=9))


def anonymized(
    kind: pa.DataType, values: list[Any], transform: Transform, rare: frozenset[str] = frozenset()
) -> list[Any]:
    step = AnonymizeRows(
        step_id=StepId("1"), dataset=DatasetId("a.b"), where=Everything(), transforms={"c": transform}, quasi=("c",),
        k=2, rare=None, rows=0, rows_rare=0, of_rows=0, because=Because((), (), request=True),
    )  # fmt: skip
    batch = pa.record_batch({"c": pa.array(values, kind)})
    return list(Expectation([step], Selector({}), {step.step_id: rare}).effect(batch).rows.column("c").to_pylist())


INSTANTS = st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 -- the strategy adds zones
ISO_TEXTS = st.one_of(
    INSTANTS.map(lambda at: at.date().isoformat()),
    INSTANTS.map(datetime.isoformat),
    INSTANTS.map(lambda at: at.isoformat(sep=" ", timespec="minutes")),
    INSTANTS.map(lambda at: at.replace(tzinfo=TOKYO).isoformat()),
    INSTANTS.map(lambda at: at.isoformat(timespec="seconds") + "Z"),
    INSTANTS.map(lambda at: at.isoformat(timespec="milliseconds") + "-0330"),
)
CASES = st.one_of(
    st.tuples(st.just(pa.string()), ISO_TEXTS, st.sampled_from([ToMonth(), ToYear(), Drop()])),
    st.tuples(st.just(pa.timestamp("us")), INSTANTS, st.sampled_from([ToMonth(), ToYear()])),
    st.tuples(
        st.just(pa.timestamp("us", "+09:00")), INSTANTS.map(lambda at: at.replace(tzinfo=TOKYO)), st.just(ToMonth())
    ),
    st.tuples(st.just(pa.timestamp("us", "UTC")), INSTANTS.map(lambda at: at.replace(tzinfo=UTC)), st.just(ToYear())),
    st.tuples(st.just(pa.date32()), st.dates(), st.sampled_from([ToMonth(), ToYear()])),
    st.tuples(st.just(pa.string()), st.text(), st.builds(Prefix, st.integers(1, 5))),
    st.tuples(st.just(pa.int64()), st.integers(-(2**60), 2**60), st.builds(Band, st.integers(1, 10**6))),
    st.tuples(st.just(pa.float64()), st.integers(-(2**40), 2**40).map(lambda n: n / 8), st.just(Band(25))),
    st.tuples(st.just(pa.decimal128(12, 2)), st.decimals(0, 10**8, places=2), st.just(Band(50))),
)


@settings(deadline=None)
@given(CASES)
def test_both_implementations_of_the_transforms_agree(case: tuple[pa.DataType, Any, Transform]) -> None:
    """Our own arithmetic gives what the connectors' gives, value and name of the class: two witnesses, one story."""
    kind, value, transform = case
    expected = apply(transform, value)
    assert anonymized(kind, [value, None], transform) == [expected, None]
    name = class_of({"c": expected}, ("c",))
    assert anonymized(kind, [value], transform, frozenset({name})) == []
    assert len(anonymized(kind, [value], transform, frozenset({json.dumps(["other"])}))) == 1


def test_negative_decimals_are_banded_down() -> None:
    """Down means towards less, for decimals as for other numbers."""
    assert anonymized(pa.decimal128(6, 2), [Decimal("-5.00")], Band(10)) == [Decimal(-10)]


@pytest.mark.parametrize(
    ("kind", "value", "transform"),
    [
        (pa.string(), "ya-42x-person", ToMonth()),
        (pa.int64(), 20250101, ToYear()),
        (pa.bool_(), True, Band(2)),
    ],
)
def test_a_transform_without_meaning_is_an_error(kind: pa.DataType, value: Any, transform: Transform) -> None:
    """It names the column and the type, never the value."""
    with pytest.raises(TerminalFailure) as caught:
        anonymized(kind, [value], transform)
    assert "column c" in str(caught.value)
    assert str(value) not in str(caught.value)


def test_a_date_stays_a_date() -> None:
    """The column's type is kept, so that the expected row can be the stored one."""
    assert anonymized(pa.date32(), [date(2025, 3, 17)], ToMonth()) == [date(2025, 3, 1)]
