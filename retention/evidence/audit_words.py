"""The words of the audit report, in both languages, and what it answers to."""

from __future__ import annotations

from types import MappingProxyType

WORDS = MappingProxyType(
    {
        "ja": MappingProxyType(
            {
                "title": "個人データの保存と消去に関する監査報告",
                "period": "{} から {} まで",
                "policy": "ポリシー",
                "tile_due": "期限が来た行",
                "tile_done": "処分した行",
                "tile_late": "期限を過ぎたもの",
                "tile_withheld": "法令等で保存する行",
                "tile_failed": "未解決の失敗",
                "intro": (
                    "この報告の数字は、署名された追記専用の記録と台帳から数えたものです。氏名や連絡先は含まれず、"
                    "ここから個人を割り出すことはできません。"
                ),
                "disposed": "期限が来たものと、行ったこと",
                "nothing": "この期間に期限が来たものはありませんでした。",
                "months_label": "月ごとの処分した行数",
                "dataset": "データセット",
                "due": "期限到来",
                "erased": "消去",
                "redacted": "項目の消去",
                "deidentified": "匿名化・仮名化",
                "verified": "検証",
                "passed": "合格",
                "failed": "不合格",
                "waiting": "未検証",
                "requests": "ご本人からの請求",
                "no_requests": "この期間に請求はありませんでした。",
                "asked": "請求 {} 件：回答済み {} 件、お断り {} 件、対応中 {} 件。期限を過ぎたもの {} 件。",
                "refused": "お断りの理由（符号）",
                "answers_label": "請求ごとの、受付から回答までの日数",
                "in_time": "期限内",
                "too_late": "期限後",
                "allowed": "回答期限",
                "open": "対応中",
                "days": "{} 日",
                "case": "受付番号",
                "opened_on": "受付日",
                "due_on": "期限",
                "ended_on": "回答日",
                "withheld": "処分を控えたものと、その理由",
                "none": "ありません。",
                "fields": "項目",
                "rows": "行数",
                "because": "理由",
                "until": "いつまで",
                "unknown": "現時点では定まりません",
                "failures": "失敗した手順",
                "step": "手順",
                "code": "符号",
                "times": "回数",
                "since": "その後",
                "mended": "やり直して完了",
                "not_mended": "未解決",
                "processors": "委託先への指示",
                "name": "名称",
                "orders": "指示",
                "completed": "完了",
                "late": "期限後",
                "copies": "残る複製と、消える日",
                "no_copies": "把握している複製はありません。",
                "copies_label": "複製が消えるまでの期間",
                "system": "保管先",
                "number": "複製の数",
                "gone": "最後の消滅予定日",
                "overdue": "期限超過",
                "controls": "法令・規格との対応",
                "controls_note": "どの求めに、この報告のどこが答えるかを示します。適合の判断は監査人が行います。",
                "control": "求め",
                "asks": "求められること",
                "shown": "示しているもの",
                "media": "NIST SP 800-88 の証明書の項目",
                "field": "項目",
                "stands": "記録のどこにあるか",
                "log": "証拠の記録",
                "origin": "名称",
                "size": "件数",
                "gained": "この期間の記載",
                "root": "全体のハッシュ値",
                "key": "署名鍵の指紋 (SHA-256)",
                "check": (
                    "案件ごとの証拠ファイルは retention evidence export で取り出し、同梱の検証プログラム（Python のみ）で、"
                    "当社の仕組みに頼らずに確かめられます。"
                ),
                "cannot": "この報告が示せないこと",
                "limits": (
                    "データマップに載っていない場所に複製が無いこと。\n"
                    "委託先の行為と鍵の破棄は、それぞれの運営者の言明によります。\n"
                    "残る複製は、上記の日まで物理的に存在します（利用は停止しています）。\n"
                    "時刻は署名者の時計によります。"
                ),
                "foot": "作成日 {}。",
                "date": "{0.year}年{0.month}月{0.day}日",
                "short_date": "{0:%Y-%m-%d}",
                "month": "{0:%Y-%m}",
            }
        ),
        "en": MappingProxyType(
            {
                "title": "Retention and erasure: audit report",
                "period": "{} to {}",
                "policy": "policy",
                "tile_due": "rows due",
                "tile_done": "rows disposed of",
                "tile_late": "past their day",
                "tile_withheld": "rows kept by law",
                "tile_failed": "unsolved failures",
                "intro": (
                    "The numbers of this report are counted from the signed, append-only log and the ledger. They name "
                    "nobody, and nobody can be found out from them."
                ),
                "disposed": "What was due, and what was done",
                "nothing": "Nothing was due in this period.",
                "months_label": "Rows disposed of, by month",
                "dataset": "Dataset",
                "due": "Due",
                "erased": "Erased",
                "redacted": "Emptied",
                "deidentified": "De-identified",
                "verified": "Verified",
                "passed": "passed",
                "failed": "FAILED",
                "waiting": "not yet",
                "requests": "Requests of people",
                "no_requests": "Nobody asked in this period.",
                "asked": "Requests: {}. Answered {}, denied {}, open {}. Past their day: {}.",
                "refused": "Grounds of denials (codes)",
                "answers_label": "Days from request to answer, by request",
                "in_time": "in time",
                "too_late": "late",
                "allowed": "allowed",
                "open": "open",
                "days": "{} days",
                "case": "Case",
                "opened_on": "Asked on",
                "due_on": "Due on",
                "ended_on": "Answered on",
                "withheld": "What was withheld, and why",
                "none": "None.",
                "fields": "Fields",
                "rows": "Rows",
                "because": "Because of",
                "until": "Until",
                "unknown": "cannot be said yet",
                "failures": "Steps that failed",
                "step": "Step",
                "code": "Code",
                "times": "Times",
                "since": "Since then",
                "mended": "done on a retry",
                "not_mended": "not solved",
                "processors": "Orders to processors",
                "name": "Name",
                "orders": "Orders",
                "completed": "Completed",
                "late": "Late",
                "copies": "Copies that remain, and until when",
                "no_copies": "We know of none.",
                "copies_label": "Time until the last copy is gone, by system",
                "system": "Where",
                "number": "Copies",
                "gone": "The last is gone by",
                "overdue": "Overdue",
                "controls": "What this answers to",
                "controls_note": (
                    "Which demand is answered by which part of this report. Whether it is met, the auditor judges."
                ),
                "control": "Demand",
                "asks": "What it asks for",
                "shown": "What shows it",
                "media": "Certificate fields of NIST SP 800-88",
                "field": "Field",
                "stands": "Where it stands",
                "log": "Evidence log",
                "origin": "Name",
                "size": "Entries",
                "gained": "Gained in this period",
                "root": "Hash of the whole log",
                "key": "Key fingerprint (SHA-256)",
                "check": (
                    "The evidence of each case is one file (retention evidence export). The verifier beside it needs "
                    "nothing but Python, so that nobody has to trust us."
                ),
                "cannot": "What this report cannot show",
                "limits": (
                    "That there is no copy in a place that the data map does not name.\n"
                    "What a processor did, and that a key is gone, are the word of whoever runs that system.\n"
                    "Copies that remain are physically there until the day given; they are out of use.\n"
                    "Times are those of the signer's clock."
                ),
                "foot": "Made on {}.",
                "date": "{0.day} {0:%B} {0.year}",
                "short_date": "{0:%Y-%m-%d}",
                "month": "{0:%b %Y}",
            }
        ),
    }
)

