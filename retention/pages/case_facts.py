"""Who said what of a case's plans, and what the case is: the narrow parts of its page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from retention.app.case_view import CaseView
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.pages import parts
from retention.pages.parts import Place
from retention.pages.words import Words
from retention.ports.ledger import Approval

_SHOWN = 12
"""So many of a batch's requests are named; the others are counted."""


def approvals(words: Words, view: CaseView, reader: str) -> str:
    """Return who approved or rejected, when, and which digest; people are references, and the reader is `you`."""
    if view.planned is None:
        return ""
    newest = view.planned.digest
    lines = "".join(_approval(words, said, newest, reader) for said in view.said)
    body = f'<ul class="plain">{lines}</ul>' if lines else f'<p class="soft">{words("no-approvals")}</p>'
    whole = f'<p class="soft small">{words("digest")}</p><code>{newest}</code>'
    return parts.card(words("approvals"), body + whole, "approvals")


def _approval(words: Words, said: Approval, newest: str, reader: str) -> str:
    verdict = parts.badge(words("approved"), "good") if said.approved else parts.badge(words("rejected"), "bad")
    who = words("you") if said.approver_ref == reader else f"<code>{escape(said.approver_ref[:14])}</code>"
    if said.standing:
        who = words("standing")
    about = "" if said.digest == newest else f' <span class="soft small">({words("other-digest")})</span>'
    return f'<li>{verdict} {who}{about}<br><span class="soft small">{words.moment(said.decided_at)}</span></li>'


def facts(place: Place, view: CaseView) -> str:
    """Return what the case is."""
    words, case = place.words, view.case
    items = [(words("kind"), words.of("kind", case.kind.value))]
    items += _of_request(words, view.request)
    for key, case_id in (("batch", view.batch), ("lifts", case.lifts)):
        if case_id is not None:
            items.append((words(key), _link(place, case_id)))
    if case.restored_system:
        items.append((words("restored"), f'<span class="mono">{escape(case.restored_system)}</span>'))
    if view.members:
        shown = "<br>".join(_link(place, member) for member in view.members[:_SHOWN])
        more = len(view.members) - _SHOWN
        items.append((f"{words('members')} ({len(view.members)})", shown + (f"<br>+ {more}" if more > 0 else "")))
    if view.plans:
        items.append((words("plan"), "<br>".join(f'<span class="mono">{plan}</span>' for plan in view.plans)))
    return parts.card(words("facts"), parts.pairs(items))


def _of_request(words: Words, request: Request | None) -> Iterator[tuple[str, str]]:
    if request is None:
        return
    yield words("right"), words.of("right", request.right.value)
    yield words("regime"), escape(", ".join(request.laws or ()) or request.regime or words("all-laws"))
    yield words("channel"), escape(request.channel)
    yield words("life"), escape(words.of("code", request.state.value))
    if request.waiting_for:
        yield words("waits-for"), escape(", ".join(sorted(wait.value for wait in request.waiting_for)))
    if request.extended:
        yield words("extended"), "✓"


def _link(place: Place, case_id: CaseId) -> str:
    return f'<a class="mono" href="{escape(place.link(f"/cases/{case_id}"))}">{case_id}</a>'
