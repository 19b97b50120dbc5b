"""Policy files for all kinds of damage."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import PolicyError, Problem
from retention.packs import read_pack, read_statutes_file
from retention.policy import read_policy, read_statutes

TEXT = read_pack("u-next")["policy.yaml"]
LINES = TEXT.splitlines(keepends=True)


def problems(text: str) -> tuple[Problem, ...] | None:
    """Return what is wrong with the policy, or None if it can be read."""
    try:
        read_policy(text, "policy.yaml")
    except PolicyError as error:
        return error.problems
    return None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(LINES) - 1), st.text("abz{}[]:-&*!|>'\"\t 0", max_size=12))
def test_a_damaged_line_is_read_or_refused_with_a_place(index: int, line: str) -> None:
    """Whatever one line is replaced by, the answer is a policy or problems that name the file and a line."""
    found = problems("".join([*LINES[:index], line + "\n", *LINES[index + 1 :]]))
    assert found is None or found
    assert all(problem.where.startswith("policy.yaml:") for problem in found or ())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, len(TEXT) // 2))
def test_a_file_that_was_cut_off_is_refused(length: int) -> None:
    """Half a policy is never taken for a policy."""
    assert problems(TEXT[:length])


STATUTES = read_statutes_file().splitlines(keepends=True)[:200]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, len(STATUTES) - 1), st.text("abz{}[]:-&*!|>'\"\t 0", max_size=12))
def test_a_damaged_file_of_statutes_is_read_or_refused_with_a_place(index: int, line: str) -> None:
    """A law that cannot be read is never half read."""
    found: tuple[Problem, ...] | None = None
    try:
        read_statutes("".join([*STATUTES[:index], line + "\n", *STATUTES[index + 1 :]]), "statutes.yaml")
    except PolicyError as error:
        found = error.problems
    assert found is None or found
    assert all(problem.where.startswith("statutes.yaml:") for problem in found or ())