CONTROLS = MappingProxyType(
    {
        "ja": (
            (
                "個人情報保護法 22条",
                "利用する必要がなくなった個人データを遅滞なく消去する",
                "期限が来た行と処分した行、月ごとの図",
            ),
            ("個人情報保護法 25条", "委託先に対する必要かつ適切な監督", "委託先への指示と、署名された完了の回答"),
            ("個人情報保護法 35条", "利用停止等の請求への対応と通知", "請求の件数、回答までの日数、お断りの理由の符号"),
            ("GDPR 5条1項(e)", "必要な期間を超えて保存しない", "期限が来た行と処分した行、控えた行と根拠"),
            ("GDPR 5条2項", "遵守を示せること", "署名された追記専用の記録と、第三者が検証できる証拠ファイル"),
            ("GDPR 12条3項・17条", "消去の請求に期限内に応じる", "請求ごとの受付日、期限、回答日"),
            ("GDPR 19条", "受領者への通知", "委託先への指示と回答"),
            ("GDPR 30条1項(f)", "種類ごとの消去の期限", "ポリシー（計画ごとにその版のハッシュ値を記録）"),
            (
                "ISO/IEC 27555",
                "消去の期間と規則を定め、実施し、文書に残す",
                "規則ごとの実施、検証の結果、控えた理由、複製の消える日",
            ),
        ),
        "en": (
            (
                "APPI Art. 22",
                "Erase personal data without delay when it is not needed any more",
                "Rows due and disposed of; the plot by month",
            ),
            (
                "APPI Art. 25",
                "Supervise those to whom handling is entrusted",
                "Orders to processors and their signed answers",
            ),
            (
                "APPI Art. 35",
                "Cease use or erase on request, and tell the person",
                "Requests, days to the answer, codes of refusals",
            ),
            (
                "GDPR Art. 5(1)(e)",
                "Keep no longer than necessary",
                "Rows due and disposed of; what was withheld and under which law",
            ),
            (
                "GDPR Art. 5(2)",
                "Be able to demonstrate compliance",
                "The signed, append-only log, and bundles that anyone can verify",
            ),
            (
                "GDPR Art. 12(3), 17",
                "Answer requests for erasure in time",
                "Day of arrival, last day and day of the answer, by request",
            ),
            ("GDPR Art. 19", "Notify recipients", "Orders to processors and their answers"),
            (
                "GDPR Art. 30(1)(f)",
                "Time limits for erasure, by category",
                "The policy; every plan states the digest of the version in force",
            ),
            (
                "ISO/IEC 27555",
                "Set deletion periods and rules, carry them out, document it",
                "What was done under which rule, verification, reasons to withhold, copies and their last day",
            ),
        ),
    }
)
"""Demand, what it asks for, what shows it."""

