"""The question whether a plan may be carried out, as an approver reads it, and what the ledger makes of his answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from retention.app import App
from retention.app.questions import Question, Stand
from retention.evidence.index import predicate
from retention.model.access import Act, Role
from retention.model.approval import Heard
from retention.model.case import CaseState
from retention.model.ids import CaseId, PlanId
from retention.wiring import approval_mark
from tests.e2e.conftest import NOW, Shop, make_shop_in

WITHIN = timedelta(days=14)
LATER = NOW + timedelta(minutes=5)
REFUSED = {
    "own-plan": ("taro", {}),
    "no-role": ("nobody", {}),
    "other-digest": ("hanako", {"digest": "0" * 64}),
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop in which hanako, jiro and taro are approvers."""
    made = make_shop_in(tmp_path_factory.mktemp("questions"))
    with made.app() as app:
        for name in ("hanako", "jiro", "taro"):
            app.access.issue(name, Role.APPROVER, NOW, NOW + timedelta(days=90))
    return made


@pytest.fixture
def app(shop: Shop) -> Iterator[App]:
    with shop.app() as opened:
        yield opened


@pytest.fixture
def case(app: App) -> CaseId:
    """A request that is decided."""
    taken = app.open_request("email=c3@mail.example", "post", NOW)
    app.identify(taken.case_id, "passport", NOW)
    app.accept(taken.case_id, NOW)
    return taken.case_id


def asked(app: App, case: CaseId) -> Question:
    """Plan, and ask; taro has set it going."""
    return app.questions.ask(app.plan_request(case, NOW).plan_id, WITHIN, NOW, "taro")


def told(app: App, question: Question, by: str, *, approved: bool = True, digest: str = "", **more: Any) -> Question:
    """Answer."""
    heard = Heard(digest or question.digest, by, approved, more.get("reason", "other"), more.get("at", LATER))
    return app.questions.hear(question.plan_id, WITHIN, heard, heard.at)


def evidence(app: App, case: CaseId, *kinds: str) -> list[dict[str, Any]]:
    """Return what is stated of the case, of those kinds."""
    found = [predicate(entry.envelope) for entry in app.context.ledger.log.of_case(case)]
    return [dict(one) for one in found if one["kind"] in kinds]


def test_the_question_shows_the_plan_and_nobody(app: App, case: CaseId) -> None:
    """Counts by dataset and action, what stays and why, who is missing, the digest; of the person the case's number."""
    question = asked(app, case)
    plan, digest = app.plan(question.plan_id)
    for shown in (
        case,
        plan.plan_id,
        f"`{digest}`",
        "| shop.notes | 消去 / erase | 1 | 1 | 請求 / request",
        "tax-books",
    ):
        assert shown in question.body
    assert "missing when asked: **1**" in question.body
    assert "2026-12-07" in question.body  # by when, in the policy's zone
    assert question.stand is Stand.WAITING
    for personal in ("c3@", "mail.example", "Customer", "'c3'"):
        assert personal not in question.body + question.subject


@pytest.mark.parametrize("reason", REFUSED)
def test_an_answer_that_does_not_count_is_stated_and_asked_again(app: App, case: CaseId, reason: str) -> None:
    """Told again it is stated once; the next question says why; another's word is then taken."""
    by, more = REFUSED[reason]
    question = asked(app, case)
    for _ in range(2):
        question = told(app, question, by, **more)
    assert question.stand is Stand.WAITING
    assert "did not count" in question.body
    (stated,) = evidence(app, case, "notApproved", "approval")
    assert stated["reason"] == reason
    assert stated["approverRef"] == app.context.ledger.secret_reference(by)
    assert told(app, question, "hanako", at=LATER + timedelta(minutes=1)).stand is Stand.APPROVED


def test_nobody_approves_a_batch_with_a_case_of_his_own(app: App, case: CaseId) -> None:
    """Whoever took one of the requests is refused; another is not."""
    app.context.ledger.access.note(case, Act.OPENED, app.context.ledger.secret_reference("jiro"), NOW)
    batch = app.plan_batch(NOW)
    assert batch is not None
    assert batch.plan is not None
    question = app.questions.ask(batch.plan.plan_id, WITHIN, NOW)
    assert told(app, question, "jiro").stand is Stand.WAITING
    assert [one["reason"] for one in evidence(app, question.case_id, "notApproved")] == ["own-plan"]
    assert told(app, question, "hanako", at=LATER + timedelta(minutes=1)).stand is Stand.APPROVED


