"""Statutes by the names that lawyers and the people they write to use."""

from __future__ import annotations

from collections.abc import Iterable

from retention.model.policy import Titles
from retention.policy import shipped_statutes


def articles(codes: Iterable[str]) -> dict[str, Titles]:
    """Return the citation of each statute that we know, by language."""
    statutes = shipped_statutes()
    known = {code for code in codes if code in statutes.by_id}
    return {code: {language: statutes.article(code, language) for language in ("ja", "en")} for code in sorted(known)}
