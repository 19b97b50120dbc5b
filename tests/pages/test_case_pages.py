"""The pages of cases over a real workspace, in this process: what they show, to whom, and what they never do."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from httpx import Response
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from retention.evidence import printing
from retention.model.access import Role
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.pages.application import READERS, House, Visitor, make_pages, roles_of
from retention.pages.case import RunLink
from tests.e2e.conftest import NOW, Shop, make_shop_in

OPERATOR = frozenset({Role.OPERATOR})
MAY = {
    "/": READERS,
    "/cases/{case_id}": READERS,
    "/plans/{plan_id}": READERS,
    "/cases/{case_id}/evidence": READERS,
    "/cases/{case_id}/certificate/{language}.html": OPERATOR,
    "/{rest:path}": READERS,
}
"""Who may. A route that does not stand here fails the first test."""
PREFIX = "/retention"
PLANTED = r"\bc[35]\b|Name c|mail\.example|note about"


@dataclass
class Desk:
    """The pages as those who may come in see them."""

    shop: Shop
    planned: str
    plan: str
    digest: str
    sealed: str
    visitor: Visitor | None = field(default_factory=lambda: Visitor("office", OPERATOR))

    def __post_init__(self) -> None:
        """Mount the pages below a prefix, as a host does."""
        runs = [RunLink("subject_request", "/dags/subject_request/runs/r1", "running", NOW)]
        house = House(self.shop.app, lambda: NOW, self._visitor, lambda *_: runs, lambda _: "/login")
        self.pages = make_pages(house)
        host = FastAPI()
        host.mount(PREFIX, self.pages)
        self.client = TestClient(host, raise_server_exceptions=True)

    def _visitor(self) -> Visitor:
        if self.visitor is None:
            raise HTTPException(401)
        return self.visitor

    def get(self, path: str, *, by: Visitor | str | None = "", **headers: str) -> Response:
        """GET as somebody: an operator unless said otherwise; None is nobody."""
        self.visitor = Visitor("office", OPERATOR) if isinstance(by, str) else by
        return self.client.get(PREFIX + path, headers=headers, follow_redirects=False)

    def address(self, path: str) -> str:
        """Fill a route's pattern."""
        filled = path.replace("{case_id}", self.sealed).replace("{plan_id}", self.plan).replace("{language}", "ja")
        return filled.replace("{rest:path}", "nothing/there")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A shop with a request that waits for approval, and one that is sealed; nothing is printed on paper."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing, "to_pdf", lambda _: None)  # other tests print
        yield _desk(tmp_path_factory.mktemp("pages"))


