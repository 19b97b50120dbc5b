"""The words of the certificate, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention.evidence.blocks import Language
from retention.model.policy import Titles

REASONS = MappingProxyType(
    {
        "placed-hold": MappingProxyType({"ja": "係争等による保全", "en": "Preserved for a legal matter"}),
        "restriction": MappingProxyType({"ja": "利用制限中", "en": "Its use is restricted"}),
        "no-suspension": MappingProxyType(
            {
                "ja": "停止の求めを受け付ける手順がない委託先",
                "en": "It has no procedure for a request to stop using data",
            }
        ),
        "holds-more": MappingProxyType(
            {
                "ja": "ご請求以外の項目も預けている委託先（一部のみの消去の手順がありません）",
                "en": "It was given other items as well and has no procedure to erase a part",
            }
        ),
        "tenant-controlled": MappingProxyType(
            {"ja": "ご所属先が管理するデータ", "en": "Managed by the organization it was kept for"}
        ),
    }
)
"""Reasons that are no law."""


def reason_title(code: str, laws: Mapping[str, Titles], language: Language) -> str:
    """Return the law as it is cited, or the reason in words; a code that nobody knows is shown as it is."""
    return laws.get(code, REASONS.get(code, {})).get(language, code)


WORDS = MappingProxyType(
    {
        "ja": MappingProxyType(
            {
                "title_erase": "個人データ消去等のご報告",
                "intro_erase": "ご請求に基づき、下記のとおり対応いたしましたのでご報告します。",
                "title_suspend": "個人データ利用停止のご報告",
                "intro_suspend": (
                    "ご請求に基づき、下記のデータの利用を停止いたしました。"
                    "データは消去せずに保存し、停止を解除するまで利用いたしません。"
                ),
                "title_lift": "個人データ利用停止の解除のご報告",
                "intro_lift": "下記のデータについて、利用の停止を解除いたしましたのでご報告します。",
                "case": "受付番号",
                "requested": "ご請求日",
                "answered": "ご報告日",
                "done": "対応した内容",
                "data": "データ",
                "action": "対応",
                "rows": "件数",
                "erase": "消去しました",
                "redact": "該当する項目を空にしました",
                "anonymize": "個人を特定できない形に加工しました",
                "suspend": "利用を停止しました",
                "lift": "利用の停止を解除しました",
                "nothing_erase": "消去等の対象となるデータはありませんでした。",
                "nothing_suspend": "停止の対象となるデータはありませんでした。",
                "nothing_lift": "解除の対象となるデータはありませんでした。",
                "kept": "法令等により保存を続けるもの",
                "fields": "項目",
                "statute": "根拠",
                "until": "期限",
                "open": "現時点では定まりません",
                "kept_note": "上記の項目は定められた目的だけに用い、期限が来ましたら消去します。",
                "remains": "バックアップ",
                "system": "保管先",
                "copies": "複製の数",
                "gone": "消滅予定日",
                "remains_open": (
                    "バックアップの中の複製は利用を停止しています。法令上の保全その他の理由により、"
                    "すべてが失われる日は現時点では定まりません。"
                    "それまでにバックアップから復元する場合は、利用を始める前に、もう一度消去します。"
                ),
                "remains_note": (
                    "バックアップの中の複製は利用を停止しており、{date}までにすべて失われます。"
                    "それまでにバックアップから復元する場合は、利用を始める前に、もう一度消去します。"
                ),
                "no_remains": "バックアップに残る複製は把握されていません。",
                "processors": "委託先",
                "name": "名称",
                "completed": "完了の確認日",
                "waiting": "回答を待っています",
                "said_best-effort": "削除を依頼しました（先方からの完了の確認はありません）",
                "said_partial": "一部のみ削除（{reason}）",
                "said_refused": "削除されませんでした（{reason}）",
                "outside": "当社の管理の及ばない提供先",
                "purpose": "目的",
                "opt_out": "停止のお申し出先",
                "outside_note": "これらの事業者が保有するデータは、各事業者が自らの責任で管理します。当社は削除を保証できません。",
                "proof": "記録の確かめ方",
                "proof_note": (
                    "対応の一つひとつは署名され、後から書き換えれば必ず分かる記録に残っています。"
                    "記録に個人データは含まれません。"
                ),
                "receipt": "お控えのQRコード",
                "receipt_note": (
                    "右のQRコードは、この対応がお客様についてのものであることを、お客様ご自身が示せるお控えです。"
                    "検証用ページ（通信を行いません）で読み取り、ご登録のメールアドレス等を入力すると確かめられます。"
                ),
                "receipt_secret": (
                    "コードにお名前や連絡先は入っていませんが、拾った人が推測を試すことはできます。大切に保管してください。"
                ),
                "log": "記録の名称",
                "size": "記録の件数",
                "root": "記録全体のハッシュ値",
                "key": "署名鍵の指紋 (SHA-256)",
                "limits": "この報告は、当社が把握し管理するシステムについて行ったことをお伝えするものです。",
                "date": "{0.year}年{0.month}月{0.day}日",
            }
        ),
        "en": MappingProxyType(
            {
                "title_erase": "Answer to your erasure request",
                "intro_erase": "You asked us to erase your personal data. This is what we did.",
                "title_suspend": "The use of your personal data is stopped",
                "intro_suspend": (
                    "You asked us to stop using your personal data. We keep the data below, and do not use it "
                    "until the stop is lifted."
                ),
                "title_lift": "Your personal data may be used again",
                "intro_lift": "The stop on the use of your personal data is lifted for the data below.",
                "case": "Case number",
                "requested": "You asked on",
                "answered": "We answered on",
                "done": "What we did",
                "data": "Data",
                "action": "What happened to it",
                "rows": "Records",
                "erase": "Erased",
                "redact": "Personal fields emptied",
                "anonymize": "Changed so that it no longer tells who you are",
                "suspend": "No longer used; kept",
                "lift": "May be used again",
                "nothing_erase": "There was no data to erase.",
                "nothing_suspend": "There was no data whose use had to be stopped.",
                "nothing_lift": "There was no data whose use was stopped.",
                "kept": "What we have to keep",
                "fields": "Fields",
                "statute": "Required by",
                "until": "Until",
                "open": "cannot be said yet",
                "kept_note": "We use these fields for that purpose only and erase them when the time is over.",
                "remains": "Backup copies",
                "system": "Where",
                "copies": "Copies",
                "gone": "Gone by",
                "remains_open": (
                    "Copies inside backups are out of use. When the last of them is gone cannot be said yet: a legal hold, "
                    "or the lack of an expiry, keeps one. Should we have to restore "
                    "a backup before then, your data is erased from it again before anybody uses it."
                ),
                "remains_note": (
                    "Copies inside backups are out of use and are all gone by {date}. Should we have to restore "
                    "a backup before then, your data is erased from it again before anybody uses it."
                ),
                "no_remains": "We know of no copy left in a backup.",
                "processors": "Companies that work for us",
                "name": "Name",
                "completed": "Confirmed on",
                "waiting": "has not confirmed yet",
                "said_best-effort": "was asked to erase; it does not confirm that it has",
                "said_partial": "erased only a part ({reason})",
                "said_refused": "did not erase ({reason})",
                "outside": "Outside our control",
                "purpose": "For what",
                "opt_out": "Where to object",
                "outside_note": "What these companies hold they answer for themselves. We cannot vouch for its erasure.",
                "proof": "How this can be checked",
                "proof_note": (
                    "Each thing we did is signed and kept in a log that cannot be changed afterwards without "
                    "anybody noticing. The log holds no personal data."
                ),
                "receipt": "QR code of your receipt",
                "receipt_note": (
                    "This code is your receipt: with it you can show to whomever you like that this answer is about you. "
                    "Read it with the check page, which works offline, and type the e-mail address or number we knew "
                    "you by."
                ),
                "receipt_secret": (
                    "It holds neither your name nor your address, but whoever finds it could try guesses: keep it safe."
                ),
                "log": "Log",
                "size": "Entries in the log",
                "root": "Hash of the whole log",
                "key": "Fingerprint of our key (SHA-256)",
                "limits": "This answer is about the systems we know of and are responsible for.",
                "date": "{0.day} {0:%B} {0.year}",
            }
        ),
    }
)
