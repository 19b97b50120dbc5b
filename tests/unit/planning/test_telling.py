"""Every fate has words in both languages, in the table and in the paragraph for the phone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from retention.model.hold import PlacedHold
from retention.planning.fates import (
    Due,
    Explanation,
    HeldByLaw,
    KeptUntil,
    Line,
    NoClock,
    NoRule,
    OpenPurpose,
    Restricted,
    TenantControlled,
    UnderPlacedHold,
    joined,
    plain,
)
from retention.planning.summary import summarize
from retention.planning.telling import Telling
from retention.policy import read_policy, shipped_statutes

AT, DAY, LATER = datetime(2026, 9, 1, tzinfo=UTC), date(2026, 10, 2), date(2027, 1, 2)
POLICY = read_policy(
    """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes: {P: {title: {ja: 不正の防止, en: fraud prevention}}}
categories: {account: {title: {ja: 会員情報, en: Account}, purposes: [P]}}
rules:
  - {id: r, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy, statute: jp.appi.22}
holds: [{id: h, fields: [t.f], keep: {for: P7Y, after: fiscal_year.closed, of: d, plus: P2M}, statute: jp.appi.22}]
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "policy.yaml",
)
RULE, HOLD = POLICY.rules[0], POLICY.holds[0]
DUE = Due(RULE, AT, DAY)
FATES = {
    "due": (DUE, "消去の時期", "保存期間が終わっており"),
    "kept": (KeptUntil(RULE, AT, DAY, LATER), "2026年10月2日〜2027年1月2日", "2027年1月2日まで保存"),
    "open-purpose": (OpenPurpose(RULE, ("P",), None), "利用目的の終了まで", "不正の防止"),
    "clock-not-started": (NoClock(RULE), "退会の後", "まだ始まっておりません"),
    "no-rule": (NoRule(), "請求があるまで", "消去をご請求いただけます"),
    "held-by-law": (HeldByLaw(HOLD, LATER, DUE), "法令により保存", "個人情報保護法22条により2027年1月2日まで"),
    "placed-hold": (UnderPlacedHold(PlacedHold("H", "dispute", "k", "d", AT), DUE), "解除まで", "保全の措置"),
    "restricted": (Restricted(AT, untold=True, beneath=DUE), "通知がまだ", "解除の前にお知らせ"),
    "tenant-controlled": (TenantControlled("company_id", DUE), "契約企業の管理", "ご契約企業が管理"),
}
NAMES = re.compile(r"app\.t|\bf\b|\br\b|\bh\b|\bH\b|\bd\b|company_id|dispute|\(P\)|GDPR|\bP\b")
"""What is no word of ours: names of the files, and a regulation's own name."""


def line(fate, category="account"):
    """A line of the table."""
    return Line("app", "app.t", category, ("f",), 1, fate)


def explained(*fates):
    """An explanation of some lines."""
    return Explanation(AT, ("user_id",), ("app.t",), tuple(map(line, fates)))


@pytest.mark.parametrize("code", FATES)
def test_every_fate_is_told_in_japanese(code):
    """In the table and on the phone, with no English word left in it."""
    fate, in_table, on_the_phone = FATES[code]
    telling = Telling(POLICY, shipped_statutes(), "ja")
    row = " ".join(telling.row(line(fate)))
    said = summarize(explained(fate), telling)
    assert in_table in row
    assert on_the_phone in said
    assert not re.search(r"[A-Za-z]{2,}", NAMES.sub("", row + said)), row + said


@pytest.mark.parametrize("code", FATES)
def test_every_fate_is_told_in_english(code):
    """In the table and on the phone, with no Japanese left in it; and by its code for programs."""
    fate = FATES[code][0]
    telling = Telling(POLICY, shipped_statutes(), "en")
    text = " ".join(telling.row(line(fate))) + summarize(explained(fate), telling)
    assert not re.search(r"[぀-ヿ一-鿿（）：。]", text), text
    assert plain(fate)["fate"] == code


def test_a_category_with_two_fates_is_told_in_parts():
    """Nobody is told that everything of it goes when some of it stays."""
    telling = Telling(POLICY, shipped_statutes(), "en")
    said = summarize(explained(DUE, KeptUntil(RULE, AT, LATER, LATER)), telling)
    assert "The time for part of “Account” is over" in said
    assert "We keep part of “Account” until 2 January 2027" in said


def test_nothing_found_is_one_sentence():
    """No table of nothing."""
    said = summarize(Explanation(AT, ("user_id",), ("app.t",), ()), Telling(POLICY, shipped_statutes(), "en"))
    assert said.startswith("We found no data")


def test_lines_that_say_the_same_are_joined():
    """Rows add up; dates take the earliest for what is due, the whole span for what is kept; laws the latest end."""
    early, late = Due(RULE, AT, DAY), Due(RULE, AT, LATER)
    kept = [KeptUntil(RULE, AT, day, day) for day in (LATER, DAY)]
    held = [HeldByLaw(HOLD, day, DUE) for day in (DAY, LATER)]
    found = joined(map(line, (late, *kept, *held, early, HeldByLaw(HOLD, None, DUE))))
    assert [(one.rows, one.fate) for one in found] == [
        (2, early),
        (2, KeptUntil(RULE, AT, DAY, LATER)),
        (3, HeldByLaw(HOLD, None, DUE)),
    ]