def _desk(folder: Path) -> Desk:
    shop = make_shop_in(folder)
    app, sealed, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
        case = app.open_request("user_id=c5", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        made = app.plan_request(case.case_id, NOW)
    return Desk(shop, case.case_id, made.plan_id, made.digest, sealed)


def test_every_route_has_its_roles_and_lets_nobody_else_in(desk):
    """Each route stands in the table; nobody gets 401 and no content, another role 403; there is no description."""
    routes = [route for route in desk.pages.routes if isinstance(route, APIRoute)]
    assert {route.path: roles_of(route) for route in routes} == MAY
    assert len(routes) == len(desk.pages.routes)
    for path, may in MAY.items():
        address = desk.address(path)
        assert desk.get(address, by=None).status_code == 401, path
        for role in Role:
            said = desk.get(address, by=Visitor("somebody", frozenset({role})))
            assert (said.status_code == 403) == (role not in may), (path, role)
    for address in ("/openapi.json", "/docs", "/redoc", "/static/style.css"):
        assert desk.get(address, by=None).status_code == 401
        assert desk.get(address).status_code == 404


def test_without_a_guard_nobody_comes_in(desk):
    """Whoever forgets to say who visits shows nothing."""
    desk.pages.dependency_overrides.clear()
    try:
        assert {desk.get(desk.address(path)).status_code for path in MAY} == {401}
    finally:
        desk.pages.dependency_overrides.update(Desk(desk.shop, "", "", "", "").pages.dependency_overrides)
        (guard,) = desk.pages.dependency_overrides
        desk.pages.dependency_overrides[guard] = desk._visitor


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_nothing_can_be_changed(desk, method):
    """Everything but GET is refused, whatever the address and whoever asks: there is nothing to forge."""
    said = [desk.client.request(method, PREFIX + desk.address(path)) for path in MAY]
    assert {one.status_code for one in said} == {405}


def test_every_answer_is_locked_in(desk):
    """No cache, no frame elsewhere, no resource from anywhere: the only style and script are those that are named."""
    answers = [desk.get("/"), desk.get(f"/cases/{desk.sealed}"), desk.get("/nothing"), desk.get("/", by=None)]
    answers.append(desk.get(f"/cases/{desk.sealed}/evidence"))
    for said in answers:
        assert said.headers["cache-control"] == "no-store"
        assert said.headers["x-content-type-options"] == "nosniff"
        policy = said.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
    for said in answers[:4]:
        for tag in ("style", "script"):
            (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", said.text)
            named = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{named}'" in said.headers["content-security-policy"]
        assert "://" not in said.text
        assert not re.search(r"\s(src|style|on\w+)=", said.text)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_holds_anything_of_a_person(desk, language):
    """Not a key, name or address of those whom cases are about, in either language."""
    for path in ("/", f"/cases/{desk.sealed}", f"/cases/{desk.planned}"):
        text = desk.get(f"{path}?lang={language}").text
        assert f'<html lang="{language}">' in text
        assert not re.findall(PLANTED, text)


def test_a_case_that_waits_says_what_to_do(desk):
    """Next: approve, with the command and the digest; real counts; what stays and under which law; its run."""
    text = desk.get(f"/cases/{desk.planned}?lang=en").text
    assert "waits for approval" in text
    assert "<h2>Approve the plan</h2>" in text
    assert f"<pre>retention approve {desk.plan} \\\n  --digest {desk.digest} \\\n  --by NAME</pre>" in text
    erased = 'Erase rows</span></td><td><span class="mono">shop.<wbr>customers</span></td><td class=n>1<br>'
    assert erased in text
    assert "of 9</span>" in text
    assert "jp.corporate-tax-act.enf-reg-59" in text
    assert "not begun" in text
    assert "Nobody has said anything yet." in text
    assert 'href="/dags/subject_request/runs/r1"' in text
    assert '<li class="now" aria-current="step"><b>Approved</b>' in text
    assert f"{PREFIX}/cases/{desk.planned}/evidence" in text
    assert "/certificate/" not in text


def test_a_sealed_case_shows_how_it_went(desk):
    """All steps done, verified by dataset, stated in the log; who approved is a reference, or the reader himself."""
    mine, other = (
        desk.get(f"/cases/{desk.sealed}?lang=en", by=Visitor(name, OPERATOR)).text for name in ("office", "x")
    )
    assert "1 of 1 done" in mine
    assert "under way" not in mine
    assert mine.count(">passed</span>") == 3
    assert all(kind in mine for kind in ("planned", "approval", "deletion", "verification", "keyDestroyed"))
    assert "approved</span> you" in mine
    assert "approved</span> you" not in other
    assert "office" not in other
    assert f"/cases/{desk.sealed}/certificate/en.html" in mine
    auditor = desk.get(f"/cases/{desk.sealed}?lang=en", by=Visitor("a", frozenset({Role.AUDITOR}))).text
    assert "/certificate/" not in auditor
    assert "Answer the person" in mine


def test_evidence_is_downloaded_and_verifies(desk, cli, tmp_path):
    """The bundle is the one that `retention evidence verify` takes; a certificate is a file, never shown in place."""
    said = desk.get(f"/cases/{desk.sealed}/evidence", by=Visitor("a", frozenset({Role.AUDITOR})))
    assert said.headers["content-disposition"] == f'attachment; filename="{desk.sealed}.bundle.json"'
    file = tmp_path / "bundle.json"
    file.write_bytes(said.content)
    assert cli("evidence", "verify", str(file), folder=desk.shop.folder).code == 0
    told = desk.get(f"/cases/{desk.sealed}/certificate/ja.html")
    assert told.headers["content-disposition"].startswith("attachment")
    assert desk.sealed in told.text
    assert desk.get(f"/cases/{desk.planned}/certificate/ja.html").status_code == 409


def test_plans_lead_to_their_case_and_strangers_to_the_login(desk):
    """A plan's number is an address too; what is unknown is 404; who is not signed in finds the way."""
    said = desk.get(f"/plans/{desk.plan}?lang=ja")
    assert (said.status_code, said.headers["location"]) == (303, f"{PREFIX}/cases/{desk.planned}?lang=ja")
    assert desk.get("/plans/P-20260101-222222").status_code == 404
    assert desk.get("/cases/C-20260101-222222").status_code == 404
    assert desk.get("/cases/c3@mail.example").status_code == 404
    assert 'href="/login"' in desk.get("/", by=None).text


def test_the_list_is_chosen_and_paged(desk):
    """By view, state and kind; late and due soon by the request's own clocks; 25 a page, newest first, none twice."""
    with desk.shop.app() as app:
        for number in range(30):
            at = NOW - timedelta(days=100 + number)
            app.context.ledger.cases.add(
                Case(CaseId(f"C-20260101-{number:06}"), CaseKind.SWEEP, CaseState.OPEN, at, None)
            )
        request = app.context.ledger.cases.get(desk.sealed)
        late = replace(
            request, case_id=CaseId("C-20260102-222222"), state=CaseState.OPEN, due_at=NOW - timedelta(days=2)
        )
        app.context.ledger.cases.add(late)
        soon = replace(late, case_id=CaseId("C-20260102-333333"), due_at=NOW + timedelta(days=2))
        app.context.ledger.cases.add(soon)

    def listed(query: str) -> list[str]:
        return re.findall(r"/cases/(C-[0-9a-z-]+)", desk.get(f"/?lang=en&{query}").text)

    first = listed("kind=sweep")
    assert len(first) == 25
    assert len({*first, *listed(f"kind=sweep&before={first[-1]}")}) == 30
    assert listed("view=late") == ["C-20260102-222222"]
    assert listed("view=soon") == ["C-20260102-333333"]
    assert listed("state=planned") == [desk.planned]
    assert listed("view=stuck") == []
    assert listed("view=waiting&state=sealed") == []
    assert set(listed("kind=request")) == {desk.planned, desk.sealed, late.case_id, soon.case_id}
    assert desk.get("/?state=nonsense").status_code == 404
    assert "2 days late" in desk.get("/?lang=en&view=late").text


def test_the_language_is_the_browsers_or_the_one_chosen(desk):
    """Accept-Language by its weights (RFC 9110, 12.5.4); `lang` goes before, and stays in the links."""
    assert 'lang="ja"' in desk.get("/", **{"accept-language": "fr, ja;q=0.8, en;q=0.5"}).text
    assert '<html lang="en">' in desk.get("/", **{"accept-language": "ja;q=0, en;q=0.1"}).text
    assert '<html lang="en">' in desk.get("/", **{"accept-language": "nonsense;q=x"}).text
    chosen = desk.get(f"/cases/{desk.sealed}?lang=ja", **{"accept-language": "en"}).text
    assert '<html lang="ja">' in chosen
    assert f'href="{PREFIX}/?lang=ja"' in chosen
    assert f'href="{PREFIX}/cases/{desk.sealed}?lang=en"' in chosen


def test_a_workspace_that_cannot_be_read_is_said(desk, tmp_path):
    """Its error is a page with code and hint, not a traceback."""
    broken = Desk(replace(desk.shop, folder=tmp_path), "", "", "", desk.sealed)
    said = broken.get("/")
    assert said.status_code == 422
    assert "RET-203" in said.text
    assert "Traceback" not in said.text
    assert Path(tmp_path).exists()
