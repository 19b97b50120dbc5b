"""A plan in a few lines: what is done where, to how much, and how far it is. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias, assert_never

from retention.model.disclosure import DeliverExport, DiscloseRows, DisclosureStep
from retention.model.ids import StepId
from retention.model.key_steps import KeyStep, LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    LiftRows,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    RowStep,
    SharingStep,
    Step,
    SuspendRows,
    TellProcessor,
    WithdrawSet,
)
from retention.ports.ledger import JournalEntry, Phase


class Action(Enum):
    """What a step does."""

    ERASE = "erase"
    REDACT = "redact"
    ANONYMIZE = "anonymize"
    PSEUDONYMIZE = "pseudonymize"
    SUSPEND = "suspend"
    LIFT = "lift"
    TELL = "tell"
    EXPIRE = "expire"
    SHRED = "shred"
    UNREADABLE = "unreadable"
    EXPORT = "export"
    FORGET = "forget"
    WITHDRAW = "withdraw"
    COUNT = "count"
    DESTROY_KEY = "destroy-key"
    DISCLOSE = "disclose"
    DELIVER = "deliver"


@dataclass(frozen=True, slots=True)
class Failure:
    """What a step failed with, and has not got over."""

    code: str
    steps: int


@dataclass(frozen=True, slots=True)
class Deed:
    """All steps of a plan that do the same in the same place."""

    action: Action
    where: str
    """A dataset, system or key."""
    detail: tuple[str, ...]
    """Names of columns where only those are meant."""
    because: tuple[str, ...]
    """Rules and statutes; `request` where a person asked."""
    steps: int
    rows: int | None
    """What the plan counted: rows, or copies or keys; None where nothing is counted."""
    of_rows: int | None
    done: int
    """Steps whose statement is in the log."""
    begun: int
    """Steps that are under way."""
    failures: tuple[Failure, ...]


_Counted: TypeAlias = tuple[int | None, int | None]


@dataclass(slots=True)
class _Sum:
    rows: int | None = None
    of_rows: int | None = None
    steps: list[StepId] = field(default_factory=list)

    def add(self, step: StepId, counted: _Counted) -> None:
        rows, of_rows = counted
        self.steps.append(step)
        self.rows = self.rows if rows is None else (self.rows or 0) + rows
        self.of_rows = self.of_rows if of_rows is None else max(self.of_rows or 0, of_rows)


def deeds(steps: Iterable[Step], lines: Iterable[JournalEntry]) -> tuple[Deed, ...]:
    """Return what a plan does, in its order, with what the journal says of it."""
    sums: dict[tuple[Action, str, tuple[str, ...], tuple[str, ...]], _Sum] = {}
    for step in steps:
        action, where = _named(step)
        detail = step.fields if isinstance(step, RedactFields) else ()
        sums.setdefault((action, where, detail, _because(step)), _Sum()).add(step.step_id, _counted(step))
    standing = standings(lines)
    return tuple(
        Deed(*named, len(each.steps), each.rows, each.of_rows, *_progress(each.steps, standing))
        for named, each in sums.items()
    )


def standings(lines: Iterable[JournalEntry]) -> Mapping[StepId, JournalEntry]:
    """Return each step's last line: where it stands; a failure that was got over is not the last."""
    found: dict[StepId, JournalEntry] = {}
    for line in lines:
        known = found.get(line.step_id)
        if known is None or known.phase not in (Phase.EVIDENCE, Phase.VERIFIED):
            found[line.step_id] = line
    return MappingProxyType(found)


def code_of(line: JournalEntry) -> str:
    """Return the code that a failed line carries; `verification` if a look found something."""
    body = json.loads(line.body)
    return str(body.get("code", "verification")) if isinstance(body, dict) else "verification"


def _progress(steps: Sequence[StepId], standing: Mapping[StepId, JournalEntry]) -> tuple[int, int, tuple[Failure, ...]]:
    lines = [standing[step] for step in steps if step in standing]
    done = sum(line.phase is Phase.EVIDENCE for line in lines)
    codes = [code_of(line) for line in lines if line.phase is Phase.FAILED]
    failures = tuple(Failure(code, codes.count(code)) for code in sorted(set(codes)))
    return done, len(lines) - done - len(codes), failures


def _because(step: Step) -> tuple[str, ...]:
    asked = ("request",) if step.because.request else ()
    return (*asked, *step.because.rules, *step.because.statutes)


def _named(step: Step) -> tuple[Action, str]:
    match step:
        case EraseRows() | RedactFields() | AnonymizeRows() | PseudonymizeRows() | SuspendRows() | LiftRows():
            return _of_rows(step), step.dataset
        case TellProcessor():
            return Action.TELL, step.system
        case ExpireCopies():
            return Action.EXPIRE, step.system
        case ShredKeys() | LeaveUnreadable():
            return _of_keys(step)
        case ExportSet() | ForgetInSet() | WithdrawSet() | PublishCounts() | DestroyTokenKey():
            return _of_sets(step)
        case DiscloseRows() | DeliverExport():
            return _of_showing(step)
        case _:
            assert_never(step)


def _of_rows(step: RowStep) -> Action:
    match step:
        case EraseRows():
            return Action.ERASE
        case RedactFields():
            return Action.REDACT
        case AnonymizeRows():
            return Action.ANONYMIZE
        case PseudonymizeRows():
            return Action.PSEUDONYMIZE
        case SuspendRows():
            return Action.SUSPEND
        case LiftRows():
            return Action.LIFT
        case _:
            assert_never(step)


def _of_keys(step: KeyStep) -> tuple[Action, str]:
    match step:
        case ShredKeys():
            return Action.SHRED, f"{step.system}.{step.category}"
        case LeaveUnreadable():
            return Action.UNREADABLE, step.system
        case _:
            assert_never(step)


def _of_sets(step: SharingStep) -> tuple[Action, str]:
    match step:
        case ExportSet():
            return Action.EXPORT, step.dataset
        case ForgetInSet():
            return Action.FORGET, step.dataset
        case WithdrawSet():
            return Action.WITHDRAW, step.dataset
        case PublishCounts():
            return Action.COUNT, step.dataset
        case DestroyTokenKey():
            return Action.DESTROY_KEY, step.key_name
        case _:
            assert_never(step)


def _of_showing(step: DisclosureStep) -> tuple[Action, str]:
    match step:
        case DiscloseRows():
            return Action.DISCLOSE, step.dataset
        case DeliverExport():
            return Action.DELIVER, step.dataset
        case _:
            assert_never(step)


def _counted(step: Step) -> _Counted:
    match step:
        case TellProcessor() | DestroyTokenKey() | DeliverExport():
            return None, None
        case ExpireCopies() | LeaveUnreadable():
            return len(step.copies), None
        case ShredKeys():
            return step.keys.size, None
        case WithdrawSet():
            return step.rows, None
        case _:
            return step.rows, step.of_rows


def last_at(lines: Iterable[JournalEntry], *phases: Phase) -> datetime | None:
    """Return when the last line of these phases was written."""
    return max((line.at for line in lines if line.phase in phases), default=None)
