"""A sample of what a person receives who asks what is held of her: `python -m demo.sample_answer FOLDER`.

Invented people and films; the pages are made by the code that makes real ones. For a picture, print one:

    chromium --headless --screenshot=page.png --window-size=900,2600 FOLDER/page.ja.html
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from retention.disclosure import (
    MASKED,
    ROUNDS,
    Keeping,
    Letter,
    Receiver,
    Story,
    Unshown,
    archive,
    letter,
    phrase_of,
    report,
    seal,
)
from retention.evidence import page
from retention.model.disclosure import Part
from retention.model.ids import CaseId, CategoryId, DatasetId
from retention.model.terms import Right
from retention.policy.wording import LANGUAGES

_TOKYO = timezone(timedelta(hours=9))
_ACCOUNT, _VIEWING, _BILLING, _TALKS = map(CategoryId, ("account", "viewing_history", "billing", "inquiries"))
_CUSTOMERS, _LOGINS = DatasetId("app.customers"), DatasetId("app.logins")
_PLAYS, _PAYMENTS, _LETTERS = map(DatasetId, ("lake.viewing", "app.payments", "app.inquiries"))
_CLOSED = {"ja": "退会から30日後", "en": "30 days after the account is closed"}
_YEAR = {"ja": "退会から12か月後", "en": "12 months after the account is closed"}
_TAX = {"ja": "2034年6月1日まで", "en": "1 June 2034"}


def story() -> Story:
    """Return what is told beside the rows."""
    return Story(
        case_id=CaseId("C-20261126-7f3k2q"),
        right=Right.DISCLOSURE,
        controller={"ja": "株式会社シネマの森", "en": "Cinema no Mori Inc."},
        address="東京都千代田区丸の内1-1-1",
        responsible="お客様情報窓口 / Privacy desk",
        asked_at=datetime(2026, 11, 12, 10, tzinfo=_TOKYO),
        made_at=datetime(2026, 11, 26, 15, 4, tzinfo=_TOKYO),
        until=datetime(2026, 12, 11, tzinfo=_TOKYO),
        known_by=("email", "user_id"),
        titles={
            _ACCOUNT: {"ja": "会員情報", "en": "Account"},
            _VIEWING: {"ja": "視聴履歴", "en": "Viewing history"},
            _BILLING: {"ja": "お支払い", "en": "Payments"},
            _TALKS: {"ja": "お問い合わせ", "en": "Inquiries"},
        },
        purposes={
            _ACCOUNT: ({"ja": "会員の登録と本人確認", "en": "registration and identification"},),
            _VIEWING: (
                {"ja": "作品のおすすめ", "en": "recommendations"},
                {"ja": "視聴の続きからの再生", "en": "resuming where you stopped"},
            ),
            _BILLING: ({"ja": "料金の請求と会計", "en": "billing and accounts"},),
            _TALKS: ({"ja": "お問い合わせへの回答", "en": "answering you"},),
        },
        held_in={
            _CUSTOMERS: (_ACCOUNT,),
            _LOGINS: (_ACCOUNT,),
            _PLAYS: (_VIEWING,),
            _PAYMENTS: (_BILLING,),
            _LETTERS: (_TALKS,),
        },
        looked_in=14,
        keeping=(
            _kept(_CUSTOMERS, _ACCOUNT, "name, email, birth_date", 1, _CLOSED, why="規約 8条 / Terms art. 8"),
            _kept(_PLAYS, _VIEWING, "title, watched_at", 4, _YEAR, why="規約 8条 / Terms art. 8"),
            _kept(_PAYMENTS, _BILLING, "amount, paid_at", 2, _TAX, why="法人税法施行規則59条 / Corporate Tax Act"),
            _kept(_LETTERS, _TALKS, "body", 1, _YEAR, why="規約 8条 / Terms art. 8"),
        ),
        receivers=(
            Receiver(
                {"ja": "配信基盤（東京）", "en": "Hosting (Tokyo)"},
                "cloud",
                (_ACCOUNT, _VIEWING, _BILLING),
                {"ja": "サービスの運用", "en": "running the service"},
                "JP",
            ),
            Receiver(
                {"ja": "決済代行会社", "en": "Payment agency"},
                "outsourcer",
                (_BILLING,),
                {"ja": "決済", "en": "payment"},
                "JP",
            ),
            Receiver(
                {"ja": "シネマの森ホールディングス", "en": "Cinema no Mori Holdings"},
                "joint-user",
                (_VIEWING,),
                {"ja": "新サービスの研究開発", "en": "research and development"},
                "JP",
                rows=4,
                until=datetime(2027, 2, 1, tzinfo=_TOKYO),
            ),
        ),
        unshown=(Unshown(_LOGINS, ("password_hash",), 1, "secret", ""),),
    )


def _kept(
    dataset: DatasetId, category: CategoryId, fields: str, rows: int, until: dict[str, str], *, why: str
) -> Keeping:
    japanese, _, english = why.partition(" / ")
    state = {"ja": "保存中", "en": "kept"}
    return Keeping(dataset, category, tuple(fields.split(", ")), rows, state, until, {"ja": japanese, "en": english})


def parts() -> tuple[Part, ...]:
    """Return the rows."""
    return (
        Part(
            _CUSTOMERS,
            ("user_id", "name", "email", "birth_date"),
            (("u-10482", "山田 花子", "hanako@mail.example", "1988-04-12"),),
            1,
        ),
        Part(
            _PLAYS,
            ("watched_at", "title", "position_s", "profile"),
            (
                ("2026-11-02T12:10:00Z", "月夜の図書館", 5412, "はなこ"),
                ("2026-11-09T11:45:00Z", "海辺のレシピ 第3話", 1410, "はなこ"),
                ("2026-11-15T13:02:00Z", "北へ向かう汽車", 6120, "はなこ"),
                ("2026-11-21T10:31:00Z", "海辺のレシピ 第4話", 388, "はなこ"),
            ),
            4,
        ),
        Part(
            _PAYMENTS,
            ("paid_at", "amount", "invoice_no"),
            (("2026-10-01", 2189, "R-88213"), ("2026-11-01", 2189, "R-90102")),
            2,
        ),
        Part(
            _LETTERS,
            ("received_at", "body", "answered_by"),
            (("2026-06-14T02:30:00Z", "テレビでの再生方法を教えてください。", MASKED),),
            1,
        ),
    )


def write(folder: Path) -> list[Path]:
    """Write the pages, the letter and the encrypted page; return the files."""
    told, rows = story(), parts()
    phrase = phrase_of(b"sample".ljust(32, b"."))
    pages = {str(language): report(told, rows, language) for language in LANGUAGES}
    sealed = seal(pages, archive(told, rows, pages), phrase, sender=told.controller, rounds=ROUNDS)
    said = Letter(told.case_id, told.controller, told.address, phrase, "0" * 64, told.until)
    files = {f"page.{language}.html": text for language, text in pages.items()}
    files |= {f"letter.{language}.html": page.render(letter(said, language)) for language in LANGUAGES}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (files | {"your-data.html": sealed.decode()}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(folder / name for name in (*files, "your-data.html"))


if __name__ == "__main__":
    for file in write(Path(sys.argv[1])):
        sys.stdout.write(f"{file}\n")
