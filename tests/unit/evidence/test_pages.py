from __future__ import annotations

import dataclasses
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Literal

import pytest

from retention.evidence import (
    Certificate,
    Checked,
    KeptLine,
    Line,
    ProcessorLine,
    Remaining,
    RemainsLine,
    Report,
    Row,
    Stop,
    render,
    render_report,
)
from retention.model.ids import CaseId

AT = datetime.fromisoformat("2026-11-23T10:00:00+09:00")
VOID = {"meta"}
CERTIFICATE = Certificate(
    controller={"ja": "株式会社<例>", "en": "Example & Co."},
    address="東京都千代田区",
    case_id=CaseId("C-20261123-7f3k2q"),
    requested_at=AT,
    answered_at=AT + timedelta(days=3),
    lines=(
        Line({"ja": "会員情報", "en": "Account"}, "erase", 1),
        Line({"ja": "お支払い", "en": "Payments"}, "redact", 1204),
        Line({"ja": "視聴履歴", "en": "Viewing history"}, "anonymize", 52),
    ),
    kept=(
        KeptLine({"ja": "お支払い", "en": "Payments"}, ("amount",), "jp.corporate-tax-act", AT.replace(year=2034)),
        KeptLine({"ja": "問い合わせ", "en": "Tickets"}, ("body",), "jp.litigation", None),
    ),
    remains=(RemainsLine("nightly", AT + timedelta(days=35)), RemainsLine("weekly", AT + timedelta(days=10))),
    processors=(ProcessorLine("analytics", AT), ProcessorLine("mail", None)),
    origin="log.retention.example",
    size=1042,
    root="ab" * 32,
    fingerprint="cd" * 32,
)
REPORT = Report(
    title="Erasure of case <C-1>",
    subtitle="demo & run",
    made_at=AT,
    road=(Stop("due", "done", "3 rules"), Stop("apply", "failed"), Stop("verify", "waiting")),
    rows=(Row("erased", "app.<customers>", 500, 499), Row("anonymized", "lake.viewing", 20_000, 19_948, "2026-12-28")),
    horizons=(Remaining("nightly/2026-11-22", AT + timedelta(days=35)), Remaining("wal", AT + timedelta(days=7))),
    checks=(Checked("app.customers", passed=True, detail="0 rows left"),),
    log=(("origin", "log.retention.example"), ("root", "ab" * 32)),
)


class Balance(HTMLParser):
    """Notes tags that are not closed in order, and every address a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the tag."""
        self.loads += [name for name, _ in attrs if name in {"src", "href", "onclick"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("html", [render(CERTIFICATE, "ja"), render(CERTIFICATE, "en"), render_report(REPORT)])
def test_pages_are_whole_and_load_nothing(html: str) -> None:
    """Tags are balanced, and there is no script and nothing to fetch."""
    page = Balance()
    page.feed(html)
    assert (page.open, page.loads) == ([], [])
    assert not re.search(r"<script|url\(|@import|https?://", html)


def test_texts_are_escaped() -> None:
    """Names with signs of HTML show as they are."""
    assert "株式会社&lt;例&gt;" in render(CERTIFICATE, "ja")
    assert "Example &amp; Co." in render(CERTIFICATE, "en")
    shown = render_report(REPORT)
    assert "app.&lt;customers&gt;" in shown
    assert "<customers>" not in shown
    assert "<C-1>" not in shown


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ja", ("2026年12月28日", "もう一度消去", "視聴履歴", "回答を待っています", "現時点では定まりません", "1,204")),
        ("en", ("28 December 2026", "erased from it again", "Viewing history", "has not confirmed yet", "1,204")),
    ],
)
def test_certificate_says_honestly_what_remains(language: Literal["ja", "en"], expected: tuple[str, ...]) -> None:
    """The latest horizon, the open answer and the kept fields stand in the person's language."""
    shown = render(CERTIFICATE, language)
    for text in expected:
        assert text in shown


def test_certificate_without_findings_says_so() -> None:
    """Where nothing was found and nothing remains, it says that instead of showing empty tables."""
    bare = dataclasses.replace(CERTIFICATE, lines=(), kept=(), remains=(), processors=())
    shown = render(bare, "en")
    assert "There was no data to erase." in shown
    assert "We know of no copy" in shown
    assert "<table" not in shown


def test_report_names_failed_checks() -> None:
    """One failed check changes the verdict; no checks at all are not a success."""
    failed = dataclasses.replace(REPORT, checks=(Checked("app.customers", passed=False, detail="1 row left"),))
    assert "all checks passed" in render_report(REPORT)
    assert "failed checks: 1" in render_report(failed)
    assert "not verified" in render_report(dataclasses.replace(REPORT, checks=()))


def test_report_without_rows_still_draws() -> None:
    """An empty run gives a page, not an error."""
    empty = dataclasses.replace(REPORT, road=(), rows=(), horizons=(), checks=())
    assert "Nothing that the log knows of" in render_report(empty)
