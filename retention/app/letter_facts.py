"""What the case and the policy say, by the names of the places in the forms of letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from retention.app.context import Context
from retention.app.lives import laws_of
from retention.clocks import advance
from retention.model.letter import Because, LetterKind, Value, Word
from retention.model.request import Request
from retention.model.request_moves import Extended, GrantedInPart, Measure, Move, Refused, Withdrawn
from retention.model.terms import Filer, FreeOfCharge, Right
from retention.requests import fold
from retention.requests.letters import DueLetter, contact_by
from retention.requests.proof import accepted_on, to_mask

_NEVER_CHARGED = (Right.CORRECTION, Right.DELETION, Right.ERASURE, Right.SUSPENSION)
_PROOFS: Mapping[Filer, tuple[str, ...]] = MappingProxyType(
    {
        Filer.PERSON: (),
        Filer.STATUTORY_AGENT: ("family-register", "agent-identity"),
        Filer.MANDATED_AGENT: ("power-of-attorney", "agent-identity"),
    }
)
_SIGNS = MappingProxyType({"JPY": "¥", "USD": "$", "EUR": "€"})


def facts_of(
    context: Context, request: Request, moves: tuple[Move, ...], due: DueLetter, now: datetime
) -> dict[str, Value]:
    """Return what can be said without asking the desk; a place that is not here must be given, or stays empty."""
    values = {**_sender(context), **_of_request(context, request, now)}
    special = _SPECIAL.get(due.kind)
    return values if special is None else values | special(context, request, moves[: due.move + 1])


def sender_of(context: Context, regimes: tuple[str, ...]) -> dict[str, Value]:
    """Return who writes, and where he can be reached and complained about."""
    return {**_sender(context), "regimes": regimes}


def _sender(context: Context) -> dict[str, Value]:
    controller, complaints = context.policy.controller, context.policy.terms.complaints
    values: dict[str, Value] = {
        "controller": controller.name,
        "address": controller.address,
        "responsible": controller.responsible,
        "contact": controller.address if complaints is None else complaints.contact,
        "return_to": controller.address if complaints is None else complaints.contact,
        "has_accredited": complaints is not None and complaints.accredited is not None,
        "no_accredited": complaints is not None and complaints.accredited is None,
    }
    if complaints is not None and complaints.accredited is not None:
        values["accredited"] = complaints.accredited
    return values


def _of_request(context: Context, request: Request, now: datetime) -> dict[str, Value]:
    today = request.day_of(now)
    documents = accepted_on(context.policy.terms.documents, today) or context.policy.requests.identity_documents
    words = tuple(Word("document", kind) for kind in documents)
    return {
        "case": request.case_id,
        "date": today,
        "withdrawn": today,
        "regimes": tuple(sorted(law.value for law in laws_of(context, request.regime, request.laws))),
        "right": Word("right", request.right.value),
        "received": request.day_of(request.received_at),
        "due": request.due_on,
        "by": advance(today, context.letter_terms.answer_within),
        "method": words,
        "papers": words,
        "used": Word("channel", request.channel),
        "channels": tuple(Word("channel", channel) for channel in context.policy.requests.channels),
        "told_before_lift": True,
    }


def _masking(context: Context, request: Request, _: tuple[Move, ...]) -> dict[str, Value]:
    known = {document.kind: document for document in context.policy.terms.documents}
    kinds = [paper.kind for paper in request.papers if paper.kind in known]
    if not kinds:
        return {}
    parts = sorted(part.value for part in to_mask(known[kinds[-1]]))
    return {"document": Word("document", kinds[-1]), "parts": tuple(Word("masked", part) for part in parts)}


def _authority(_: Context, request: Request, __: tuple[Move, ...]) -> dict[str, Value]:
    proofs = tuple(Word("authority", proof) for proof in _PROOFS[request.filer])
    return {"agent": Word("agent", request.filer.value), "proofs": proofs}


def _fee(context: Context, request: Request, _: tuple[Move, ...]) -> dict[str, Value]:
    rights = context.policy.terms.rights
    free = all(isinstance(rights[right].fee, FreeOfCharge) for right in _NEVER_CHARGED if right in rights)
    values: dict[str, Value] = {"others_free": free}
    if request.charge is not None:
        sign = _SIGNS.get(request.charge.currency, f"{request.charge.currency} ")
        values["amount"] = f"{sign}{request.charge.amount:,}"
    return values


def _extension(_: Context, request: Request, moves: tuple[Move, ...]) -> dict[str, Value]:
    what = moves[-1].what
    if not isinstance(what, Extended):
        return {}
    before = fold(request.case_id, moves[:-1]).due_on
    return {"due": before, "until": what.until, "reason": Word("extension", what.reason.value)}


def _refusal(_: Context, request: Request, moves: tuple[Move, ...]) -> dict[str, Value]:
    what = moves[-1].what
    if not isinstance(what, Refused):
        return {}
    reasons = tuple(Word("refusal", reason.value) for reason in what.reasons)
    values: dict[str, Value] = {"reasons": reasons, "reason": reasons}
    if what.alternative is not None:
        if what.alternative.measure is not Measure.OTHER:
            values["measure"] = Word("measure", what.alternative.measure.value)
        until = what.alternative.until or _at_once(what.alternative.measure, request, moves[-1].at)
        if until is not None:
            values["until"] = until
    return values


def _at_once(measure: Measure, request: Request, at: datetime) -> date | None:
    """A suspension in place of an erasure begins with the decision; every other measure has a date of its own."""
    return request.day_of(at) if measure is Measure.SUSPEND else None


def _completion(context: Context, request: Request, _: tuple[Move, ...]) -> dict[str, Value]:
    decision = request.decision
    if not isinstance(decision, GrantedInPart):
        return {"in_part": False}
    refused = tuple(
        Because(
            context.policy.categories[item.item].title,
            tuple(Word("refusal", reason.value) for reason in item.reasons),
        )
        for item in decision.refused
    )
    return {"in_part": True, "refused": refused}


def _withdrawn(_: Context, request: Request, moves: tuple[Move, ...]) -> dict[str, Value]:
    """The day of the withdrawal; written before it is recorded, the letter has its own."""
    is_recorded = isinstance(moves[-1].what, Withdrawn)
    return {"withdrawn": request.day_of(moves[-1].at)} if is_recorded else {}


def _complaint(_: Context, request: Request, __: tuple[Move, ...]) -> dict[str, Value]:
    """Somebody contacts whoever complains on the day itself, if it is a working day."""
    return {"contact_by": contact_by(request)}


_SPECIAL: Mapping[LetterKind, Callable[[Context, Request, tuple[Move, ...]], dict[str, Value]]] = MappingProxyType(
    {
        LetterKind.NEED_MASKING: _masking,
        LetterKind.NEED_AUTHORITY: _authority,
        LetterKind.NEED_FEE: _fee,
        LetterKind.EXTENSION: _extension,
        LetterKind.REFUSAL: _refusal,
        LetterKind.ALTERNATIVE: _refusal,
        LetterKind.COMPLETION: _completion,
        LetterKind.WITHDRAWN: _withdrawn,
        LetterKind.COMPLAINT: _complaint,
    }
)
