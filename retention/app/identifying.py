"""Whether papers show who asks, and that an agent may: `requests.proof` and `requests.filing` at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from retention.app.context import Context
from retention.app.lives import laws_of
from retention.errors import IdentityError, InputError, Problem
from retention.model.request import Request
from retention.requests.filing import papers_of
from retention.requests.proof import AskAgain, Proven, Shown, examine, to_mask


def day_of(context: Context, now: datetime) -> date:
    """Return the day of the instant where the policy counts days."""
    return now.astimezone(context.zone).date()


def kinds_shown(context: Context, papers: Sequence[Shown], now: datetime) -> str:
    """Return the kinds of paper that show together who asks, joined by `+`.

    Raises:
        IdentityError: they do not; the hint names the kinds that are accepted today, and what must be covered.

    """
    documents = context.policy.terms.documents
    match examine(papers, documents, day_of(context, now)):
        case Proven(kinds):
            return "+".join(kinds)
        case AskAgain(lacks, accepted):
            wrong = ", ".join(f"`{kind}`" for kind, _ in lacks if kind)
            said = ", ".join(lack.value for _, lack in lacks)
            covered = sorted({mask.value for document in documents for mask in to_mask(document)})
            names = ", ".join(f"`{kind}`" for kind in accepted)
            raise IdentityError(
                f"a document of kind {wrong} does not prove identity: {said}" if wrong else f"not proven: {said}",
                hint=f"ask for one of {names} ({', '.join(covered) or 'nothing'} covered); the date of arrival stays",
            )


def check_authority(context: Context, request: Request, authority: str | None) -> None:
    """Refuse a paper that does not show that this agent may ask; nobody is refused for it, it is asked for again.

    Raises:
        InputError: it is none of the papers by which this kind of agent shows it.

    """
    if authority is None:
        return
    fitting = papers_of(request.filer, laws_of(context, request.regime, request.laws))
    if authority not in {paper.value for paper in fitting}:
        expected = ", ".join(paper.value for paper in fitting) or "none: the person asks for himself"
        problem = Problem(where="--authority", expected=expected, found=f"`{authority[:30]}`")
        raise InputError("it does not show that the agent may ask", problems=(problem,))
