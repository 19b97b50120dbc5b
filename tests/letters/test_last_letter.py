"""The letter that says it is done: the case's key is shredded, the mail is greylisted, and it arrives all the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from retention.app import correspondence
from retention.app.correspondence import write_due
from retention.app.letters import envelope
from retention.app.lives import life_of
from retention.app.outgoing import send, write_all
from retention.evidence import printing
from retention.model.letter import LetterKind
from retention.model.request import RequestState, drawer_of
from tests.doubles.dying import Died, dying_ledger
from tests.e2e.conftest import Shop, make_shop_in
from tests.letters.conftest import NOW, ask, with_letters
from tests.letters.postbox import body

DAY = timedelta(days=1)


def sealed(app: Any) -> str:
    """Take an erasure, of which the receipt was confirmed, to its sealing; return the case."""
    case = ask(app)
    write_due(app.context, case, NOW)
    assert send(app.context, NOW).sent
    app.identify(case, "passport", NOW, by="anna")
    app.accept(case, NOW, by="anna")
    plan = app.plan_request(case, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    assert not app.apply(plan.plan_id, NOW).failed
    app.verify(plan.plan_id, NOW)
    app.seal(plan.plan_id, NOW)
    return case


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, smtp_server: Any) -> tuple[Any, str]:
    """A shop whose erasure is sealed, the receipt sent long ago."""
    folder = tmp_path_factory.mktemp("model")
    shop = with_letters(make_shop_in(folder), smtp_server[0])
    with shop.app() as app:
        case = sealed(app)
    return folder, case


@pytest.fixture
def copied(model: tuple[Any, str], tmp_path: Any) -> Callable[[str], Shop]:
    """Return shops of one's own."""

    def copy(name: str) -> Shop:
        shutil.copytree(model[0], tmp_path / name)
        return Shop(tmp_path / name / "workspace", tmp_path / name / "shop.sqlite")

    return copy


def test_the_last_letter_is_greylisted_for_a_day_and_arrives_and_nothing_of_the_address_is_left(model, copied, box):
    """Sealed, key shredded; delivered the next day; the request is closed, drawer and envelope are gone."""
    case, shop = model[1], copied("greylisted")
    with shop.app() as app:
        context = app.context
        assert context.keys.read(f"case/{case.lower()}") is None
        box.says = "451 greylisted"
        write_all(context, NOW)
        kinds = {each.letter.kind for each in context.ledger.letters.of(case)}
        assert kinds == {LetterKind.RECEIPT, LetterKind.COMPLETION}
        for hours in range(0, 24, 6):
            assert send(context, NOW + timedelta(hours=hours)).sent == ()
        assert life_of(context, case).state is RequestState.CARRIED_OUT
        box.says = None
        assert len(send(context, NOW + DAY).sent) == 1
        life = life_of(context, case)
        assert (life.state, life.acknowledged_at is not None) == (RequestState.CLOSED, True)
        answer = next(mail for mail in box.mails if ".completion." in mail["Message-ID"])
        assert "Your request has been carried out" in body(answer)
        assert "jp.appi" not in body(answer)
        assert any(part.get_content_type() == "application/pdf" for part in answer.walk())
        owners = [drawer_of(case), *(envelope(each.letter.letter_id) for each in context.ledger.letters.of(case))]
        assert [context.keys.read(f"case/{owner.lower()}") for owner in owners] == [None, None, None]
    left = b"".join(path.read_bytes() for path in shop.folder.rglob("*") if path.is_file())
    assert b"home.example" not in left
    assert b"Hanako Yamada" not in left


def test_writing_and_sending_may_die_at_any_write(model, copied, box, monkeypatch):
    """One letter in the end, answered once, nothing left; twice on the wire only if it died while handing it over."""
    case = model[1]
    # how it is set on paper, and its QR code, are not what is tested here
    monkeypatch.setattr(printing, "to_pdf", lambda _: b"%PDF")
    monkeypatch.setattr(correspondence, "write_receipt", lambda *_: None)

    def run(app: Any, hours: int) -> None:
        write_all(app.context, NOW + timedelta(hours=hours))
        send(app.context, NOW + timedelta(hours=hours))

    with copied("whole").app() as app, dying_ledger(monkeypatch, 0) as writes:
        run(app, 0)
    (mail,) = box.mails
    for nth in range(1, writes[0] + 1):
        box.mails.clear()
        shop = copied(f"died-{nth}")
        with shop.app() as app, dying_ledger(monkeypatch, nth), pytest.raises(Died):
            run(app, 0)
        with shop.app() as app:
            run(app, 1)  # the dead one's lease has run out
            context = app.context
            (last,) = [e for e in context.ledger.letters.of(case) if e.letter.kind is LetterKind.COMPLETION]
            assert last.is_forgotten, nth
            assert {each["Message-ID"] for each in box.mails} == {mail["Message-ID"]}, nth
            assert len(box.mails) == 1 or last.may_arrive_twice, nth
            assert life_of(context, case).state is RequestState.CLOSED, nth
            assert context.keys.read(f"case/{envelope(last.letter.letter_id).lower()}") is None, nth
