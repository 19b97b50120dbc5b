"""The nineteen disagreements between the five policies and the statutes: each is found where the text has it."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from retention.datamap import read_datamap
from retention.grammar import Finding, Severity
from retention.packs import pack_names, read_pack
from retention.policy import read_policy, review, shipped_statutes

CONFLICTS = [
    ("X1", "coorum", "FEE_NOT_PERMITTED", "correction", "jp.appi.38-1"),
    ("X2", "three-regime", "FEE_FREE_IN_REGIME", "disclosure", "eu.gdpr.12-5"),
    ("X3", "webmo", "REFUSAL_NOT_IN_LAW", "purpose-notification", "jp.appi.32-2"),
    ("X4", "webmo", "CITATION_MOVED", "citations", "jp.appi.16-3"),
    ("X5", "umu", "GROUNDS_INCOMPLETE", "erasure", "jp.appi.35-5"),
    ("X6", "coorum", "RIGHT_SILENT", "rights", "jp.appi.35-1"),
    ("X7", "u-next", "REFUSAL_NEEDS_SUBSTITUTE", "erasure", "jp.appi.35-6"),
    ("X8", "u-next", "AGENTS_EXCLUDED", "rights", "jp.appi.37-3"),
    ("X9", "u-next", "IDENTITY_DOCUMENT_EXPIRED", "health-insurance-card", "jp.appi.37-1"),
    ("X9", "u-next", "IDENTITY_DOCUMENT_EXPIRED", "resident-register-card", "jp.appi.37-1"),
    ("X10", "u-next", "PSEUDONYMISED_CONTACT", "group_pseudonymised", "jp.appi.41-8"),
    ("X11", "u-next", "PSEUDONYMISED_IDENTIFIES", "P1", "jp.appi.41-7"),
    ("X12", "u-next", "RESPONSIBLE_IS_OFFICE", "group_pseudonymised", "jp.appi.41-6"),
    ("X13", "u-next", "ITEMS_OPEN_ENDED", "group_pseudonymised", "jp.appi.41-6"),
    ("X14", "u-next", "PAPER_ONLY_INTAKE", "channels", "jp.appi.37-4"),
    ("X15", "three-regime", "CONSENT_DEEMED", "consents.use", "eu.gdpr.4-11"),
    ("X15", "three-regime", "CHANGE_WITHOUT_NOTICE", "version", "jp.appi.17-2"),
    ("X16", "three-regime", "REFUSALS_NOT_TRANSFERABLE", "erasure", "eu.gdpr.17-3"),
    ("X17", "umu", "ABSOLUTE_ERASURE", "erasure", "jp.appi.35-6"),
    ("X18", "webmo", "LEAK_GROUND_WIDER", "erasure", "jp.appi.26-1"),
    ("X19", "u-next", "GROUND_NOT_NEEDED", "erasure", "jp.appi.35-5"),
]
"""Number in the reference, pack, code, a word of the place, and a statute that must be cited."""


@cache
def findings_of(pack: str) -> tuple[Finding, ...]:
    """Return what the lint says of the pack on the day the packs were written."""
    files, statutes = read_pack(pack), shipped_statutes()
    policy = read_policy(files["policy.yaml"], "policy.yaml", statutes)
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
    return review(policy, datamap, statutes, date(2026, 11, 25))


@pytest.mark.parametrize(("number", "pack", "code", "place", "statute"), CONFLICTS)
def test_the_lint_finds_the_conflict_with_its_article(
    number: str, pack: str, code: str, place: str, statute: str
) -> None:
    """The pack says what its text says, so that the disagreement is found and cited."""
    found = [finding for finding in findings_of(pack) if finding.code == code and place in finding.where]
    assert found, f"{number} was not found"
    assert any(statute in finding.articles for finding in found)


def test_all_nineteen_are_in_the_table() -> None:
    """No number of the reference is left out."""
    assert {number for number, *_ in CONFLICTS} == {f"X{number}" for number in range(1, 20)}


@pytest.mark.parametrize("pack", pack_names())
def test_no_pack_has_anything_that_must_be_mended(pack: str) -> None:
    """Disagreements and proposals are warnings; a pack itself is without mistakes."""
    assert [finding for finding in findings_of(pack) if finding.severity is Severity.ERROR] == []
