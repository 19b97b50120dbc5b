"""Letters from the vault to the person: once written they go out, and then nothing of the address is left."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from retention.app.correspondence import write_due, write_letter
from retention.app.letters import envelope, put_on_paper
from retention.app.outgoing import posted as note_posted
from retention.app.outgoing import send as deliver
from retention.errors import InputError, SettingsError, StateError, TransientFailure
from retention.model.case import CaseState
from retention.model.letter import LetterKind, Stage
from retention.model.request import RequestState
from retention.model.request_moves import Asked, Finding, Identified, Investigated, Wait, Withdrawn
from retention.model.terms import Refusal, Right
from tests.letters.conftest import NOW, happened
from tests.letters.postbox import body, free_port

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def stages(app, letter):
    """Return what happened to a letter."""
    return [move.stage.value for move in app.context.ledger.letters.get(letter).moves]


def bytes_of(shop):
    """Return everything that the ledger's files hold."""
    return b"".join(path.read_bytes() for path in shop.folder.glob("ledger.db*"))


def test_a_receipt_goes_out_once_and_its_address_is_forgotten(shop, box, asked):
    """Written from the case, sent, forgotten; again is nothing; the ledger never held it in the clear."""
    with shop.app() as app:
        case = asked(app)
        (written,) = write_due(app.context, case, NOW).written
        assert write_due(app.context, case, NOW).written == ()
        assert b"home.example" not in bytes_of(shop)
        letter = written.letter.letter_id
        assert deliver(app.context, NOW).sent == (letter,)
        assert deliver(app.context, NOW + DAY).sent == ()
        (mail,) = box.mails
        assert (mail["To"], mail["From"]) == ("hanako@home.example", "privacy@shop.example")
        assert mail["Message-ID"] == f"<{letter.lower()}@shop.example>"
        assert "Dear Hanako Yamada," in body(mail)
        assert "7 December 2026" in body(mail)
        assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
        assert stages(app, letter) == ["begun", "written", "trying", "sent", "forgotten"]
        assert app.context.keys.read(f"case/{envelope(letter).lower()}") is None


def test_what_the_desk_must_say_is_not_made_up(shop, asked):
    """A fee's letter waits for how to pay, a question for its words; the error names what is missing."""
    with shop.app() as app:
        case = asked(app)
        write_due(app.context, case, NOW)
        happened(app, case, Asked((Wait.CLARIFICATION,)))
        ((due, error),) = write_due(app.context, case, NOW).lacking
        assert due.kind is LetterKind.NEED_CLARIFICATION
        assert [problem.where.rpartition(" ")[2] for problem in error.problems] == ["{questions}"]
        written = write_letter(app.context, case, LetterKind.NEED_CLARIFICATION, {"questions": ("Which one?",)}, NOW)
        assert written.letter.letter_id == due.letter_id
        assert write_due(app.context, case, NOW) == type(write_due(app.context, case, NOW))((), ())


def test_asking_twice_is_two_letters_and_asking_again_for_the_same_is_one(shop, box, asked):
    """The how manieth letter it is follows from the moves."""
    with shop.app() as app:
        case = asked(app)
        for _ in range(2):
            happened(app, case, Asked((Wait.PAPERS,)))
            happened(app, case, Asked((Wait.PAPERS, Wait.AUTHORITY)))
            write_due(app.context, case, NOW)
        deliver(app.context, NOW)
        assert sorted(mail["Message-ID"].partition("@")[0].partition(".")[2] for mail in box.mails) == [
            "need-papers.1", "need-papers.2", "need-papers.3", "need-papers.4", "receipt.1",
        ]  # fmt: skip


