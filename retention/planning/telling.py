"""An explanation in words, Japanese or English: a table a system (`summary` has the paragraph to read aloud).

No value of the person stands in it: names of systems, fields and rules, counts and dates only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import assert_never
from zoneinfo import ZoneInfo

from retention.model.ids import CategoryId, SystemId
from retention.model.policy import Policy, Rule
from retention.model.statute import Statutes
from retention.planning.fates import (
    Due,
    Fate,
    HeldByLaw,
    KeptUntil,
    Line,
    NoClock,
    NoRule,
    OpenPurpose,
    OutOfUse,
    Restricted,
    RuleFate,
    TenantControlled,
    UnderPlacedHold,
)
from retention.policy import wording
from retention.policy.wording import Language, pick

_AUTHORITY = {"jp.appi": "jp.appi.16-4", "eu.gdpr": "eu.gdpr.28-3"}
"""By regime, what says that a client's data is the client's to decide over."""


@dataclass(frozen=True, slots=True)
class Told:
    """What becomes of something, in words."""

    state: str
    """`due`, `kept` …: one or two words."""
    until: str
    """A day, or what must happen first; empty if nobody can say."""
    why: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Says an explanation in one language."""

    policy: Policy
    statutes: Statutes
    language: Language

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of the tables."""
        ja = ("データセット", "種類", "項目", "件数", "状態", "いつまで", "理由")
        en = ("dataset", "category", "fields", "rows", "state", "until", "why")
        return ja if self.language == "ja" else en

    def heading(self, system: SystemId) -> str:
        """Return a table's title."""
        return pick(self.language, f"システム {system}", f"System {system}")

    def row(self, line: Line) -> tuple[str, ...]:
        """Return a line as a row of its system's table."""
        told = self.tell(line.fate)
        title = self.category(line.category)
        return (line.dataset, title, ", ".join(line.fields), str(line.rows), told.state, told.until, told.why)

    def category(self, category: CategoryId) -> str:
        """Return the category's title."""
        known = self.policy.categories.get(category)
        return wording.title(known.title if known else {}, self.language, category)

    def tell(self, fate: Fate) -> Told:
        """Return the fate in words."""
        match fate:
            case HeldByLaw(hold, until, beneath):
                state = pick(self.language, "法令により保存", "kept by law")
                why = f"{self.article(hold.statute)}: {wording.clock(hold.keep, self.language)} ({hold.hold_id})"
                unknown = pick(self.language, "不明（日付なし）", "unknown: a date is missing")
                when = wording.day(until, self.language) if until else unknown
                return Told(state, when, self._joined(why, self._then(beneath)))
            case UnderPlacedHold(hold, beneath):
                since = self.day(hold.placed_at)
                state = pick(self.language, "保全のため保存", "kept: placed hold")
                why = pick(
                    self.language,
                    f"{since}から保全中（{hold.hold_id}、{hold.reason}）",
                    f"held since {since} ({hold.hold_id}, {hold.reason})",
                )
                return Told(
                    state, pick(self.language, "解除まで", "it is released"), self._joined(why, self._then(beneath))
                )
            case Restricted(placed_at, untold, beneath):
                return self._restricted(self.day(placed_at), beneath, untold=untold)
            case TenantControlled(key, _):
                state = pick(self.language, "契約企業の管理", "the client's")
                why = pick(
                    self.language,
                    f"契約企業（{key}）が管理するデータのため、その指示がある場合にのみ処理",
                    f"a client ({key}) decides over it; it moves on the client's instruction",
                )
                ends = pick(self.language, "指示または契約終了まで", "an instruction, or its contract ends")
                laws = [self.article(_AUTHORITY[regime]) for regime in self.policy.regimes if regime in _AUTHORITY]
                return Told(state, ends, self._joined(why, *laws))
            case Due() | KeptUntil() | OpenPurpose() | NoClock() | NoRule():
                return self._rule(fate)
            case _:
                assert_never(fate)

    def out_of_use(self, stopped: OutOfUse) -> str:
        """Say since when, why and until when the person's data is suspended."""
        since, day = self.day(stopped.since), self.day(stopped.until) if stopped.until else ""
        asked = pick(self.language, "ご請求", "asked for")
        reasons = [*(stopped.rules or (asked,)), *map(self.article, stopped.statutes)]
        why = pick(self.language, "、", ", ").join(reasons)
        until = pick(self.language, f"{day}まで" if day else "解除まで", day or "it is lifted")
        return pick(
            self.language,
            f"{since}から利用停止中（{why}、{stopped.case_id}）、{until}",
            f"suspended since {since} because {why} ({stopped.case_id}), until {until}",
        )

    def _restricted(self, since: str, beneath: RuleFate, *, untold: bool) -> Told:
        state = pick(self.language, "利用制限中", "restricted")
        why = pick(self.language, f"{since}に利用制限（GDPR 18条）", f"restricted since {since} (GDPR art. 18)")
        if untold:
            why += pick(
                self.language, "。解除の通知がまだ届いていない", "; the person was not told before it was lifted"
            )
        until = pick(self.language, "解除まで", "it is lifted")
        return Told(state, until, self._joined(why, self._then(beneath)))

    def _rule(self, fate: RuleFate) -> Told:
        match fate:
            case Due(rule, started_at, free_on):
                word = wording.disposal(rule.then, self.language)
                state = pick(self.language, f"{word}の時期", f"due: {word}")
                since = wording.day(free_on, self.language)
                until = pick(self.language, f"{since}に期間満了", f"over since {since}")
                return Told(state, until, self._by(rule, self.day(started_at)))
            case KeptUntil(rule, started_at, free_on, last_free_on, purposes):
                state = pick(self.language, "保存", "kept")
                why = self._by(rule, self.day(started_at))
                if purposes:
                    why = self._joined(why, self._needed(purposes))
                return Told(state, self._range(free_on, last_free_on), why)
            case OpenPurpose(rule, purposes, free_on):
                state = pick(self.language, "利用目的のため保存", "kept: purpose open")
                ended = pick(self.language, "利用目的の終了まで", "the purpose ends")
                until = wording.day(free_on, self.language) if free_on else ended
                return Told(state, until, self._joined(self._needed(purposes), self._by(rule, "")))
            case NoClock(rule):
                state = pick(self.language, "保存（期間未開始）", "kept: clock not started")
                begins = wording.start(rule.keep.start, self.language)
                until = pick(self.language, f"{begins}の後", f"after {begins}")
                return Told(state, until, self._by(rule, ""))
            case NoRule():
                state = pick(self.language, "規則なし", "no rule")
                why = pick(self.language, "保存期間の定めがない", "no rule says when it goes")
                return Told(state, pick(self.language, "請求があるまで", "someone asks"), why)
            case _:
                assert_never(fate)

    def _range(self, first: date, last: date) -> str:
        begin, end = wording.day(first, self.language), wording.day(last, self.language)
        if first == last:
            return begin
        return pick(self.language, f"{begin}〜{end}", f"{begin} to {end}")

    def _by(self, rule: Rule, since: str) -> str:
        """Return rule, clock, when it started, and law: `rule account: 30 days after …; APPI art. 22`."""
        begun = pick(self.language, f"（{since}開始）", f" (started {since})") if since else ""
        text = pick(self.language, f"規則 {rule.rule_id}：", f"rule {rule.rule_id}: ")
        text += wording.clock(rule.keep, self.language) + begun
        return self._joined(text, self.article(rule.statute)) if rule.statute else text

    def _joined(self, *parts: str) -> str:
        return pick(self.language, "。", "; ").join(parts)

    def _needed(self, purposes: Iterable[str]) -> str:
        names = [self.purpose(name) for name in purposes]
        listed = pick(self.language, "、".join(names), ", ".join(names))
        return pick(self.language, f"利用目的：{listed}", f"still needed for {listed}")

    def purpose(self, name: str) -> str:
        """Return the purpose's title, with its number."""
        known = self.policy.purposes.get(name)
        words = wording.title(known.title if known else {}, self.language, name)
        return words if words == name else f"{words} ({name})"

    def _then(self, beneath: RuleFate) -> str:
        told = self._rule(beneath)
        return pick(self.language, f"その後：{told.state}（{told.until}）", f"after that: {told.state} ({told.until})")

    def article(self, statute: str) -> str:
        """Return article and title of the law, as far as they are known; the code if they are not."""
        known = self.statutes.by_id.get(statute)
        if known is None:
            return statute
        article = self.statutes.article(statute, self.language)
        name = wording.title(known.title, self.language, "")
        return article if not name or name in article else f"{article} ({name})"

    def day(self, at: datetime) -> str:
        """Return the instant's day in the policy's zone."""
        return wording.day(at.astimezone(ZoneInfo(self.policy.timezone)).date(), self.language)
