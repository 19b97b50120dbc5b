"""The audit report of a period: what the numbers say is what happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from retention.app import auditing
from retention.evidence import printing

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 1), date(2026, 12, 31)


@pytest.fixture
def lived(closed):
    """A shop in which one request was carried out, one denied late, and one is open."""
    with closed.shop.app() as app:
        late = app.open_request("user_id=c4", "post", NOW).case_id
        app.deny(late, "not-retained-data", NOW + timedelta(days=20))
        app.open_request("user_id=c5", "post", NOW + timedelta(days=30))
        yield app


def collected(app, on: datetime):
    """Return the period's figures as they stand on a day."""
    return auditing.collect(app.context, FIRST, LAST, on)


def test_rows_are_counted_from_the_log(lived):
    """Due and done rows by dataset are those of the plan and of the signed statements (UNX-40)."""
    found = collected(lived, NOW + timedelta(days=31))
    by_name = {dataset.name: dataset for dataset in found.datasets}
    assert {(d.name, d.due, d.done, d.verdict) for d in found.datasets} == {
        ("shop.customers", 1, 1, "passed"),
        ("shop.notes", 1, 1, "passed"),
        ("shop.orders", 2, 2, "passed"),
    }
    assert (by_name["shop.orders"].erased, by_name["shop.orders"].redacted) == (1, 1)
    assert [(month.label, month.erased, month.redacted) for month in found.months] == [
        ("2026-11", 3, 1),
        ("2026-12", 0, 0),
    ]
    assert [(w.dataset, w.rows, w.statute) for w in found.withheld] == [
        ("shop.orders", 1, "jp.corporate-tax-act.enf-reg-59")
    ]
    assert dict(found.counted)["subjectsCommitted"] == 1


def test_requests_are_in_time_late_or_open(lived):
    """Answered within its days: in time; denied after them: late; an open request is late from its day on (UNX-40)."""
    found = collected(lived, NOW + timedelta(days=31))
    assert sorted((r.outcome, r.is_late(date(2026, 12, 24))) for r in found.requests) == [
        ("answered", False),
        ("denied", True),
        ("open", False),
    ]
    assert found.late == 1
    assert found.denials == (("not-retained-data", 1),)
    assert auditing.collect(lived.context, FIRST, date(2027, 1, 31), NOW + timedelta(days=200)).late == 2
    assert found.failed == 0


def test_a_quiet_period_says_so(lived):
    """A period in which nothing happened counts nothing and is printed all the same."""
    found = auditing.collect(lived.context, date(2020, 1, 1), date(2020, 1, 31), NOW)
    assert (found.datasets, found.requests, found.withheld, found.late, found.failed) == ((), (), (), 0, 0)


def test_the_command_writes_both_languages(lived, closed, cli, tmp_path):
    """HTML and PDF in ja and en; a period that ends before it begins, or is no date, is wrong input."""
    lived.close()
    said = cli("evidence", "report", "--from", FIRST, "--to", LAST, "-o", tmp_path / "r", folder=closed.shop.folder)
    assert said.code == 0
    assert {path.name for path in (tmp_path / "r").iterdir()} == {
        f"report.{language}.{form}" for language in ("ja", "en") for form in ("html", "pdf")
    }
    pdf = (tmp_path / "r" / "report.ja.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"NotoSansJP" in pdf, "the font is inside"
    assert len(pdf) < 400_000, "and only the signs used of it"
    for first, last in (("2026-12-31", "2026-12-01"), ("yesterday", "2026-12-01")):
        wrong = cli(
            "evidence", "report", "--from", first, "--to", last, "-o", tmp_path / "w", folder=closed.shop.folder
        )
        assert wrong.code == 2
        assert not (tmp_path / "w").exists()


def test_without_the_extra_pages_are_written_all_the_same(lived, closed, cli, tmp_path, monkeypatch):
    """Where the extra is missing, HTML is written and the command says what to install."""
    lived.close()
    monkeypatch.setattr(printing.util, "find_spec", lambda _: None)
    said = cli("evidence", "report", "--from", FIRST, "--to", LAST, "-o", tmp_path / "r", folder=closed.shop.folder)
    assert said.code == 0
    assert "pip install 'retention[pdf]'" in said.out
    assert {path.suffix for path in (tmp_path / "r").iterdir()} == {".html"}
