"""`retention policy check` on bad input: each mistake is one clear finding, exit 1 or 2, never a traceback."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
systems: {shop: {connector: memory, url: memory}}
"""
POLICY = """\
policy: shop
controller: {name: {en: Example Shop}, address: Tokyo, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, ends: {after: account.closed}}
  books: {title: {en: Books}}
categories:
  account: {title: {en: Account}, purposes: [service]}
  billing: {title: {en: Billing}, purposes: [books], kinds: [tax-books]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: purposes.ended},
     then: erase, source: default, statute: jp.appi.22}
  - {id: billing, category: billing, effective: {from: 2020-01-01}, keep: {for: P1Y, since: paid},
     then: erase, source: policy}
holds:
  - id: tax-books
    fields: [orders.amount]
    keep: {for: P10Y, after: fiscal_year.closed, of: paid, plus: P2M}
    statute: jp.corporate-tax-act.enf-reg-59
requests:
  answer_within: P14D
  channels: [post, email]
  identity_documents: [passport]
  rights: {disclosure: {}, correction: {fee: {amount: 3000, currency: JPY}}}
"""
DATAMAP = """\
datasets:
  shop.orders:
    system: shop
    table: orders
    primary_key: [id]
    subject: {user_id: user_id}
    dates: {paid: paid_at}
    fields:
      name: {category: account, identifies: directly}
      amount: {category: billing, identifies: "no"}
"""
EXAMPLES = """\
tests:
  - name: a closed account is erased after thirty days
    at: 2026-11-25
    rule: account
    events: [{kind: account.closed, at: 2026-10-01}]
    expect: {fate: due, until: 2026-11-01, because: jp.appi.22}
  - name: the amount of a payment stays for the tax books
    at: 2026-11-25
    category: billing
    field: orders.amount
    dates: {paid: 2020-05-01}
    expect: {fate: held, because: jp.corporate-tax-act.enf-reg-59}
"""


@pytest.fixture
def check(tmp_path, cli):
    """Check the workspace with some changes to its files."""

    def run(*changes: tuple[str, str, str], flags: tuple[str, ...] = ()):
        files = {
            "retention.yaml": SETTINGS,
            "policy.yaml": POLICY,
            "datamap.yaml": DATAMAP,
            "policy.tests.yaml": EXAMPLES,
        }
        for name, old, new in changes:
            assert old in files[name]
            files[name] = files[name].replace(old, new, 1)
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        return cli("policy", "check", *flags, folder=tmp_path)

    return run


def test_a_sound_policy_passes_with_warnings_and_their_articles(check):
    """Conflicts with statutes and proposals are shown with article, line and what is done; exit 0."""
    said = check()
    assert said.code == 0, said.all
    assert "Must be mended" not in said.out
    assert "policy.yaml:12 rules.account  NEEDS_LEGAL_REVIEW" in said.out
    assert "APPI art. 22" in said.out
    assert "policy.yaml:25 requests.rights.correction.fee  FEE_NOT_PERMITTED" in said.out
    assert "APPI art. 38(1)" in said.out
    assert "2 rules, 1 datasets and 2 examples, no mistakes found" in said.out


def test_findings_are_printed_as_json(check):
    """A program sees code, place, severity and articles."""
    found = json.loads(check(flags=("--json",)).out)["findings"]
    fee = next(finding for finding in found if finding["code"] == "FEE_NOT_PERMITTED")
    assert (fee["severity"], fee["articles"]) == ("warning", ["jp.appi.38-1"])
    assert fee["where"] == "policy.yaml:25 requests.rights.correction.fee"


