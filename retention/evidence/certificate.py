"""What the person receives: what was erased, what stays and why, and until when copies remain. No personal data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from types import MappingProxyType
from typing import Literal, TypeAlias

from retention.evidence import page
from retention.model.ids import CaseId
from retention.model.policy import Titles

Language: TypeAlias = Literal["ja", "en"]
Action: TypeAlias = Literal["erase", "redact", "anonymize"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one dataset."""

    title: Titles
    action: Action
    rows: int


@dataclass(frozen=True, slots=True)
class KeptLine:
    """What stays because a law says so."""

    title: Titles
    fields: tuple[str, ...]
    statute: str
    until: datetime | None
    """None while nobody can say."""


@dataclass(frozen=True, slots=True)
class RemainsLine:
    """A backup that is out of use and not yet gone."""

    system: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ProcessorLine:
    """A company that processed data for us and was told to erase."""

    name: str
    completed_at: datetime | None
    """None while it has not confirmed."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The answer to one person's request; instants are shown in the zone they carry."""

    controller: Titles
    address: str
    case_id: CaseId
    requested_at: datetime
    answered_at: datetime
    lines: tuple[Line, ...]
    kept: tuple[KeptLine, ...]
    remains: tuple[RemainsLine, ...]
    processors: tuple[ProcessorLine, ...]
    origin: str
    size: int
    root: str
    """Root hash of the checkpoint, in hex."""
    fingerprint: str
    """SHA-256 (hex) of the public key."""


_WORDS = MappingProxyType(
    {
        "ja": MappingProxyType(
            {
                "title": "個人データ消去等のご報告",
                "intro": "ご請求に基づき、下記のとおり対応いたしましたのでご報告します。",
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
                "nothing": "消去等の対象となるデータはありませんでした。",
                "kept": "法令等により保存を続けるもの",
                "fields": "項目",
                "statute": "根拠",
                "until": "期限",
                "open": "現時点では定まりません",
                "kept_note": "上記の項目は定められた目的だけに用い、期限が来ましたら消去します。",
                "remains": "バックアップ",
                "system": "保管先",
                "gone": "消滅予定日",
                "remains_note": (
                    "バックアップの中の複製は利用を停止しており、{date} までにすべて失われます。"
                    "それまでにバックアップから復元する場合は、利用を始める前に、もう一度消去します。"
                ),
                "no_remains": "バックアップに残る複製は把握されていません。",
                "processors": "委託先",
                "name": "名称",
                "completed": "完了の確認日",
                "waiting": "回答を待っています",
                "proof": "記録の確かめ方",
                "proof_note": (
                    "対応の一つひとつは署名され、後から書き換えれば必ず分かる記録に残っています。"
                    "記録には個人データは含まれません。受付番号を添えてご依頼いただければ、"
                    "第三者が検証できるファイルをお渡しします。"
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
                "title": "Answer to your erasure request",
                "intro": "You asked us to erase your personal data. This is what we did.",
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
                "nothing": "There was no data to erase.",
                "kept": "What we have to keep",
                "fields": "Fields",
                "statute": "Required by",
                "until": "Until",
                "open": "cannot be said yet",
                "kept_note": "We use these fields for that purpose only and erase them when the time is over.",
                "remains": "Backup copies",
                "system": "Where",
                "gone": "Gone by",
                "remains_note": (
                    "Copies inside backups are out of use and are all gone by {date}. Should we have to restore "
                    "a backup before then, your data is erased from it again before anybody uses it."
                ),
                "no_remains": "We know of no copy left in a backup.",
                "processors": "Companies that work for us",
                "name": "Name",
                "completed": "Confirmed on",
                "waiting": "has not confirmed yet",
                "proof": "How this can be checked",
                "proof_note": (
                    "Each thing we did is signed and kept in a log that cannot be changed afterwards without "
                    "anybody noticing. The log holds no personal data. Quote your case number and we send you a "
                    "file that anyone can verify."
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


def render(certificate: Certificate, language: Language) -> str:
    """Return the certificate as one HTML page, ready to send or print."""
    words = _WORDS[language]
    parts = (
        _head(certificate, language),
        _done(certificate, language),
        _kept(certificate, language),
        _remains(certificate, language),
        _processors(certificate, language),
        f"<h2>{words['proof']}</h2><p>{words['proof_note']}</p>",
        page.pairs(
            (
                (words["log"], certificate.origin),
                (words["size"], f"{certificate.size:,}"),
                (words["root"], certificate.root),
                (words["key"], certificate.fingerprint),
            )
        ),
        f"<footer>{words['limits']}</footer>",
    )
    return page.document(words["title"], language, "".join(parts))


def _head(certificate: Certificate, language: Language) -> str:
    words, name = _WORDS[language], certificate.controller[language]
    facts = (
        (words["case"], str(certificate.case_id)),
        (words["requested"], _date(certificate.requested_at, language)),
        (words["answered"], _date(certificate.answered_at, language)),
    )
    return (
        f'<h1>{words["title"]}</h1><p class="sub">{escape(name)} · {escape(certificate.address)}</p>'
        f"<p>{words['intro']}</p>{page.pairs(facts)}"
    )


def _done(certificate: Certificate, language: Language) -> str:
    words = _WORDS[language]
    rows = [(line.title[language], words[line.action], line.rows) for line in certificate.lines]
    head = (words["data"], words["action"], words["rows"])
    return f"<h2>{words['done']}</h2>" + (page.table(head, rows) if rows else f"<p>{words['nothing']}</p>")


def _kept(certificate: Certificate, language: Language) -> str:
    if not certificate.kept:
        return ""
    words = _WORDS[language]
    rows = [
        (
            line.title[language],
            ", ".join(line.fields),
            line.statute,
            _date(line.until, language) if line.until else words["open"],
        )
        for line in certificate.kept
    ]
    head = (words["data"], words["fields"], words["statute"], words["until"])
    return f"<h2>{words['kept']}</h2>{page.table(head, rows)}<p>{words['kept_note']}</p>"


def _remains(certificate: Certificate, language: Language) -> str:
    words = _WORDS[language]
    if not certificate.remains:
        return f"<h2>{words['remains']}</h2><p>{words['no_remains']}</p>"
    latest = _date(max(line.until for line in certificate.remains), language)
    rows = [(line.system, _date(line.until, language)) for line in certificate.remains]
    note = f'<p class="note">{words["remains_note"].format(date=latest)}</p>'
    return f"<h2>{words['remains']}</h2>{page.table((words['system'], words['gone']), rows)}{note}"


def _processors(certificate: Certificate, language: Language) -> str:
    if not certificate.processors:
        return ""
    words = _WORDS[language]
    rows = [
        (line.name, _date(line.completed_at, language) if line.completed_at else words["waiting"])
        for line in certificate.processors
    ]
    return f"<h2>{words['processors']}</h2>{page.table((words['name'], words['completed']), rows)}"


def _date(at: datetime, language: Language) -> str:
    return _WORDS[language]["date"].format(at)
