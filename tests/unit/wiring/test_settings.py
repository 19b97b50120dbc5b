from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from retention.errors import SettingsError
from retention.model.evidence_terms import EvidenceTerms
from retention.model.period import Period
from retention.ports.tiles import ObjectLock, TileSettings
from retention.wiring import read_settings

GOOD = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
limits: {subjects: 5, fraction: 0.1}
systems:
  shop: {connector: sql, url: "env:SHOP_URL", pool: "3"}
  nightly: {connector: backups, url: s3://nightly, copies: [shop]}
  again: {connector: sql, url: "env:AGAIN_URL", restores: shop}
"""


def read(text: str, tmp_path: Path):
    """Read the text as retention.yaml of the folder."""
    return read_settings(text, "retention.yaml", tmp_path)


def problems(text: str, tmp_path: Path) -> list[str]:
    """Return what is wrong with the text."""
    with pytest.raises(SettingsError) as raised:
        read(text, tmp_path)
    return [str(problem) for problem in raised.value.problems]


def test_paths_start_from_the_workspace(tmp_path):
    """Files and folders are relative to the workspace, not to where the command was started."""
    settings = read(GOOD, tmp_path)
    assert (settings.policy, settings.keys) == (tmp_path / "policy.yaml", tmp_path / "keys")
    assert settings.evidence == TileSettings("evidence", workspace=tmp_path)
    assert settings.origin == "shop.example/log"


def test_systems_keep_what_their_connectors_need(tmp_path):
    """Options stay text and unresolved; copies and restores name other systems."""
    systems = read(GOOD, tmp_path).systems
    assert list(systems) == ["shop", "nightly", "again"]
    assert systems["shop"].options == {"url": "env:SHOP_URL", "pool": "3"}
    assert systems["nightly"].copies == ("shop",)
    assert systems["again"].restores == "shop"


def test_a_bucket_for_evidence_is_read(tmp_path):
    """Store, lock and period are checked; the connector's own options stay text and unresolved."""
    more = "s3://evidence/log, object_lock: compliance, retain: P10Y, region: ap-northeast-1, secret_key: env:KEY"
    evidence = read(GOOD.replace("store: evidence", f"store: {more}"), tmp_path).evidence
    assert (evidence.store, evidence.object_lock, evidence.retain) == (
        "s3://evidence/log",
        ObjectLock.COMPLIANCE,
        Period(years=10),
    )
    assert evidence.options == {"region": "ap-northeast-1", "secret_key": "env:KEY"}


def test_limits_are_exact_and_have_defaults(tmp_path):
    """A tenth is a tenth; a workspace without limits is limited all the same."""
    assert read(GOOD, tmp_path).limits.fraction == Fraction(1, 10)
    without = "\n".join(line for line in GOOD.splitlines() if not line.startswith("limits"))
    limits = read(without, tmp_path).limits
    assert 0 < limits.fraction < 1
    assert limits.subjects > 0


def test_every_mistake_is_reported_at_once(tmp_path):
    """An unknown provider, lock and copy, and a nameless connector: four problems with their lines."""
    wrong = (
        GOOD.replace("provider: file", "provider: drawer")
        .replace("store: evidence", "store: s3://evidence, object_lock: forever")
        .replace("copies: [shop]", "copies: [shpo]")
        .replace('again: {connector: sql, url: "env:AGAIN_URL", restores: shop}', "again: {url: x}")
    )
    found = problems(wrong, tmp_path)
    assert len(found) == 4
    text = "\n".join(found)
    for part in ("retention.yaml:4", "retention.yaml:5", "shpo", "connector"):
        assert part in text


def test_an_unknown_key_is_not_overlooked(tmp_path):
    """A misspelt key is refused: a limit that nobody reads would be no limit."""
    assert "limitz" in "\n".join(problems(GOOD.replace("limits:", "limitz:"), tmp_path))


def test_a_limit_above_everything_is_refused(tmp_path):
    """A fraction above one limits nothing and is refused."""
    assert problems(GOOD.replace("fraction: 0.1", "fraction: 1.5"), tmp_path)


def test_evidence_ends_by_settings_and_has_defaults(tmp_path):
    """Openings, receipts and remainders have periods of the calendar; what is no period is refused by name."""
    assert read(GOOD, tmp_path).terms == EvidenceTerms(Period(years=5), Period(years=1), Period(years=1))
    named = GOOD.replace("origin: shop.example/log", "origin: shop.example/log, openings_for: P7Y, receipts_for: P90D")
    assert read(named, tmp_path).terms == EvidenceTerms(Period(years=7), Period(days=90), Period(years=1))
    (problem,) = problems(named.replace("P90D", "90 days"), tmp_path)
    assert "receipts_for" in problem


def test_a_kms_that_wraps_the_ledgers_own_keys_is_read(tmp_path):
    """Its options stand beside the folder of wrapped keys; beside `file` they are an oversight."""
    held = read(GOOD.replace("provider: file,", "provider: aws-kms, region: ap-northeast-1,"), tmp_path)
    assert held.key_holder is not None
    assert (held.key_holder.provider, dict(held.key_holder.options)) == ("aws-kms", {"region": "ap-northeast-1"})
    assert read(GOOD, tmp_path).key_holder is None
    (problem,) = problems(GOOD.replace("provider: file,", "provider: file, region: ap-northeast-1,"), tmp_path)
    assert "an option of a KMS" in problem


PART = '  part: {connector: sql, url: "sqlite:///{copy}.db", restores: shop, rewrites: nightly}\n'


def test_a_part_of_every_copy_names_backups_original_and_date(tmp_path):
    """`rewrites` goes with `restores` and with `{copy}` in an option; one without the others is refused."""
    part = read(GOOD + PART, tmp_path).systems["part"]
    assert (part.restores, part.rewrites) == ("shop", "nightly")
    for wrong in (
        PART.replace("{copy}", "x"),
        PART.replace(", rewrites: nightly", ""),
        PART.replace(" restores: shop,", ""),
    ):
        (problem,) = problems(GOOD + wrong, tmp_path)
        assert "`rewrites: BACKUPS` with `restores: SYSTEM` and `{copy}`" in problem
    assert any("nightli in part" in each for each in problems(GOOD + PART.replace("nightly", "nightli"), tmp_path))
