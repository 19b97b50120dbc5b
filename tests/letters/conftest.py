"""A shop whose letters go out by a real mail server on this machine, and people who ask it something."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retention.app.lives import life_of, record_move
from retention.app.requesting import Arrival
from retention.model.ids import CaseId
from retention.model.request_moves import What
from tests.e2e.conftest import Shop, make_shop_in, point
from tests.letters.postbox import Postbox, serve

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MAIL = "Hanako Yamada <hanako@home.example>"
POST = "山田 花子\n〒150-0001\n東京都渋谷区神宮前0-0-0"


@pytest.fixture(scope="session")
def smtp_server() -> Iterator[tuple[int, Postbox]]:
    controller, box = serve()
    yield controller.port, box
    controller.stop()


@pytest.fixture
def box(smtp_server: tuple[int, Postbox]) -> Postbox:
    """The mail server, empty and in a good mood."""
    _, box = smtp_server
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
def shop(tmp_path: Path, smtp_server: tuple[int, Postbox], box: Postbox) -> Shop:
    """A shop of ten customers that answers its letters."""
    del box
    return with_letters(make_shop_in(tmp_path), smtp_server[0])


@pytest.fixture
def asked() -> Callable[..., str]:
    """Let a person ask; return the case."""
    return ask


def ask(app: Any, *, reach: str = "email", address: str | None = None, who: str = "c3", **more: Any) -> str:
    """Let a person's request arrive; return its case."""
    subject = app.subject_of(f"email={who}@mail.example")
    where = address or (MAIL if reach == "email" else POST)
    more = {"language": "en", **more}
    return app.receive(Arrival(subject, "post", reach=reach, address=where, **more), NOW).case_id


def happened(app: Any, case: str, what: What, by: str | None = "anna", now: datetime = NOW) -> None:
    """Let something happen to the request."""
    record_move(app.context, CaseId(case), what, by, now)


__all__ = ["MAIL", "NOW", "POST", "ask", "happened", "life_of", "point", "with_letters"]
