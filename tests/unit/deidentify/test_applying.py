"""Recipes carried out: what each method does, what fits and what does not, and the verdict."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from retention.deidentify import apply
from retention.deidentify.hierarchy import Listed, Numbers, PostalCodes
from retention.deidentify.recipe import (
    AddNoise,
    Aim,
    Closeness,
    Column,
    Demands,
    Distance,
    Distinct,
    DropCells,
    DropItem,
    DropRecords,
    Generalize,
    GlobalRecoding,
    KeepFormat,
    Method,
    Microaggregate,
    Recipe,
    Role,
    Sample,
    Swap,
    Synthesize,
    Token,
    TopBottom,
    Trajectory,
)
from retention.deidentify.tokens import Domain, Keys
from retention.deidentify.verdict import Anonymous, Criterion, Masked, Pseudonymous, Refused
from retention.errors import InputError

KEYS = Keys(bytes(range(32)), Domain("research", "partner", "app.customers", "1"))
ROWS = 400


def customers() -> pa.Table:
    """Return customers of a shop: who, where, how old, and what they watch."""
    rng = np.random.default_rng(7)
    number = np.arange(ROWS)
    return pa.table(
        {
            "customer": [f"C-{each:06d}" for each in number * 7919 % 100_003],
            "email": [f"person{each}@example.jp" for each in number],
            "phone": [f"0901{each:07d}" for each in number * 104_729 % 10_000_019 % 10_000_000],
            "postcode": [f"{each:07d}" for each in 1_050_000 + rng.integers(0, 40, ROWS)],
            "age": rng.integers(18, 80, ROWS),
            "genre": np.array(["film", "anime", "sport"])[rng.integers(0, 3, ROWS)],
            "spent": rng.integers(1, 40, ROWS) * 100,
        }
    )


def recipe(aim: Aim = Aim.ANONYMOUS, demands: Demands | None = None, **columns: Column) -> Recipe:
    """Return a recipe that makes the customers anonymous, with some columns done otherwise."""
    given = {
        "customer": Column(Role.LINK, (DropItem(),)),
        "email": Column(Role.IDENTIFIER, (DropItem(),)),
        "phone": Column(Role.IDENTIFIER, (DropItem(),)),
        "postcode": Column(Role.QUASI, (Generalize(PostalCodes()),)),
        "age": Column(Role.QUASI, (Generalize(Numbers()),)),
        "genre": Column(Role.SENSITIVE),
        "spent": Column(Role.OTHER),
    }
    return Recipe(aim, {**given, **columns}, demands or Demands(k=5, diversity=Distinct(2)))


def criteria(verdict: object) -> set[Criterion]:
    """Return the criteria an output was refused for."""
    assert isinstance(verdict, Refused), verdict
    return {reason.criterion for reason in verdict.reasons}


def only(method: Method, values: pa.Array, *, role: Role = Role.OTHER, seed: int = 1) -> list[object]:
    """Return one column after one method; sorted, since rows are shuffled."""
    table, verdict = apply(pa.table({"x": values}), Recipe(Aim.MASKED, {"x": Column(role, (method,))}), KEYS, seed)
    assert isinstance(verdict, Masked)
    return sorted(table["x"].to_pylist(), key=lambda value: (value is None, value))


def test_anonymous_output_shows_what_was_asked() -> None:
    """The shop's customers, k 5 and two genres a class: anonymous, and the measures are there."""
    table, verdict = apply(customers(), recipe(), None, 1)
    assert isinstance(verdict, Anonymous)
    assert verdict.measures.k is not None
    assert verdict.measures.k >= 5
    assert verdict.measures.sensitive[0].distinct_l >= 2
    assert table.column_names == ["postcode", "age", "genre", "spent"]
    assert table.num_rows > ROWS - 5


def test_rows_come_in_another_order() -> None:
    """Row i of the output is not row i of the original: an order would tie the two together."""
    given = pa.table({"x": list(range(100))})
    table, _ = apply(given, Recipe(Aim.PSEUDONYMOUS, {"x": Column(Role.OTHER)}), None, 5)
    assert table["x"].to_pylist() != given["x"].to_pylist()
    assert sorted(table["x"].to_pylist()) == given["x"].to_pylist()


def test_same_seed_same_bytes() -> None:
    """Table, recipe and seed decide the output, and nothing else does."""
    (first, _), (second, _), (third, _) = (apply(customers(), recipe(), None, seed) for seed in (9, 9, 10))
    assert first.equals(second)
    assert not first.equals(third)


