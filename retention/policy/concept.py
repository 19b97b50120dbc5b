"""The deletion concept document of a company, as ISO/IEC 27555 asks for one, from its policy and data map.

Pure rendering: what the files say becomes a document; nothing is judged here (`review` does).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retention.model.datamap import DataMap
from retention.model.ids import CategoryId, SystemId
from retention.model.period import Period
from retention.model.policy import Policy, Rule, Source, Version
from retention.model.statute import Statutes
from retention.policy import wording
from retention.policy.classes import DeletionClass, class_of, deletion_classes
from retention.policy.paper import Block, Bullets, Heading, Paragraph, Table
from retention.policy.wording import Language, pick


@dataclass(frozen=True, slots=True)
class Backups:
    """A system that holds copies of others."""

    system: SystemId
    copies: tuple[SystemId, ...]
    expire: Period | None
    """After how long a copy is physically gone; None if the settings do not say."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the document says beside policy and data map."""

    statutes: Statutes
    backups: tuple[Backups, ...]
    versions: tuple[Version | None, ...]
    """All versions of the policy, oldest first; None for a file that does not say."""


def title(policy: Policy, language: Language) -> str:
    """Return the document's title."""
    name = wording.title(policy.controller.name, language, policy.policy_id)
    return pick(language, f"{name} 消去コンセプト", f"Deletion concept of {name}")


def concept(policy: Policy, datamap: DataMap, around: Around, language: Language, day: date) -> tuple[Block, ...]:
    """Return the document: scope, roles, data types, classes, rules, holds, exceptions, copies, versions.

    Args:
        policy: The version that the document is about.
        datamap: Where the data is.
        around: Statutes, backups and versions.
        language: `ja` or `en`.
        day: The day on which the document is made: which rules are in force.

    """
    return tuple(_Concept(policy, datamap, around, language, day).blocks())


