"""One judgement for each kind of thing that is seen. Each has a test in which it passes and one in which it fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, assert_never

from retention.errors import Problem
from retention.health.stores import judge_bucket, judge_queue
from retention.model.seen import (
    AirflowPart,
    Bucket,
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
    RotationSeen,
    Seen,
    ServerClock,
    Space,
    TablesSeen,
    Uncovered,
    Unusable,
)

PYTHON: Final = (3, 11)
AIRFLOW: Final = (3, 3)
SKEW: Final = timedelta(minutes=1)
"""Time stands in evidence and in orders to processors; S3 itself refuses requests from 15 minutes on."""
STEP: Final = timedelta(seconds=1)
ROOM: Final = 2 << 30
"""Bytes: a shard of a lake is rewritten beside the original, and PostgreSQL's dumps are read from disk."""
_OTHERS_WRITE: Final = 0o022
_OTHERS_ANYTHING: Final = 0o077


def judge(seen: Seen) -> Iterator[Problem]:
    """Yield what is wrong with a thing; nothing if it is well."""
    match seen:
        case Unusable():
            yield Problem(where=seen.where, expected=seen.expected, found=seen.found, hint=seen.hint)
        case Extra() | Interpreter() | FileMode() | Space():
            yield from _machine(seen)
        case ServerClock() | ClockSteps() | NewestCase():
            yield from _clock(seen)
        case Bucket():
            yield from judge_bucket(seen)
        case QueueSeen():
            yield from judge_queue(seen)
        case TablesSeen() | KeySeen() | RotationSeen() | LogSeen() | Uncovered():
            yield from _inside(seen)
        case MailSeen() | Reached() | Quorum():
            yield from _servers(seen)
        case DagFiles() | AirflowPart() | Pools():
            yield from _airflow(seen)
        case _:
            assert_never(seen)


def _machine(seen: Extra | Interpreter | FileMode | Space) -> Iterator[Problem]:
    match seen:
        case Extra():
            if seen.missing:
                yield Problem(
                    where=seen.needed_by,
                    expected=f"the packages of the extra `{seen.name}`",
                    found=f"no {', '.join(seen.missing)}",
                    hint=f"pip install 'retention[{seen.name}]'",
                )
        case Interpreter():
            if seen.python < PYTHON:
                yield Problem(
                    where="python", expected=f"{_dotted(PYTHON)} or newer", found=_dotted(seen.python), hint="upgrade"
                )
            if seen.airflow is not None and seen.airflow != AIRFLOW:
                hint = "pip install 'retention[airflow]': our DAGs are tested with that version only"
                yield Problem(where="airflow", expected=_dotted(AIRFLOW), found=_dotted(seen.airflow), hint=hint)
        case FileMode():
            yield from _mode(seen)
        case Space():
            if seen.free < ROOM:
                expected, found = f"{ROOM >> 20} MiB free", f"{seen.free >> 20} MiB"
                yield Problem(where=seen.where, expected=expected, found=found, hint="free some, or set TMPDIR")
        case _:
            assert_never(seen)


def _mode(seen: FileMode) -> Iterator[Problem]:
    secret = seen.guarded is Guarded.SECRET
    wrong = seen.mode & (_OTHERS_ANYTHING if secret else _OTHERS_WRITE)
    if wrong:
        yield Problem(
            where=seen.name,
            expected="a file that only its owner can read" if secret else "a file that only its owner can write",
            found=f"{seen.mode:04o}",
            hint=f"chmod {'go-rwx' if secret else 'go-w'} {seen.name}",
        )


