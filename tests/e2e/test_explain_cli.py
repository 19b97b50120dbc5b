"""`retention explain` and `retention policy` in one small firm with everything: law, purposes, a client."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: firm.example/log}
systems:
  firm: {connector: sql, url: "file:firm_url"}
"""
POLICY = """\
policy: firm
version: {id: "2026", announced: 2026-01-01, effective: 2026-02-01, reductions: consent}
controller: {name: {ja: 例の会社, en: Example Firm}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {ja: サービスの提供, en: providing the service}, basis: contract}
  fraud: {title: {ja: 不正利用の防止, en: preventing fraud}, ends: {after: account.closed, for: P30Y}}
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [service]}
  security: {title: {ja: 不正利用の記録, en: Security records}, purposes: [service, fraud]}
  billing: {title: {ja: 請求, en: Billing}, purposes: [service]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy, statute: jp.appi.22}
  - {id: security, category: security, effective: {from: 2020-01-01}, keep: {for: P0D, after: account.closed},
     then: erase, source: policy}
  - {id: billing, category: billing, effective: {from: 2020-01-01}, keep: {for: P7Y, after: fiscal_year.closed,
     of: accounted, plus: P2M}, then: erase, source: default}
holds:
  - {id: tax-books, fields: [payments.amount], keep: {for: P10Y, after: fiscal_year.closed, of: accounted, plus: P2M},
     statute: jp.corporate-tax-act.enf-reg-59}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  firm.users:
    system: firm
    table: users
    primary_key: [id]
    subject: {user_id: id, email: email}
    tenant: {company_id: company_id}
    fields:
      name: {category: account, identifies: directly}
      email: {category: account, identifies: directly}
      risk: {category: security, identifies: "no"}
  firm.payments:
    system: firm
    table: payments
    primary_key: [id]
    parent: {firm.users: {user_id: id}}
    dates: {accounted: paid_at}
    fields:
      amount: {category: billing, identifies: "no"}
      card: {category: billing, identifies: indirectly}
"""
SCHEMA = """\
CREATE TABLE users (id TEXT, name TEXT, email TEXT, risk TEXT, company_id TEXT);
INSERT INTO users VALUES ('u1', 'Hanako Secret', 'hanako@secret.example', 'low', NULL);
INSERT INTO users VALUES ('u2', 'Hanako Secret', 'hanako@work.example', 'low', 'acme-secret');
INSERT INTO users VALUES ('u3', 'Taro Other', 'taro@other.example', 'high', NULL);
CREATE TABLE payments (id INTEGER PRIMARY KEY, user_id TEXT, amount INTEGER, card TEXT, paid_at TIMESTAMP);
INSERT INTO payments VALUES (1, 'u1', 4200, 'visa 1881', '2016-05-10 00:00:00.000000');
INSERT INTO payments VALUES (2, 'u1', 4300, 'visa 1881', '2025-05-10 00:00:00.000000');
"""
SECRETS = ("Hanako", "hanako@secret", "acme-secret", "u1", "4200", "1881")


@pytest.fixture
def firm(tmp_path: Path, cli) -> Path:
    """A workspace in which u1 has closed her account; she is known at work as well."""
    folder = tmp_path / "firm"
    folder.mkdir()
    connection = sqlite3.connect(tmp_path / "firm.sqlite")
    connection.executescript(SCHEMA.replace("hanako@work.example", "hanako@secret.example"))
    connection.close()
    for name, text in (("retention", SETTINGS), ("policy", POLICY), ("datamap", DATAMAP)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "datamap.yaml").write_text(
        DATAMAP.replace("    subject: {user_id: id, email: email}", "    subject: {email: email}"), encoding="utf-8"
    )
    (folder / "firm_url").write_text(f"sqlite:///{tmp_path / 'firm.sqlite'}", encoding="utf-8")
    arguments = (
        "account.closed",
        "--subject",
        "email=hanako@secret.example",
        "--id",
        "e1",
        "--at",
        "2026-01-05T00:00Z",
    )
    assert cli("event", "record", *arguments, folder=folder).code == 0
    return folder