MEDIA = MappingProxyType(
    {
        "ja": (
            ("媒体の識別", "データセットと保管先の名称（論理的な媒体）。物理媒体の証明は各事業者によります"),
            ("方法と技法", "消去・項目の消去・匿名化・鍵の破棄（暗号消去）の別"),
            ("使用した道具と版", "計画のハッシュ値（プログラムの版は、この版の記録には含まれません）"),
            ("検証の方法と結果", "別のプログラムによる再走査：残った行の数、前後の行数、行の集合のハッシュ値"),
            ("実施者・承認者", "承認者の参照符号（氏名ではない）と、承認した計画のハッシュ値"),
            ("日時", "各記載の時刻 (RFC 3339)"),
            ("処分後の行き先", "残る複製とその消える日、控えたものとその期限"),
        ),
        "en": (
            (
                "Identification of media",
                "Names of dataset and system (logical media); physical media are attested by their provider",
            ),
            (
                "Method and technique",
                "Erasure, emptied fields, anonymization, or destruction of a key (cryptographic erase)",
            ),
            ("Tool and version", "Digest of the plan (the version of the program is not in the log of this version)"),
            ("Verification", "A new scan by other code: rows left, rows before and after, digest of the set of rows"),
            ("Who did and who approved", "References of the approvers (no names) and the digest they approved"),
            ("Date", "Instant of each entry (RFC 3339)"),
            ("Disposition", "Copies that remain and their last day; what is withheld and until when"),
        ),
    }
)
"""Field of the certificate of sanitization (NIST SP 800-88), where it stands."""
