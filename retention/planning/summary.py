"""An explanation as one paragraph that an operator can read to the person on the phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from retention.model.ids import CategoryId
from retention.model.policy import Disposal
from retention.planning.fates import (
    Due,
    Explanation,
    Fate,
    HeldByLaw,
    KeptUntil,
    Line,
    NoClock,
    NoRule,
    OpenPurpose,
    Restricted,
    TenantControlled,
    UnderPlacedHold,
)
from retention.planning.telling import Telling
from retention.policy import wording
from retention.policy.wording import pick


def summarize(explanation: Explanation, telling: Telling) -> str:
    """Return the paragraph: what goes, what stays, until when and why; holds without their reason."""
    language, lines = telling.language, explanation.lines
    if not lines:
        return pick(
            language,
            "お調べしたどのシステムにも、この方のデータは見つかりませんでした。",
            "We found no data about this person in any of the systems that we looked into.",
        )
    today, here = telling.day(explanation.now), len({line.dataset for line in lines})
    first = pick(
        language,
        f"{today}現在、{len(explanation.datasets)}か所をお調べし、{here}か所にお客様のデータがございました。",
        f"As of {today}, we looked into {len(explanation.datasets)} places and found your data in {here} of them.",
    )
    stopped = [_stopped(explanation, telling)] if explanation.suspended else []
    left = [line for line in lines if not _is_stopped_by_rule(line.fate, explanation)]
    return pick(language, "", " ").join([first, *stopped, *(_sentences(left, telling) if left else ())])


def _is_stopped_by_rule(fate: Fate, explanation: Explanation) -> bool:
    """Whether a rule has done to the data what it was to do: its use is stopped."""
    if not isinstance(fate, Due) or fate.rule.then is not Disposal.SUSPEND:
        return False
    return any(fate.rule.rule_id in one.rules for one in explanation.suspended)


def _stopped(explanation: Explanation, telling: Telling) -> str:
    since = telling.day(min(one.since for one in explanation.suspended))
    return pick(
        telling.language,
        f"{since}より利用を停止しており、保存のほかには用いておりません。",
        f"Its use has been stopped since {since}: we keep it, and do not use it.",
    )


def _sentences(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    """Yield one sentence for each kind of fate that occurs; what stands over the whole person comes first."""
    yield from _over_everything(lines[0].fate, telling)
    names = _Names(telling, lines)
    yield from _due(lines, names)
    yield from _by_law(lines, names)
    yield from _running(lines, names)
    yield from _needed(lines, names)
    yield from _others(lines, names)


class _Names:
    """Names categories: as a whole, or as a part if another part of the category has another fate."""

    def __init__(self, telling: Telling, lines: Sequence[Line]) -> None:
        self.telling = telling
        self.language = telling.language
        fates: dict[CategoryId, set[type[Fate]]] = {}
        for line in lines:
            fates.setdefault(line.category, set()).add(type(line.fate))
        self._shared = {category for category, kinds in fates.items() if len(kinds) > 1}

    def of(self, lines: Sequence[Line]) -> str:
        """Return the lines' categories in a row."""
        return self.listed([self.name(category) for category in dict.fromkeys(line.category for line in lines)])

    def name(self, category: CategoryId) -> str:
        """Return one category's name."""
        title = self.telling.category(category)
        if category in self._shared:
            return pick(self.language, f"「{title}」の一部", f"part of “{title}”")
        return pick(self.language, f"「{title}」", f"“{title}”")

    def purposes(self, names: Sequence[str]) -> str:
        """Return the purposes' titles in a row."""
        known = self.telling.policy.purposes
        titles = [wording.title(known[name].title if name in known else {}, self.language, name) for name in names]
        return self.listed([pick(self.language, f"「{title}」", title) for title in titles])

    def listed(self, names: Sequence[str]) -> str:
        """Return the names in a row: `a, b and c`."""
        if self.language == "ja":
            return "、".join(names)
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _over_everything(fate: Fate, telling: Telling) -> Iterator[str]:
    match fate:
        case UnderPlacedHold():
            yield pick(
                telling.language,
                "現在、保全の措置がとられているため、解除されるまで何も消去いたしません。",
                "A hold is in place at the moment, so that nothing is erased until it is released.",
            )
        case Restricted():
            yield pick(
                telling.language,
                "ご請求により利用を制限しており、解除するまで何も消去いたしません。解除の前にお知らせいたします。",
                "The use of your data is restricted as you asked, so that nothing is erased until that is lifted; "
                "we will tell you before we lift it.",
            )
        case _:
            return


