"""`retention suppressed`: ingestion asks who must not come back."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from retention.app.suppressed import Arrival
from retention.errors import UnknownNameError
from retention.model.copies import Suppression
from retention.model.ids import CaseId, DatasetId
from retention.model.subject import SubjectKey

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture
def keeper(shop):
    """A shop that has erased c3 on request, the notes of c4 by a rule, and c5 so long ago that no copy holds him."""
    with shop.app() as app:
        entries = [
            ("user_id", "c3", "request", None),
            ("email", "c3@mail.example", "request", NOW + timedelta(days=3650)),
            ("user_id", "c4", "notes", None),
            ("user_id", "c5", "request", NOW - timedelta(days=1)),
        ]
        app.context.ledger.copies.suppress(
            Suppression(
                name,
                app.context.suppression_digest(SubjectKey(name, value)),
                scope,
                CaseId("C-20261101-abcdef"),
                NOW - timedelta(days=20),
                expires,
            )
            for name, value, scope, expires in entries
        )
    return shop


def test_whoever_was_erased_is_kept_out_by_any_of_his_keys(keeper):
    """By each key he was known by, in whatever letters; others come in, and so does he when no copy holds him."""
    with keeper.app() as app:
        asked = ("user_id=c3", "email=C3@Mail.Example", "user_id=c4", "user_id=c5", "user_id=c6")
        assert [app.suppressed(key, NOW) for key in asked] == [True, True, True, False, False]


def test_where_it_goes_and_when_it_was_written_count(keeper):
    """What a rule disposed of is kept out of its own datasets only; what is newer than the erasure is new."""
    with keeper.app() as app:
        notes, orders = Arrival(DatasetId("shop.notes")), Arrival(DatasetId("shop.orders"))
        assert [app.suppressed("user_id=c4", NOW, to) for to in (notes, orders)] == [True, False]
        assert app.suppressed("user_id=c3", NOW, orders)
        new, old = (Arrival(written_at=NOW - timedelta(days=days)) for days in (19, 21))
        assert [app.suppressed("user_id=c3", NOW, each) for each in (new, old)] == [False, True]
        with pytest.raises(UnknownNameError, match=r"shop\.nodes"):
            app.suppressed("user_id=c3", NOW, Arrival(DatasetId("shop.nodes")))


def test_one_key_is_one_look_up(keeper, monkeypatch):
    """The ledger is asked once for one key, and once for some hundreds."""
    with keeper.app() as app:
        asked: list[int] = []
        look_up = app.context.ledger.copies.suppressed
        monkeypatch.setattr(
            app.context.ledger.copies, "suppressed", lambda keys, now: asked.append(1) or look_up(keys, now)
        )
        app.suppressed("user_id=c3", NOW)
        assert len(asked) == 1
        lines = (f"user_id=c{number}" for number in range(600))
        assert list(app.which_suppressed(lines, NOW)) == [3, 4]
        assert len(asked) == 3


def test_the_command_answers_by_its_exit_code(keeper, cli):
    """0 lets in, 1 keeps out, 2 is wrong input; the key is never repeated."""
    run = lambda *words: cli("suppressed", *words, folder=keeper.folder)  # noqa: E731 -- the words are the test
    assert run("user_id=c6").code == 0
    said = run("user_id=c3")
    assert (said.code, "c3" in said.all) == (1, False)
    assert run("user_id=c3", "--written", datetime.now(NOW.tzinfo).isoformat()).code == 0
    wrong = run("shoe=c3")
    assert (wrong.code, "c3" in wrong.all) == (2, False)
    assert run("user_id=c3", "--written", "yesterday").code == 2


def test_many_keys_come_on_standard_input_and_none_goes_out(keeper, cli, monkeypatch):
    """Only numbers of lines are printed; a wrong line is named by its number, and then nothing is answered."""
    monkeypatch.setattr("sys.stdin", io.StringIO("user_id=c6\nemail=c3@mail.example\nuser_id=c4\n"))
    said = cli("suppressed", "-", "--json", folder=keeper.folder)
    assert (said.code, json.loads(said.out)) == (1, {"suppressed": True, "lines": [2, 3]})
    monkeypatch.setattr("sys.stdin", io.StringIO("user_id=c3\nsecret@mail.example\n"))
    wrong = cli("suppressed", "-", folder=keeper.folder)
    assert (wrong.code, "line 2" in wrong.all, "secret" in wrong.all) == (2, True, False)
