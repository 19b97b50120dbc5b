"""The file of statutes, and what the packs cite of it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

import retention.law
import retention.policy.conflicts
from retention.model.period import Period
from retention.model.policy import SinceDate
from retention.model.statute import Retain, Strength
from retention.packs import pack_names, read_pack
from retention.policy import read_policy
from retention.policy.statutes import shipped_statutes

STATUTES = shipped_statutes()
READ_ON = date(2026, 11, 25)
"""The day on which the packs were written."""
CODE = re.compile(r"\"((?:jp|eu|us)\.[a-z]+(?:\.|-)[a-z0-9.-]+)\"")


def cited(pack: str) -> set[str]:
    """Return the statutes that the pack's rules, holds and citations name."""
    policy = read_policy(read_pack(pack)["policy.yaml"], "policy.yaml")
    codes = {rule.statute for rule in policy.rules} | {hold.statute for hold in policy.holds}
    return {code for code in codes | {citation.today for citation in policy.terms.citations} if code is not None}


@pytest.mark.parametrize("pack", pack_names())
def test_what_a_pack_cites_exists_and_binds(pack: str) -> None:
    """No pack rests on a law that is unknown, not yet or no longer in force."""
    assert {code for code in cited(pack) if code not in STATUTES.by_id} == set()
    assert {code for code in cited(pack) if not STATUTES.by_id[code].in_force(READ_ON)} == set()


def test_the_amendment_of_2026_is_there_and_nobody_uses_it() -> None:
    """Its articles stand in the file, are in force on no day, and no pack names one."""
    amendment = {code for code in STATUTES.by_id if code.startswith("jp.appi.r8.")}
    assert len(amendment) >= 5
    assert not any(STATUTES.by_id[code].enabled for code in amendment)
    assert not any(STATUTES.by_id[code].in_force(date(year, 1, 1)) for code in amendment for year in (2026, 2030, 2099))
    assert not any("jp.appi.r8" in text for pack in pack_names() for text in read_pack(pack).values())


def test_whatever_the_lint_cites_has_an_article() -> None:
    """A finding never shows a bare code: each statute that the lint or a table of the law names is in the file."""
    folders = [Path(str(package.__file__)).parent for package in (retention.policy.conflicts, retention.law)]
    files = [file for folder in folders for file in folder.glob("*.py")]
    codes = {code for file in files for code in CODE.findall(file.read_text(encoding="utf-8"))}
    assert codes
    assert {code for code in codes if code not in STATUTES.by_id} == set()


@pytest.mark.parametrize("word", ["provision", "receipt"])
def test_records_of_provision_and_receipt_have_three_clocks(word: str) -> None:
    """A contract: one year from the last; in bulk: three from the last; otherwise three from the record."""
    last = {"provision": "last_provided", "receipt": "last_received"}[word]
    clocks = {
        kind: (force.keep.keep_for, force.keep.start)
        for statute in STATUTES.by_id.values()
        for force in statute.forces
        if isinstance(force, Retain)
        for kind in force.data
        if kind.startswith(f"{word}-record")
    }
    assert clocks == {
        f"{word}-record-contract": (Period(years=1), SinceDate(last)),
        f"{word}-record-bulk": (Period(years=3), SinceDate(last)),
        f"{word}-record": (Period(years=3), SinceDate("recorded")),
    }


def test_erasing_what_is_no_longer_needed_is_an_endeavour_and_telling_the_outcome_a_duty() -> None:
    """APPI articles 22 and 41(5) say that one shall endeavour; 35(7) says that one shall."""
    assert STATUTES.by_id["jp.appi.22"].forces[0].strength is Strength.ENDEAVOUR
    assert STATUTES.by_id["jp.appi.41-5"].forces[0].strength is Strength.ENDEAVOUR
    assert STATUTES.by_id["jp.appi.35-7"].forces[0].code == "outcome-told"


def test_every_statute_is_named_in_both_languages() -> None:
    """A certificate cites the law in the language of the person."""
    for statute in STATUTES.by_id.values():
        assert {"ja", "en"} <= statute.title.keys() & statute.article.keys()