def _due(lines: Sequence[Line], names: _Names) -> Iterator[str]:
    for disposal in Disposal:
        due = [line for line in lines if isinstance(line.fate, Due) and line.fate.rule.then is disposal]
        if due:
            word = wording.done(disposal, names.language)
            yield pick(
                names.language,
                f"{names.of(due)}は保存期間が終わっており、次回の処理で{word}いたします。",
                f"The time for {names.of(due)} is over: it will be {word} in the next run.",
            )


def _by_law(lines: Sequence[Line], names: _Names) -> Iterator[str]:
    laws: dict[str, list[Line]] = {}
    ends: dict[str, list[date | None]] = {}
    for line in lines:
        if isinstance(line.fate, HeldByLaw):
            laws.setdefault(line.fate.hold.statute, []).append(line)
            ends.setdefault(line.fate.hold.statute, []).append(line.fate.until)
    for statute, held in laws.items():
        known = [end for end in ends[statute] if end is not None]
        day = wording.day(max(known), names.language) if len(known) == len(held) else ""
        until = pick(names.language, f"{day}まで", f" until {day}") if day else ""
        law = names.telling.statutes.article(statute, names.language)
        yield pick(
            names.language,
            f"{names.of(held)}は、{law}により{until}保存が必要です。ほかの目的には利用いたしません。",
            f"We must keep {names.of(held)} under {law}{until}, and use it for nothing else.",
        )


def _running(lines: Sequence[Line], names: _Names) -> Iterator[str]:
    last: dict[CategoryId, date] = {}
    for line in lines:
        if isinstance(line.fate, KeptUntil):
            last[line.category] = max(line.fate.last_free_on, last.get(line.category, line.fate.last_free_on))
    for day in sorted(set(last.values())):
        what = names.listed([names.name(category) for category, until in last.items() if until == day])
        until = wording.day(day, names.language)
        yield pick(names.language, f"{what}は{until}まで保存いたします。", f"We keep {what} until {until}.")


def _needed(lines: Sequence[Line], names: _Names) -> Iterator[str]:
    needed: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        if isinstance(line.fate, OpenPurpose):
            needed.setdefault(line.fate.purposes, []).append(line)
    for purposes, open_ in needed.items():
        what, why = names.of(open_), names.purposes(purposes)
        yield pick(names.language, f"{what}は、まだ次の利用目的に必要です：{why}。", f"We still need {what} for {why}.")


def _others(lines: Sequence[Line], names: _Names) -> Iterator[str]:
    theirs = [line for line in lines if isinstance(line.fate, TenantControlled)]
    if theirs:
        yield pick(
            names.language,
            f"{names.of(theirs)}は、ご契約企業が管理しております。その企業にお問い合わせください。",
            f"A client of ours decides over {names.of(theirs)}: please turn to that company.",
        )
    waiting = [line for line in lines if isinstance(line.fate, NoClock)]
    if waiting:
        yield pick(
            names.language,
            f"{names.of(waiting)}の保存期間はまだ始まっておりません。",
            f"The period for {names.of(waiting)} has not begun yet.",
        )
    ruleless = [line for line in lines if isinstance(line.fate, NoRule)]
    if ruleless:
        yield pick(
            names.language,
            f"{names.of(ruleless)}には定まった保存期間がございません。消去をご請求いただけます。",
            f"There is no fixed period for {names.of(ruleless)}; you may ask us to erase it.",
        )
