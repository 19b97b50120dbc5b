"""`retention processors`, as an operator types it, over a case that a processor refused."""

from __future__ import annotations

import json

import pytest

from connectors.memory import forget
from retention.cli.entry import main
from retention.model.case import CaseState
from tests.doubles.naming import names
from tests.processors.running import Running
from tests.processors.test_rest_states import DIRECT, HEAD, PERSON, RestDesk

CHECK = "check: {method: GET, path: /check}\n"


@pytest.fixture(scope="module")
def server():
    """The processor's process, started once."""
    running = Running("rest_processor")
    yield running
    running.close()


@pytest.fixture
def desk(tmp_path, server):
    """A case whose processor refused."""
    made = RestDesk(tmp_path, server, HEAD + DIRECT + CHECK)
    made.server.fault(refuse=True, keep=True)
    assert made.apply() is CaseState.PARTIAL
    yield made
    made.app.close()
    forget("rest")


@pytest.fixture
def typed(tmp_path, capsys):
    """Type a command; return its exit code and what it printed."""

    def run(*words):
        capsys.readouterr()
        code = 0
        try:
            main(["-w", str(tmp_path), "processors", *words])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_the_list_says_who_has_to_do_what(desk, typed):
    """Order, answer with its reason, day, and what to do; the same as JSON; never the person."""
    code, text = typed()
    assert code == 0
    assert all(word in text for word in ("refused", "crm", "accept"))
    code, text = typed("--json")
    [task] = json.loads(text)
    assert (task["said"], task["reason"], task["order_id"]) == ("refused", "kept-by-law", desk.order.order_id)
    assert "accept" in task["to_do"]
    assert not names(text, PERSON)


def test_check_calls_without_harm_and_ends_with_what_it_found(desk, typed):
    """All well: 0. A processor that does not answer, or a contract that lapsed: 1. A name nobody has: 2."""
    assert typed("check", "--probe")[0] == 0
    assert "crm: answers" in typed("check", "crm", "--probe")[1]
    desk.server.fault(errors=1, refuse=True)
    code, text = typed("check", "--probe")
    assert (code, "RET-401" in text) == (1, True)
    assert typed("check", "nobody")[0] == 2
    assert desk.deletions() == []


def test_a_named_person_goes_on(desk, typed):
    """`accept` names who decides; a token that is none is refused; an order that is none is unknown."""
    assert typed("acknowledge", "nonsense")[0] == 3
    assert typed("accept", "7f6a2f7e-3c1c-4c43-9d5b-1d2f3a4b5c6d", "--by", "Sato")[0] == 2
    assert typed("accept", desk.order.order_id, "--by", "Sato")[0] == 0
    assert typed("follow-up")[0] == 0
    assert desk.apply() is CaseState.APPLIED


@pytest.mark.usefixtures("desk")
def test_a_descriptor_that_is_wrong_is_said_with_its_line(typed, tmp_path):
    """Whatever opens the workspace says it: file, line, what was expected; exit code 2."""
    path = tmp_path / "crm.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("repeat: probe", "repeat: maybe"), encoding="utf-8")
    code, text = typed("check")
    assert (code, "crm.yaml:15 repeat" in text) == (2, True)
