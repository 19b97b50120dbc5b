"""YAML with positions: every problem at once, never a traceback."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import InputError, PolicyError, Problem
from retention.grammar import (
    EVENT_KINDS,
    STOPS,
    WITHDRAWN,
    Cell,
    Document,
    Record,
    line_at,
    lines_of,
    nearest,
    shortened,
)
from retention.model.period import Period

LABEL = "file.yaml"


def problems(text: str) -> tuple[Problem, ...]:
    """Return what a document that is read no further complains of."""
    return Document(text, LABEL).problems


def record(text: str, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> tuple[Record, Document]:
    """Read the text as one mapping."""
    document = Document(text, LABEL)
    return Cell.root(document).record(required, optional), document


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", 1, "an empty file"),
        ("# only a comment\n", 1, "an empty file"),
        ("a: 1\nb: [1, 2\n", 3, "expected ',' or ']'"),
        ("a: 1\nb: 'open\n", 3, "end of stream"),
        ("a: 1\n\tb: 2\n", 2, "a tab character"),
        ("a: 1\nb: \x00\n", 2, "a character that YAML does not allow"),
        ("あ: い\nb: \x07\n", 2, "a character that YAML does not allow"),
        ("あ: い\nb: \ud800\n", 2, "a character that YAML does not allow"),
        ("a: 1\n---\nb: 2\n", 2, "another document"),
        ("a: &x 1\nb: 2\n", 1, "an anchor"),
        ("b: 1\na: *x\n", 2, "an alias"),
        ("a: 1\nb: !!python/name:os.system x\n", 2, "a tag"),
        ("[" * 5000, 1, "more"),
    ],
)
def test_what_yaml_or_we_forbid_is_a_problem_with_its_line(text: str, line: int, found: str) -> None:
    """Broken or fancy YAML is reported with its line and what was found, and is not read."""
    document = Document(text, LABEL)
    assert document.root is None
    assert document.problems[0].where == f"{LABEL}:{line}"
    assert found in document.problems[0].found


def test_aliases_and_anchors_are_reported_together() -> None:
    """Every anchor and alias of the file is named, not only the first."""
    found = problems("a: &x [1]\nb: *x\nc: *x\n")
    assert [problem.where for problem in found] == ["file.yaml:1", "file.yaml:2", "file.yaml:3"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_makes_reading_fail(text: str) -> None:
    """Whatever the text, reading it gives problems or a tree, never an exception."""
    document = Document(text, LABEL)
    Cell.root(document).record(("a",), ("b",))
    assert document.problems or document.root is not None


@settings(deadline=None)
@given(st.recursive(st.sampled_from(["x", "1", "no", "~", "P1M"]), lambda inner: st.lists(inner, max_size=3)))
def test_no_shape_makes_typed_reading_fail(shape: object) -> None:
    """Every typed read of a wrong shape is a problem and a placeholder."""
    cell = record(f"a: {shape}".replace("'", ""), ("a",))[0]["a"]
    assert isinstance(cell.text(), str)
    assert isinstance(cell.period(), Period)
    assert isinstance(cell.date(), date)
    assert cell.integer(3) >= 3
    assert 0 < cell.fraction() <= 1
    assert cell.word(["x"]) in {"x", ""}
    cell.items()
    cell.entries()


def test_unknown_missing_and_repeated_keys_are_all_reported() -> None:
    """A mapping's wrong keys come at once, each with its line and the nearest word."""
    _, document = record("purpose: 1\ntitle: x\ntitle: y\n", ("title", "id"), ("purposes",))
    unknown, missing, repeated = document.problems
    assert (unknown.where, unknown.found) == ("file.yaml:1 purpose", "the unknown key `purpose`")
    assert unknown.hint == "did you mean `purposes`?"
    assert str(missing) == "file.yaml:1: expected the key `id`, found no such key"
    assert (repeated.where, repeated.found) == ("file.yaml:3 title", "`title` again (first in line 2)")


def test_a_misspelt_key_is_one_problem() -> None:
    """A required key that is only misspelt is not reported as missing as well."""
    _, document = record("titel: x\n", ("title",))
    assert [problem.hint for problem in document.problems] == ["did you mean `title`?"]


@pytest.mark.parametrize(("text", "kind"), [("- 1\n", "a list of 1"), ("word\n", "a text"), ("12\n", "a number")])
def test_a_wrong_top_level_type_is_described(text: str, kind: str) -> None:
    """A list or a word where the file should be a mapping is named as what it is."""
    _, document = record(text, ("a",))
    assert [problem.found for problem in document.problems] == [kind]


