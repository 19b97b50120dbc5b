"""`retention letters`: by command, without a name or an address on the screen."""

from __future__ import annotations

import json

import pytest

from tests.letters.conftest import NOW

PRIVATE = ("home.example", "Hanako", "山田", "神宮前")


@pytest.fixture
def said(shop, cli):
    """Run a command of letters; nothing that it prints names the person."""

    def run(*arguments, code=0):
        answer = cli("letters", *arguments, folder=shop.folder)
        assert answer.code == code, answer.all
        assert not any(word in answer.all for word in PRIVATE)
        return answer

    return run


def test_the_letters_of_a_request_by_command(shop, box, asked, said, monkeypatch):
    """Write, list, send, show; greylisted is exit 4, taken is 0; a question is filled by the desk."""
    monkeypatch.setattr("retention.cli.letters.now", lambda: NOW)
    with shop.app() as app:
        case = asked(app)
    assert "1 written" in said("write").out
    (listed,) = json.loads(said("list", "--json").out)
    assert (listed["stage"], listed["kind"], listed["about"]) == ("written", "receipt", case)
    box.says = "451 later"
    said("send", code=4)
    assert "again from 2026-11-23" in said("list").out
    box.says = None
    monkeypatch.setattr("retention.cli.letters.now", lambda: NOW.replace(hour=23))
    assert json.loads(said("send", "--json").out)["sent"] == [listed["letter"]]
    shown = json.loads(said("show", listed["letter"], "--json").out)
    assert [move["stage"] for move in shown["moves"]][-2:] == ["sent", "forgotten"]
    said("show", "C-20261123-nobody.receipt.1", code=2)
    wrong = said("write", case, "need-clarification", code=2)
    assert "{questions}" in wrong.err
    said("write", case, "need-clarification", "--set", "questions=Which service?", "--set", "questions=Since when?")
    said("write", case, "need-clarification", "--set", "questions", code=2)


def test_paper_by_command(shop, asked, said, monkeypatch):
    """To the mail room, posted, gone."""
    monkeypatch.setattr("retention.cli.letters.now", lambda: NOW)
    with shop.app() as app:
        asked(app, reach="post", language="ja")
    done = json.loads(said("send", "--json").out)
    (letter,) = done["handed_over"]
    assert "posted, when it is" in said("list").out
    said("print", letter, "-o", shop.folder / "printed")
    assert "1 posted" in said("posted", letter).out
    assert not (shop.folder / "mailroom" / f"{letter}.pdf").exists()


def test_samples_by_command(said, tmp_path):
    """One letter in one language: page, text and paper."""
    said("sample", "redirect", "-o", tmp_path / "samples", "--lang", "en")
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "redirect.en.html", "redirect.en.pdf", "redirect.en.txt",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--people", "1", "--of", "property"), "2026-11-27 (first) and 2026-12-22"),
        (("--people", "1"), "asks for no report"),
    ],
)
def test_an_incident_by_command(said, more, says):
    """Dates, or that the law asks for none; a day that is none is wrong input."""
    assert says in said("incident", "--known", "2026-11-23", *more).out
    said("incident", "--known", "yesterday", *more, code=2)
