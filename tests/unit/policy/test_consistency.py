"""What can never take effect, or contradicts something else, is found before anyone relies on it."""

from __future__ import annotations

from datetime import date

import pytest

from retention.datamap import read_datamap
from retention.grammar import Finding, Severity
from retention.policy import read_policy, read_statutes, review

TODAY = date(2026, 11, 25)
STATUTES = read_statutes(
    """\
statutes:
  jp.appi.22:
    title: {en: APPI}
    article: {en: APPI art. 22}
    regime: jp.appi
    certainty: read
    effective: {from: 2005-04-01}
    forces: {erase: {when: [no-longer-needed], strength: endeavour}}
""",
    "statutes.yaml",
)
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    dates: {seen: seen_at}
    fields:
      name: {category: account, identifies: directly}
      page: {category: logs, identifies: "no"}
"""
GOOD = """\
policy: example
controller: {name: {en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
regimes: [us.ccpa]
version: {id: "1", announced: 2026-01-01, effective: 2026-02-01, reductions: announcement}
purposes:
  service: {title: {en: Service}, basis: contract, ends: {after: account.closed}}
  news: {title: {en: News}, basis: consent}
  safety: {title: {en: Safety}, basis: contract}
categories:
  account: {title: {en: Account}, purposes: [service, news]}
  logs: {title: {en: Logs}, purposes: [safety]}
rules:
  - {id: account, category: account, effective: {from: 2017-12-01}, keep: {for: P30D, after: purposes.ended},
     then: erase, source: policy}
  - {id: logs, category: logs, effective: {from: 2017-12-01}, keep: {for: P12M, since: seen},
     then: erase, source: policy}
requests:
  answer_within: P14D
  channels: [email]
  identity_documents: [passport]
  rights: {disclosure: {}, correction: {}, erasure: {reserves_statute: true}}
"""


def found(*changes: tuple[str, str], datamap: str = DATAMAP) -> list[Finding]:
    """Return what the review finds in the good policy with these changes."""
    text = GOOD
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    policy = read_policy(text, "policy.yaml", STATUTES)
    return list(review(policy, read_datamap(datamap, "datamap.yaml"), STATUTES, TODAY))


def test_a_policy_that_can_take_effect_has_no_findings() -> None:
    """Nothing is found where every rule can fire."""
    assert found() == []


LOGS_RULE = GOOD[GOOD.index("  - {id: logs") : GOOD.index("requests:")]
CALLS_RULE = LOGS_RULE.replace("logs", "calls").replace("seen", "called")
FOLLOW = """
     then: erase, source: policy}
  - {id: logs-2, category: logs, keep: {for: P6M, since: seen}, effective: {from: BEGIN},
     """
ACCOUNT = "keep: {for: P30D, after: purposes.ended}"
LOGS = "effective: {from: 2017-12-01}, keep: {for: P12M, since: seen}"


@pytest.mark.parametrize(
    ("changes", "code", "where"),
    [
        ([(LOGS_RULE, "")], "CATEGORY_WITHOUT_RULE", "categories.logs"),
        (
            [
                ("  logs: {title", "  calls: {title: {en: Calls}, purposes: [safety]}\n  logs: {title"),
                ("  - {id: logs", CALLS_RULE + "  - {id: logs"),
            ],
            "CATEGORY_WITHOUT_FIELD",
            "categories.calls",
        ),
        ([("purposes: [safety]}", "purposes: [safety], elsewhere: {en: on paper}}")],
         "CATEGORY_ELSEWHERE_AND_MAPPED", "categories.logs"),
        ([("basis: contract, ends: {after: account.closed}", "basis: contract")], "RULE_NEVER_FIRES", "rules.account"),
        ([(ACCOUNT, "keep: {for: P30D, after: objection}")], "RULE_NEVER_FIRES", "rules.account"),
        ([("basis: consent", "basis: contract"), (ACCOUNT, "keep: {for: P30D, after: consent.withdrawn}")],
         "RULE_NEVER_FIRES", "rules.account"),
        ([(LOGS, LOGS.replace("}, keep", ", until: 2026-11-25}, keep"))], "RULE_NEVER_FIRES", "rules.logs"),
    ],
)  # fmt: skip
def test_what_can_never_take_effect_is_an_error(changes: list[tuple[str, str]], code: str, where: str) -> None:
    """A mistake is one error, with its place and what to do."""
    (finding,) = found(*changes)
    assert (finding.code, finding.where, finding.severity) == (code, where, Severity.ERROR)
    assert finding.instead


def test_a_rule_that_ends_before_its_version_begins_is_an_error() -> None:
    """Such a rule never was and never will be in force, even if another follows it."""
    earlier = LOGS.replace("}, keep", ", until: 2026-02-01}, keep")
    (finding,) = found((LOGS + ",\n     ", earlier + "," + FOLLOW.replace("BEGIN", "2026-02-01")))
    assert (finding.code, finding.where) == ("RULE_NEVER_FIRES", "rules.logs")
    assert "2026-02-01" in finding.text


def test_a_rule_that_was_replaced_is_history_and_no_mistake() -> None:
    """An earlier rule may be over as long as another one for its category follows."""
    earlier = LOGS.replace("}, keep", ", until: 2026-06-01}, keep")
    assert found((LOGS + ",\n     ", earlier + "," + FOLLOW.replace("BEGIN", "2026-06-01"))) == []


def test_a_purpose_that_people_end_is_an_end() -> None:
    """`ends: {after: purpose.accomplished}` says that someone will say so."""
    assert found(("ends: {after: account.closed}", "ends: {after: purpose.accomplished}")) == []


def test_a_category_that_no_system_holds_may_say_so() -> None:
    """`elsewhere` stands for fields of the data map."""
    datamap = DATAMAP.replace('      page: {category: logs, identifies: "no"}\n', "")
    assert [finding.code for finding in found(datamap=datamap)] == ["CATEGORY_WITHOUT_FIELD"]
    assert found(("purposes: [safety]}", "purposes: [safety], elsewhere: {en: on paper}}"), datamap=datamap) == []


def test_a_tenant_rule_needs_rows_of_tenants() -> None:
    """A rule about tenants' data is an error where no dataset says whose rows are a tenant's."""
    change = (ACCOUNT, "authority: tenant, keep: {for: P30D, after: contract.ended}")
    (finding,) = found(change)
    assert (finding.code, finding.where) == ("RULE_NEVER_FIRES", "rules.account")


TOLD = (
    "  channels: [email]\n",
    "  channels: [email]\n  redirects: {company: {to: administrator, title: {en: your company}}}\n",
)


def test_people_of_tenants_are_told_whom_to_ask() -> None:
    """A tenant nobody named is a warning, and advice about one that holds nothing is an error."""
    datamap = DATAMAP.replace("    subject:", "    tenant: {company: company_id}\n    subject:")
    assert [f.code for f in found(datamap=datamap) if f.code != "ROWS_WITHOUT_RULE"] == ["TENANT_UNNAMED"]
    (finding,) = found(TOLD)
    assert (finding.code, finding.where) == ("RULE_NEVER_FIRES", "requests.redirects.company")


def test_rows_of_tenants_without_a_rule_are_shown() -> None:
    """Where a dataset holds rows of both, both need a rule; a warning names the rows that stay."""
    assert [finding.code for finding in found()] == []
    datamap = DATAMAP.replace("    subject:", "    tenant: {company: company_id}\n    subject:")
    findings = found(TOLD, datamap=datamap)
    assert [(f.code, f.where, f.severity) for f in findings] == [
        ("ROWS_WITHOUT_RULE", "categories.account", Severity.WARNING),
        ("ROWS_WITHOUT_RULE", "categories.logs", Severity.WARNING),
    ]
    assert "authority: tenant" in findings[0].text


def test_a_row_clock_beside_a_purpose_that_ends_with_the_person_is_shown() -> None:
    """Nobody can judge row by row whether the purpose has ended for the person: it is said, and not hidden."""
    (finding,) = found(("safety: {title: {en: Safety}, basis: contract",
                        "safety: {title: {en: Safety}, basis: contract, ends: {after: account.closed}"))  # fmt: skip
    assert (finding.code, finding.where) == ("PURPOSE_OUTLIVES_ROW_CLOCK", "rules.logs")
    assert finding.severity is Severity.WARNING
    assert "safety" in finding.text


def test_a_proposal_is_shown_with_its_article() -> None:
    """A period that nobody signed off is a warning, with the law it answers."""
    (finding,) = found(("source: policy", "source: default, statute: jp.appi.22"))
    assert (finding.code, finding.where, finding.law) == ("NEEDS_LEGAL_REVIEW", "rules.account", "APPI art. 22")
    assert finding.severity is Severity.WARNING


def test_a_hold_whose_date_goes_before_it_is_an_error() -> None:
    """Without the date nobody could say when the hold ends; held with the rest, or not personal, it stays."""
    hold = (
        "holds: [{id: books, fields: [customers.page], keep: {for: P7Y, since: seen}, statute: jp.appi.22}]\nrequests:"
    )
    personal = DATAMAP.replace("      page:", '      seen_at: {category: logs, identifies: "no"}\n      page:')
    assert found(("requests:", hold)) == []
    (finding,) = found(("requests:", hold), datamap=personal)
    assert (finding.code, finding.where, finding.severity) == ("HOLD_LOSES_ITS_DATE", "holds.books", Severity.ERROR)
    both = hold.replace("[customers.page]", "[customers.page, customers.seen_at]")
    assert found(("requests:", both), datamap=personal) == []


def test_a_hold_on_the_key_of_a_person_is_a_warning() -> None:
    """The key stays, and the row goes on naming the person: somebody should know."""
    hold = "holds: [{id: books, fields: [customers.id], keep: {for: P7Y, since: seen}, statute: jp.appi.22}]\nrequests:"
    (finding,) = found(("requests:", hold))
    assert (finding.code, finding.where, finding.severity) == ("HOLD_ON_KEY", "holds.books", Severity.WARNING)
    assert found(("requests:", hold.replace("customers.id", "customers.name"))) == []
