from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from retention.deidentify.statistics import equations, publishable
from retention.errors import InputError

AT_LEAST = 5


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), st.data())
def test_no_cell_left_out_can_be_computed_from_what_is_published(rows, columns, data):
    """Linear programming over everything published leaves each hidden cell an interval of at least the threshold."""
    tallies = {(f"r{r}", f"c{c}"): data.draw(st.integers(0, 30)) for r in range(rows) for c in range(columns)}
    try:
        made = publishable(tallies, ("row", "column"), AT_LEAST)
    except InputError:
        return  # refused: nothing is published
    assert not [count for count in made.counts.values() if count is not None and 0 < count < AT_LEAST]
    hidden = sorted(made.hidden)
    assert made.primary <= set(hidden)
    for cell in hidden:
        low, high = bounds(made.counts, hidden, cell)
        assert high - low >= AT_LEAST - 1e-6


def bounds(counts, hidden, cell):
    """Solve for the least and the greatest value that fit every published number."""
    places = {name: n for n, name in enumerate(hidden)}
    matrix, constants = [], []
    for total, cells in equations(counts):
        row, constant = np.zeros(len(hidden)), 0.0
        for name, sign in [(total, -1), *((each, 1) for each in cells)]:
            if name in places:
                row[places[name]] += sign
            else:
                constant -= sign * counts[name]
        if row.any():
            matrix.append(row)
            constants.append(constant)
    objective = np.zeros(len(hidden))
    objective[places[cell]] = 1
    ends = []
    for sign in (1, -1):
        solved = linprog(sign * objective, A_eq=np.array(matrix), b_eq=np.array(constants), bounds=(0, 10_000))
        assert solved.status == 0, solved.message
        ends.append(sign * solved.fun)
    return ends