def _clock(seen: ServerClock | ClockSteps | NewestCase) -> Iterator[Problem]:
    match seen:
        case ServerClock():
            if abs(seen.ahead) > SKEW:
                word = "ahead of" if seen.ahead > timedelta() else "behind"
                yield Problem(
                    where=seen.where,
                    expected=f"clocks that differ by at most {SKEW.seconds} s",
                    found=f"this machine's is {abs(seen.ahead).total_seconds():.0f} s {word} the server's",
                    hint="switch NTP on, here or there; a wrong clock makes wrong dates in evidence",
                )
        case ClockSteps():
            if abs(seen.wall - seen.steady) > STEP:
                yield Problem(
                    where="this machine's clock",
                    expected="a clock that runs steadily",
                    found=f"a step of {(seen.wall - seen.steady).total_seconds():.1f} s while we looked",
                    hint="let NTP slew the clock instead of setting it",
                )
        case NewestCase():
            if seen.now < seen.opened_at:
                yield Problem(
                    where="this machine's clock",
                    expected=f"a time after the newest case, {seen.opened_at:%Y-%m-%d %H:%M:%S}Z",
                    found=f"{seen.now:%Y-%m-%d %H:%M:%S}Z",
                    hint="set this machine's clock right, or that of the machine on which the case was opened",
                )
        case _:
            assert_never(seen)


def _inside(seen: TablesSeen | KeySeen | RotationSeen | LogSeen | Uncovered) -> Iterator[Problem]:
    match seen:
        case TablesSeen():
            yield from _tables(seen)
        case KeySeen():
            if seen.is_used and not seen.is_there:
                yield Problem(
                    where=f"keys {seen.name}",
                    expected="the key: it has been used",
                    found="no such file",
                    hint="bring the key folder back; docs/runbooks/key-lost.md says what is lost without it",
                )
        case RotationSeen():
            if seen.due_at <= seen.now:
                found = f"due since {seen.due_at:%Y-%m-%d}"
                yield Problem(where=seen.where, expected="nothing due", found=found, hint=seen.command)
        case LogSeen():
            if seen.published < seen.recorded:
                yield Problem(
                    where="evidence",
                    expected=f"all {seen.recorded} entries published",
                    found=f"{seen.published}",
                    hint="retention evidence publish",
                )
        case Uncovered():
            for category in seen.categories:
                yield Problem(
                    where=f"policy categories.{category}",
                    expected="a field of that category in the data map",
                    found="none",
                    hint="map it, or nothing of it is ever erased; retention datamap check lists what is not mapped",
                )
        case _:
            assert_never(seen)


def _tables(seen: TablesSeen) -> Iterator[Problem]:
    if seen.found is None or seen.found == seen.newest:
        return
    older = seen.found in seen.known
    yield Problem(
        where="ledger",
        expected=f"tables of version {seen.newest}",
        found=seen.found,
        hint="back it up; the next command that opens it brings it up to date"
        if older
        else "a newer version of this program has been here: upgrade this one",
    )


def _servers(seen: MailSeen | Reached | Quorum) -> Iterator[Problem]:
    match seen:
        case MailSeen():
            if not (seen.encrypts or seen.is_here):
                yield Problem(
                    where=seen.where,
                    expected="a mail server that encrypts",
                    found="one without STARTTLS",
                    hint="letters go out encrypted or not at all: name another server, or `tls: implicit`",
                )
        case Reached():
            return
        case Quorum():
            if not seen.is_reachable:
                yield Problem(
                    where="evidence.witnesses",
                    expected=f"witnesses that answer: {seen.needed}",
                    found=f"silence of {', '.join(seen.silent)}",
                    hint="start them, or tell whoever runs them; docs/runbooks/witness-refuses.md",
                )
        case _:
            assert_never(seen)


def _airflow(seen: DagFiles | AirflowPart | Pools) -> Iterator[Problem]:
    match seen:
        case DagFiles():
            if seen.missing:
                found = f"no {', '.join(seen.missing)}"
                yield Problem(
                    where="airflow dags_folder", expected="our DAG files", found=found, hint="copy `dags/` there"
                )
        case AirflowPart():
            if seen.status != "healthy":
                yield Problem(
                    where=f"airflow {seen.name}",
                    expected="healthy",
                    found=seen.status,
                    hint=f"start it: airflow {seen.name.replace('_', '-')}",
                )
        case Pools():
            for pool in seen.missing:
                hint = "airflow pools import dags/pools.json"
                yield Problem(where="airflow pools", expected=f"the pool {pool}", found="none", hint=hint)
        case _:
            assert_never(seen)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