def test_a_greylisted_letter_is_tried_again_and_not_sooner(shop, box, asked):
    """4xx: after a quarter of an hour, then half an hour; taken on the third day all the same."""
    with shop.app() as app:
        case = asked(app)
        (written,) = write_due(app.context, case, NOW).written
        letter = written.letter.letter_id
        box.says = "451 try again later"
        assert deliver(app.context, NOW).later == (letter,)
        assert deliver(app.context, NOW + 14 * MINUTE).later == ()
        assert deliver(app.context, NOW + 15 * MINUTE).later == (letter,)
        assert deliver(app.context, NOW + 44 * MINUTE).later == ()
        box.says = None
        assert deliver(app.context, NOW + 2 * DAY).sent == (letter,)
        assert len(box.mails) == 1


def test_a_refused_address_waits_for_a_person_who_prints_and_posts(shop, box, asked, tmp_path):
    """5xx to the recipient: not tried again; printed by hand, posted, forgotten."""
    with shop.app() as app:
        case = asked(app)
        (written,) = write_due(app.context, case, NOW).written
        letter = written.letter.letter_id
        box.says = "550 no such person"
        assert deliver(app.context, NOW).refused == (letter,)
        box.says = None
        assert deliver(app.context, NOW + DAY).sent == ()
        with pytest.raises(StateError):
            note_posted(app.context, [letter], NOW)
        files = put_on_paper(app.context, letter, tmp_path / "printed", NOW)
        assert {file.suffix for file in files} == {".html", ".txt"}
        (posted,) = note_posted(app.context, [letter], NOW + DAY)
        assert (posted.stage, posted.is_forgotten) == (Stage.SENT, True)
        with pytest.raises(StateError):
            put_on_paper(app.context, letter, tmp_path, NOW)


def test_a_server_that_is_down_loses_nothing(shop, box, asked):
    """Nobody listens: every letter waits; no more than three are tried on a server that is not there."""
    settings = (shop.folder / "retention.yaml").read_text(encoding="utf-8")
    port = settings.partition("127.0.0.1:")[2].partition('"')[0]
    (shop.folder / "retention.yaml").write_text(settings.replace(port, str(free_port())), encoding="utf-8")
    with shop.app() as app:
        cases = [asked(app, who=f"c{n}") for n in range(5)]
        for case in cases:
            write_due(app.context, case, NOW)
        assert len(deliver(app.context, NOW).later) == 3
    (shop.folder / "retention.yaml").write_text(settings, encoding="utf-8")
    with shop.app() as app:
        assert len(deliver(app.context, NOW + DAY).sent) == 5
    assert len({mail["Message-ID"] for mail in box.mails}) == 5


def test_a_server_that_dies_after_the_text_gets_the_same_letter_again(shop, box, asked):
    """Nobody knows whether it was taken: sent again under the same Message-ID, and the ledger says so."""
    with shop.app() as app:
        case = asked(app)
        (written,) = write_due(app.context, case, NOW).written
        letter = written.letter.letter_id
        box.dies_after_text = True
        assert deliver(app.context, NOW).later == (letter,)
        assert app.context.ledger.letters.get(letter).may_arrive_twice
        assert deliver(app.context, NOW + DAY).sent == (letter,)
        assert [mail["Message-ID"] for mail in box.mails] == [f"<{letter.lower()}@shop.example>"] * 2


def test_a_letter_on_paper_is_handed_over_and_sent_when_it_is_posted(shop, asked):
    """The mail room has the PDF and a list without names; posted, both are gone."""
    with shop.app() as app:
        case = asked(app, reach="post", language="ja")
        (written,) = write_due(app.context, case, NOW).written
        letter = written.letter.letter_id
        assert deliver(app.context, NOW).handed_over == (letter,)
        room = shop.folder / "mailroom"
        assert (room / f"{letter}.pdf").read_bytes().startswith(b"%PDF")
        assert (room / "cover-list.csv").read_text() == f"letter,posted on,by\n{letter},,\n"
        assert stages(app, letter)[-1] == "handed-over"
        note_posted(app.context, [letter], NOW + DAY)
        assert sorted(path.name for path in room.iterdir()) == ["cover-list.csv"]
        assert stages(app, letter)[-2:] == ["sent", "forgotten"]