def test_a_person_is_explained_in_english(firm, cli):
    """Due, held by a law, needed for a purpose, a client's: each with article and date, no value of hers."""
    said = cli("explain", "--subject", "email=hanako@secret.example", folder=firm)
    assert said.code == 0, said.all
    for words in (
        "due: erase",
        "over since 5 February 2026",
        "APPI art. 22",
        "kept by law",
        "1 June 2036",
        "Tax Act",
        "kept: purpose open",
        "preventing fraud",
        "the client's",
    ):
        assert words in said.out, words
    assert not [secret for secret in SECRETS if secret in said.all]


def test_a_person_is_explained_in_japanese(firm, cli):
    """Every word is Japanese but for names of systems, fields and rules."""
    said = cli("explain", "--subject", "email=hanako@secret.example", "--lang", "ja", folder=firm)
    assert said.code == 0, said.all
    for words in (
        "消去の時期",
        "2026年2月5日",
        "個人情報保護法22条",
        "法令により保存",
        "2036年6月1日",
        "不正利用の防止",
        "契約企業の管理",
    ):
        assert words in said.out, words
    for word in ("kept", "until", "rule ", "Account", "after", "due"):
        assert word not in said.out
    assert not [secret for secret in SECRETS if secret in said.all]


def test_the_same_for_programs(firm, cli):
    """JSON names each fate by a code, with the rule, the dates and what stands beneath."""
    said = cli("explain", "--subject", "email=hanako@secret.example", "--json", folder=firm)
    document = json.loads(said.out)
    fates = {(line["dataset"], tuple(line["fields"]), line["fate"]) for line in document["lines"]}
    assert fates == {
        ("firm.users", ("email", "name"), "due"),
        ("firm.users", ("email", "name"), "tenant-controlled"),
        ("firm.users", ("risk",), "open-purpose"),
        ("firm.users", ("risk",), "tenant-controlled"),
        ("firm.payments", ("amount",), "held-by-law"),
        ("firm.payments", ("card",), "due"),
        ("firm.payments", ("card",), "kept"),
    }
    held = {(line["statute"], line["until"]) for line in document["lines"] if line["fate"] == "held-by-law"}
    assert held == {("jp.corporate-tax-act.enf-reg-59", day) for day in ("2027-06-01", "2036-06-01")}
    assert (document["version"], document["known_by"]) == ("2026", ["email"])
    assert not [secret for secret in SECRETS if secret in said.all]


def test_nobody_is_found_and_that_is_said(firm, cli):
    """Someone whom no system knows: one sentence, exit 0; a key that the map does not have: exit 2."""
    assert "We found no data" in cli("explain", "--subject", "email=nobody@x.example", folder=firm).out
    assert cli("explain", "--subject", "mail=nobody@x.example", folder=firm).code == 2


def newer(firm, **changes):
    """Write a second version of the policy beside the first; return both files."""
    text = POLICY.replace('id: "2026", announced: 2026-01-01, effective: 2026-02-01', changes.pop("dates"))
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    (firm / "old.yaml").write_text(POLICY, encoding="utf-8")
    (firm / "new.yaml").write_text(
        text.replace("reductions: consent", "reductions: consent, before: old.yaml"), "utf-8"
    )
    return firm / "old.yaml", firm / "new.yaml"


LATER = 'id: "2027", announced: 2026-02-02, effective: 2026-03-01'


