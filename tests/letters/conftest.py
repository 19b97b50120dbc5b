"""A shop whose letters go out by a real mail server on this machine, and people who ask it something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retention.app.lives import begin_life, laws_of, life_of, may_charge, record_move
from retention.app.papers import keep_reach
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.model.request_moves import Received, What
from retention.model.terms import Filer, Right
from retention.requests.clocks import start_clocks
from tests.e2e.conftest import Shop, make_shop_in, point
from tests.letters.postbox import Postbox, serve

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MAIL = "Hanako Yamada <hanako@home.example>"
POST = "山田 花子\n〒150-0001\n東京都渋谷区神宮前0-0-0"


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[int, Postbox]]:
    controller, box = serve()
    yield controller.port, box
    controller.stop()


@pytest.fixture
def box(_server: tuple[int, Postbox]) -> Postbox:
    """The mail server, empty and in a good mood."""
    _, box = _server
    box.mails.clear()
    box.says, box.dies_after_text = None, False
    return box


def with_letters(shop: Shop, port: int) -> Shop:
    """Let the shop write: by mail through the server, by post through a folder."""
    letters = (
        f'letters:\n  email: {{carrier: smtp, server: "127.0.0.1:{port}", from: privacy@shop.example, timeout: "5"}}\n'
        "  post: {carrier: folder, path: mailroom}\n"
    )
    path = shop.folder / "retention.yaml"
    path.write_text(path.read_text(encoding="utf-8") + letters, encoding="utf-8")
    return shop


@pytest.fixture
def shop(tmp_path: Path, _server: tuple[int, Postbox], box: Postbox) -> Shop:
    """A shop of ten customers that answers its letters."""
    del box
    return with_letters(make_shop_in(tmp_path), _server[0])


@pytest.fixture
def asked() -> Callable[..., str]:
    """Let a person ask; return the case."""
    return ask


def ask(app: Any, *, right: Right = Right.ERASURE, reach: str = "email", language: str = "en", **more: Any) -> str:
    """Open a request with its life, as the desk does; the case is opened and planned as ever."""
    context, case_id = app.context, more.pop("case", None) or CaseId("C-20261123-letter")
    regime, address, filer = more.pop("regime", None), more.pop("address", None), more.pop("filer", Filer.PERSON)
    laws = laws_of(context, regime)
    clocks = start_clocks(
        NOW,
        context.zone,
        [law.value for law in laws],
        context.policy.requests.answer_within,
        may_charge=may_charge(context, right, laws),
    )
    received = Received(right, regime, NOW, context.policy.timezone, "post", language, filer, reach, clocks)
    case = Case(case_id, CaseKind.REQUEST, CaseState.OPEN, NOW, None, regime=regime, right=right)
    begin_life(context, case, received, (), NOW)
    context.ledger.vault.put(case_id, "salt", b"s" * 32)
    context.ledger.vault.put(case_id, "start", b'{"name": "email", "value": "c3@mail.example"}')
    keep_reach(context, case_id, address or (MAIL if reach == "email" else POST))
    return case_id


def happened(app: Any, case: str, what: What, by: str | None = "anna", now: datetime = NOW) -> None:
    """Let something happen to the request."""
    record_move(app.context, CaseId(case), what, by, now)


__all__ = ["MAIL", "NOW", "POST", "ask", "happened", "life_of", "point", "with_letters"]
