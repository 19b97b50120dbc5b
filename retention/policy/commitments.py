"""The register of commitments: what each company's policy commits it to, and what became of it here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from retention.errors import PolicyError
from retention.grammar import Cell, Document, Record
from retention.model.commitment import Commitment, CommitmentState, Enforced, Outside, Planned, Recorded
from retention.policy.words import ID, ID_WORDS

_ROW = re.compile(r"[A-Z]{3}-\d{2}")
_TEST = re.compile(r"tests/[a-z0-9_/]+\.py::test_\w+")


def read_commitments(text: str, label: str) -> tuple[Commitment, ...]:
    """Read the register.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    cells = Cell.root(document).record(("commitments",))["commitments"].items("a list of commitments")
    found = tuple(map(_commitment, cells))
    seen: set[str] = set()
    for commitment, cell in zip(found, cells, strict=True):
        if commitment.row in seen:
            cell.complain("a row that is listed once", f"`{commitment.row}` again")
        seen.add(commitment.row)
    document.refuse_problems(PolicyError)
    return found


def _commitment(cell: Cell) -> Commitment:
    record = cell.record(("id", "pack", "topic", "promise", "state"), ("statute", "tests", "reason", "issue"))
    return Commitment(
        row=record["id"].matching(_ROW, "a row like UMU-05"),
        pack=record["pack"].matching(ID, ID_WORDS),
        topic=record["topic"].matching(ID, ID_WORDS),
        promise=record["promise"].text("what is promised, in our words"),
        statute=record["statute"].text("the articles behind it") if "statute" in record else "",
        state=_STATES.get(record["state"].word(_STATES), _planned)(record),
    )


def _tests(record: Record) -> tuple[str, ...]:
    tests = record["tests"].items("a list of tests") if "tests" in record else ()
    if not tests:
        record.cell.complain("the key `tests`", "none", "name the tests that show it")
    return tuple(test.matching(_TEST, "a test like tests/unit/x/test_y.py::test_z") for test in tests)


def _outside(record: Record) -> CommitmentState:
    return Outside(_said(record, "reason", "why it is outside"))


def _planned(record: Record) -> CommitmentState:
    return Planned(_said(record, "issue", "the issue it belongs to"))


def _said(record: Record, key: str, what: str) -> str:
    if key not in record:
        record.cell.complain(f"the key `{key}`: {what}", "no such key")
    return record[key].text(what)


_STATES: Mapping[str, Callable[[Record], CommitmentState]] = {
    "enforced": lambda record: Enforced(_tests(record)),
    "recorded": lambda record: Recorded(_tests(record)),
    "outside": _outside,
    "planned": _planned,
}
