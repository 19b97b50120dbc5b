"""Rules of de-identification that hold for any data."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from retention.deidentify import measure, rare_classes
from retention.model.transform import Band, Prefix, ToYear, Transform, apply, class_of

QUASI = ("born", "postcode", "age")
TRANSFORMS: dict[str, Transform] = {"born": ToYear(), "postcode": Prefix(1), "age": Band(40)}
ROWS = st.lists(
    st.tuples(
        st.none() | st.dates(date(1999, 1, 1), date(2001, 12, 31)),
        st.none() | st.text("15", max_size=3),
        st.none() | st.integers(0, 99),
        st.none() | st.sampled_from("xyz"),
    ),
    max_size=40,
)
Row = tuple[date | None, str | None, int | None, str | None]


def transformed(row: Row) -> dict[str, object]:
    return {name: apply(TRANSFORMS[name], value) for name, value in zip(QUASI, row[:3], strict=True)} | {"s": row[3]}


def table_of(rows: list[dict[str, object]]) -> pa.Table:
    schema = pa.schema({"born": pa.date32(), "postcode": pa.string(), "age": pa.int64(), "s": pa.string()})
    return pa.Table.from_pylist(rows, schema=schema)


@given(ROWS, st.integers(1, 6))
def test_removing_rare_classes_leaves_no_small_class(rows: list[Row], k: int) -> None:
    """What remains after the transforms and without the rare classes has k; and exactly the counted rows are gone."""
    tallies = [*Counter(row[:3] for row in rows).items()]
    rare, count = rare_classes(tallies, QUASI, TRANSFORMS, QUASI, k)
    kept = [row for row in map(transformed, rows) if class_of(row, QUASI) not in rare]
    found = measure(table_of(kept), QUASI).k
    assert found is None or found >= k
    assert len(kept) == len(rows) - count


@given(ROWS, st.integers(1, 6))
def test_rare_classes_do_not_depend_on_how_tallies_come(rows: list[Row], k: int) -> None:
    """Counted together, one by one, or in another order: the same classes and rows."""
    together = [*Counter(row[:3] for row in rows).items()]
    singly = [(row[:3], 1) for row in reversed(rows)]
    assert rare_classes(together, QUASI, TRANSFORMS, QUASI, k) == rare_classes(singly, QUASI, TRANSFORMS, QUASI, k)


@given(ROWS.filter(bool))
def test_measures_are_what_counting_by_hand_finds(rows: list[Row]) -> None:
    """k, l and t equal a plain count in which None is a value like any other."""
    table = table_of([dict(zip((*QUASI, "s"), row, strict=True)) for row in rows])
    classes: dict[object, Counter[str | None]] = {}
    for row in rows:
        classes.setdefault(row[:3], Counter())[row[3]] += 1
    whole = Counter(row[3] for row in rows)
    far = max(
        sum(abs(held[value] / held.total() - count / whole.total()) for value, count in whole.items()) / 2
        for held in classes.values()
    )
    found = measure(table, QUASI, ["s"])
    assert found.k == min(held.total() for held in classes.values())
    assert found.sensitive[0].distinct_l == min(len(held) for held in classes.values())
    assert math.isclose(found.sensitive[0].t, far, abs_tol=1e-12)
    assert (found.rows, found.classes) == (len(rows), len(classes))


@given(ROWS.filter(bool))
def test_more_columns_never_make_rows_more_alike(rows: list[Row]) -> None:
    """Another quasi-identifier can only make the smallest class smaller."""
    table = table_of([dict(zip((*QUASI, "s"), row, strict=True)) for row in rows])
    sizes = [measure(table, QUASI[:count]).k or 0 for count in range(len(QUASI) + 1)]
    assert sizes == sorted(sizes, reverse=True)
