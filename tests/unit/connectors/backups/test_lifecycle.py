"""What a bucket's rules do to a version, as Amazon documents them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.backups.lifecycle import Rule, gone_at, read_rule, removes_markers
from connectors.backups.names import copy_id, day_within, exact_day
from retention.model.ids import SystemId

WRITTEN = datetime(2026, 11, 22, 18, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lying:
    """A version."""

    key: str = "db/2026-11-22/a"
    written_at: datetime = WRITTEN
    size: int = 100
    noncurrent_since: datetime | None = None
    newer: int = 0


def rule(**more: Any) -> Rule:
    """Return a rule as the store tells it."""
    return read_rule(1, {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, **more})


BOTH = {"Expiration": {"Days": 35}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}}


@pytest.mark.parametrize(
    ("told", "versioned", "version", "expected"),
    [
        ({"Expiration": {"Days": 35}}, False, Lying(), datetime(2026, 12, 28, tzinfo=UTC)),
        ({"Expiration": {"Date": WRITTEN + 40 * DAY}}, False, Lying(), WRITTEN + 40 * DAY),
        ({"Expiration": {"Days": 35}}, True, Lying(), None),
        (BOTH, True, Lying(), datetime(2026, 12, 30, tzinfo=UTC)),
        (BOTH, True, Lying(noncurrent_since=WRITTEN), datetime(2026, 11, 24, tzinfo=UTC)),
        ({"NoncurrentVersionExpiration": {"NoncurrentDays": 1}}, True, Lying(), None),
        (BOTH | {"Status": "Disabled"}, True, Lying(), None),
        (BOTH | {"Filter": {"Prefix": "db/"}}, True, Lying(), datetime(2026, 12, 30, tzinfo=UTC)),
        (BOTH | {"Filter": {"Prefix": "other/"}}, True, Lying(), None),
        (BOTH | {"Filter": {}, "Prefix": "other/"}, True, Lying(), None),
        (BOTH | {"Filter": {"Tag": {"Key": "k", "Value": "v"}}}, True, Lying(), None),
        (BOTH | {"Filter": {"And": {"Prefix": "db/", "Tags": [{"Key": "k", "Value": "v"}]}}}, True, Lying(), None),
        (BOTH | {"Filter": {"ObjectSizeGreaterThan": 100}}, True, Lying(), None),
        (BOTH | {"Filter": {"ObjectSizeGreaterThan": 99}}, True, Lying(), datetime(2026, 12, 30, tzinfo=UTC)),
        (BOTH | {"Filter": {"And": {"Prefix": "db/", "ObjectSizeLessThan": 100}}}, True, Lying(), None),
    ],
)
def test_a_rule_acts_as_documented(told: Any, versioned: bool, version: Lying, expected: datetime | None) -> None:  # noqa: FBT001 -- a parameter
    """Days round up to midnight; a current version first becomes noncurrent; a filter must surely be met."""
    assert gone_at(version, [rule(**told)], versioned=versioned) == expected


def test_the_newest_noncurrent_versions_may_stay_for_good() -> None:
    """`NewerNoncurrentVersions` keeps that many whatever their age."""
    kept = rule(NoncurrentVersionExpiration={"NoncurrentDays": 1, "NewerNoncurrentVersions": 2})
    ends = [gone_at(Lying(noncurrent_since=WRITTEN, newer=newer), [kept], versioned=True) for newer in (0, 1, 2)]
    assert ends == [None, None, datetime(2026, 11, 24, tzinfo=UTC)]


def test_markers_are_cleared_by_rules_that_say_so() -> None:
    """Enabled, by prefix, either expressly or as a part of the expiration by age."""
    assert removes_markers("db/x", [rule(Expiration={"ExpiredObjectDeleteMarker": True})])
    assert removes_markers("db/x", [rule(Expiration={"Days": 3})])
    assert not removes_markers("db/x", [rule(NoncurrentVersionExpiration={"NoncurrentDays": 1})])
    assert not removes_markers("db/x", [rule(Expiration={"Days": 3}, Status="Disabled")])
    assert not removes_markers("db/x", [rule(Expiration={"Days": 3}, Filter={"Prefix": "other/"})])


rules = st.builds(
    lambda days, after, enabled, kept, tags: replace(
        rule(Expiration={"Days": days}, NoncurrentVersionExpiration={"NoncurrentDays": after}),
        enabled=enabled,
        newer_kept=kept,
        by_tags=tags,
    ),
    st.integers(1, 40),
    st.integers(1, 40),
    st.booleans(),
    st.integers(0, 2),
    st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(rules, max_size=3), rules, st.booleans(), st.integers(0, 3))
def test_weakening_never_brings_an_end_nearer(
    others: list[Rule],
    one: Rule,
    versioned: bool,  # noqa: FBT001 -- drawn
    newer: int,
) -> None:
    """Without a rule, or with a longer, disabled or narrower one, nothing is gone earlier than with it."""
    for version in (Lying(), Lying(noncurrent_since=WRITTEN, newer=newer)):
        strong = gone_at(version, [*others, one], versioned=versioned)
        weaker = (
            [],
            [replace(one, enabled=False)],
            [replace(one, prefix="other/")],
            [replace(one, current_days=(one.current_days or 0) + 9, noncurrent_days=(one.noncurrent_days or 0) + 9)],
        )
        for weak in weaker:
            end = gone_at(version, [*others, *weak], versioned=versioned)
            assert end is None or (strong is not None and end >= strong)
        assert strong is None or strong > version.written_at


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop-2026-11-22.dump", "2026-11-22"),
        ("shop-20261122T0300.dump", "2026-11-22"),
        ("v20269999-20261122", "2026-11-22"),
        ("shop.dump", None),
        ("202611221", None),
    ],
)
def test_a_day_is_found_in_a_name(name: str, expected: str | None) -> None:
    """With or without dashes; what is no date, or part of a longer number, is none."""
    found = day_within(name)
    assert (None if found is None else str(found)) == expected
    assert exact_day(name) is None


def test_a_name_that_could_hold_text_becomes_a_digest() -> None:
    """Evidence names copies by plain names only; others by a digest, the same every time."""
    assert copy_id(SystemId("dumps"), "shop-2026-11-22.dump") == "dumps/shop-2026-11-22.dump"
    odd = copy_id(SystemId("dumps"), "山田さんのコピー 2026-11-22")
    assert odd.startswith("dumps/sha256-")
    assert odd == copy_id(SystemId("dumps"), "山田さんのコピー 2026-11-22")
