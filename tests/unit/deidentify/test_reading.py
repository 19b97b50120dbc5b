from __future__ import annotations

import pytest

from retention.deidentify.hierarchy import Dates, Listed, Numbers, Prefixes
from retention.deidentify.reading import read_recipes
from retention.deidentify.recipe import (
    AddNoise,
    Aim,
    Closeness,
    Distinct,
    DropCells,
    DropItem,
    DropRecords,
    Generalize,
    GlobalRecoding,
    KeepFormat,
    Microaggregate,
    Role,
    Sample,
    Swap,
    Synthesize,
    Token,
    TopBottom,
    Trajectory,
)
from retention.errors import PolicyError

EVERYTHING = """\
policy: x
recipes:
  open-data:
    aim: anonymous
    person: id
    sample: 0.5
    recoding: {global: 0.05}
    demands: {k: 5, l: 2, t: 0.3}
    trajectory: {order: seen, places: [shop], known: 3}
    columns:
      id: {role: link, do: drop}
      seen: {role: quasi_identifier, do: {generalize: {by: dates, level: 2}}}
      age: {role: quasi_identifier, do: [{top-bottom: {top: 90}}, {generalize: {by: numbers, widths: [5, 10]}}]}
      post: {role: quasi_identifier, do: {generalize: {by: prefixes, lengths: [5, 3]}}}
      job: {role: quasi_identifier, do: {generalize: {by: labels, labels: [[nurse, care, any]]}}}
      shop: {role: other, do: [{drop-cells: {values: [7]}}, {drop-records: {fewer_than: 3}}]}
      pay: {role: sensitive, do: {microaggregate: {k: 3, together: money}}}
      rent: {role: sensitive, do: {noise: {scale: 0.1, decimals: 0}}}
      tax: {role: sensitive, do: {swap: {within: [job], together: money}}}
      debt: {role: sensitive, do: {synthesize: {together: money}}}
  group:
    aim: pseudonymous
    columns:
      id: {role: link, do: token}
      card: {role: property_damage, do: keep-format}
"""


def test_every_method_of_the_list_can_be_written():
    """All ten methods, tokens and kept formats, in the file's order; demands, recoding, sample and trajectory."""
    recipes = read_recipes(EVERYTHING, "policy.yaml")
    made = recipes["open-data"]
    methods = {name: column.methods for name, column in made.columns.items()}
    assert methods == {
        "id": (DropItem(),),
        "seen": (Generalize(Dates(), 2),),
        "age": (TopBottom(None, 90), Generalize(Numbers((5, 10)))),
        "post": (Generalize(Prefixes((5, 3))),),
        "job": (Generalize(Listed((("nurse", "care", "any"),))),),
        "shop": (DropCells(frozenset({7})), DropRecords(fewer_than=3)),
        "pay": (Microaggregate(3, "money"),),
        "rent": (AddNoise(0.1, 0),),
        "tax": (Swap(("job",), "money"),),
        "debt": (Synthesize("money"),),
    }
    assert (made.aim, made.sample, made.recoding, made.person) == (
        Aim.ANONYMOUS,
        Sample(0.5),
        GlobalRecoding(0.05),
        "id",
    )
    assert (made.demands.k, made.demands.diversity, made.demands.closeness) == (5, Distinct(2), Closeness(0.3))
    assert made.trajectory == Trajectory("seen", ("shop",), 3)
    assert recipes["group"].columns["id"].methods == (Token(),)
    assert (recipes["group"].columns["card"].role, recipes["group"].columns["card"].methods) == (
        Role.DAMAGE,
        (KeepFormat(),),
    )


def test_a_policy_without_recipes_has_none():
    """The section may be missing."""
    assert read_recipes("policy: x\n", "policy.yaml") == {}


@pytest.mark.parametrize(
    ("was", "becomes", "line", "expected"),
    [
        ("role: link, do: token", "role: link, do: tokn", 24, "a method"),
        ("aim: anonymous", "aim: anonymus", 4, "one of"),
        ("{k: 5, l: 2, t: 0.3}", "{l: 2}", 4, "without one nothing is anonymous"),
        ("id: {role: link, do: drop}", "id: {role: link, do: token}", 11, "leaves no way back"),
        ("card: {role: property_damage, do: keep-format}", "card: {role: property_damage}", 25, "cannot go out"),
        ("person: id", "person: who", 5, "a column of the recipe"),
        ("widths: [5, 10]", "widths: [5, 12]", 13, "each divides the next"),
        ("lengths: [5, 3]", "lengths: [3, 5]", 14, "lengths that fall"),
        ("{noise: {scale: 0.1, decimals: 0}}", "{noise: {scale: much}}", 18, "a number"),
    ],
)
def test_every_mistake_is_told_with_its_line(was, becomes, line, expected):
    """Where, what was expected, and nothing is read."""
    with pytest.raises(PolicyError) as caught:
        read_recipes(EVERYTHING.replace(was, becomes), "policy.yaml")
    text = str(caught.value)
    assert expected in text
    assert f"policy.yaml:{line}" in text