class _Concept:
    def __init__(self, policy: Policy, datamap: DataMap, around: Around, language: Language, day: date) -> None:
        self._policy = policy
        self._datamap = datamap
        self._around = around
        self._language = language
        self._day = day
        self._rules = tuple(rule for rule in policy.rules if rule.effective_until is None or rule.effective_until > day)
        self._classes = deletion_classes(self._rules)

    def _say(self, ja: str, en: str) -> str:
        return pick(self._language, ja, en)

    def blocks(self) -> Iterator[Block]:
        yield Heading(1, title(self._policy, self._language))
        yield from self._scope()
        yield from self._roles()
        yield from self._types()
        yield from self._matrix()
        yield from self._rule_table()
        yield from self._holds()
        yield from self._exceptions()
        yield from self._copies()
        yield from self._versions()
        yield from self._open()

    def _scope(self) -> Iterator[Block]:
        policy, version = self._policy, self._policy.version
        yield Heading(2, self._say("1 適用範囲", "1 Scope"))
        systems = dict.fromkeys(dataset.system for dataset in self._datamap.datasets.values())
        month, last = policy.fiscal_year_end
        yield Table(
            (self._say("事項", "What"), self._say("内容", "Value")),
            (
                (self._say("管理者", "Controller"), wording.title(policy.controller.name, self._language, "")),
                (self._say("所在地", "Address"), policy.controller.address),
                (self._say("ポリシー", "Policy"), policy.policy_id + (f" {version.version_id}" if version else "")),
                (self._say("作成日", "Made on"), wording.day(self._day, self._language)),
                (self._say("適用法令", "Regimes"), ", ".join(policy.regimes)),
                (self._say("タイムゾーン", "Time zone"), policy.timezone),
                (
                    self._say("事業年度の末日", "Fiscal year ends"),
                    self._say(f"{month}月{last}日", f"{last:02d}/{month:02d} (day/month)"),
                ),
                (self._say("システム", "Systems"), ", ".join(systems)),
                (self._say("データセット", "Datasets"), str(len(self._datamap.datasets))),
                (self._say("ファイルのダイジェスト", "Digest of the file"), policy.digest),
            ),
        )

    def _roles(self) -> Iterator[Block]:
        policy = self._policy
        yield Heading(2, self._say("2 役割", "2 Roles"))
        rows = [(self._say("責任者", "Responsible"), policy.controller.responsible)]
        if policy.preapproved:
            rules = ", ".join(policy.preapproved.rules)
            standing = self._say(
                f"{policy.preapproved.by}（規則：{rules}）", f"{policy.preapproved.by} (rules: {rules})"
            )
            rows.append((self._say("定期処理の包括承認", "Standing approval of sweeps"), standing))
        if policy.terms.officer:
            rows.append((self._say("データ保護責任者", "Data protection officer"), policy.terms.officer.office))
        rows.append(
            (
                self._say("個別の承認", "Approval of a plan"),
                self._say(
                    "計画のダイジェストを指定した者。上限を超えるときは二人目も必要",
                    "whoever names the plan's digest; a second person where a limit is crossed",
                ),
            )
        )
        rows += [
            (self._say(f"委託先 {p.system}", f"Processor {p.system}"), self._categories(p.categories))
            for p in policy.processors
        ]
        yield Table((self._say("役割", "Role"), self._say("担当", "Who or what")), tuple(rows))

    def _types(self) -> Iterator[Block]:
        yield Heading(2, self._say("3 データの種類", "3 Data types"))
        classes = class_of(self._classes)
        rows = []
        for category in self._policy.categories.values():
            rules = [rule for rule in self._rules if rule.category == category.category_id]
            names = ", ".join(classes[rule.rule_id] for rule in rules) or "–"
            purposes = ", ".join(self._purpose(name) for name in category.purposes)
            where = "; ".join(self._fields(category.category_id))
            if not where:
                where = wording.title(category.elsewhere, self._language, "–")
            rows.append((self._title(category.category_id), purposes, where, names))
        head = (("種類", "Data type"), ("利用目的", "Purposes"), ("項目", "Fields"), ("クラス", "Class"))
        yield Table(tuple(self._say(*words) for words in head), tuple(rows))

    def _fields(self, category: CategoryId) -> Iterator[str]:
        for dataset in self._datamap.datasets.values():
            names = [name for name, field in dataset.fields.items() if field.category == category]
            if names:
                yield f"{dataset.dataset_id}: {', '.join(names)}"

    def _matrix(self) -> Iterator[Block]:
        yield Heading(2, self._say("4 消去クラス", "4 Deletion classes"))
        yield Paragraph(
            self._say(
                "クラスは起算点（英字）と期間（数字）の組合せです（ISO/IEC 27555）。",
                "A class is a starting event (letter) with a period (number), after ISO/IEC 27555.",
            )
        )
        lengths = sorted({_number(one): one for one in self._classes}.items())
        letters: dict[str, list[DeletionClass]] = {}
        for one in self._classes:
            letters.setdefault(one.name.rstrip("0123456789"), []).append(one)
        rows = []
        for letter, members in letters.items():
            by_number = {_number(one): one for one in members}
            cells = [self._cell(by_number.get(number)) for number, _ in lengths]
            rows.append((f"{letter}: {self._start(members[0])}", *cells))
        head = (self._say("起算点", "Start"), *(f"{number}: {self._length(one)}" for number, one in lengths))
        yield Table(head, tuple(rows))

    def _cell(self, one: DeletionClass | None) -> str:
        if one is None:
            return ""
        by_id = {rule.rule_id: rule for rule in self._rules}
        return f"{one.name}: " + ", ".join(self._title(by_id[rule].category) for rule in one.rules)

    def _start(self, one: DeletionClass) -> str:
        kind = type(one.start).__name__
        if kind == "SinceDate":
            return self._say("記録の日付", "the record's own date")
        if kind == "AfterFiscalYear":
            return self._say("記録の属する事業年度の末日", "end of the record's fiscal year")
        return wording.start(one.start, self._language)

    def _length(self, one: DeletionClass) -> str:
        words = wording.period(one.keep_for, self._language)
        return words if one.plus.is_zero else f"{wording.period(one.plus, self._language)} + {words}"

    def _rule_table(self) -> Iterator[Block]:
        yield Heading(2, self._say("5 消去規則", "5 Deletion rules"))
        head = (
            ("規則", "Rule"),
            ("種類", "Data type"),
            ("クラス", "Class"),
            ("期間", "Period"),
            ("処理", "Then"),
            ("根拠", "Source"),
            ("法令", "Statute"),
            ("適用", "In force"),
        )
        classes = class_of(self._classes)
        rows = tuple(
            (
                rule.rule_id,
                self._title(rule.category),
                classes[rule.rule_id],
                wording.clock(rule.keep, self._language),
                wording.disposal(rule.then, self._language),
                wording.source(rule.source, self._language),
                self._article(rule.statute),
                self._force(rule),
            )
            for rule in self._rules
        )
        yield Table(tuple(self._say(*words) for words in head), rows)

    def _force(self, rule: Rule) -> str:
        begin = wording.day(rule.effective_from, self._language)
        if rule.effective_until is None:
            return self._say(f"{begin}から", f"from {begin}")
        end = wording.day(rule.effective_until, self._language)
        return self._say(f"{begin}から{end}の前日まで", f"from {begin}, until the eve of {end}")

    def _holds(self) -> Iterator[Block]:
        yield Heading(2, self._say("6 法令による保存", "6 What laws keep"))
        if not self._policy.holds:
            yield Paragraph(self._say("ありません。", "None."))
            return
        head = (("保存", "Hold"), ("項目", "Fields"), ("期間", "Period"), ("法令", "Statute"))
        rows = tuple(
            (
                hold.hold_id,
                ", ".join(hold.fields),
                wording.clock(hold.keep, self._language),
                self._article(hold.statute),
            )
            for hold in self._policy.holds
        )
        yield Table(tuple(self._say(*words) for words in head), rows)

    def _exceptions(self) -> Iterator[Block]:
        yield Heading(2, self._say("7 例外", "7 Exceptions"))
        items = [
            self._say(
                "訴訟・紛争・調査のための保全は、解除まで消去を停止します。期間は進みます。",
                "A hold (litigation, dispute, investigation) pauses disposal until its release; clocks run on.",
            ),
            self._say(
                "本人の請求による利用制限は、通知のうえ解除されるまで消去を停止します。",
                "A restriction that a person asked for pauses disposal until the person was told and it is lifted.",
            ),
            self._say(
                "法令により保存する項目は、期間の満了後に改めて請求がなくても消去します。",
                "Fields that a law keeps go when the law lets go of them, without a new request.",
            ),
        ]
        shortened = [rule.rule_id for rule in self._rules if rule.preference]
        if shortened:
            names = ", ".join(shortened)
            items.append(
                self._say(f"本人が期間を短縮できる規則：{names}", f"A person may shorten the period of: {names}")
            )
        tenants = [d.dataset_id for d in self._datamap.datasets.values() if d.tenant]
        if tenants:
            names = ", ".join(tenants)
            items.append(
                self._say(
                    f"契約企業が管理する記録は、その指示または契約終了により処理します：{names}",
                    f"Records that a client controls move on its instruction or after its contract: {names}",
                )
            )
        yield Bullets(tuple(items))

    def _copies(self) -> Iterator[Block]:
        yield Heading(2, self._say("8 バックアップと委託先", "8 Backups and processors"))
        rows = [
            (
                backups.system,
                self._say("バックアップ：", "copies of ") + ", ".join(backups.copies),
                wording.period(backups.expire, self._language)
                if backups.expire
                else self._say("設定に記載なし", "not stated"),
            )
            for backups in self._around.backups
        ]
        rows += [
            (
                processor.system,
                self._say("委託先：", "processor of ") + self._categories(processor.categories),
                self._say(
                    f"指示から{wording.period(processor.answer_within, 'ja')}以内に回答",
                    f"answers within {wording.period(processor.answer_within, 'en')} of the order",
                ),
            )
            for processor in self._policy.processors
        ]
        if rows:
            head = (("システム", "System"), ("内容", "What"), ("消えるまで", "Horizon"))
            yield Table(tuple(self._say(*words) for words in head), tuple(rows))
        yield Paragraph(
            self._say(
                "バックアップは書き換えません。利用を停止し、復元の前に消去をやり直します。",
                "Backups are not rewritten: they are beyond use, and erasures are done again before a restore opens.",
            )
        )
        others = [r for r in self._policy.terms.recipients if r.name not in {p.system for p in self._policy.processors}]
        if others:
            named = tuple(wording.title(r.title, self._language, r.name) for r in others)
            yield Paragraph(self._say("そのほかの提供先：", "Other recipients:"))
            yield Bullets(named)

    def _versions(self) -> Iterator[Block]:
        yield Heading(2, self._say("9 版", "9 Versions"))
        known = [version for version in self._around.versions if version]
        if not known:
            yield Paragraph(self._say("版の記載はありません。", "The policy does not state a version."))
            return
        head = (("版", "Version"), ("公表", "Announced"), ("施行", "In effect from"), ("不利益な変更", "Reductions by"))
        ways = {"announcement": "公表", "notice": "個別の通知", "consent": "同意"}
        rows = tuple(
            (
                version.version_id,
                wording.day(version.announced_on, self._language),
                wording.day(version.effective_from, self._language),
                self._say(ways[version.reductions.value], version.reductions.value),
            )
            for version in known
        )
        yield Table(tuple(self._say(*words) for words in head), rows)

    def _open(self) -> Iterator[Block]:
        proposed = [rule.rule_id for rule in self._rules if rule.source is Source.DEFAULT]
        ruled = {rule.category for rule in self._rules}
        without = [self._title(name) for name in self._policy.categories if name not in ruled]
        if not proposed and not without:
            return
        yield Heading(2, self._say("10 未決事項", "10 Open points"))
        items = []
        if proposed:
            names = ", ".join(proposed)
            items.append(self._say(f"法務の確認が必要な期間：{names}", f"Periods that need legal review: {names}"))
        if without:
            names = ", ".join(without)
            items.append(self._say(f"規則のない種類：{names}", f"Data types without a rule: {names}"))
        yield Bullets(tuple(items))

    def _title(self, category: CategoryId) -> str:
        known = self._policy.categories.get(category)
        return wording.title(known.title if known else {}, self._language, category)

    def _categories(self, categories: Sequence[CategoryId]) -> str:
        return ", ".join(self._title(category) for category in categories)

    def _purpose(self, name: str) -> str:
        known = self._policy.purposes.get(name)
        words = wording.title(known.title if known else {}, self._language, name)
        return words if words == name else f"{words} ({name})"

    def _article(self, statute: str | None) -> str:
        return self._around.statutes.article(statute, self._language) if statute else ""


def _number(one: DeletionClass) -> int:
    return int(one.name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
