"""Judgements on buckets and queues."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from retention.errors import Problem
from retention.model.seen import Bucket, BucketMeant, BucketSeen, QueueSeen, Role

SHORTEST_HIDDEN: Final = timedelta(seconds=30)
"""Two hundred messages are received before one commit: hidden for less, they would come again meanwhile."""
SHORTEST_KEPT: Final = timedelta(days=4)
"""What SQS keeps if nobody says: a long weekend without anybody loses nothing."""
FEWEST_TRIES: Final = 5
"""A message is received again whenever our ledger cannot be reached: that must not make it a dead one."""


def judge_bucket(bucket: Bucket) -> Iterator[Problem]:
    """Yield where a bucket is not what it is to be."""
    seen, meant = bucket.seen, bucket.meant
    yield from _region(seen, meant)
    match meant.role:
        case Role.EVIDENCE:
            yield from _evidence(seen, meant)
        case Role.LIVE:
            yield from _live(seen)
        case Role.COPIES:
            yield from _copies(seen, meant)
        case Role.EXPORTS:
            yield from _exports(seen)


def judge_queue(queue: QueueSeen) -> Iterator[Problem]:
    """Yield where a queue could lose events, or has put some aside."""
    if queue.hidden_for < SHORTEST_HIDDEN:
        yield Problem(
            where=queue.where,
            expected=f"a visibility time-out of {SHORTEST_HIDDEN.seconds} s or more",
            found=f"{queue.hidden_for.seconds} s",
            hint="set VisibilityTimeout: messages come again before they are committed",
        )
    if queue.kept_for < SHORTEST_KEPT:
        yield Problem(
            where=queue.where,
            expected=f"messages kept for {SHORTEST_KEPT.days} days or more",
            found=f"{queue.kept_for.total_seconds() / 3600:.0f} hours",
            hint="set MessageRetentionPeriod; 14 days are allowed",
        )
    if queue.tries is not None and queue.tries < FEWEST_TRIES:
        yield Problem(
            where=queue.where,
            expected=f"a dead-letter queue after {FEWEST_TRIES} receptions or more",
            found=f"{queue.tries}",
            hint="set maxReceiveCount: an hour without the ledger would put good events aside",
        )
    if queue.dead:
        yield Problem(
            where=queue.where,
            expected="an empty dead-letter queue",
            found=f"{queue.dead} messages",
            hint="move them back (start-message-move-task); docs/runbooks/queue-dead-letters.md",
        )


def _region(seen: BucketSeen, meant: BucketMeant) -> Iterator[Problem]:
    if meant.region is not None and seen.region != meant.region:
        hint = "data must not leave its region: correct `region`, or move the bucket"
        yield Problem(where=seen.where, expected=f"a bucket in {meant.region}", found=seen.region, hint=hint)
    if meant.residency and seen.region not in meant.residency:
        expected = f"a region of the policy's `residency` ({', '.join(meant.residency)})"
        yield Problem(where=seen.where, expected=expected, found=seen.region, hint="move the bucket")
    if meant.residency and meant.region is None:
        hint = f"write `region: {meant.residency[0]}`: then nothing is read elsewhere"
        yield Problem(where=seen.where, expected="`region`, since the policy has `residency`", found="none", hint=hint)


def _evidence(seen: BucketSeen, meant: BucketMeant) -> Iterator[Problem]:
    if meant.locked and not seen.lockable:
        yield Problem(
            where=seen.where,
            expected="a bucket with Object Lock, since `object_lock` is set",
            found="none",
            hint="make a bucket with Object Lock and publish there; it cannot be switched on without versioning",
        )
    if seen.expires_after is not None:
        yield Problem(
            where=seen.where,
            expected="no lifecycle rule that removes the log",
            found=f"one after {seen.expires_after} days",
            hint="remove the rule, or leave the log's prefix out of it",
        )


def _live(seen: BucketSeen) -> Iterator[Problem]:
    if seen.lock_default is not None:
        yield Problem(
            where=seen.where,
            expected="no default Object Lock where people's data lies",
            found=seen.lock_default,
            hint="switch the default off: whatever is written cannot be erased before",
        )


def _copies(seen: BucketSeen, meant: BucketMeant) -> Iterator[Problem]:
    if meant.store_removes is not None and seen.expires_after is None:
        yield Problem(
            where=seen.where,
            expected=f"a lifecycle rule that removes copies within {meant.store_removes}",
            found="none",
            hint="add one, or write `removed_by: job` if a program of yours does it; retention backups check says more",
        )


def _exports(seen: BucketSeen) -> Iterator[Problem]:
    if seen.lock_default is not None:
        yield Problem(
            where=seen.where,
            expected="no default Object Lock where exports lie ready for a while",
            found=seen.lock_default,
            hint="switch the default off: exports are destroyed at their date",
        )
