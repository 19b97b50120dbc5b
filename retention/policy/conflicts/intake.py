"""Ways in, and the documents by which people show who they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from retention.model.terms import Masked
from retention.policy.conflicts.view import Conflict, View

ON_PAPER = frozenset({"post", "visit", "fax", "counter"})
"""Ways in that nobody can use from a screen."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What is known of a kind of document, whoever accepts it."""

    ended: date | None
    """First day on which no valid one exists any more."""
    why: str
    masked: tuple[Masked, ...]
    """What must not be taken over from it."""


_MY_NUMBER = "only the front may be taken; the number on the back never"
DOCUMENTS: Mapping[str, KnownDocument] = MappingProxyType(
    {
        "health-insurance-card": KnownDocument(
            date(2025, 12, 2),
            "none were issued from 2024-12-02, and those issued before were valid for at most a year",
            (Masked.INSURER_NUMBER, Masked.INSURED_NUMBER),
        ),
        "insurance-eligibility-certificate": KnownDocument(
            None, "it carries the insured person's numbers", (Masked.INSURER_NUMBER, Masked.INSURED_NUMBER)
        ),
        "resident-register-card": KnownDocument(
            date(2026, 1, 1), "the last were issued in December 2015 and were valid for ten years", ()
        ),
        "my-number-card": KnownDocument(None, _MY_NUMBER, (Masked.MY_NUMBER,)),
        "my-number-notification-card": KnownDocument(date(2020, 5, 25), "it was abolished", (Masked.MY_NUMBER,)),
        "residence-record": KnownDocument(
            None, "a copy may carry the individual number", (Masked.REGISTERED_DOMICILE, Masked.MY_NUMBER)
        ),
    }
)
"""Kinds of document that came to an end, or that carry numbers nobody may collect."""


def document_expired(view: View) -> Iterator[Conflict]:
    """X9: the text accepts a document of which no valid one exists."""
    for document in view.terms.documents:
        known = DOCUMENTS.get(document.kind)
        if known is not None and known.ended is not None and known.ended <= view.day and document.accepted(view.day):
            yield Conflict(
                code="IDENTITY_DOCUMENT_EXPIRED",
                where=f"requests.identity_documents.{document.kind}",
                says=f"a {document.kind} is accepted",
                articles=("jp.appi.37-1", "jp.appi.37-4"),
                law=f"what proves identity must be valid and no excessive burden; {known.why}",
                instead="say `until`; another document is asked for, and the date of arrival stays",
            )


def document_unmasked(view: View) -> Iterator[Conflict]:
    """X9: a number that may not be collected is not masked."""
    for document in view.terms.documents:
        known = DOCUMENTS.get(document.kind)
        missing = [] if known is None else [mask.value for mask in known.masked if mask not in document.masked]
        if known is not None and missing and document.accepted(view.day):
            yield Conflict(
                code="IDENTITY_DOCUMENT_UNMASKED",
                where=f"requests.identity_documents.{document.kind}",
                says=f"a {document.kind} is accepted without masking {', '.join(missing)}",
                articles=("jp.appi.37-4", "jp.my-number-act.20"),
                law="no more may be collected than shows who someone is",
                instead=f"say `mask: [{', '.join(missing)}]`; the paper is not kept",
            )


def paper_only(view: View) -> Iterator[Conflict]:
    """X14: requests by post only (or by a screen for a special group only)."""
    open_to_all = [channel for channel in view.policy.requests.channels if channel not in view.terms.only_for]
    if all(channel in ON_PAPER for channel in open_to_all):
        yield Conflict(
            code="PAPER_ONLY_INTAKE",
            where="requests.channels",
            says=f"everyone must ask by {' or '.join(open_to_all) or 'nothing'}",
            articles=("jp.appi.37-4", "jp.appi.33-1", "jp.appi.33-2"),
            law="the way may be fixed without excessive burden, and the person chooses how disclosure is given",
            instead="the way in stays; the answer is given in the way the person asks for, electronic included",
        )


RULES = (document_expired, document_unmasked, paper_only)
