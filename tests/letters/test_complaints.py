"""Complaints: taken by mail, answered to with whom to turn to, on the day itself; refusals told with reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.app.papers import destroy_papers
from retention.errors import RefusedError, StateError
from retention.model.letter import LetterKind
from retention.model.request import RequestState
from retention.model.terms import Refusal, Right
from tests.letters.conftest import NOW
from tests.letters.postbox import body

MAIL = (
    b"From: Hanako Yamada <hanako@home.example>\r\nTo: info@shop.example\r\nSubject: Complaint\r\n"
    b"Message-ID: <1@home.example>\r\n\r\nI am not content.\r\n"
)


def test_a_mail_becomes_a_case_of_its_channel_once(shop, box, cli, monkeypatch):
    """By e-mail, a complaint, its own log of moves and papers; the same mail again is the same case (COO-22)."""
    monkeypatch.setattr("retention.cli.letters.now", lambda: NOW)
    (shop.folder / "in.eml").write_bytes(MAIL)
    for _ in range(2):
        said = cli("letters", "take", shop.folder / "in.eml", "--lang", "en", folder=shop.folder)
        assert said.code == 0, said.err
        assert "home.example" not in said.all
    with shop.app() as app:
        (case,) = app.context.ledger.cases.all()
        life = app.request(case.case_id)
        assert (life.right, life.channel, [paper.kind for paper in life.papers]) == (
            Right.COMPLAINT,
            "email",
            ["letter"],
        )
        assert app.send_letters(NOW).sent
    assert box.mails[0]["To"] == "hanako@home.example"


def test_who_complains_is_contacted_the_same_day_or_it_is_reported(shop, box, asked):
    """On a working day by its end; on a holiday by the next that is worked; later is reported until done (UMU-39)."""
    morning = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)  # 09:00 in Tokyo, a Tuesday after a holiday
    with shop.app() as app:
        case = asked(app, right=Right.COMPLAINT)  # on 23 November, Labour Thanksgiving Day
        box.says = "451 later"
        assert app.send_letters(NOW).late == ()
        assert app.send_letters(morning + timedelta(hours=14)).late == ()
        assert app.send_letters(morning + timedelta(hours=16)).late == (case,)
        box.says = None
        assert app.send_letters(morning + timedelta(days=1)).late == ()
        assert "Somebody contacts you by: 24 November 2026" in body(box.mails[0])


def test_a_complaint_needs_no_ground_and_no_proof_and_names_the_authority(shop, box, asked):
    """Whom to turn to in the first letter; its papers stay while it is open and go with the answer (TRI-29)."""
    with shop.app() as app:
        case = asked(app, right=Right.COMPLAINT)
        app.send_letters(NOW)
        assert "Personal Information Protection Commission" in body(box.mails[0])
        assert app.context.ledger.plans.of_case(case) == ()
        from_drawer = app.keep_paper(case, "other", b"what the authority wrote", NOW, by="anna")
        with pytest.raises(StateError):
            destroy_papers(app.context, case, NOW)
        assert app.see_paper(case, from_drawer.digest, NOW, by="anna") == b"what the authority wrote"
        app.accept(case, NOW, by="anna")
        assert app.answer(case, b"We have put it right.", NOW, by="anna").state is RequestState.CLOSED


def test_a_refusal_reaches_the_person_with_its_reason_or_the_case_stays_open(shop, box, asked):
    """No code: refused. No words: not written, not closed. Both: told in Japanese, and then closed (UNX-58)."""
    with shop.app() as app:
        case = asked(app, language="ja")
        app.identify(case, "passport", NOW, by="anna")
        with pytest.raises(RefusedError):
            app.refuse(case, [], NOW, by="anna")
        app.refuse(case, [Refusal.OTHER_LAW], NOW, by="anna")
        assert app.send_letters(NOW).lacking == (f"{case}.refusal.1",)
        assert app.request(case).state is RequestState.DECIDED
        app.write_letter(case, LetterKind.REFUSAL, {"explanation": "帳簿の保存が義務づけられています。"}, NOW)
        app.send_letters(NOW)
        told = next(body(mail) for mail in box.mails if ".refusal." in mail["Message-ID"])
        for said in ("ほかの法令に違反する", "帳簿の保存が義務づけられています。", "個人情報保護委員会"):
            assert said in told
        assert app.request(case).state is RequestState.CLOSED