def test_a_new_version_is_compared_and_counted(firm, cli):
    """Each change with its effect, which ask for consent, and how many live rows they are about; exit 1."""
    old, new = newer(
        firm, dates=LATER, longer=("keep: {for: P30D", "keep: {for: P60D"), shorter=("for: P7Y", "for: P6Y")
    )
    said = cli("policy", "diff", old, new, folder=firm)
    assert said.code == 1, said.all
    for words in (
        "LONGER",
        "P30D",
        "P60D",
        "reducing",
        "needed",
        "SHORTER",
        "extending",
        "1 change takes",
        "firm.users",
    ):
        assert words in said.out, words
    document = json.loads(cli("policy", "diff", old, new, "--json", folder=firm).out)
    assert {(c["code"], c["where"], c["needs_consent"]) for c in document["changes"]} == {
        ("LONGER", "account", True),
        ("SHORTER", "billing", False),
    }
    assert {
        (one["category"], one["dataset"], one["rows"], one["due_before"], one["due_after"]) for one in document["live"]
    } == {
        ("account", "firm.users", 3, None, None),
        ("billing", "firm.payments", 2, 1, 1),
    }


def test_two_files_that_say_the_same_differ_in_nothing(firm, cli):
    """Exit 0, outside any workspace too; a file that is not there exits 2."""
    old, _ = newer(firm, dates=LATER)
    assert cli("policy", "diff", old, old, folder=firm / "nowhere").code == 0
    assert cli("policy", "diff", old, firm / "missing.yaml").code == 2


def test_who_has_not_agreed_keeps_the_old_promise(firm, cli):
    """A longer period asks for consent: without it the account is due by the old rule, with it it is kept."""
    _, new = newer(firm, dates=LATER, longer=("keep: {for: P30D", "keep: {for: P60Y"))
    (firm / "policy.yaml").write_text(new.read_text(encoding="utf-8"), encoding="utf-8")
    asked = ("explain", "--subject", "email=hanako@secret.example", "--json")
    line = json.loads(cli(*asked, folder=firm).out)["lines"][0]
    assert (line["fate"], line["rule"]) == ("due", "account-before-2027")
    happened = ("policy.agreed", "--subject", "email=hanako@secret.example", "--id", "e2", "--about", "2027")
    assert cli("event", "record", *happened, folder=firm).code == 0
    line = json.loads(cli(*asked, folder=firm).out)["lines"][0]
    assert (line["fate"], line["rule"]) == ("kept", "account")
    assert "CONSENT_NOT_SEPARABLE" not in cli("policy", "check", folder=firm).out


def test_the_forecast_is_a_table_and_a_page(firm, cli):
    """Row clocks are counted in the store, event clocks from the ledger; the page needs nothing else."""
    happened = ("account.closed", "--subject", "email=taro@other.example", "--id", "e3")
    assert cli("event", "record", *happened, folder=firm).code == 0
    page = firm / "forecast.html"
    said = cli("policy", "forecast", "--days", "60", "-o", page, folder=firm)
    assert said.code == 0, said.all
    assert "rows of firm.payments" in said.out
    document = json.loads(cli("policy", "forecast", "--days", "60", "--json", folder=firm).out)
    series = {(one["rule"], one["dataset"]): one for one in document["series"]}
    assert series["billing", "firm.payments"]["overdue"] == 1
    account = series["account", None]
    assert (sum(account["weeks"]), account["overdue"]) == (1, None)
    assert account["weeks"][4] == 1
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "http" not in html.replace("http-equiv", "")
    assert not [secret for secret in SECRETS if secret in html + said.all]


def test_the_concept_is_written_in_both_languages(firm, cli):
    """Markdown to the screen, HTML to a file: classes, rules with articles, holds, versions."""
    ja = cli("policy", "show", "--concept", "--lang", "ja", folder=firm).out
    for words in ("# 例の会社 消去コンセプト", "消去クラス", "| A2 |", "個人情報保護法22条", "2026年2月1日", "退会"):
        assert words in ja, words
    page = firm / "concept.html"
    assert cli("policy", "show", "--concept", "--html", "-o", page, folder=firm).code == 0
    html = page.read_text(encoding="utf-8")
    for words in ("Deletion concept of Example Firm", "Deletion classes", "tax-books", "needs legal review"):
        assert words in html, words
    assert cli("policy", "show", "--concept", "--html", folder=firm).code == 2
    assert cli("policy", "show", "-o", page, folder=firm).code == 2