def test_words_are_read_as_written() -> None:
    """`no` is the word no, not the truth value that YAML 1.1 makes of it."""
    found, document = record("a: no\n", ("a",))
    assert found["a"].word(["yes", "no"]) == "no"
    assert not document.problems


def test_text_must_be_text() -> None:
    """A number where text belongs is a problem that says how to quote it."""
    found, document = record("a: 12\n", ("a",))
    found["a"].text()
    assert document.problems[0].hint == "put it in quotes"


@pytest.mark.parametrize(
    "text", ["a: 4111\n", "a: [4111]\n", "a: {b: 4111}\n", "a: &4111 x\n", "a: *4111\n", "a: !4111 x\n"]
)
def test_what_might_be_a_secret_is_not_shown(text: str) -> None:
    """Where a text was expected, a problem names the kind of what stood there, not the value."""
    found, document = record(text, ("a",))
    found["a"].text()
    assert document.problems
    assert "4111" not in "".join(map(str, document.problems))


def test_a_value_in_place_of_a_mapping_is_not_shown() -> None:
    """An address with a password in it, written where a mapping belongs, stays out of the message."""
    found, document = record("a: postgresql://u:hunter2@h/d\n", ("a",))
    found["a"].record(("url",))
    assert [problem.found for problem in document.problems] == ["a text"]


def test_nothing_is_reported_below_a_missing_value() -> None:
    """What is missing is reported once; reading inside it stays silent."""
    found, document = record("b: 1\n", ("a",), ("b",))
    found["a"].record(("x", "y"))["x"].period()
    assert len(document.problems) == 1


@pytest.mark.parametrize("text", ["P12", "12M", "P201Y", "P", "P1Y200Y"])
def test_a_period_that_is_none_or_absurd_is_refused(text: str) -> None:
    """Not ISO 8601, or longer than 200 years: a problem."""
    found, document = record(f"a: {text}\n", ("a",))
    found["a"].period()
    assert len(document.problems) == 1


@pytest.mark.parametrize("text", ["2026-02-30", "20260201", "2026-W01-1", "today"])
def test_a_date_is_year_month_day(text: str) -> None:
    """Other ISO 8601 forms and days that do not exist are problems."""
    found, document = record(f"a: {text}\n", ("a",))
    found["a"].date()
    assert [problem.expected for problem in document.problems] == ["a date like 2017-12-01"]


def test_problems_come_in_the_files_order_in_one_error() -> None:
    """The error carries every problem, sorted by line."""
    found, document = record("a: x\nb: x\n", ("a", "b"))
    found["b"].period()
    found["a"].date()
    with pytest.raises(PolicyError) as caught:
        document.refuse_problems(PolicyError)
    assert [problem.where for problem in caught.value.problems] == ["file.yaml:1 a", "file.yaml:2 b"]
    assert "2 problems" in str(caught.value)


def test_a_clean_document_refuses_nothing() -> None:
    """Without problems nothing is raised, and the digest is that of the file's bytes."""
    document = Document("a: ü\n", LABEL)
    document.refuse_problems(InputError)
    assert document.digest == hashlib.sha256("a: ü\n".encode()).hexdigest()


def test_found_is_shortened_to_one_line() -> None:
    """Long values are cut at sixty characters."""
    assert shortened("a\nb" + "c" * 100) == "a b" + "c" * 56 + "…"


def test_nearest_is_silent_when_nothing_is_near() -> None:
    """A hint is given only when a valid word resembles what was written."""
    assert nearest("purpose", ["purposes", "title"]) == "did you mean `purposes`?"
    assert nearest("zzz", ["purposes"]) == ""


def test_clocks_are_stopped_by_events_of_the_catalogue() -> None:
    """Every start and stop of the stops table is a kind that can be recorded."""
    assert STOPS.keys() | set().union(*STOPS.values()) <= EVENT_KINDS


def test_a_withdrawal_moves_no_clock() -> None:
    """`withdrawn` can be neither a start nor a stop, so what it replaces counts for nothing."""
    assert WITHDRAWN not in EVENT_KINDS


def test_the_line_of_a_value_is_found_by_path_and_by_id() -> None:
    """A finding can name the line of what it is about; what is missing is placed at what holds it."""
    text = "rules:\n  - id: one\n    keep: {for: P1D}\n  - id: two\n    keep:\n      for: P2D\n"
    lines = lines_of(Document(text, "x.yaml"))
    assert [line_at(lines, path) for path in ("rules", "rules[1]", "rules.two", "rules.two.keep.for")] == [1, 4, 4, 6]
    assert line_at(lines, "rules.two.then") == 4
    assert line_at(lines, "holds.x") is None
