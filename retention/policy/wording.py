"""The policy's words in Japanese and English, as a person reads or says them aloud.

Codes of the file (`account.closed`, `P7Y`, `erase`) become words here and nowhere else; titles
of categories and purposes come from the policy itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, TypeAlias, assert_never

from retention.model.period import Period
from retention.model.policy import (
    AfterEvent,
    AfterFiscalYear,
    AfterPurposes,
    ClockStart,
    Disposal,
    Keep,
    SinceDate,
    Source,
    Titles,
)

Language: TypeAlias = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")

_EVENTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "account.closed": ("退会", "closing of the account"),
        "account.opened": ("新たな入会", "opening of the account"),
        "account.reopened": ("再入会", "reopening of the account"),
        "acquisition.unlawful": ("不正な取得の判明", "finding of an unlawful acquisition"),
        "ad.optout": ("広告のオプトアウト", "opt-out from advertising"),
        "applicant.hired": ("採用", "hiring"),
        "applicant.rejected": ("不採用の決定", "rejection of the application"),
        "breach.confirmed": ("漏えい等の確認", "confirmation of a breach"),
        "campaign.lost": ("落選", "drawing without a prize"),
        "campaign.prizes_dispatched": ("賞品の発送", "dispatch of the prizes"),
        "card.replaced": ("カードの変更", "replacement of the card"),
        "commission.settled": ("手数料の精算", "settlement of the commission"),
        "consent.given": ("同意", "consent"),
        "consent.withdrawn": ("同意の撤回", "withdrawal of consent"),
        "contract.data_returned": ("契約データの返却", "return of the contract's data"),
        "contract.ended": ("契約の終了", "end of the contract"),
        "contract.started": ("契約の開始", "start of the contract"),
        "contractor.ended": ("業務委託の終了", "end of the contractor's work"),
        "controller.succession_planned": ("事業承継の予定", "planned succession of the business"),
        "cookie.refused": ("Cookieの拒否", "refusal of cookies"),
        "deletion_info.leaked": ("加工方法等情報の漏えい", "leak of deletion information"),
        "employee.retired": ("退職", "retirement"),
        "fee.paid": ("手数料の支払い", "payment of the fee"),
        "form.returned": ("申請書の受領", "return of the form"),
        "group.member_removed": ("グループからの脱退", "removal from the group"),
        "inquiry.closed": ("お問い合わせの終了", "closing of the inquiry"),
        "instruction.received": ("指示の受領", "receipt of an instruction"),
        "legal_hold.placed": ("保全の開始", "placing of a legal hold"),
        "legal_hold.released": ("保全の解除", "release of the legal hold"),
        "contact.unverified": ("連絡先の確認の開始", "contact data coming into doubt"),
        "contact.verified": ("連絡先の確認", "verification of contact data"),
        "mail.bounced": ("メールの不達", "bouncing of mail"),
        "notice.delivered": ("通知の到達", "delivery of a notice"),
        "objection": ("利用への異議", "objection"),
        "pack.activated": ("ポリシーの施行", "policy taking effect"),
        "pack.announced": ("ポリシーの公表", "announcement of the policy"),
        "parcel.returned": ("賞品の返送", "return of the prize's parcel"),
        "partner.withdrew": ("提携先の撤退", "withdrawal of the partner"),
        "permission.revoked": ("権限の取消し", "revocation of the permission"),
        "policy.agreed": ("ポリシーへの同意", "agreement to the policy"),
        "preference.set": ("保存期間の希望", "a wish for a shorter period"),
        "purpose.accomplished": ("利用目的の達成", "accomplishment of the purpose"),
        "recovery.completed": ("アカウント復旧の完了", "completion of the recovery"),
        "recovery.expired": ("アカウント回復の期限切れ", "expiry of the account's recovery"),
        "response.completed": ("回答の完了", "completion of the answer"),
        "restore.completed": ("復元の完了", "completion of a restore"),
        "restriction.lifted": ("利用制限の解除", "lifting of the restriction"),
        "restriction.placed": ("利用制限の開始", "placing of a restriction"),
        "service.terminated": ("サービスの終了", "end of the service"),
        "session.ended": ("セッションの終了", "end of the session"),
        "session.started": ("セッションの開始", "start of the session"),
        "shareholder.ceased": ("株主でなくなった日", "end of the shareholding"),
        "subject.corrected": ("訂正", "correction"),
        "subject.deceased": ("死亡", "death"),
        "survey.closed": ("アンケートの終了", "closing of the survey"),
        "use.out_of_purpose": ("目的外利用の判明", "finding of a use beyond the purpose"),
        "wrongful_deletion": ("誤った消去", "wrongful deletion"),
    }
)
_DISPOSALS = MappingProxyType(
    {
        Disposal.ERASE: ("消去", "erase"),
        Disposal.ANONYMIZE: ("匿名化", "anonymize"),
        Disposal.PSEUDONYMIZE: ("仮名化", "pseudonymize"),
        Disposal.SUSPEND: ("利用停止", "suspend"),
    }
)
_SOURCES = MappingProxyType(
    {
        Source.POLICY: ("ポリシーの定め", "the policy's text"),
        Source.STATUTE: ("法令", "statute"),
        Source.DEFAULT: ("提案（法務の確認が必要）", "a proposal (needs legal review)"),
    }
)


def pick(language: Language, ja: str, en: str) -> str:
    """Return the text in the language."""
    return ja if language == "ja" else en


def title(titles: Titles, language: Language, otherwise: str) -> str:
    """Return the title in the language, or in English, or the name itself."""
    return titles.get(language) or titles.get("en") or otherwise


def event(kind: str, language: Language) -> str:
    """Return what happened; a kind without words is shown as it is."""
    return pick(language, *_EVENTS.get(kind, (kind, kind)))


def start(clock: ClockStart, language: Language) -> str:
    """Return what starts a clock: `closing of the account`."""
    match clock:
        case AfterEvent(kind):
            return event(kind, language)
        case AfterPurposes():
            return pick(language, "すべての利用目的の終了", "end of all purposes")
        case SinceDate(name):
            return pick(language, f"記録の日付（{name}）", f"the record's date ({name})")
        case AfterFiscalYear(name):
            return pick(language, f"記録の日付（{name}）の属する事業年度の末日", f"end of the fiscal year of {name}")
        case _:
            assert_never(clock)


def period(length: Period, language: Language) -> str:
    """Return the period in words: `1 year 2 months`; `at once` if it is zero."""
    units = ((length.years, "年", "year"), (length.months, "か月", "month"), (length.days, "日間", "day"))
    if length.is_zero:
        return pick(language, "ただちに", "at once")
    if language == "ja":
        return "".join(f"{number}{word}" for number, word, _ in units if number)
    return " ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, _, word in units if number)


def length(keep: Keep, language: Language) -> str:
    """Return how long, with a filing deadline that runs before it."""
    if keep.plus.is_zero:
        return period(keep.keep_for, language)
    return f"{period(keep.plus, language)} + {period(keep.keep_for, language)}"


def clock(keep: Keep, language: Language) -> str:
    """Return period and start: `30 days after closing of the account`."""
    begins = start(keep.start, language)
    if keep.keep_for.is_zero and keep.plus.is_zero:
        return pick(language, f"{begins}後ただちに", f"at once after {begins}")
    return pick(language, f"{begins}から{length(keep, language)}", f"{length(keep, language)} after {begins}")


def disposal(fate: Disposal, language: Language) -> str:
    """Return the disposal's word."""
    return pick(language, *_DISPOSALS[fate])


def done(fate: Disposal, language: Language) -> str:
    """Return what will have been done: `erased`, `消去`."""
    verb = _DISPOSALS[fate][1]
    return pick(language, _DISPOSALS[fate][0], verb + ("d" if verb.endswith("e") else "ed"))


def source(where: Source, language: Language) -> str:
    """Return where a period comes from."""
    return pick(language, *_SOURCES[where])


def day(when: date, language: Language) -> str:
    """Return the day as it is read: `2026年10月2日`, `2 October 2026`."""
    if language == "ja":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
