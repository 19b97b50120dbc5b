"""The words of the page and of the letter, in both languages."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType

from retention.evidence.blocks import Language

KINDS = MappingProxyType(
    {
        "cloud": {"ja": "保管先（クラウド）", "en": "Stores it for us (cloud)"},
        "outsourcer": {"ja": "委託先", "en": "Works for us"},
        "third-party": {"ja": "第三者提供先", "en": "Third party"},
        "authority": {"ja": "公的機関", "en": "Public authority"},
        "analytics": {"ja": "計測・解析", "en": "Analytics"},
        "llm": {"ja": "委託先（生成AI）", "en": "Works for us (language model)"},
        "joint-user": {"ja": "共同利用者", "en": "Joint user"},
    }
)
WHYS = MappingProxyType(
    {
        "secret": {
            "ja": "パスワードや認証用の符号は、お客様の安全のため書き出しません。",
            "en": "Passwords and access codes are never exported, for your own safety.",
        },
        "encrypted": {
            "ja": "サービス側でのみ復号できる形で暗号化されています。サービスの画面でご覧ください。",
            "en": "It is encrypted so that the service alone can read it; please look at it there.",
        },
        "tenant-controlled": {
            "ja": "ご所属先（契約企業）が管理するデータです。ご所属先の管理者にお尋ねください。",
            "en": "Your organization decides over it; please ask its administrator.",
        },
        "not-provided": {
            "ja": "お客様からの提供・観測ではなく、当社の分析による情報です。",
            "en": "We inferred it; you did not provide it.",
        },
        "other-basis": {
            "ja": "同意または契約に基づかない情報です。",
            "en": "It rests on neither consent nor contract.",
        },
        "rights-of-others": {
            "ja": "第三者の権利利益を害するおそれがあるため、開示いたしません。",
            "en": "Showing it might harm the rights of others.",
        },
        "business-hindrance": {
            "ja": "業務の適正な実施に著しい支障を及ぼすおそれがあるため、開示いたしません。",
            "en": "Showing it might seriously hinder the proper conduct of business.",
        },
        "other-law": {
            "ja": "他の法令に違反することとなるため、開示いたしません。",
            "en": "Another law forbids showing it.",
        },
    }
)
WORDS = MappingProxyType(
    {
        "ja": {
            "title_disclosure": "お客様のデータのご報告",
            "intro_disclosure": "ご請求いただいた開示のお答えです。当社がお客様について保有しているデータと、その利用目的、保存期間、提供先をまとめました。",
            "title_provision-record-disclosure": "第三者提供記録のご報告",
            "intro_provision-record-disclosure": "ご請求いただいた第三者提供記録の開示のお答えです。お客様のデータの提供と受領の記録、提供先をまとめました。",
            "title_purpose-notification": "利用目的のご通知",
            "intro_purpose-notification": "ご請求いただいた利用目的の通知です。お客様のデータを何のために保有しているかをまとめました。",
            "title_portability": "お客様のデータのお渡し",
            "intro_portability": "ご請求いただいたデータです。お客様からお預かりした、または利用を通じて得られたデータを、ほかのサービスでも使える形でお渡しします。",
            "case": "受付番号",
            "asked": "ご請求日",
            "made": "調査日時",
            "until": "このファイルの提供期限",
            "known_by": "お調べした手がかり",
            "rows": "件のデータ",
            "datasets": "か所で保有",
            "receivers": "件の提供先・委託先",
            "overview": "データの種類と利用目的",
            "category": "種類",
            "purposes": "利用目的",
            "kept": "保存期間",
            "count": "件数",
            "field": "項目",
            "reason": "理由",
            "who": "提供先",
            "kind": "区分",
            "what": "データの種類",
            "where": "国",
            "receivers_head": "データをお渡ししている相手",
            "nobody": "お客様のデータをお渡ししている相手はありません。",
            "unshown_head": "ここに記載していないもの",
            "masked": "＊＊＊（他の方の情報）",
            "more": "全{all}件のうち{shown}件を表示しています。残りは保存ファイル（ZIP）にあります。",
            "entry": "{number}件目",
            "yes": "はい",
            "no": "いいえ",
            "nothing": "―",
            "unstated": "（記載なし）",
            "none_held": "お見せするデータはありません。",
            "next_head": "このあとできること",
            "next": (
                "上の「すべて保存（ZIP）」から、同じ内容をJSON・CSV・Parquetの形で保存できます。",
                "内容が事実と異なるときは訂正・追加・削除を、利用の停止や消去もご請求いただけます。",
                "このファイルと合い言葉は、提供期限を過ぎると当社から消去されます。必要な方は期限までに保存してください。",
                "ご不明な点は、受付番号を添えて{responsible}までお問い合わせください。",
            ),
            "foot": "このページはお客様だけのために作成されました。当社の記録には、開示した件数のみが残り、内容は残りません。",
            "to": "{rows}件、{until}まで",
            "letter_title": "合い言葉のお知らせ",
            "letter_intro": "ご請求いただいたデータのファイルは、下の合い言葉で開きます。ファイルとは別にお届けしています。",
            "letter_phrase": "合い言葉",
            "letter_how": "開き方",
            "letter_steps": (
                "お届けしたファイル（your-data.html）をパソコンやスマートフォンのブラウザで開きます。",
                "上の合い言葉を入力します。大文字・小文字、空白、ハイフンは区別しません。",
                "画面上の「すべて保存（ZIP）」で、手元に保存できます。",
            ),
            "letter_check": "ファイルの確認値（SHA-256）",
            "letter_note": "この紙は、開いたあとに破棄してください。{until}を過ぎると、当社も合い言葉を復元できません。",
        },
        "en": {
            "title_disclosure": "Your data",
            "intro_disclosure": "This answers your request for access: the data that we hold about you, what it is used for, how long it is kept, and who else has it.",
            "title_provision-record-disclosure": "Records of provision of your data",
            "intro_provision-record-disclosure": "This answers your request for the records of provision: when your data was provided or received, and who has it.",
            "title_purpose-notification": "What your data is used for",
            "intro_purpose-notification": "This answers your request to be told the purposes for which we hold your data.",
            "title_portability": "Your data, to take with you",
            "intro_portability": "This is the data that you gave us, or that came from your use of the service, in forms that other services can read.",
            "case": "Case",
            "asked": "Asked on",
            "made": "Looked up at",
            "until": "This file is available until",
            "known_by": "Looked up by",
            "rows": "entries about you",
            "datasets": "places that hold them",
            "receivers": "others who receive data",
            "overview": "What it is, and what it is used for",
            "category": "Kind of data",
            "purposes": "Used for",
            "kept": "Kept until",
            "count": "Entries",
            "field": "Fields",
            "reason": "Why",
            "who": "Who",
            "kind": "As what",
            "what": "Kinds of data",
            "where": "Country",
            "receivers_head": "Who else receives it",
            "nobody": "Nobody else receives your data.",
            "unshown_head": "What is not shown here",
            "masked": "*** (about somebody else)",
            "more": "{shown} of {all} entries are shown; the rest is in the archive (ZIP).",
            "entry": "Entry {number}",
            "yes": "yes",
            "no": "no",
            "nothing": "–",
            "unstated": "(not stated)",
            "none_held": "There is nothing to show.",
            "next_head": "What you can do now",
            "next": (
                "“Save everything (ZIP)” above gives you the same as JSON, CSV and Parquet.",
                "If something is untrue, you can ask us to correct, add or delete it; you can also ask us to stop using your data, or to erase it.",
                "We destroy this file and its pass phrase when its time is over; please save what you need before.",
                "If anything is unclear, write to {responsible} and name your case.",
            ),
            "foot": "This page was made for you alone. Our records keep how many entries were shown, and none of what they say.",
            "to": "{rows} entries, until {until}",
            "letter_title": "Your pass phrase",
            "letter_intro": "The file with the data that you asked for opens with the pass phrase below. We send it apart from the file.",
            "letter_phrase": "Pass phrase",
            "letter_how": "How to open it",
            "letter_steps": (
                "Open the file that you received (your-data.html) in the browser of a computer or telephone.",
                "Type the pass phrase above. Capital letters, spaces and hyphens make no difference.",
                "“Save everything (ZIP)” keeps a copy on your device.",
            ),
            "letter_check": "Check value of the file (SHA-256)",
            "letter_note": "Please destroy this paper afterwards. After {until} we cannot restore the pass phrase either.",
        },
    }
)


def day(at: datetime, language: Language) -> str:
    """Return the day as people write it."""
    return f"{at.year}年{at.month}月{at.day}日" if language == "ja" else f"{at.day} {at:%B %Y}"


def last_moment(until: datetime) -> datetime:
    """Return the last moment at which it is there: what ends at midnight is there on the day before."""
    return until - timedelta(microseconds=1)
