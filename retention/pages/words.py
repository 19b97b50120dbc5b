"""What the pages say, in Japanese and English, by code. A code without words is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Language: TypeAlias = Literal["ja", "en"]
_Both: TypeAlias = tuple[str, str]
"""Japanese, English."""

_WORDS: Mapping[str, _Both] = MappingProxyType(
    {
        "cases": ("案件", "Cases"),
        "case": ("案件", "Case"),
        "skip": ("本文へ", "Skip to the content"),
        "other-language": ("English", "日本語"),
        "nobody": (
            "人は案件番号で表され、このページに個人データはありません。ここでは何も変更されません。",
            "People are case numbers: nothing personal is on this page, and nothing can be changed here.",
        ),
        "view": ("表示", "View"),
        "state": ("状態", "State"),
        "kind": ("種類", "Kind"),
        "opened": ("受付", "Opened"),
        "due": ("回答期限", "Answer due"),
        "next": ("次にすること", "Next"),
        "any": ("すべて", "Any"),
        "all-laws": ("規程が挙げるすべて", "every law of the policy"),
        "show": ("絞り込む", "Show"),
        "older": ("以前の案件 →", "Older →"),
        "newest": ("← 最新へ", "← Newest"),
        "no-cases": ("該当する案件はありません。", "No case fits."),
        "nothing-left": ("することはありません。", "Nothing is left to do."),
        "left": ("残っている作業", "What is left"),
        "plan": ("計画と進み具合", "Plan and progress"),
        "no-plan": ("まだ計画はありません。", "There is no plan yet."),
        "action": ("処理", "What"),
        "where": ("場所", "Where"),
        "rows": ("件数", "Count"),
        "of": ("{:,} 件中", "of {:,}"),
        "because": ("根拠", "Because"),
        "progress": ("進み", "Progress"),
        "asked": ("請求", "request"),
        "done-of": ("{} / {} 完了", "{} of {} done"),
        "waiting": ("未着手", "not begun"),
        "begun": ("{} 件 実行中", "{} under way"),
        "failed": ("{} 件 失敗 {}", "{} failed: {}"),
        "people": ("対象の人数", "People"),
        "digest": ("計画の要約値", "Digest of the plan"),
        "made": ("作成", "Made"),
        "crossing": ("上限超過：{}（上限 {}、実際 {}）。承認は二人必要です。", "Over a limit: {} (allowed {}, found {}); two people must approve."),
        "approvals": ("承認", "Approvals"),
        "no-approvals": ("まだ誰も承認・却下していません。", "Nobody has said anything yet."),
        "approved": ("承認", "approved"),
        "rejected": ("却下", "rejected"),
        "standing": ("規程による包括承認", "by the policy's standing approval"),
        "you": ("あなた", "you"),
        "who": ("承認者（符号）", "Who (reference)"),
        "other-digest": ("以前の計画", "an earlier plan"),
        "kept": ("消さずに残すもの", "Kept, and why"),
        "fields": ("項目", "Fields"),
        "until": ("いつまで", "Until"),
        "open-end": ("未定", "nobody can say"),
        "copies": ("残る複製", "Copies that remain"),
        "system": ("保管先", "System"),
        "why": ("理由", "Why"),
        "processors": ("委託先への指示", "Orders to processors"),
        "processor": ("委託先", "Processor"),
        "said": ("回答", "Answer"),
        "to-do": ("すること", "To do"),
        "letters": ("書面で知らせる相手", "To be written to"),
        "written": ("{} に送付", "written to on {}"),
        "not-written": ("未送付", "not yet"),
        "order": ("消去の指示", "order to erase"),
        "notice": ("消去の通知", "notice of the erasure"),
        "none": ("公的機関（通知しない）", "an authority: not written to"),
        "verification": ("検証", "Verification"),
        "dataset": ("データセット", "Dataset"),
        "before": ("前", "Before"),
        "after": ("後", "After"),
        "residual": ("残り", "Left over"),
        "result": ("結果", "Result"),
        "passed": ("合格", "passed"),
        "found": ("不合格", "FAILED"),
        "evidence": ("証跡", "Evidence"),
        "evidence-note": (
            "署名された追記専用の記録です。個人データを含まず、`retention evidence verify` または他者の道具で検証できます。",
            "Signed statements in an append-only log. Nothing personal is in them; `retention evidence verify`, or tools that we did not write, check them.",
        ),
        "statement": ("記録", "Statement"),
        "number": ("数", "Number"),
        "at": ("日時", "When"),
        "download": ("証跡一式をダウンロード", "Download the evidence"),
        "certificate": ("証明書 {}", "Certificate {}"),
        "no-evidence": ("まだ記録はありません。", "Nothing is stated yet."),
        "remarks": ("計画が及ばないところ", "What the plan does not reach"),
        "runs": ("Airflow の実行", "Runs in Airflow"),
        "facts": ("案件の内容", "About the case"),
        "right": ("請求の種類", "Asked for"),
        "regime": ("法令", "Law"),
        "channel": ("受付方法", "Came by"),
        "life": ("請求の状態", "Request is"),
        "waits-for": ("待っているもの", "Waits for"),
        "extended": ("期限を延長", "The date was put off"),
        "batch": ("まとめて処理", "Goes with"),
        "members": ("含まれる請求", "Requests in it"),
        "restored": ("復元されたシステム", "Restored system"),
        "lifts": ("停止を解除する案件", "Lifts"),
        "late": ("期限超過", "late"),
        "soon": ("期限間近", "due soon"),
        "in-days": ("あと {} 日", "in {} days"),
        "today": ("本日", "today"),
        "days-late": ("{} 日超過", "{} days late"),
        "all": ("すべて", "All"),
        "view-waiting": ("人の対応待ち", "Waiting for people"),
        "view-under-way": ("進行中", "Under way"),
        "view-stuck": ("止まっている", "Stuck"),
        "view-soon": ("期限間近", "Due soon"),
        "view-late": ("期限超過", "Late"),
        "not-found": ("見つかりません", "Not found"),
        "not-found-text": ("そのページはありません。", "There is no such page."),
        "sign-in": ("サインイン", "Sign in"),
        "sign-in-text": ("ご覧になるには Airflow へのサインインが必要です。", "Sign in to Airflow to see this page."),
        "shut": ("権限がありません", "Not for this role"),
        "shut-text": ("この操作は次の役割の方だけができます：{}", "This is for: {}"),
        "refused": ("できません", "Not possible"),
        "defect": ("内部の不具合", "A defect of ours"),
    }
)  # fmt: skip

_STATES: Mapping[str, _Both] = MappingProxyType(
    {
        "open": ("受付済み", "open"),
        "planned": ("承認待ち", "waits for approval"),
        "approved": ("承認済み", "approved"),
        "applying": ("実行中", "being carried out"),
        "partial": ("一部未完了", "partial"),
        "applied": ("実行済み（検証待ち）", "carried out, not verified"),
        "verified": ("検証済み", "verified"),
        "sealed": ("証跡確定", "sealed"),
        "closed": ("完了", "closed"),
        "returned": ("再出現", "data is back"),
        "denied": ("お断り", "denied"),
        "rejected": ("計画却下", "plan rejected"),
    }
)
_KINDS: Mapping[str, _Both] = MappingProxyType(
    {
        "sweep": ("保存期間の満了", "Retention sweep"),
        "request": ("ご本人の請求", "Request"),
        "restore": ("復元後の再消去", "Restore"),
        "joint-use": ("共同利用", "Joint use"),
        "return": ("再出現の消去", "Return"),
        "batch": ("請求の一括処理", "Batch"),
    }
)
_RIGHTS: Mapping[str, _Both] = MappingProxyType(
    {
        "disclosure": ("開示", "disclosure"),
        "purpose-notification": ("利用目的の通知", "notification of purposes"),
        "correction": ("訂正", "correction"),
        "addition": ("追加", "addition"),
        "deletion": ("削除", "deletion of what is untrue"),
        "erasure": ("消去", "erasure"),
        "item-deletion": ("項目の消去", "erasure of items"),
        "suspension": ("利用停止", "suspension of use"),
        "restriction": ("処理の制限", "restriction"),
        "stop-provision": ("第三者提供の停止", "stop of provision"),
        "portability": ("データの持ち出し", "portability"),
        "objection": ("異議", "objection"),
        "consent-withdrawal": ("同意の撤回", "withdrawal of consent"),
        "complaint": ("苦情", "complaint"),
        "provision-record-disclosure": ("提供記録の開示", "disclosure of provision records"),
    }
)
_ROAD: Mapping[str, _Both] = MappingProxyType(
    {
        "received": ("受付", "Received"),
        "identified": ("本人確認", "Identified"),
        "decided": ("決定", "Decided"),
        "planned": ("計画", "Planned"),
        "approved": ("承認", "Approved"),
        "applied": ("実行", "Carried out"),
        "verified": ("検証", "Verified"),
        "sealed": ("証跡確定", "Sealed"),
        "gone": ("複製も消滅", "Copies gone"),
    }
)
_ACTIONS: Mapping[str, _Both] = MappingProxyType(
    {
        "erase": ("消去", "Erase rows"),
        "redact": ("項目を空に", "Empty fields"),
        "anonymize": ("匿名化", "Anonymize"),
        "pseudonymize": ("仮名化", "Pseudonymize"),
        "suspend": ("利用停止", "Stop the use"),
        "lift": ("利用停止の解除", "Allow the use again"),
        "tell": ("委託先へ指示", "Order to erase"),
        "expire": ("複製を利用対象外に", "Copies beyond use"),
        "shred": ("鍵の破棄", "Shred keys"),
        "unreadable": ("複製を読めなくする", "Copies made unreadable"),
        "export": ("共同利用者へ提供", "Hand to a joint user"),
        "forget": ("提供先のデータから消去", "Erase in a handed-over set"),
        "withdraw": ("提供の取り戻し", "Take a set back"),
        "count": ("統計の作成", "Publish counts"),
        "destroy-key": ("対応表の鍵の破棄", "Destroy a token key"),
        "disclose": ("開示", "Show"),
        "deliver": ("開示ファイルの用意", "Put the export ready"),
    }
)
_WORK: Mapping[str, _Both] = MappingProxyType(
    {
        "identify": ("本人確認をする", "Prove who asks"),
        "await-requester": ("ご本人からの書類等を待つ", "Wait for what the requester was asked for"),
        "decide": ("応じるか決める", "Decide on the request"),
        "plan": ("計画を作る", "Make the plan"),
        "plan-again": ("計画を作り直す", "Make a new plan"),
        "approve": ("計画を承認する", "Approve the plan"),
        "approve-second": ("二人目が計画を承認する", "A second person approves the plan"),
        "apply": ("実行する", "Carry the plan out"),
        "mend": ("失敗した手順をやり直す", "Carry out again what failed"),
        "verify": ("検証する", "Verify"),
        "orders": ("委託先の回答を待つ・促す", "Get the processors' answers"),
        "seal": ("証跡を確定する", "Seal the evidence"),
        "letters": ("書面で知らせる", "Write to recipients"),
        "erase-again": ("再出現したデータを消す", "Erase what came back"),
        "answer": ("ご本人に回答する", "Answer the person"),
        "copies": ("複製が消えるのを待つ", "Wait until the copies are gone"),
    }
)
_ADVICE: Mapping[str, _Both] = MappingProxyType(
    {
        "identify": (
            "書類を確かめ、その種類だけを記録します。",
            "Look at the papers; only their kind is recorded.",
        ),
        "await-requester": ("届いたら記録すると、期限の計算が再開します。", "When it has arrived, note it: the clocks go on."),
        "decide": ("根拠とお断りの理由を見て、人が決めます。", "A person decides, by the grounds and reasons of the law."),
        "plan": ("計画は何も変更しません。実際の件数が入ります。", "A plan touches nothing; it holds real counts."),
        "plan-again": ("却下の理由に応じて直し、計画を作り直します。", "Put right what was refused, then plan again."),
        "approve": (
            "受付・決定・計画をした人とは別の人が、下の件数を確かめて承認します。Airflow の「必要なアクション」か、次のコマンドで行います。",
            "Somebody who neither took nor decided it looks at the counts below, and approves: under Required Actions in Airflow, or by this command.",
        ),
        "approve-second": ("上限を超えるため、もう一人の承認が必要です。", "It crosses a limit: one more person must approve."),
        "apply": ("何度実行しても結果は同じです。", "It may be run again at any time: nothing happens twice."),
        "mend": ("原因が消えたら、もう一度実行します。済んだ手順は繰り返されません。", "When the cause is gone, run it again; what is done is not done twice."),
        "verify": ("別のコードが改めて確かめます。", "Other code looks again."),
        "orders": ("全員が回答するまで証跡は確定しません。", "The case is sealed when all have answered."),
        "seal": ("検証の後、自動で行われます。", "It follows verification by itself."),
        "letters": ("つながっていない相手には人が書面で知らせます。", "No system connects them: a person writes."),
        "erase-again": ("再出現の案件が同じ道で消去します。", "A return case erases it, on the same road."),
        "answer": ("期限までに書面で回答します。", "By the day of the law, in writing."),
        "copies": ("何もする必要はありません。消えたことは毎日確かめられます。", "Nothing has to be done: every day it is looked whether they are gone."),
    }
)  # fmt: skip
_OTHERS: Mapping[str, _Both] = MappingProxyType(
    {
        "declared": ("設定された保存期間", "declared retention"),
        "store": ("保管先自身の記録", "the store's own log"),
        "lifecycle-rule": ("ライフサイクル規則", "lifecycle rule"),
        "retention-period": ("保存期間", "retention period"),
        "object-lock": ("オブジェクトロック", "object lock"),
        "vault-lock": ("ボールトロック", "vault lock"),
        "legal-hold": ("リーガルホールド", "legal hold"),
        "no-expiry": ("期限なし", "no expiry"),
        "there": ("あり", "there"),
        "withheld": ("保全中", "withheld"),
        "gone": ("消滅", "gone"),
        "no-answer": ("未回答", "no answer yet"),
        "completed": ("完了", "erased"),
        "done": ("完了", "erased"),
        "at-work": ("処理中", "at work"),
        "pending": ("処理中", "at work"),
        "best-effort": ("依頼済み（確認なし）", "asked, does not confirm"),
        "received": ("受付済み", "received"),
        "waiting": ("お客様待ち", "waits for the requester"),
        "identified": ("本人確認済み", "identified"),
        "investigating": ("調査中", "being looked into"),
        "decided": ("決定済み", "decided"),
        "carried-out": ("実行済み", "carried out"),
        "answered": ("回答済み", "answered"),
        "redirected": ("他へ案内", "redirected"),
        "withdrawn": ("取下げ", "withdrawn"),
        "closed": ("完了", "closed"),
        "running": ("実行中", "running"),
        "queued": ("待機中", "queued"),
        "success": ("成功", "success"),
        "failed": ("失敗", "failed"),
    }
)
_TO_DO: Mapping[str, _Both] = MappingProxyType(
    {
        "": ("", ""),
        "wait": ("回答を待つ", "wait"),
        "late: escalate": ("期限超過：契約の責任者へ", "late: escalate"),
    }
)
_REMARKS: Mapping[str, _Both] = MappingProxyType(
    {
        "not-tied": ("{}：この方に結び付く鍵がないため、対象になり得ません。", "{}: no row ties a key of it to this person, so nobody there can be him."),
        "no-link": ("{}：データマップ上で結び付かないため、見つけられません。", "{}: the data map ties it to no key of this person, so nobody there can be found."),
        "apart": ("{}：{:,} 件は共に動く鍵の下にありますが、この方のものとしませんでした。", "{}: {:,} rows under keys that go with this person were not taken as his."),
        "merged": ("{}：{:,} 人は複数の鍵が結び付くため除外しました。人が決めます。", "{}: {:,} people left out, whose rows tie several keys together; a person must decide."),
        "untold": ("{}：{:,} 人については知らせません（{}）。", "{}: not told of {:,} people ({})."),
        "exempt": ("{}：請求の対象外です（{}）。", "{}: not reached by the request ({})."),
        "undated": ("{}：{:,} 件は日付がなく、期間が始まりません。", "{}: {:,} rows have no date, so that their clock cannot start."),
        "kept-keys": ("{}：鍵 {:,} 個を残します（{}）。", "{}: {:,} keys stay ({})."),
        "undisclosed": ("{}：{} は開示しません（{}）。", "{}: {} is not shown ({})."),
    }
)  # fmt: skip
_TABLES = MappingProxyType(
    {
        "state": _STATES,
        "kind": _KINDS,
        "right": _RIGHTS,
        "road": _ROAD,
        "action": _ACTIONS,
        "work": _WORK,
        "advice": _ADVICE,
        "code": _OTHERS,
        "to-do": _TO_DO,
        "remark": _REMARKS,
    }
)


class Words:
    """One language's words."""

    def __init__(self, language: Language, zone: ZoneInfo) -> None:
        """Keep the language, and the zone in which times are told."""
        self.language: Language = language
        self._zone = zone

    def __call__(self, key: str, *values: object) -> str:
        """Return the words for a key, with values put in."""
        return self._pick(_WORDS[key]).format(*values)

    def of(self, table: str, code: str, *values: object) -> str:
        """Return the words for a code; the code itself where there are none."""
        known = _TABLES[table].get(code)
        return self._pick(known).format(*values) if known else code

    def moment(self, at: datetime | None) -> str:
        """Return an instant to the minute, in the policy's zone; empty for None."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}" if at else ""

    def day(self, at: datetime | None) -> str:
        """Return a day, or that nobody can say."""
        return f"{at.astimezone(self._zone):%Y-%m-%d}" if at else self("open-end")

    def days_to(self, at: datetime, now: datetime) -> str:
        """Return how far off a day is."""
        days = (at.astimezone(self._zone).date() - now.astimezone(self._zone).date()).days
        if days < 0:
            return self("days-late", -days)
        return self("in-days", days) if days else self("today")

    def _pick(self, both: _Both) -> str:
        return both[0] if self.language == "ja" else both[1]


def language_of(asked: str | None, accepted: str) -> Language:
    """Return the language that was chosen, or the first of ours that the browser accepts (RFC 9110, 12.5.4)."""
    if asked in ("ja", "en"):
        return "ja" if asked == "ja" else "en"
    ranked = sorted(
        ((_quality(part), part.strip()[:2].lower()) for part in accepted.split(",")),
        key=lambda pair: -pair[0],
    )
    return next(("ja" if tag == "ja" else "en" for quality, tag in ranked if quality > 0 and tag in ("ja", "en")), "en")


def _quality(part: str) -> float:
    _, _, weight = part.partition(";q=")
    try:
        return float(weight) if weight else 1.0
    except ValueError:
        return 0.0
