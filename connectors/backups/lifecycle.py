"""What a bucket's lifecycle rules will do to a version, and when. Pure.

As Amazon documents it: days count from when a version was written (current) or became noncurrent, and
the result is rounded up to the next midnight UTC; in a versioned bucket an expired current version
stays as a noncurrent one; of several rules the earliest acts. A rule that chooses by tags is taken
for one that does not act: tags are not listed, and nobody may be told of an end that does not come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol


class Lying(Protocol):
    """What counts of a version."""

    @property
    def key(self) -> str:
        """Return the object's key."""
        ...

    @property
    def written_at(self) -> datetime:
        """Return when it was written."""
        ...

    @property
    def size(self) -> int:
        """Return its bytes."""
        ...

    @property
    def noncurrent_since(self) -> datetime | None:
        """Return when it stopped being the current one."""
        ...

    @property
    def newer(self) -> int:
        """Return how many newer noncurrent versions there are."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One lifecycle rule, as far as it removes something."""

    number: int
    """Its place in the bucket's configuration, from 1."""
    enabled: bool
    prefix: str
    by_tags: bool
    larger_than: int
    smaller_than: int | None
    current_days: int | None
    current_on: datetime | None
    noncurrent_days: int | None
    newer_kept: int
    """How many newer noncurrent versions stay whatever their age."""
    removes_markers: bool

    def covers(self, version: Lying) -> bool:
        """Whether the rule's filter surely selects the version."""
        fits = self.larger_than < version.size and (self.smaller_than is None or version.size < self.smaller_than)
        return fits and not self.by_tags and version.key.startswith(self.prefix)


def read_rule(number: int, rule: Mapping[str, Any]) -> Rule:
    """Read a rule of `GetBucketLifecycleConfiguration`; the prefix may stand in three places."""
    chosen = rule.get("Filter", {})
    both = chosen.get("And", {})
    expiration, noncurrent = rule.get("Expiration", {}), rule.get("NoncurrentVersionExpiration", {})
    return Rule(
        number=number,
        enabled=rule.get("Status") == "Enabled",
        prefix=both.get("Prefix") or chosen.get("Prefix") or rule.get("Prefix") or "",
        by_tags="Tag" in chosen or bool(both.get("Tags")),
        larger_than=both.get("ObjectSizeGreaterThan", chosen.get("ObjectSizeGreaterThan", -1)),
        smaller_than=both.get("ObjectSizeLessThan", chosen.get("ObjectSizeLessThan")),
        current_days=expiration.get("Days"),
        current_on=expiration.get("Date"),
        noncurrent_days=noncurrent.get("NoncurrentDays"),
        newer_kept=noncurrent.get("NewerNoncurrentVersions", 0),
        removes_markers=bool(expiration.get("ExpiredObjectDeleteMarker")),
    )


def gone_at(version: Lying, rules: Iterable[Rule], *, versioned: bool) -> datetime | None:
    """Return when the enabled rules have removed the version for good; None if they never do."""
    acting = [rule for rule in rules if rule.enabled and rule.covers(version)]
    since, newer = version.noncurrent_since, version.newer
    if since is None:
        expires = [_current_end(version.written_at, rule) for rule in acting]
        since, newer = min((end for end in expires if end is not None), default=None), 0
        if not versioned or since is None:
            return since
    ends = [
        _midnight_after(since + timedelta(days=rule.noncurrent_days))
        for rule in acting
        if rule.noncurrent_days is not None and newer >= rule.newer_kept
    ]
    return min(ends, default=None)


def switched_on(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules as if none were disabled: what would happen if someone switched them on."""
    return tuple(replace(rule, enabled=True) for rule in rules)


def removes_markers(key: str, rules: Iterable[Rule]) -> bool:
    """Whether a rule clears delete markers of which nothing else is left."""
    return any(
        rule.enabled
        and not rule.by_tags
        and key.startswith(rule.prefix)
        and (rule.removes_markers or rule.current_days is not None)
        for rule in rules
    )


def _current_end(written_at: datetime, rule: Rule) -> datetime | None:
    if rule.current_days is not None:
        return _midnight_after(written_at + timedelta(days=rule.current_days))
    return None if rule.current_on is None else max(rule.current_on, _midnight_after(written_at))


def _midnight_after(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date() + timedelta(days=1), time(), tzinfo=UTC)