BOMB = "x: &a [y, y]\nz: [*a, *a, *a, *a]\n"
AGAIN = """\
  - {id: account-2, category: account, effective: {from: 2021-01-01}, keep: {for: P9D, after: account.closed},
     then: erase, source: policy}
holds:
"""


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "says"),
    [
        ("policy.yaml", "holds:\n", AGAIN, 2, "one rule in force for `account`"),
        ("policy.yaml", "from: 2020-01-01}", "from: 2020-01-01, until: 2020-01-01}", 2, "a day after 2020-01-01"),
        ("policy.yaml", "from: 2020-01-01}", "from: 2020-01-01, until: 2023-01-01}", 1, "RULE_NEVER_FIRES"),
        ("policy.yaml", ", ends: {after: account.closed}", "", 1, "nothing says how that ends"),
        ("policy.yaml", "  billing: {title", "  calls: {title: {en: Calls}, purposes: [books]}\n  billing: {title", 1,
         "categories.calls  CATEGORY_WITHOUT_RULE"),
        ("datamap.yaml", '      amount: {category: billing, identifies: "no"}\n', "", 2, "orders.amount"),
        ("datamap.yaml", "      name: {category: account, identifies: directly}\n", "", 1, "CATEGORY_WITHOUT_FIELD"),
        ("policy.yaml", "orders.amount", "orders.amont", 2, "did you mean `orders.amount`?"),
        ("policy.yaml", "since: paid", "since: payed", 2, "did you mean `paid`?"),
        ("policy.yaml", "for: P10Y", "for: P0D", 2, "a period of at least a day"),
        ("policy.yaml", "for: P10Y", "for: P6Y", 2, "at least what jp.corporate-tax-act.enf-reg-59 asks for"),
        ("policy.yaml", "answer_within: P14D", "answer_within: P0D", 2, "a period of at least a day"),
        ("policy.yaml", "policy: shop\n", BOMB, 2, "an anchor"),
        ("policy.yaml", "policy: shop\n", "policy: shop\npolicy: store\n", 2, "`policy` again (first in line 1)"),
        ("policy.yaml", "regimes: [jp.appi]", "regimes: " + "[" * 3000, 2, "at most 20 levels"),
        ("policy.yaml", "jp.appi.22", "jp.appi.222", 2, "did you mean `jp.appi.22`?"),
        ("policy.yaml", "[orders.amount]", "[orders.paid_at]", 1, "STATUTE_FLOOR"),
        ("policy.tests.yaml", "fate: held", "fate: due", 1, "expected due because of"),
        ("policy.tests.yaml", "rule: account", "rule: acount", 2, "did you mean `account`?"),
        ("retention.yaml", "ledger:", "leger:", 2, "did you mean `ledger`?"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_finding(check, file, old, new, *, code, says):
    """File, line, what was expected and found; a number that scripts can rely on."""
    said = check((file, old, new))
    assert said.code == code, said.all
    assert says in said.all
    assert "Traceback" not in said.all
    assert "RET-500" not in said.all


def test_data_may_not_lie_where_the_policy_does_not_let_it(check):
    """A store in another region than the policy's `residency` is refused before anything is opened (UMU-36)."""
    allowed = ("policy.yaml", "holds:\n", "residency: [ap-northeast-1]\nholds:\n")
    here = ("retention.yaml", "url: memory}", "url: memory, region: ap-northeast-1}")
    abroad = ("retention.yaml", "url: memory}", "url: memory, region: us-east-1}")
    assert check(allowed, here).code == 0
    said = check(allowed, abroad)
    assert said.code == 2
    assert "systems.shop.region" in said.err
    assert check(abroad).code == 0
    log = ("retention.yaml", "evidence: {", "evidence: {region: us-east-1, ")
    sets = ("retention.yaml", "systems:", "exports: {store: exports, region: us-east-1}\nsystems:")
    for change, where in ((log, "evidence.region"), (sets, "exports.region")):
        said = check(allowed, change)
        assert (said.code, where in said.err) == (2, True)


RULES = """\
policy: shop
controller: {name: {en: Example Shop}, address: Tokyo, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi, eu.gdpr]
rules:
  - {id: account, category: account, effective: {from: 2023-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy, statute: jp.appi.22}
  - {id: billing, category: billing, effective: {from: 2023-01-01}, keep: {for: P1Y, since: accounted},
     then: erase, source: policy}
  - {id: register, category: share_register, effective: {from: 2023-01-01},
     keep: {for: P10Y, after: shareholder.ceased}, then: erase, source: policy}
holds:
  - id: tax-books
    fields: [payments.amount]
    keep: {for: P10Y, after: fiscal_year.closed, of: accounted, plus: P2M}
    statute: jp.corporate-tax-act.enf-reg-59
"""


def test_what_the_documentation_shows_of_a_policy_is_read_and_its_examples_hold(check):
    """The sections and examples of docs/policy.md are a policy that passes its check."""
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    sections, examples = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    account = "categories:\n  account: {title: {en: Account}, purposes: [A1]}"
    said = check(
        ("policy.yaml", POLICY, RULES + sections.replace("categories:", account, 1)),
        ("datamap.yaml", "shop.orders:", "shop.payments:"),
        ("datamap.yaml", "{paid: paid_at}", "{accounted: paid_at}"),
        ("datamap.yaml", "    fields:", "    tenant: {company_id: company_id}\n    fields:"),
        ("policy.tests.yaml", EXAMPLES, examples),
    )
    assert said.code == 0, said.all
    assert "3 rules, 1 datasets and 2 examples, no mistakes found" in said.out
