"""Ways in, and the documents by which people show who they are."""

from __future__ import annotations

from collections.abc import Iterator

from retention.law.documents import DOCUMENTS
from retention.policy.conflicts.view import Conflict, View

ON_PAPER = frozenset({"post", "visit", "fax", "counter"})
"""Ways in that nobody can use from a screen."""


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
