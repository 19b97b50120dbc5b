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
    return pick(language, "", " ").join([first, *_sentences(lines, telling)])


def _sentences(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    """Yield one sentence for each kind of fate that occurs; what stands over the whole person comes first."""
    yield from _over_everything(lines[0].fate, telling)
    yield from _due(lines, telling)
    yield from _by_law(lines, telling)
    yield from _running(lines, telling)
    yield from _needed(lines, telling)
    yield from _others(lines, telling)


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


def _due(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    for disposal in Disposal:
        due = [line for line in lines if isinstance(line.fate, Due) and line.fate.rule.then is disposal]
        if due:
            word = {Disposal.ERASE: ("消去", "erased"), Disposal.ANONYMIZE: ("匿名化", "anonymized")}[disposal]
            yield pick(
                telling.language,
                f"{_names(due, telling)}は保存期間が終わっており、次回の処理で{word[0]}いたします。",
                f"The time for {_names(due, telling)} is over: it will be {word[1]} in the next run.",
            )


def _by_law(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    for statute in dict.fromkeys(line.fate.hold.statute for line in lines if isinstance(line.fate, HeldByLaw)):
        held = [line for line in lines if isinstance(line.fate, HeldByLaw) and line.fate.hold.statute == statute]
        ends = [line.fate.until for line in held if isinstance(line.fate, HeldByLaw)]
        known = [end for end in ends if end is not None]
        law, what = telling.article(statute), _names(held, telling)
        day = wording.day(max(known), telling.language) if len(known) == len(ends) else ""
        yield pick(
            telling.language,
            f"{what}の一部は、{law}により{day + 'まで' if day else ''}保存が必要です。ほかの目的には利用いたしません。",
            f"Parts of {what} must be kept under {law}{' until ' + day if day else ''} and are used for nothing else.",
        )


def _running(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    kept = [line for line in lines if isinstance(line.fate, KeptUntil)]
    last: dict[CategoryId, date] = {}
    for line in kept:
        if isinstance(line.fate, KeptUntil):
            last[line.category] = max(line.fate.last_free_on, last.get(line.category, line.fate.last_free_on))
    for day in sorted(set(last.values())):
        names = _listed([telling.category(category) for category, until in last.items() if until == day], telling)
        until = wording.day(day, telling.language)
        yield pick(telling.language, f"{names}は{until}まで保存いたします。", f"We keep {names} until {until}.")


def _needed(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    for purposes in dict.fromkeys(line.fate.purposes for line in lines if isinstance(line.fate, OpenPurpose)):
        open_ = [line for line in lines if isinstance(line.fate, OpenPurpose) and line.fate.purposes == purposes]
        what, why = _names(open_, telling), _listed([telling.purpose(name) for name in purposes], telling)
        yield pick(
            telling.language, f"{what}は、まだ次の利用目的に必要です：{why}。", f"{what} is still needed for {why}."
        )


def _others(lines: Sequence[Line], telling: Telling) -> Iterator[str]:
    theirs = [line for line in lines if isinstance(line.fate, TenantControlled)]
    if theirs:
        yield pick(
            telling.language,
            f"{_names(theirs, telling)}には、ご契約企業が管理するものがございます。その企業にお問い合わせください。",
            f"Some of {_names(theirs, telling)} is controlled by a client of ours: please turn to that company.",
        )
    waiting = [line for line in lines if isinstance(line.fate, NoClock)]
    if waiting:
        yield pick(
            telling.language,
            f"{_names(waiting, telling)}は保存期間がまだ始まっておりません。",
            f"The period for {_names(waiting, telling)} has not begun yet.",
        )
    ruleless = [line for line in lines if isinstance(line.fate, NoRule)]
    if ruleless:
        yield pick(
            telling.language,
            f"{_names(ruleless, telling)}には定まった保存期間がございません。消去をご請求いただけます。",
            f"There is no fixed period for {_names(ruleless, telling)}; you may ask us to erase it.",
        )


def _names(lines: Sequence[Line], telling: Telling) -> str:
    return _listed([telling.category(category) for category in dict.fromkeys(line.category for line in lines)], telling)


def _listed(names: Sequence[str], telling: Telling) -> str:
    """Return the names in a row: `a, b and c`, `aとb`."""
    if telling.language == "ja":
        return "、".join(f"「{name}」" for name in names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