def test_a_rejection_names_its_reason(app: App, case: CaseId) -> None:
    """Another word counts as `other`; whoever planned may refuse; the case is planned again and asked again."""
    assert told(app, asked(app, case), "taro", approved=False, reason="because").stand is Stand.REJECTED
    assert told(app, asked(app, case), "hanako", approved=False, reason="too-much").stand is Stand.REJECTED
    assert [one["reason"] for one in evidence(app, case, "rejection")] == ["other", "too-much"]
    assert asked(app, case).stand is Stand.WAITING


def test_nobody_in_time_is_stated_once(app: App, case: CaseId) -> None:
    """However often it is looked at; a word that comes later counts no more; the case can be planned again."""
    question = asked(app, case)
    late = question.until + timedelta(seconds=1)
    for _ in range(2):
        assert app.questions.ask(question.plan_id, WITHIN, late).stand is Stand.LATE
    assert told(app, question, "hanako", at=late).stand is Stand.LATE
    (stated,) = evidence(app, case, "notApproved", "approval")
    assert (stated["reason"], stated["approverRef"]) == ("timed-out", None)
    assert asked(app, case).plan_id != question.plan_id


def test_a_word_on_a_plan_that_was_replaced_is_refused(app: App, case: CaseId) -> None:
    """The old question is gone; the mark that is watched has changed."""
    old = asked(app, case)
    new = asked(app, case)
    assert told(app, old, "hanako").stand is Stand.GONE
    assert [one["reason"] for one in evidence(app, case, "notApproved")] == ["replaced"]
    assert app.questions.ask(old.plan_id, WITHIN, LATER).mark != old.mark
    assert app.questions.ask(new.plan_id, WITHIN, LATER).stand is Stand.WAITING


def test_above_a_limit_two_people_answer(app: App, shop: Shop) -> None:
    """One word is not enough, the same person's second is refused, and the command line's counts as well."""
    shop.change(*[f"INSERT INTO notes (body, written_at) VALUES ('old {n}', '2020-01-01')" for n in range(40)])
    plan = app.plan_sweep(NOW)
    assert plan is not None
    question = app.questions.ask(plan.plan_id, WITHIN, NOW)
    assert "missing when asked: **2**" in question.body
    assert "over the limit" in question.body
    assert "missing when asked: **1**" in told(app, question, "hanako").body
    assert told(app, question, "Hanako ", at=LATER + timedelta(hours=1)).stand is Stand.WAITING
    assert [one["reason"] for one in evidence(app, plan.case_id, "notApproved")] == ["same-person"]
    mark = approval_mark(shop.folder, plan.plan_id)
    app.approve(plan.plan_id, plan.digest, "saburo", LATER)
    assert approval_mark(shop.folder, plan.plan_id) != mark
    assert app.questions.ask(plan.plan_id, WITHIN, LATER).stand is Stand.APPROVED
    shop.change("DELETE FROM notes WHERE body LIKE 'old %'")


class DiedError(Exception):
    """The process died here."""


DEATHS = (("append", False), ("approve", False), ("replace", False), ("replace", True))
"""Before each write, which is after the one before it; and after the last."""


@pytest.mark.parametrize(("write", "after"), DEATHS)
@pytest.mark.parametrize("approved", [True, False], ids=["approve", "reject"])
def test_an_answer_is_recorded_once_whenever_we_die(
    app: App, case: CaseId, monkeypatch: pytest.MonkeyPatch, write: str, *, approved: bool, after: bool
) -> None:
    """Before or after each write: asked and answered again, one word, one statement, and the case where it belongs."""
    question = asked(app, case)
    ledger = app.context.ledger
    part: Any = {"append": ledger.log, "approve": ledger.plans, "replace": ledger.cases}[write]
    real = getattr(part, write)

    def dies(*args: Any, **more: Any) -> None:
        if after:
            real(*args, **more)
        raise DiedError

    with monkeypatch.context() as patch:
        patch.setattr(part, write, dies)
        with pytest.raises(DiedError):
            told(app, question, "hanako", approved=approved)
    found = app.questions.ask(question.plan_id, WITHIN, LATER)
    if found.stand is Stand.WAITING:
        found = told(app, found, "hanako", approved=approved, at=LATER + timedelta(minutes=1))
    wanted = Stand.APPROVED if approved else Stand.REJECTED
    state = CaseState.APPROVED if approved else CaseState.REJECTED
    assert (found.stand, ledger.cases.get(case).state) == (wanted, state)
    (word,) = ledger.plans.approvals(PlanId(question.plan_id))
    (stated,) = evidence(app, case, "approval", "rejection", "notApproved")
    assert (word.approved, stated["approverRef"]) == (approved, word.approver_ref)