def test_deletion() -> None:
    """Records and cells go by value and by rarity; null is not a rare value."""
    values = pa.array(["a", "a", "a", "b", None, "c", "c"])
    assert only(DropRecords(frozenset({"a"})), values) == ["b", "c", "c", None]
    assert only(DropRecords(fewer_than=2), values) == ["a", "a", "a", "c", "c", None]
    assert only(DropCells(fewer_than=3), values) == ["a", "a", "a", None, None, None, None]
    assert only(DropCells(frozenset({7})), pa.array([7, 8])) == [8, None]


def test_bounds_and_levels() -> None:
    """116 becomes 90, 3 becomes 18; a fixed level is taken for all rows; types of bounded numbers stay."""
    ages = pa.array([116, 40, 3, None], pa.int16())
    assert only(TopBottom(bottom=18, top=90), ages) == [18, 40, 90, None]
    assert only(Generalize(Numbers((10,)), level=1), ages) == ["[0, 10)", "[110, 120)", "[40, 50)", None]


def test_noise_keeps_type_and_spread() -> None:
    """Whole numbers stay whole, nearly none is itself, and the mean moves by less than the noise."""
    values = pa.array(np.random.default_rng(2).integers(0, 10_000, 2_000))
    made = np.array(only(AddNoise(0.2), values))
    assert made.dtype.kind == "i"
    assert len(set(made.tolist()) & set(values.to_pylist())) < 700
    assert abs(made.mean() - np.mean(values.to_pylist())) < 200
    assert all(round(value, 1) == value for value in only(AddNoise(0.2, decimals=1), values))
    prices = pa.array([Decimal("9.80"), Decimal("19.80"), None], pa.decimal128(8, 2))
    assert [type(value) for value in only(AddNoise(0.2), prices)] == [Decimal, Decimal, type(None)]


def test_swapping_moves_values_inside_their_group() -> None:
    """Each area keeps its own values, columns that go together stay together, and most rows have others."""
    table = pa.table({"area": ["x", "y"] * 50, "pay": range(100), "bonus": range(1000, 1100)})
    swap = Swap(within=("area",), together="money")
    made, _ = apply(
        table,
        Recipe(
            Aim.MASKED,
            {
                "area": Column(Role.OTHER),
                "pay": Column(Role.OTHER, (swap,)),
                "bonus": Column(Role.OTHER, (swap,)),
            },
        ),
        None,
        3,
    )
    rows = made.to_pylist()
    assert all(row["pay"] % 2 == (row["area"] == "y") and row["bonus"] == row["pay"] + 1000 for row in rows)
    assert sorted(row["pay"] for row in rows) == list(range(100))


def test_microaggregation_gives_groups_their_mean() -> None:
    """Three near numbers become their mean, together with the other column's; a null stays null."""
    group = Microaggregate(3, together="both")
    table = pa.table({"a": [1.0, 2, 3, 100, 101, 102, None], "b": [10, 20, 30, 7, 8, 9, 1]})
    columns = {"a": Column(Role.OTHER, (group,)), "b": Column(Role.OTHER, (group,))}
    made, _ = apply(table, Recipe(Aim.MASKED, columns), None, 3)
    assert Counter((row["a"], row["b"]) for row in made.to_pylist()) == {(2, 20): 3, (101, 8): 3, (None, None): 1}


def test_synthetic_columns_keep_distribution_and_correlation() -> None:
    """New rows: values that occur, means and rank correlation nearly the same, most pairs not the original's."""
    rng = np.random.default_rng(4)
    height = rng.normal(165, 10, 3_000).round(2)
    table = pa.table({"height": height, "weight": (height - 100 + rng.normal(0, 5, 3_000)).round(2)})
    columns = dict.fromkeys(table.column_names, Column(Role.OTHER, (Synthesize(together="body"),)))
    made, _ = apply(table, Recipe(Aim.MASKED, columns), None, 5)
    before, after = (np.array([each[name].to_numpy() for name in ("height", "weight")]) for each in (table, made))
    assert np.isin(after[0], before[0]).all()
    assert np.allclose(before.mean(axis=1), after.mean(axis=1), atol=1.0)
    assert abs(np.corrcoef(before)[0, 1] - np.corrcoef(after)[0, 1]) < 0.05
    assert len(set(zip(*before.tolist(), strict=True)) & set(zip(*after.tolist(), strict=True))) < 30


def test_sample() -> None:
    """A tenth of the rows, each at most once, another tenth with another seed."""
    given = Recipe(Aim.PSEUDONYMOUS, {"x": Column(Role.OTHER)}, sample=Sample(0.1))
    first, second = (set(apply(pa.table({"x": range(400)}), given, None, seed)[0]["x"].to_pylist()) for seed in (1, 2))
    assert len(first) == len(second) == 40
    assert first != second


