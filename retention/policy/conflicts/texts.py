"""What the text calls consent, how it changes, what it cites, and whom it names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from retention.model.policy import Reductions
from retention.model.terms import ConsentKind
from retention.policy.conflicts.view import Conflict, View

_GIVEN_SINCE = ("jp.appi.35-5", "jp.appi.33-5", "jp.appi.26-1", "jp.appi.26-2", "jp.appi.41-1", "jp.appi.41-5")
"""The amendment of 2020, in force since 2022-04-01: wider erasure, provision records, breaches, pseudonyms."""


def deemed_consent(view: View) -> Iterator[Conflict]:
    """X15: silence that is taken for consent."""
    for consent in view.terms.consents:
        if consent.kind is ConsentKind.DEEMED:
            yield Conflict(
                code="CONSENT_DEEMED",
                where=f"consents.{consent.name}",
                says="use without objection is taken for consent",
                articles=("eu.gdpr.4-11", "jp.appi.18-1", "jp.appi.20-2", "jp.appi.27-1"),
                law="where consent is needed, it is a person's own statement or act",
                instead="such a consent passes no check that asks for consent; an objection ends it at once",
            )


def change_without_notice(view: View) -> Iterator[Conflict]:
    """X15: changes that take effect by being announced, beside a consent that is deemed."""
    version = view.policy.version
    deemed = any(consent.kind is ConsentKind.DEEMED for consent in view.terms.consents)
    if deemed and version is not None and version.reductions is Reductions.ANNOUNCEMENT:
        yield Conflict(
            code="CHANGE_WITHOUT_NOTICE",
            where="version.reductions",
            says="changes hold for everyone once they are announced",
            articles=("jp.appi.17-2", "jp.appi.18-1", "eu.gdpr.13-3"),
            law="a new purpose needs consent unless it is related, and people are told before",
            instead="a new purpose stays without effect for people who have not agreed",
        )


def citation_moved(view: View) -> Iterator[Conflict]:
    """X4: an article that stands elsewhere today."""
    for index, citation in enumerate(view.terms.citations):
        if citation.cites != citation.today:
            meant = citation.meant.get("en") or next(iter(citation.meant.values()), "")
            yield Conflict(
                code="CITATION_MOVED",
                where=f"citations[{index}]",
                says=f"the text cites {citation.cites} for {meant}",
                articles=(citation.today,),
                law=f"{meant} is there today",
                instead="the article of today is read",
            )


def officer_missing(view: View) -> Iterator[Conflict]:
    """Nobody is named as data protection officer."""
    if view.terms.states_rights and view.terms.officer is None:
        yield Conflict(
            code="OFFICER_MISSING",
            where="policy",
            says="no data protection officer is named",
            articles=("eu.gdpr.37",),
            law="who monitors people regularly and on a large scale names one",
            instead="extensions, refusals and holds go to the one responsible",
        )


def text_older_than_law(view: View) -> Iterator[Conflict]:
    """Find what the law has given people, or asked of companies, since the text was announced."""
    version = view.policy.version
    if version is None:
        return
    since = tuple(code for code in _GIVEN_SINCE if _began_after(view, code, version.announced_on))
    if since:
        yield Conflict(
            code="TEXT_OLDER_THAN_LAW",
            where="version.announced",
            says=f"the text is of {version.announced_on}",
            articles=since,
            law="has come into force since",
            instead="it applies although the text is silent; a lawyer brings the text up to date",
        )


def _began_after(view: View, code: str, day: date) -> bool:
    statute = view.statutes.by_id.get(code)
    return statute is not None and statute.effective_from is not None and statute.effective_from > day


RULES = (deemed_consent, change_without_notice, citation_moved, officer_missing, text_older_than_law)
