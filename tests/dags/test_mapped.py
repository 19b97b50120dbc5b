"""Lists over which Airflow maps tasks stay as short as it allows, and nothing is lost."""

from __future__ import annotations

from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from dags.mapped import grouped

GROUPS = st.lists(st.lists(st.integers().map(str), max_size=3), max_size=40)


@settings(max_examples=60, deadline=None)
@given(GROUPS, st.integers(1, 12))
def test_neighbours_are_joined_until_they_are_few_enough(groups: list[list[str]], at_most: int) -> None:
    """Every step once, in the plan's order, no group cut in two, and never more groups than allowed."""
    found = grouped(groups, at_most)
    assert len(found) <= at_most
    assert list(chain.from_iterable(found)) == list(chain.from_iterable(groups))
    ends = {len(list(chain.from_iterable(groups[:number]))) for number in range(len(groups) + 1)}
    assert all(len(list(chain.from_iterable(found[:number]))) in ends for number in range(len(found) + 1))
    if len(groups) <= at_most:
        assert found == groups
