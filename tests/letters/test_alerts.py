"""Warnings about dates reach the desk over real HTTP and SMTP: signed, once a way, never with anything personal."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from connectors.webhook import connect
from retention.errors import SettingsError, TerminalFailure, TransientFailure
from retention.model.alert import Alert
from retention.model.ids import CaseId
from retention.model.request_moves import DeskWarned, Warned
from retention.ports.alerts import AlerterSettings
from tests.doubles.webhook import SECRET, DeskServer
from tests.e2e.conftest import Shop
from tests.letters.conftest import NOW, ask
from tests.letters.postbox import Postbox

LATER = NOW + timedelta(days=60)
ALERT = Alert(CaseId("C-20261123-aaaaaa"), "jp.appi", Warned.ANSWER_LATE, date(2026, 12, 8))


@pytest.fixture(scope="module")
def listening() -> Iterator[DeskServer]:
    desk = DeskServer()
    yield desk
    desk.close()


@pytest.fixture
def desk(listening: DeskServer) -> DeskServer:
    listening.forget()
    return listening


def with_alerts(shop: Shop, desk: DeskServer, port: int) -> Shop:
    """Tell the desk by webhook and by mail."""
    ways = (
        f"alerts:\n  desk: {{alerter: webhook, url: '{desk.url}', secret: {SECRET}, timeout: '5'}}\n"
        f"  mail: {{alerter: smtp, server: '127.0.0.1:{port}', from: p@shop.example, to: desk@shop.example}}\n"
    )
    path = shop.folder / "retention.yaml"
    path.write_text(path.read_text(encoding="utf-8") + ways, encoding="utf-8")
    return shop


def by_webhook(url: str, **more: str):
    """Connect one webhook."""
    return connect(AlerterSettings("desk", "webhook", {"url": url, "secret": SECRET, **more}, workspace=None))


def test_each_warning_reaches_the_desk_once_a_way_though_two_roads_raise_it(
    shop: Shop, desk: DeskServer, box: Postbox, smtp_server: tuple[int, Postbox]
) -> None:
    """The hourly look and one case's deadline tell the same things; ids, laws and days go out, and no person."""
    with with_alerts(shop, desk, smtp_server[0]).app() as app:
        case = ask(app)
        app.warn(LATER)
        moves = [move.what for move in app.request_moves(case) if isinstance(move.what, DeskWarned)]
        assert moves
        assert len(app.alert_all(LATER).told) == len(moves)
        assert app.alert_of(case, LATER).told == ()
        assert app.alert_all(LATER + timedelta(hours=1)).told == ()
    told = Counter((said["data"]["law"], said["data"]["warned"]) for _, said in desk.calls)
    assert told == Counter((move.regime, move.warned.value) for move in moves)
    assert {mail["Message-ID"].strip("<>").partition("@")[0] for mail in box.mails} == {name for name, _ in desk.calls}
    everything = repr(desk.calls) + "".join(mail.as_string() for mail in box.mails)
    assert case in everything
    assert not [word for word in ("c3@", "Hanako", "home.example") if word in everything]


def test_what_one_way_does_not_take_is_told_again_there_and_only_there(
    shop: Shop, desk: DeskServer, box: Postbox, smtp_server: tuple[int, Postbox]
) -> None:
    """A busy webhook fails that way alone; the next round repeats it under the same id, and no mail goes twice."""
    with with_alerts(shop, desk, smtp_server[0]).app() as app:
        case = ask(app)
        desk.answers += [503] * 20
        first = app.alert_of(case, LATER)
        assert set(first.failed) == {"desk"}
        assert isinstance(first.failed["desk"], TransientFailure)
        sent = len(box.mails)
        desk.answers.clear()
        again = app.alert_all(LATER)
        assert again.failed == {}
        assert {alert.alert_id for alert in again.told} == {name for name, _ in desk.calls}
        assert len(desk.calls) == len(box.mails) == sent


def test_who_dies_between_telling_and_noting_is_told_again_under_the_same_id(
    shop: Shop, desk: DeskServer, smtp_server: tuple[int, Postbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver knows the repetition; what was noted before is not repeated."""
    with with_alerts(shop, desk, smtp_server[0]).app() as app:
        case = ask(app)

        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(app.context.ledger.deliveries, "note", dies)
            with pytest.raises(KeyboardInterrupt):
                app.alert_of(case, LATER)
        (first, *_), told_before = desk.calls, len(desk.calls)
        app.alert_of(case, LATER)
        again = [name for name, _ in desk.calls[told_before:]]
    assert told_before == 1
    assert again.count(first[0]) == 1
    assert len(again) == len(set(again))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(302, TerminalFailure), (400, TerminalFailure), (410, TerminalFailure), (429, TransientFailure)],
)
def test_no_redirect_is_followed_and_only_what_may_get_better_is_tried_again(
    desk: DeskServer, status: int, expected: type[Exception]
) -> None:
    """One call, whatever the answer says; the error names the way, never the address or the secret."""
    desk.answers.append(status)
    desk.headers["Location"] = desk.url
    with pytest.raises(expected) as caught:
        by_webhook(desk.url).alert(ALERT, now=NOW)
    assert desk.paths == ["/dates?team=privacy"]
    assert str(status) in str(caught.value)
    assert "127.0.0.1" not in str(caught.value) + repr(by_webhook(desk.url))
    assert SECRET not in repr(by_webhook(desk.url))


def test_a_server_that_never_answers_is_left_after_its_time() -> None:
    """It takes the connection and says nothing: not now, to be told again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TransientFailure, match="not reached"):
            by_webhook(url, timeout="0.05").alert(ALERT, now=NOW)


def test_the_same_warning_has_the_same_id_and_another_has_another() -> None:
    """The id follows from what is said alone."""
    same = replace(ALERT)
    others = [
        replace(ALERT, regime="policy"),
        replace(ALERT, warned=Warned.ANSWER_NOW),
        replace(ALERT, told_from=date(2026, 12, 9)),
        replace(ALERT, case_id=CaseId("C-20261123-bbbbbb")),
    ]
    assert same.alert_id == ALERT.alert_id
    assert len({alert.alert_id for alert in (ALERT, *others)}) == 5


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"url": "http://desk.example/x", "secret": SECRET}, "desk.url"),
        ({"url": "https://user:pw@desk.example/", "secret": SECRET}, "desk.url"),
        ({"url": "https://desk.example/", "secret": "whsec_c2hvcnQ="}, "desk.secret"),
        ({"url": "https://desk.example/", "secret": SECRET, "timeout": "0"}, "desk.timeout"),
        ({"url": "https://desk.example/", "secret": SECRET, "retries": "3"}, "desk.retries"),
        ({}, "desk.url"),
    ],
)
def test_wrong_options_are_named_and_not_shown(options: dict[str, str], where: str) -> None:
    """Every problem says where; neither address nor secret stands in the message."""
    with pytest.raises(SettingsError) as caught:
        connect(AlerterSettings("desk", "webhook", options, workspace=None))
    shown = str(caught.value) + "".join(f"{p.where} {p.found}" for p in caught.value.problems)
    assert where in shown
    assert "whsec_c" not in shown
    assert "pw@" not in shown
