"""Papers of requests: in a drawer of their own, seen by people who are named, destroyed when nothing is owed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from retention.app.context import Context
from retention.app.lives import digest_of, life_of, lives, record_move
from retention.errors import InputError, Problem, StateError, UnknownNameError
from retention.model.ids import CaseId
from retention.model.request import OVER, Request, RequestState, drawer_of
from retention.model.request_facts import PapersGone
from retention.model.request_moves import Paper, PaperKept, PapersDestroyed, PaperSeen

LETTER, AUTHORITY, OTHER = "letter", "authority", "other"
_REACH = "reach"


def keep_paper(context: Context, case_id: CaseId, kind: str, content: bytes, *, by: str | None, now: datetime) -> Paper:
    """Put a paper into the request's drawer, encrypted.

    Args:
        context: The workspace.
        case_id: The request.
        kind: A kind of document of the policy, or `letter`, `authority`, `other`.
        content: Its bytes.
        by: Who put it there; None: the program that received it.
        now: The moment.

    Raises:
        InputError: the kind is unknown, or the paper is empty.
        StateError: the request is over: no paper is kept any more.

    """
    known = {*context.policy.requests.identity_documents, LETTER, AUTHORITY, OTHER}
    if kind not in known or not content:
        where, expected = ("--kind", ", ".join(sorted(known))) if kind not in known else ("FILE", "a paper")
        problem = Problem(where=where, expected=expected, found=f"`{kind[:30]}`" if kind not in known else "nothing")
        raise InputError("the paper cannot be kept", problems=(problem,))
    paper = Paper(kind, digest_of(context, content))
    if life_of(context, case_id).state not in OVER:
        context.ledger.vault.put(drawer_of(case_id), paper.digest, content)
    record_move(context, case_id, PaperKept(paper), by, now)
    return paper


def see_paper(context: Context, case_id: CaseId, digest: str, by: str, now: datetime) -> bytes:
    """Return a paper to the person named; that he looked is recorded before he sees anything.

    Args:
        context: The workspace.
        case_id: The request.
        digest: Of the paper; its beginning is enough if no other begins so.
        by: Who looks.
        now: The moment.

    Raises:
        UnknownNameError: there is no such paper.
        StateError: the request is over: its papers are of no use any more.

    """
    found = [paper for paper in life_of(context, case_id).papers if paper.digest.startswith(digest)]
    if len(found) != 1 or not digest:
        raise UnknownNameError(
            f"{case_id}: {len(found)} papers begin so", hint=f"retention request history {case_id} --json"
        )
    record_move(context, case_id, PaperSeen(found[0].digest), by, now)
    return context.ledger.vault.get(drawer_of(case_id), found[0].digest)


def keep_reach(context: Context, case_id: CaseId, address: str) -> None:
    """Keep where the person is answered."""
    context.ledger.vault.put(drawer_of(case_id), _REACH, address.encode())


def reach_of(context: Context, case_id: CaseId) -> str | None:
    """Return where the person is answered; None: nobody said, or it is destroyed with the papers."""
    with suppress(UnknownNameError, StateError):
        return context.ledger.vault.get(drawer_of(case_id), _REACH).decode()
    return None


def destroy_papers(context: Context, case_id: CaseId, now: datetime) -> Request:
    """Shred the drawer's key and state which papers are gone, by kind and digest; the file is closed.

    Runs by itself when a request is answered, redirected or withdrawn; a repeat after a crash finishes it.

    Raises:
        StateError: something is still owed to the person.

    """
    request = life_of(context, case_id)
    if request.state is RequestState.CLOSED:
        return request
    if request.state not in OVER:
        raise StateError(f"{case_id} is {request.state.value}: its papers are still needed")
    drawer = drawer_of(case_id)
    check = context.ledger.vault.key_check(drawer)
    context.ledger.vault.destroy(drawer)
    gone = PapersGone(
        tuple(paper.kind for paper in request.papers), tuple(paper.digest for paper in request.papers), check
    )
    context.record(case_id, gone, now)
    return record_move(context, case_id, PapersDestroyed(request.papers), None, now)


def overdue_papers(context: Context) -> Iterator[CaseId]:
    """Yield requests that are over and whose papers are still there: a process died between."""
    return (life.case_id for life in lives(context) if life.state in OVER - {RequestState.CLOSED})
