"""May this plan be carried out? The question as the approver reads it, in Japanese and English, in Markdown.

It says what the plan says: counts by dataset and action, what stays and why, what happens elsewhere and until when,
whom it takes to approve, and the digest. No personal value stands in a plan, and so none stands here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from retention.model.case import CaseKind
from retention.model.disclosure import DeliverExport, DiscloseRows
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    LiftRows,
    Plan,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    Step,
    SuspendRows,
    TellProcessor,
    WithdrawSet,
)
from retention.planning.approval import needed_approvals

_KINDS: Mapping[CaseKind, str] = {
    CaseKind.SWEEP: "期限の到来 / retention sweep",
    CaseKind.REQUEST: "本人の請求 / a person's request",
    CaseKind.RESTORE: "復元 / restore",
    CaseKind.JOINT_USE: "共同利用 / joint use",
    CaseKind.RETURN: "再び現れたデータ / data that came back",
    CaseKind.BATCH: "請求のまとめ / requests in a batch",
}
REFUSALS: Mapping[str, str] = {
    "own-plan": "この案件を受け付け、決定し、計画し、または開始した人は承認できません / "
    "whoever took, identified, decided, planned or started the case does not approve its plan",
    "no-role": "承認者の役割がありません / whoever answered does not hold the role approver",
    "same-person": "二度目の承認です。別の人の承認が必要です / the same person approved before; another one must",
    "other-digest": "ダイジェストがこの計画のものではありません / the digest given is not this plan's",
    "replaced": "計画は新しいものに替わりました / a newer plan has taken its place",
    "changed": "まとめから外れた請求があります / somebody of the batch goes with it no longer",
    "timed-out": "期限までに回答がありませんでした / nobody answered in time",
}
"""Why an answer did not count; codes of `approval_facts.NotApproved`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an approver has to know beside the plan."""

    digest: str
    missing: int
    """How many people must still approve."""
    until: datetime
    """By when somebody must answer."""
    zone: ZoneInfo
    refused: str | None
    """Why the last answer did not count; None if there was none."""
    anybody: bool
    """Whether anybody holds the role approver."""


def subject(plan: Plan) -> str:
    """Return the headline."""
    return f"{plan.case_id}: {_KINDS[plan.kind]} ({plan.plan_id})"


def body(plan: Plan, asked: Asked) -> str:
    """Return the question."""
    parts = (_head(plan, asked), _done(plan), _stays(plan, asked.zone), _besides(plan), _how(plan, asked))
    return "\n\n".join("\n".join(part) for part in map(tuple, parts) if part)


def _head(plan: Plan, asked: Asked) -> Iterator[str]:
    if asked.refused is not None:
        yield f"**前の回答は無効でした / The last answer did not count**: {REFUSALS[asked.refused]}"
        yield ""
    made = _moment(plan.made_at, asked.zone)
    yield f"- 案件 / case: **{plan.case_id}**, {_KINDS[plan.kind]}"
    yield f"- 計画 / plan: **{plan.plan_id}**, {made}"
    yield f"- 人数 / people: **{plan.subjects}**; 手順 / steps: **{len(plan.steps)}**"
    horizons = [step.until for step in plan.steps if isinstance(step, ExpireCopies | ShredKeys | LeaveUnreadable)]
    if any(horizons):
        last = _day(max(filter(None, horizons)), asked.zone)
        yield f"- 複製が残る最長の日 / copies remain at the longest until: **{last}**"


def _done(plan: Plan) -> Iterator[str]:
    """Yield a table of what is done, a row for each place, action and reason."""
    rows: dict[tuple[str, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for step in plan.steps:
        place, action, count = _told(step)
        number, total = rows[place, action, _why(step)]
        rows[place, action, _why(step)] = (number + 1, total + count)
    yield "| データ・システム / where | 処理 / action | 行・件数 / rows | 手順 / steps | 規則・根拠 / rule, statute |"
    yield "|---|---|---:|---:|---|"
    yield from (f"| {place} | {what} | {n} | {steps} | {why} |" for (place, what, why), (steps, n) in rows.items())


def _stays(plan: Plan, zone: ZoneInfo) -> Iterator[str]:
    """Yield a table of what is withheld, and why."""
    if not plan.withheld and not plan.kept_keys:
        return
    yield "**残るもの / What stays**"
    yield ""
    yield "| データ / dataset | 項目 / fields | 件数 / rows | 理由 / because | いつまで / until |"
    yield "|---|---|---:|---|---|"
    for held in plan.withheld:
        why = f"{held.hold_id} ({held.statute})"
        yield f"| {held.dataset} | {', '.join(held.fields)} | {held.rows} | {why} | {_until(held.until, zone)} |"
    for kept in plan.kept_keys:
        why = f"{kept.hold_id} ({kept.statute})"
        yield f"| {kept.system}.{kept.category} | 鍵 / keys | {kept.keys} | {why} | {_until(kept.until, zone)} |"


def _besides(plan: Plan) -> Iterator[str]:
    """Yield what the plan does not reach."""
    for left in plan.unlinked:
        yield f"- {left.dataset}: 対象外 / not reached ({left.why})"
    for untold in plan.untold:
        yield f"- {untold.system}: 通知しない人 / people not told of: {untold.people} ({untold.why})"
    for letter in plan.letters:
        yield f"- {letter.recipient}: 書面 / to be written to ({letter.duty})"
    for exempt in plan.exempt:
        yield f"- {exempt.dataset}: 請求が及ばない / not reached by the request ({exempt.statute})"
    for unseen in plan.undisclosed:
        yield f"- {unseen.dataset}: 開示しない / not shown ({unseen.why})"
    for dataset, rows in plan.undated.items():
        yield f"- {dataset}: 日付のない行 / rows without a date: {rows}"


def _how(plan: Plan, asked: Asked) -> Iterator[str]:
    """Yield whom it takes, by when, and what each answer does."""
    for crossing in plan.crossings:
        yield f"- **上限超過 / over the limit**: {crossing.limit}: {crossing.allowed} → {crossing.found}"
    people = "別々の二人 / two different people" if needed_approvals(plan) > 1 else "一人 / one person"
    yield f"- 必要な承認 / approvals needed: {people}; 質問の時点で不足 / missing when asked: **{asked.missing}**"
    if not asked.anybody:
        yield "- **承認者がいません / nobody holds the role**: `retention api token issue NAME --role approver`"
    yield f"- 回答期限 / answer until: **{_moment(asked.until, asked.zone)}**"
    yield f"- ダイジェスト / digest: `{asked.digest}`"
    yield ""
    yield "**Approve**: このダイジェストの計画だけを承認します / allows the plan of this digest and nothing else."
    yield "**Reject**: 何も変更せず、計画をやり直せます / nothing is touched; the case can be planned again."
    yield ""
    yield "回答が無効のとき、または二人目が必要なときは、同じ質問がもう一度出ます。理由はタスクのログにあります / "
    yield "An answer that does not count, or the first of two, makes this question come again; the task's log says why."


def _told(step: Step) -> tuple[str, str, int]:  # noqa: C901, PLR0912 -- one line a step
    """Return where a step does something, what, and to how many."""
    match step:
        case EraseRows():
            return step.dataset, "消去 / erase", step.rows
        case RedactFields():
            return step.dataset, f"項目を空に / empty {', '.join(step.fields)}", step.rows
        case AnonymizeRows():
            return step.dataset, f"匿名化 / anonymize (k={step.k}, 稀な行は消去 / rare rows erased)", step.rows
        case PseudonymizeRows():
            return step.dataset, f"仮名化 / pseudonymize {', '.join(step.tokens)}", step.rows
        case SuspendRows():
            return step.dataset, "利用停止 / stop use", step.rows
        case LiftRows():
            return step.dataset, f"利用再開 / allow use again ({step.reason})", step.rows
        case TellProcessor():
            return step.system, f"委託先への消去の依頼 / order to erase, answer within {step.answer_within}", 1
        case ExpireCopies():
            return (
                step.system,
                "複製の利用停止、復元時に再消去 / copies beyond use, replayed on restore",
                len(step.copies),
            )
        case ShredKeys():
            return f"{step.system}.{step.category}", "鍵の破棄 / shred keys", step.keys.size
        case LeaveUnreadable():
            return step.system, "複製は解読不能 / copies become unreadable", len(step.copies)
        case ExportSet():
            return step.dataset, f"提供 / hand over {step.set_name} to {step.member} ({step.label})", step.rows
        case ForgetInSet():
            return step.dataset, "提供先での消去 / erase at the joint user", step.rows
        case WithdrawSet():
            return step.dataset, f"提供の引揚げ / take back ({step.reason})", step.rows
        case PublishCounts():
            return step.dataset, f"統計 / count people, {step.at_least} a cell or more", step.rows
        case DestroyTokenKey():
            return step.key_name, "対応鍵の破棄 / destroy the token key", 1
        case DiscloseRows():
            return step.dataset, "開示のための読取り / read for an answer", step.rows
        case DeliverExport():
            return step.dataset, f"開示ファイル / put ready encrypted ({step.right})", 1
        case _:
            assert_never(step)


def _why(step: Step) -> str:
    asked: Iterable[str] = ("請求 / request",) if step.because.request else ()
    return ", ".join([*asked, *step.because.rules, *step.because.statutes])


def _until(at: datetime | None, zone: ZoneInfo) -> str:
    return "未定 / nobody can say" if at is None else _day(at, zone)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
