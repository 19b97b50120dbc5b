"""Each thing that the doctor sees: one that is well, and ones that are not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from retention.health import Check, judge
from retention.model.period import Period
from retention.model.seen import (
    AirflowPart,
    Bucket,
    BucketMeant,
    BucketSeen,
    ClockSteps,
    DagFiles,
    Extra,
    FileMode,
    Guarded,
    Interpreter,
    KeySeen,
    LogSeen,
    MailSeen,
    NewestCase,
    Pools,
    QueueSeen,
    Quorum,
    Reached,
    Role,
    RotationSeen,
    Seen,
    ServerClock,
    Space,
    TablesSeen,
    Uncovered,
    Unusable,
)

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
SEEN = BucketSeen(
    "systems.lake", "ap-northeast-1", versioned=True, lockable=True, lock_default=None, expires_after=None
)
HERE = ("ap-northeast-1",)


def bucket(role: Role, *, region: str | None = "ap-northeast-1", **seen: object) -> Bucket:
    """Return a bucket of that role, meant for Tokyo, with some settings of its own."""
    meant = BucketMeant(role, region, HERE, locked=True, store_removes=Period(days=35))
    return Bucket(replace(SEEN, **seen), meant)


QUEUE = QueueSeen("events.queues.crm", 3, 30 * SECOND, 4 * DAY, None, None)

WELL: list[Seen] = [
    Extra("s3", "systems.lake", ()),
    Interpreter((3, 11), None),
    Interpreter((3, 13), (3, 3)),
    ServerClock("systems.lake", 60 * SECOND),
    ServerClock("systems.lake", -60 * SECOND),
    ClockSteps(2 * SECOND, 1 * SECOND),
    NewestCase(NOW, NOW),
    FileMode("policy.yaml", 0o644, Guarded.READABLE),
    FileMode("keys", 0o700, Guarded.SECRET),
    bucket(Role.LIVE),
    bucket(Role.EVIDENCE, lock_default="COMPLIANCE P30D"),
    bucket(Role.COPIES, expires_after=35),
    bucket(Role.EXPORTS, lockable=False, versioned=False),
    Bucket(SEEN, BucketMeant(Role.LIVE, None, ())),
    QUEUE,
    replace(QUEUE, tries=5, dead=0),
    TablesSeen(None, "0002", ("0001", "0002")),
    TablesSeen("0002", "0002", ("0001", "0002")),
    KeySeen("signing", is_there=False, is_used=False),
    KeySeen("signing", is_there=True, is_used=True),
    RotationSeen("subject_keys.members", "retention keys rotate members", NOW + SECOND, NOW),
    LogSeen(7, 7),
    Uncovered(()),
    MailSeen("letters.email", encrypts=True, is_here=False),
    MailSeen("letters.email", encrypts=False, is_here=True),
    Reached("evidence.timestamps"),
    Quorum(is_reachable=True, needed="1 of (a, b)", silent=("b",)),
    DagFiles(()),
    AirflowPart("scheduler", "healthy"),
    Pools(()),
    Space("workspace", 2 << 30),
]

UNWELL: list[tuple[Seen, str]] = [
    (Unusable("policy.yaml:3", "a period", "nonsense", "like P7Y"), "a period"),
    (Extra("s3", "systems.lake", ("boto3",)), r"pip install 'retention\[s3\]'"),
    (Interpreter((3, 10), None), "3.11 or newer"),
    (Interpreter((3, 11), (3, 2)), r"airflow: expected 3\.3, found 3\.2"),
    (ServerClock("systems.lake", 61 * SECOND), "61 s ahead of"),
    (ServerClock("systems.lake", -90 * SECOND), "90 s behind"),
    (ClockSteps(3 * SECOND, 1 * SECOND), r"a step of 2\.0 s"),
    (NewestCase(NOW + SECOND, NOW), "after the newest case, 2026-11-26 00:00:01Z"),
    (FileMode("policy.yaml", 0o664, Guarded.READABLE), "chmod go-w policy.yaml"),
    (FileMode("keys/signing.key", 0o640, Guarded.SECRET), "found 0640; chmod go-rwx"),
    (bucket(Role.LIVE, region="us-east-1"), "expected a bucket in us-east-1, found ap-northeast-1"),
    (Bucket(SEEN, BucketMeant(Role.LIVE, "ap-northeast-1", ("eu-west-1",))), "residency` .eu-west-1"),
    (bucket(Role.LIVE, region=None), "write `region: ap-northeast-1`"),
    (bucket(Role.LIVE, lock_default="COMPLIANCE P30D"), "cannot be erased before"),
    (bucket(Role.EVIDENCE, lockable=False), "a bucket with Object Lock"),
    (bucket(Role.EVIDENCE, expires_after=90), "one after 90 days"),
    (bucket(Role.COPIES), "removes copies within P35D"),
    (bucket(Role.EXPORTS, lock_default="GOVERNANCE P1Y"), "destroyed at their date"),
    (replace(QUEUE, hidden_for=29 * SECOND), "visibility time-out of 30 s"),
    (replace(QUEUE, kept_for=DAY), "found 24 hours"),
    (replace(QUEUE, tries=1), "after 5 receptions or more, found 1"),
    (replace(QUEUE, tries=5, dead=2), "found 2 messages"),
    (TablesSeen("0001", "0002", ("0001", "0002")), "brings it up to date"),
    (TablesSeen("0003", "0002", ("0001", "0002")), "upgrade this one"),
    (KeySeen("signing", is_there=False, is_used=True), "key-lost"),
    (RotationSeen("subject_keys.members", "retention keys rotate members", NOW, NOW), "keys rotate members"),
    (LogSeen(7, 5), "all 7 entries published, found 5"),
    (Uncovered(("account",)), r"categories\.account"),
    (MailSeen("letters.email", encrypts=False, is_here=False), "without STARTTLS"),
    (Quorum(is_reachable=False, needed="2 of (a, b)", silent=("b",)), "silence of b"),
    (DagFiles(("canary.py",)), "no canary.py"),
    (AirflowPart("dag_processor", "unhealthy"), "airflow dag-processor"),
    (Pools(("retention_sweeps",)), "pools import"),
    (Space("workspace", (2 << 30) - 1), "2047 MiB"),
]


@pytest.mark.parametrize("seen", WELL, ids=lambda seen: type(seen).__name__)
def test_what_is_well_is_not_complained_of(seen: Seen) -> None:
    """At the edge of what is allowed there is no finding."""
    assert list(judge(seen)) == []


@pytest.mark.parametrize(("seen", "said"), UNWELL, ids=lambda value: type(value).__name__)
def test_what_is_not_well_is_said_with_what_to_do(seen: Seen, said: str) -> None:
    """Just past it there is exactly one, which says where, what was expected and found, and what to do."""
    (problem,) = judge(seen)
    assert problem.where
    assert problem.hint
    assert re.search(said, str(problem))


def test_every_kind_of_thing_is_judged_both_ways() -> None:
    """Nothing that is seen lacks an example that is well, and one that is not (save what has only one side)."""
    kinds = set(get_args(Seen))
    assert kinds - {type(seen) for seen in WELL} == {Unusable}
    assert kinds - {type(seen) for seen, _ in UNWELL} == {Reached}


def test_every_check_is_documented() -> None:
    """docs/doctor.md has a line for each, in the order in which they are made, and no other."""
    text = (Path(__file__).parents[3] / "docs/doctor.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE) == [check.value for check in Check]