def test_a_letter_that_never_gets_through_is_given_up_and_forgotten(shop, box, asked):
    """On its last day it ends, the address with it; nothing is tried after that."""
    with shop.app() as app:
        case = asked(app)
        (written,) = write_due(app.context, case, NOW).written
        box.says = "450 never"
        deliver(app.context, NOW)
        box.says = None
        assert deliver(app.context, written.letter.expires_at).given_up == (written.letter.letter_id,)
        assert app.context.ledger.letters.open() == ()
        assert box.mails == []


def test_no_letter_without_a_place_to_send_it(shop, asked):
    """A mail address that is none, a postal one without a place, a way that nothing goes: nothing is kept (WEB-08)."""
    with shop.app() as app:
        for reach, address in (("email", "nobody"), ("post", "Name only")):
            case = asked(app, reach=reach, address=address)
            ((_, error),) = write_due(app.context, case, NOW).lacking
            assert isinstance(error, InputError)
            assert address not in str(error)
        app.context.carriers.clear()
        ((_, error),) = write_due(app.context, asked(app), NOW).lacking
        assert isinstance(error, SettingsError)
        assert app.context.ledger.letters.all() == ()


def test_a_refusal_tells_the_reason_in_words_and_a_withdrawal_is_confirmed(shop, box, asked):
    """Without the reason in words the letter is not written."""
    with shop.app() as app:
        case = asked(app, right=Right.ERASURE)
        app.refuse_case(case, [Refusal.OTHER_LAW], NOW, by="office")
        ((_, error),) = write_due(app.context, case, NOW).lacking
        assert "{explanation}" in str(error)
        write_letter(app.context, case, LetterKind.REFUSAL, {"explanation": "The books are kept."}, NOW)
        other = asked(app)
        happened(app, other, Withdrawn())
        write_due(app.context, other, NOW)
        deliver(app.context, NOW)
        texts = [body(mail) for mail in box.mails]
        assert any("The books are kept." in text and "It would break another law." in text for text in texts)
        assert any("you withdrew the request" in text for text in texts)


def test_moves_that_ask_nothing_of_the_person_write_no_letter(shop, asked):
    """That somebody looked into it is no letter."""
    with shop.app() as app:
        case = asked(app)
        happened(app, case, Identified("passport"))
        happened(app, case, Investigated(Finding.FOUNDED))
        assert [due.letter.kind for due in write_due(app.context, case, NOW).written] == [LetterKind.RECEIPT]
    with sqlite3.connect(shop.folder / "ledger.db") as ledger:
        assert ledger.execute("SELECT count(*) FROM ledger_letters").fetchone() == (1,)


def test_two_who_send_at_once_send_nothing_twice(shop, box, asked):
    """While one sends, another is told to come again; who died holding it keeps nobody away for long."""
    with shop.app() as app:
        write_due(app.context, asked(app), NOW)
        assert app.context.ledger.lease("letters", "another", NOW, NOW + 10 * MINUTE)
        with pytest.raises(TransientFailure):
            deliver(app.context, NOW)
        assert box.mails == []
        assert len(deliver(app.context, NOW + 11 * MINUTE).sent) == 1


def test_a_purpose_that_is_told_in_the_letter_closes_the_file_when_it_is_sent(shop, box, asked):
    """No plan was made: the answer is what was asked for; sending goes on afterwards, and says it once."""
    with shop.app() as app:
        case = asked(app, right=Right.PURPOSE_NOTIFICATION)
        app.identify(case, "passport", NOW, by="anna")
        app.accept(case, NOW, by="anna")
        app.write_letter(case, LetterKind.DONE, {"explanation": "To deliver what you order."}, NOW)
        assert len(app.send_letters(NOW).sent) == 2
        assert app.request(case).state is RequestState.CLOSED
        assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
        assert app.send_letters(NOW).sent == ()
    assert len(box.mails) == 2