def test_tokens_make_a_pseudonymous_output() -> None:
    """Customer and e-mail as tokens, the telephone in its format: pseudonymous; asked to be more, an error."""
    tokens = {
        "customer": Column(Role.LINK, (Token(),)),
        "email": Column(Role.IDENTIFIER, (Token(),)),
        "phone": Column(Role.IDENTIFIER, (KeepFormat(),)),
    }
    table, verdict = apply(customers(), recipe(Aim.PSEUDONYMOUS, **tokens), KEYS, 1)
    assert isinstance(verdict, Pseudonymous)
    assert table.num_rows == ROWS
    with pytest.raises(InputError, match="no token in an anonymous output"):
        apply(customers(), recipe(**tokens), KEYS, 1)


def test_masked_stays_masked() -> None:
    """Aimed no higher, an output with e-mails in it says what it is: personal data, and why."""
    table, verdict = apply(customers(), recipe(Aim.MASKED, email=Column(Role.OTHER)), None, 1)
    assert isinstance(verdict, Masked)
    assert {reason.criterion for reason in verdict.reasons} == {Criterion.IDENTIFYING}
    assert table.num_rows


@pytest.mark.parametrize("aim", list(Aim))
def test_unkeyed_hashes_are_refused_under_every_name(aim: Aim) -> None:
    """APPI 2(5): SHA-256 of an e-mail restores it by trying; no row goes out, whatever it was to be called."""
    mails = [hashlib.sha256(f"person{each}@example.jp".encode()).hexdigest() for each in range(ROWS)]
    given = customers().append_column("hashed", pa.array(mails))
    table, verdict = apply(given, recipe(aim, hashed=Column(Role.OTHER)), None, 1)
    assert Criterion.RESTORABLE in criteria(verdict)
    assert table.num_rows == 0


def with_note(notes: list[str | None]) -> pa.Table:
    """Return the customers with a note."""
    return customers().append_column("note", pa.array((notes * ROWS)[:ROWS]))


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        (["ring person7@example.jp back"], Criterion.IDENTIFYING),  # Rules 31 (i), 34 (i)
        (["other@example.com"], Criterion.IDENTIFYING),  # nobody of the table's, an e-mail all the same
        (["123456789018"], Criterion.CODE),  # 31 (ii), 34 (ii): a My Number nobody declared
        (["4111111111111111"], Criterion.DAMAGE),  # 31 (iii)
    ],
)
def test_rules_31(notes: list[str | None], expected: Criterion) -> None:
    """Each criterion of Rules 31 by what breaks it, in a column that says it is nothing."""
    _, verdict = apply(with_note(notes), recipe(Aim.PSEUDONYMOUS, note=Column(Role.OTHER)), None, 1)
    assert criteria(verdict) == {expected}


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([f"C-{each * 7919 % 100_003:06d}" for each in range(ROWS)], Criterion.LINK),  # 34 (iii): ours, renamed
        ([f"row {each}" for each in range(ROWS)], Criterion.LINK),  # 34 (iii): one of each
        (["nothing"] * 399 + ["the only one"], Criterion.PECULIAR),  # 34 (iv)
    ],
)
def test_rules_34(notes: list[str | None], expected: Criterion) -> None:
    """Criteria of Rules 34 beyond those of 31, by what breaks them."""
    _, verdict = apply(with_note(notes), recipe(note=Column(Role.OTHER)), None, 1)
    assert expected in criteria(verdict)


def test_rules_34_outliers() -> None:
    """34 (iv): somebody of 116 among adults below 80, where age goes out as a number; bounded, it is fine."""
    given = customers().append_column("years", pa.array([116, *([30, 40, 50] * ROWS)][:ROWS]))
    assert criteria(apply(given, recipe(years=Column(Role.OTHER)), None, 1)[1]) == {Criterion.PECULIAR}
    _, verdict = apply(given, recipe(years=Column(Role.OTHER, (TopBottom(top=90), DropCells(fewer_than=5)))), None, 1)
    assert isinstance(verdict, Anonymous)


def test_rules_34_attack() -> None:
    """34 (v): noise of a hundredth on two numbers is undone by whoever has the original; the output is refused."""
    rng = np.random.default_rng(3)
    table = pa.table({"height": rng.normal(165, 10, 300), "weight": rng.normal(60, 10, 300)})
    columns = dict.fromkeys(table.column_names, Column(Role.QUASI, (AddNoise(0.01),)))
    _, verdict = apply(table, Recipe(Aim.ANONYMOUS, columns, Demands(k=2)), None, 1)
    assert {Criterion.DATABASE, Criterion.K} <= criteria(verdict)
    grouped = dict.fromkeys(table.column_names, Column(Role.QUASI, (Microaggregate(5, "body"),)))
    assert isinstance(apply(table, Recipe(Aim.ANONYMOUS, grouped, Demands(k=5)), None, 1)[1], Anonymous)


