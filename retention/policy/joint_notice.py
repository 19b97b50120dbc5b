"""The notice of joint use that must be public, in Japanese and English, from the policy alone.

APPI 27(5)(iii), and 41(6) for pseudonymised information: that data is used jointly, which items,
by whom, for what, and who answers for it with address and representative. Ordinary joint use may
also be told to the person; pseudonymised use must be published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape

from retention.model.policy import Controller
from retention.model.terms import JointUse, JointUseKind, ResponsibleEntity, ResponsibleOffice
from retention.policy.wording import LANGUAGES, Language, pick, title

_WORDS: Mapping[str, tuple[str, str]] = {
    "name": ("氏名", "Name"),
    "address": ("住所", "Address"),
    "phone": ("電話番号", "Telephone number"),
    "fax": ("ファクシミリ番号", "Fax number"),
    "birth_date": ("生年月日", "Date of birth"),
    "email": ("メールアドレス", "E-mail address"),
    "contract_status": ("契約状況", "State of the contract"),
    "viewing_history": ("閲覧履歴", "Viewing history"),
    "purchase_history": ("購入履歴", "Purchase history"),
}
"""Items that companies' texts name, in both languages; others appear under the policy's own word."""

_BANS = (
    (
        "本人を識別するために他の情報と照合すること（法第41条第7項）",
        "match it with other information to identify anyone (APPI art. 41(7))",
    ),
    (
        "電話・郵便・メール・訪問その他の方法で本人に連絡すること（法第41条第8項）",
        "contact anyone with it, by telephone, post, mail, visit or otherwise (art. 41(8))",
    ),
    (
        "本人の同意があっても第三者に提供すること（法第41条第6項）",
        "provide it to a third party, even with the person's consent (art. 41(6))",
    ),
)


@dataclass(frozen=True, slots=True)
class JointNotice:
    """The notice in one language: a heading, and sections of a title and lines."""

    language: Language
    heading: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def markdown(self) -> str:
        """Return it as Markdown."""
        parts = [f"# {self.heading}", ""]
        for heading, lines in self.sections:
            parts += [f"## {heading}", "", *(f"- {line}" for line in lines), ""]
        return "\n".join(parts)

    def html(self) -> str:
        """Return it as a page of its own, without scripts or anything from elsewhere."""
        parts = [
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8">',
            f"<title>{escape(self.heading)}</title></head><body><h1>{escape(self.heading)}</h1>",
        ]
        for heading, lines in self.sections:
            items = "".join(f"<li>{escape(line)}</li>" for line in lines)
            parts.append(f"<h2>{escape(heading)}</h2><ul>{items}</ul>")
        return "\n".join([*parts, "</body></html>", ""])


def notice(use: JointUse, controller: Controller, language: Language, day: date) -> JointNotice:
    """Return the notice of one joint use as of the day."""
    pseudonymised = use.kind is JointUseKind.PSEUDONYMISED
    name = title(controller.name, language, "")
    what = pick(
        language,
        "仮名加工情報の共同利用について" if pseudonymised else "個人データの共同利用について",
        "Joint use of pseudonymously processed information" if pseudonymised else "Joint use of personal data",
    )
    return JointNotice(
        language=language,
        heading=pick(language, f"{name}：{what}", f"{name}: {what}"),
        sections=(
            (pick(language, "共同利用する情報の項目", "Items"), tuple(_item(item, language) for item in use.items)),
            (pick(language, "共同して利用する者の範囲", "Joint users"), tuple(_members(use, language, day))),
            (pick(language, "利用する者の利用目的", "Purposes"), tuple(_purposes(use, language))),
            (pick(language, "管理について責任を有する者", "Who answers for it"), tuple(_responsible(use, language))),
            *((_bans(language),) if pseudonymised else ()),
        ),
    )


def notice_digest(use: JointUse, controller: Controller, day: date) -> str:
    """Return the SHA-256 (hex) of the notice in all languages: an export needs the published one to be this."""
    texts = [notice(use, controller, language, day).markdown() for language in LANGUAGES]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _item(item: str, language: Language) -> str:
    ja, en = _WORDS.get(item, (item, item))
    return pick(language, ja, en)


def _members(use: JointUse, language: Language, day: date) -> Iterator[str]:
    """Name who is a joint user today, since when; who left stands there no longer."""
    for member in use.members:
        if member.belongs(day):
            name = title(member.name, language, member.member_id or "")
            begun = member.member_from
            yield name if begun is None else pick(language, f"{name}（{begun}から）", f"{name} (since {begun})")


def _purposes(use: JointUse, language: Language) -> Iterator[str]:
    for purpose in use.purposes:
        yield title(purpose.title, language, purpose.purpose_id)


def _responsible(use: JointUse, language: Language) -> Iterator[str]:
    match use.responsible:
        case ResponsibleEntity(name, address, representative):
            yield title(name, language, "")
            yield pick(language, f"住所：{address}", f"Address: {address}")
            yield pick(language, f"代表者：{representative}", f"Representative: {representative}")
        case ResponsibleOffice(office):
            yield office


def _bans(language: Language) -> tuple[str, tuple[str, ...]]:
    heading = pick(language, "禁止されていること", "What nobody may do")
    return heading, tuple(pick(language, *words) for words in _BANS)
