from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, assert_never

import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, StepId, SystemId
from retention.model.plan import AnonymizeRows, Because, EraseRows, RedactFields, RowStep
from retention.model.predicate import AllOf, Among, AnyOf, Before, Everything, Not, Populated, Predicate
from retention.model.subject import KeySet
from retention.model.transform import Band, Drop, ToMonth, apply, class_of
from retention.ports.inspector import SqlAddress
from retention.verification import Baseline, Look, look, measure

Row = dict[str, Any]
SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("email", pa.string()),
        ("n", pa.int64()),
        ("tags", pa.list_(pa.string())),
    ]
)
DATASET = Dataset(
    DatasetId("lake.views"), SystemId("lake"), "views/*.parquet", (), {"user_id": "uid"}, (), (), {}, {"seen": "at"}, {}
)
BECAUSE = Because((), (), request=True)
KEYS = {KeySetId("gone"): frozenset({"u1", "u2"}), KeySetId("held"): frozenset({"u2", "u3"})}
GONE, HELD = (KeySet(name, 2, "") for name in KEYS)
TRANSFORMS = {"uid": Drop(), "email": Drop(), "at": ToMonth(), "n": Band(10)}
QUASI = ("at", "n")
K = 2


@dataclass(frozen=True)
class Shelf:
    """An inspector over rows in memory: live ones and noncurrent ones, in small batches."""

    live: Sequence[Row]
    old: Sequence[Row] = ()
    schema: pa.Schema = field(default=SCHEMA)

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield the live rows."""
        assert dataset == DATASET
        yield from pa.Table.from_pylist(list(self.live), self.schema).to_batches(max_chunksize=3)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield old versions."""
        assert dataset == DATASET
        yield from pa.Table.from_pylist(list(self.old), self.schema).to_batches(max_chunksize=3)

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Say where SQL would look."""
        assert dataset == DATASET
        return None


def chosen(where: Predicate, row: Row) -> bool:
    """Evaluate the predicate the slow, obvious way."""
    match where:
        case Everything():
            return True
        case Among(column, keys):
            return row[column] in KEYS[keys.keyset_id]
        case Before(column, at):
            return row[column] is not None and row[column] < at
        case Populated(columns):
            return any(row[column] is not None for column in columns)
        case Not(part):
            return not chosen(part, row)
        case AllOf(parts):
            return all(chosen(part, row) for part in parts)
        case AnyOf(parts):
            return any(chosen(part, row) for part in parts)
        case _:
            assert_never(where)


def changed(step: RowStep, row: Row) -> Row:
    """Return what a redacting or anonymizing step makes of a row."""
    if isinstance(step, RedactFields):
        return row | dict.fromkeys(step.fields)
    assert isinstance(step, AnonymizeRows)
    return row | {name: apply(transform, row[name]) for name, transform in step.transforms.items()}


@dataclass(frozen=True)
class World:
    """Rows before and after a faithful run, and what went with it."""

    before: list[Row]
    after: list[Row]
    touched: list[Row]
    """Rows before that the run removed or changed."""
    steps: list[RowStep]
    rare: Mapping[StepId, frozenset[str]]

    @property
    def baseline(self) -> Baseline:
        """Measure before the run."""
        return measure(DATASET, self.steps, KEYS, self.rare, Shelf(self.before))

    def look(self, live: Sequence[Row], old: Sequence[Row] = (), schema: pa.Schema = SCHEMA) -> Look:
        """Look at what a run left, in another order."""
        baseline = Baseline.from_json(self.baseline.to_json())
        shelf = Shelf(list(reversed(live)), old, schema)
        return look(DATASET, self.steps, KEYS, shelf, baseline, second_opinion=lambda *_: [])


def run(before: list[Row], steps: list[RowStep]) -> World:
    """Carry the steps out the slow, obvious way, row by row."""
    rows: list[tuple[Row, Row]] = [(row, row) for row in before]
    rare: dict[StepId, frozenset[str]] = {}
    for step in steps:
        picked = [(old, row) for old, row in rows if chosen(step.where, row)]
        rows = [(old, row) for old, row in rows if not chosen(step.where, row)]
        if isinstance(step, EraseRows):
            continue
        outputs = [(old, changed(step, row)) for old, row in picked]
        if isinstance(step, AnonymizeRows):
            sizes = Counter(class_of(row, QUASI) for _, row in outputs)
            rare[step.step_id] = frozenset(name for name, size in sizes.items() if size < step.k)
            outputs = [(old, row) for old, row in outputs if class_of(row, QUASI) not in rare[step.step_id]]
        rows += outputs
    same = {id(old) for old, row in rows if old == row}
    touched = [row for row in before if id(row) not in same]
    return World(before, [row for _, row in rows], touched, steps, rare)


DAYS = [datetime(2025, month, day, 12, tzinfo=UTC) for month in (1, 2) for day in (3, 20)]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "uid": st.sampled_from(["u1", "u2", "u3", "u4", None]),
            "at": st.sampled_from([*DAYS, None]),
            "email": st.sampled_from(["a@example.jp", "b@example.jp", "", None]),
            "n": st.sampled_from([-5, 5, 11, 12]),
            "tags": st.sampled_from([["x"], ["x", None], [], None]),
        }
    ),
    max_size=12,
)
PARTS: st.SearchStrategy[Predicate] = st.recursive(
    st.sampled_from(
        [
            Among("uid", GONE),
            Among("uid", HELD),
            Before("at", DAYS[2]),
            Before("at", DAYS[1]),
            Populated(("uid", "at")),
            Everything(),
        ]
    ),
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AllOf(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
    ),
    max_leaves=4,
)
# Every step asks for a key, which anonymization drops: no step selects what another has made.
WHERES = st.one_of(st.just(Among("uid", GONE)), PARTS.map(lambda part: AllOf((Among("uid", GONE), part))))
FIELDS = st.sampled_from([("email",), ("email", "n"), ("n", "tags")])


@st.composite
def steps(draw: st.DrawFn) -> list[RowStep]:
    made: list[RowStep] = []
    for number in range(draw(st.integers(1, 3))):
        name, where = StepId(f"{number}"), draw(WHERES)
        kind = draw(st.sampled_from(["erase", "redact", "anonymize"]))
        if kind == "erase":
            made.append(EraseRows(name, DATASET.dataset_id, where, 0, 0, BECAUSE))
        elif kind == "redact":
            made.append(RedactFields(name, DATASET.dataset_id, where, draw(FIELDS), 0, 0, BECAUSE))
        else:
            made.append(AnonymizeRows(name, DATASET.dataset_id, where, TRANSFORMS, QUASI, K, None, 0, 0, 0, BECAUSE))
    return made


WORLDS = st.builds(run, ROWS, steps())


@settings(max_examples=50, deadline=None)
@given(WORLDS)
def test_a_faithful_run_passes(world: World) -> None:
    """What a naive model of the steps leaves is exactly what the baseline expected."""
    found = world.look(world.after)
    assert found.failed == ()
    assert found.rows_after == found.rows_expected == len(world.after)
    assert found.smallest_class is None or found.smallest_class >= K
    assert world.baseline.selected >= len(world.touched)


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.data())
def test_a_lost_row_is_missed(world: World, data: st.DataObject) -> None:
    """One row less than expected: count and digest fail."""
    assume(world.after)
    index = data.draw(st.integers(0, len(world.after) - 1))
    found = world.look(world.after[:index] + world.after[index + 1 :])
    assert {"count", "digest"} <= set(found.failed)


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.sampled_from(["u3", "u4"]))
def test_an_extra_row_is_seen(world: World, uid: str) -> None:
    """One row more, of somebody the steps do not concern: count and digest fail, nothing is residual."""
    extra = {"uid": uid, "at": DAYS[3], "email": None, "n": 5, "tags": None}
    failed = set(world.look([*world.after, extra]).failed)
    # Into a dataset that had no rows, a row brings columns that were not there.
    assert failed == {"count", "digest"} | (set() if world.before else {"schema"})


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.data())
def test_a_changed_field_is_seen(world: World, data: st.DataObject) -> None:
    """One field of one other row changed: the digest fails, the count does not."""
    assume(world.after)
    index = data.draw(st.integers(0, len(world.after) - 1))
    name, value = data.draw(
        st.sampled_from([("tags", ["other"]), ("tags", ["x", "x"]), ("email", "c@example.jp"), ("n", 13)])
    )
    live = [*world.after[:index], world.after[index] | {name: value}, *world.after[index + 1 :]]
    failed = world.look(live).failed
    assert "digest" in failed
    assert "count" not in failed


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.data())
def test_a_left_over_row_is_residual(world: World, data: st.DataObject) -> None:
    """A row that is still as it was: residual and digest fail."""
    assume(world.touched)
    row = data.draw(st.sampled_from(world.touched))
    found = world.look([*world.after, row])
    assert {"residual", "digest"} <= set(found.failed)
    assert found.residual == 1


@settings(max_examples=25, deadline=None)
@given(WORLDS, st.data())
def test_a_left_over_old_version_is_residual(world: World, data: st.DataObject) -> None:
    """A row that only a noncurrent version still holds: exactly `residual-past` fails."""
    assume(world.touched)
    row = data.draw(st.sampled_from(world.touched))
    found = world.look(world.after, old=[row, *world.after])
    assert found.failed == ("residual-past",)
    assert found.residual_past == 1


@settings(max_examples=25, deadline=None)
@given(WORLDS)
def test_another_type_is_another_schema(world: World) -> None:
    """A column of another width, or a new one, fails the schema where rows remain, and nothing else does."""
    assume(world.after)
    narrower = SCHEMA.set(SCHEMA.get_field_index("n"), pa.field("n", pa.int32()))
    assert world.look(world.after, schema=narrower).failed == ("schema",)
    assert world.look(world.after, schema=SCHEMA.append(pa.field("new", pa.string()))).failed == ("schema",)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.integers(1, 6))
def test_a_small_class_is_named(rows: list[Row], k: int) -> None:
    """Had the rare classes not been erased, the smallest class is found and held against k."""
    step = AnonymizeRows(
        StepId("1"), DATASET.dataset_id, Among("uid", GONE), TRANSFORMS, QUASI, k, None, 0, 0, 0, BECAUSE
    )
    outputs = [changed(step, row) for row in rows if chosen(step.where, row)]
    sizes = Counter(class_of(row, QUASI) for row in outputs)
    world = World(rows, [*outputs, *(row for row in rows if not chosen(step.where, row))], [], [step], {})
    found = world.look(world.after)
    assert found.smallest_class == min(sizes.values(), default=None)
    assert found.failed == (("k-anonymity",) if sizes and min(sizes.values()) < k else ())