def test_rules_34_paths() -> None:
    """34 (v): where people can be followed from row to row, their steps single them out."""
    rng = np.random.default_rng(3)
    walks = pa.table({"who": [f"walker {i // 8}" for i in range(800)], "hour": rng.integers(0, 9, 800)})
    walks = walks.append_column("cell", pa.array(rng.integers(0, 9, 800).astype(str)))
    columns = {"who": Column(Role.OTHER), "hour": Column(Role.QUASI), "cell": Column(Role.QUASI)}
    given = Recipe(
        Aim.ANONYMOUS, columns, Demands(k=2), person="who", trajectory=Trajectory(order="hour", places=("cell",))
    )
    assert Criterion.DATABASE in criteria(apply(walks, given, None, 1)[1])


def test_many_rows_of_one_person_hide_nobody() -> None:
    """Five rows of one viewer are no class of five: they are left out where k counts people."""
    table = pa.table({"who": [1] * 5 + list(range(2, 8)), "area": ["x"] * 5 + ["y"] * 6})
    columns = {"who": Column(Role.LINK, (DropItem(),)), "area": Column(Role.QUASI)}
    made, verdict = apply(table, Recipe(Aim.ANONYMOUS, columns, Demands(k=5), person="who"), None, 1)
    assert isinstance(verdict, Anonymous)
    assert made["area"].to_pylist() == ["y"] * 6


def test_global_recoding_leaves_out_no_more_than_it_may() -> None:
    """One level a column for all rows; where no node will do, the output is refused with no row."""
    given = replace(recipe(), recoding=GlobalRecoding(0.05))
    table, verdict = apply(customers(), given, None, 1)
    assert isinstance(verdict, Anonymous)
    assert table.num_rows >= 0.95 * ROWS
    assert len({len(label) for label in table["postcode"].to_pylist()}) == 1
    impossible = replace(given, demands=Demands(k=5, diversity=Distinct(4)))
    assert Criterion.K in criteria(apply(customers(), impossible, None, 1)[1])


def test_closeness_along_a_hierarchy() -> None:
    """The t of the hierarchical distance is asked of the search and of the output alike."""
    genres = Listed((("film", "screen"), ("anime", "screen"), ("sport", "live")))
    asked = Demands(k=5, closeness=Closeness(0.25, Distance.HIERARCHICAL, genres))
    assert isinstance(apply(customers(), recipe(demands=asked), None, 1)[1], Anonymous)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recipe(demands=Demands(k=ROWS + 1)), "at most the 400 rows"),
        (recipe(demands=Demands()), "at least 2 for an anonymous output"),
        (recipe(town=Column(Role.QUASI)), "quasi_identifier town"),
        (recipe(age=Column(Role.QUASI, (Generalize(Listed((("18", "young"),))),))), "values without one"),
        (recipe(age=Column(Role.QUASI, (Generalize(Numbers(), 9),))), "a level from 0 to 4"),
        (recipe(genre=Column(Role.OTHER, (TopBottom(top=1),))), "numbers for TopBottom"),
        (recipe(spent=Column(Role.OTHER, (TopBottom(top=99.5),))), "whole bounds"),
        (recipe(email=Column(Role.IDENTIFIER)), "a method for the identifier"),
        (recipe(Aim.PSEUDONYMOUS, email=Column(Role.IDENTIFIER, (Token(),))), "keys for its tokens"),
        (recipe(demands=Demands(k=5, closeness=Closeness(0.1, Distance.ORDERED))), "numbers or dates"),
        (replace(recipe(), sample=Sample(0)), "a share above 0"),
        (replace(recipe(), person="nobody"), "nobody"),
    ],
)
def test_what_does_not_fit(given: Recipe, expected: str) -> None:
    """A recipe and a table that do not fit: an error that says where, and nothing is made."""
    with pytest.raises(InputError) as raised:
        apply(customers(), given, None, 1)
    assert expected in str(raised.value)


def test_all_problems_at_once() -> None:
    """A column the recipe forgets and one the table does not have: both in one error."""
    columns = {name: column for name, column in recipe().columns.items() if name != "phone"}
    with pytest.raises(InputError) as raised:
        apply(customers(), replace(recipe(), columns={**columns, "mobile": Column(Role.QUASI)}), None, 1)
    assert {problem.where for problem in raised.value.problems} == {"phone", "quasi_identifier mobile"}
