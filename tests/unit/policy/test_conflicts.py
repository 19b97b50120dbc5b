"""The lint: each disagreement is found in anybody's policy, and only there."""

from __future__ import annotations

from datetime import date

import pytest

from retention.datamap import read_datamap
from retention.grammar import Finding, Severity
from retention.law.refusals import APPI
from retention.law.rights import OWED
from retention.policy import read_policy, read_statutes, review, shipped_statutes

TODAY = date(2026, 11, 25)

STATUTES = """\
statutes:
  jp.appi.38-1:
    title: {en: APPI}
    article: {en: APPI art. 38(1)}
    regime: jp.appi
    certainty: read
    effective: {from: 2005-04-01, until: 2030-01-01}
    forces: {duty: fee-only-for-disclosure}
  jp.tax:
    title: {en: Tax}
    article: {en: Tax Regulations art. 59}
    regime: jp
    certainty: known
    effective: {from: 1965-04-01}
    forces: [{retain: {for: P7Y, after: fiscal_year.closed, plus: P2M, data: [tax-books]}}, {duty: show-the-books}]
  jp.old:
    title: {en: Old}
    article: {en: Old Act art. 1}
    regime: jp
    certainty: known
    effective: {from: 1965-04-01, until: 2020-01-01}
    forces: {duty: none}
"""

DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    dates: {paid: paid_at}
    fields:
      name: {category: account, identifies: directly}
      amount: {category: billing, identifies: "no"}
"""

CLEAN = """\
policy: example
controller: {name: {en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
regimes: [jp.appi, eu.gdpr, us.ccpa]
version: {id: "1", announced: 2026-01-01, effective: 2026-02-01, reductions: announcement}
categories:
  account: {title: {en: Account}, purposes: [A1]}
  billing: {title: {en: Billing}, purposes: [A9], kinds: [tax-books]}
rules:
  - id: account
    category: account
    effective: {from: 2017-12-01}
    keep: {for: P30D, after: account.closed}
    then: erase
    source: policy
  - id: billing
    category: billing
    effective: {from: 2017-12-01}
    keep: {for: P5Y, since: paid}
    then: erase
    source: policy
holds:
  - id: tax
    fields: [customers.amount]
    keep: {for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M}
    statute: jp.tax
requests:
  answer_within: P14D
  channels: [post, email]
  identity_documents:
    passport: {}
    residence-record: {mask: [registered-domicile, my-number]}
  rights:
    disclosure: {refusals: [identity-unproven, rights-of-others]}
    purpose-notification: {refusals: [purpose-evident]}
    provision-record-disclosure: {}
    correction: {}
    erasure: {grounds: [out-of-purpose, no-longer-needed, breach, likely-harm], refusals: [no-ground, other-law]}
    suspension: {refusals: [difficult-with-substitute], may_file: [person, statutory-agent, mandated-agent]}
    stop-provision: {}
    restriction: {}
    portability: {}
    objection: {}
consents: {news: {kind: explicit}}
joint_use:
  group:
    kind: ordinary
    items: [name, address]
    members: [{name: {en: Group}}]
    purposes: {J: {contacts: true, identifies: true}}
    responsible: {entity: {en: Example}, address: Tokyo, representative: The president}
  research:
    kind: pseudonymised
    items: [contract-state]
    members: [{name: {en: Group}}]
    purposes: {J2: {}}
    responsible: {entity: {en: Example}, address: Tokyo, representative: The president}
pseudonymised: {purposes: {count: {}}}
citations: [{cites: jp.appi.16-3, as: {en: personal data}, today: jp.appi.16-3}]
dpo: {office: Privacy}
"""
FEE = "fee: {amount: 1000, currency: JPY}"


KNOWN = read_statutes(STATUTES, "statutes.yaml")
MAP = read_datamap(DATAMAP, "datamap.yaml")


def found(*changes: tuple[str, str], day: date = TODAY) -> list[Finding]:
    """Return what the review finds in the clean policy with these changes."""
    text = CLEAN
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return list(review(read_policy(text, "policy.yaml", KNOWN), MAP, KNOWN, day))


def codes(*changes: tuple[str, str], day: date = TODAY) -> list[tuple[str, str]]:
    """Return code and place of each finding."""
    return [(finding.code, finding.where) for finding in found(*changes, day=day)]


def test_a_policy_that_keeps_to_the_law_has_no_findings() -> None:
    """The lint is silent where there is nothing to say."""
    assert codes() == []


EUROPE_ONLY = ("regimes: [jp.appi, eu.gdpr, us.ccpa]", "regimes: [eu.gdpr]")
JAPAN_ONLY = ("regimes: [jp.appi, eu.gdpr, us.ccpa]", "regimes: [jp.appi]")

CASES = {
    "X1 fee for what must be free": (
        [JAPAN_ONLY, ("correction: {}", f"correction: {{{FEE}}}")],
        ("FEE_NOT_PERMITTED", "requests.rights.correction.fee"),
        [JAPAN_ONLY, ("provision-record-disclosure: {}", f"provision-record-disclosure: {{{FEE}}}")],
    ),
    "X2 actual cost under the GDPR": (
        [("provision-record-disclosure: {}", "provision-record-disclosure: {fee: actual-cost}")],
        ("FEE_FREE_IN_REGIME", "requests.rights.provision-record-disclosure.fee"),
        [("provision-record-disclosure: {}", "provision-record-disclosure: {fee: none}")],
    ),
    "X3 purpose is unclear": (
        [("[purpose-evident]", "[purpose-unclear]")],
        ("REFUSAL_NOT_IN_LAW", "requests.rights.purpose-notification.refusals"),
        [("[purpose-evident]", "[purpose-evident, harm-to-company, public-body]")],
    ),
    "X4 an article that has moved": (
        [("cites: jp.appi.16-3", "cites: jp.appi.2-6")],
        ("CITATION_MOVED", "citations[0]"),
        [EUROPE_ONLY, ("cites: jp.appi.16-3", "cites: jp.appi.2-6")],
    ),
    "X5 grounds of before 2022": (
        [("[out-of-purpose, no-longer-needed, breach, likely-harm]", "[out-of-purpose, unlawful-acquisition]")],
        ("GROUNDS_INCOMPLETE", "requests.rights.erasure.grounds"),
        [("grounds: [out-of-purpose, no-longer-needed, breach, likely-harm], ", "")],
    ),
    "X6 a right that the text leaves out": (
        [("    stop-provision: {}\n", "")],
        ("RIGHT_SILENT", "requests.rights"),
        [EUROPE_ONLY, ("    stop-provision: {}\n", "")],
    ),
    "X7 hindrance as a reason against suspension": (
        [("[difficult-with-substitute]", "[business-hindrance]")],
        ("REFUSAL_NEEDS_SUBSTITUTE", "requests.rights.suspension.refusals"),
        [("[identity-unproven, rights-of-others]", "[identity-unproven, business-hindrance]")],
    ),
    "X8 only the person may file": (
        [("[person, statutory-agent, mandated-agent]", "[person]")],
        ("AGENTS_EXCLUDED", "requests.rights"),
        [(", may_file: [person, statutory-agent, mandated-agent]", "")],
    ),
    "X9 a document that nobody has any more": (
        [("passport: {}", "resident-register-card: {}")],
        ("IDENTITY_DOCUMENT_EXPIRED", "requests.identity_documents.resident-register-card"),
        [("passport: {}", "resident-register-card: {until: 2026-01-01}")],
    ),
    "X9 a number that is not masked": (
        [("passport: {}", "my-number-card: {}")],
        ("IDENTITY_DOCUMENT_UNMASKED", "requests.identity_documents.my-number-card"),
        [("passport: {}", "my-number-card: {mask: [my-number]}")],
    ),
    "X10 pseudonymised information contacts people": (
        [("J2: {}", "J2: {contacts: true}")],
        ("PSEUDONYMISED_CONTACT", "joint_use.research.purposes.J2"),
        [("J: {contacts: true, identifies: true}", "J: {contacts: true}")],
    ),
    "X11 pseudonymised information identifies people": (
        [("count: {}", "count: {identifies: true}")],
        ("PSEUDONYMISED_IDENTIFIES", "pseudonymised.purposes.count"),
        [("J: {contacts: true, identifies: true}", "J: {identifies: true}")],
    ),
    "X12 an office answers for joint use": (
        [("{entity: {en: Example}, address: Tokyo, representative: The president}", "{office: CRM}")],
        ("RESPONSIBLE_IS_OFFICE", "joint_use.group.responsible"),
        [EUROPE_ONLY, ("{entity: {en: Example}, address: Tokyo, representative: The president}", "{office: CRM}")],
    ),
    "X13 an open list of items": (
        [("items: [contract-state]", "items: [contract-state]\n    open_ended: true")],
        ("ITEMS_OPEN_ENDED", "joint_use.research.items"),
        [("items: [contract-state]", "items: [contract-state, purchases]")],
    ),
    "X14 by post only": (
        [("channels: [post, email]", "channels: [post, email]\n  only_for: {email: {en: users of a headset}}")],
        ("PAPER_ONLY_INTAKE", "requests.channels"),
        [("channels: [post, email]", "channels: [post, email]\n  only_for: {post: {en: shareholders}}")],
    ),
    "X15 silence as consent": (
        [("kind: explicit", "kind: deemed"), ("reductions: announcement", "reductions: consent")],
        ("CONSENT_DEEMED", "consents.news"),
        [("reductions: announcement", "reductions: consent")],
    ),
    "X16 refusals for disclosure only": (
        [("refusals: [no-ground, other-law]", "reserves_statute: true")],
        ("REFUSALS_NOT_TRANSFERABLE", "requests.rights.erasure"),
        [
            ("refusals: [no-ground, other-law]", "reserves_statute: true"),
            ("refusals: [identity-unproven, rights-of-others]", "refusals: [identity-unproven]"),
        ],
    ),
    "X17 a promise to erase everything": (
        [("[no-ground, other-law]", "[no-ground]")],
        ("ABSOLUTE_ERASURE", "requests.rights.erasure"),
        [("[no-ground, other-law]", "[no-ground], reserves_statute: true")],
    ),
    "X18 any leak is a ground": (
        [("breach, likely-harm", "any-leak, likely-harm")],
        ("LEAK_GROUND_WIDER", "requests.rights.erasure.grounds"),
        [("breach, likely-harm", "breach, likely-harm, unlawful-use")],
    ),
    "X19 no ground is asked for": (
        [("stop-provision: {}", "stop-provision: {grounds: none-needed}")],
        ("GROUND_NOT_NEEDED", "requests.rights.stop-provision.grounds"),
        [("disclosure: {", "disclosure: {grounds: none-needed, ")],
    ),
}


@pytest.mark.parametrize(("wrong", "expected", "right"), CASES.values(), ids=CASES)
def test_a_disagreement_is_found_where_it_is_and_nowhere_else(
    wrong: list[tuple[str, str]], expected: tuple[str, str], right: list[tuple[str, str]]
) -> None:
    """The mistake gives exactly its finding; its near miss gives none."""
    assert codes(*wrong) == [expected]
    assert codes(*right) == []


@pytest.mark.parametrize(("wrong", "expected"), [(case[0], case[1]) for case in CASES.values()], ids=CASES)
def test_a_disagreement_says_the_article_and_what_is_done(
    wrong: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    """Each finding is a warning that names a statute, what it says, and what is done instead."""
    (finding,) = found(*wrong)
    assert finding.code == expected[0]
    assert finding.severity is Severity.WARNING
    assert finding.articles
    assert finding.text
    assert finding.law
    assert finding.instead


def test_a_statute_is_cited_as_lawyers_do() -> None:
    """The citation of the file of statutes stands in the finding."""
    (finding,) = found(JAPAN_ONLY, ("correction: {}", f"correction: {{{FEE}}}"))
    assert "APPI art. 38(1)" in finding.law
    assert finding.articles == ("jp.appi.38-1",)


def test_a_statute_speaks_only_while_it_is_in_force() -> None:
    """After its last day a statute gives no finding."""
    change = (JAPAN_ONLY, ("correction: {}", f"correction: {{{FEE}}}"))
    assert codes(*change, day=date(2030, 1, 1)) == []
    assert codes(*change, day=date(2029, 12, 31)) == [("FEE_NOT_PERMITTED", "requests.rights.correction.fee")]


def test_the_agents_who_are_left_out_are_named() -> None:
    """A mandated agent is not a statutory one."""
    (finding,) = found(("[person, statutory-agent, mandated-agent]", "[person, statutory-agent]"))
    assert finding.text == "no mandated-agent may ask for suspension"


def test_a_policy_that_says_nothing_of_rights_gives_one_finding() -> None:
    """Silence as a whole is stated once, not once a right."""
    start, end = CLEAN.index("  rights:"), CLEAN.index("consents:")
    assert codes((CLEAN[start:end], "")) == [("RIGHTS_UNSTATED", "requests")]


def test_changes_by_announcement_are_doubted_only_beside_a_deemed_consent() -> None:
    """Silence must not let a new purpose begin."""
    change = ("kind: explicit", "kind: deemed")
    assert codes(change) == [("CONSENT_DEEMED", "consents.news"), ("CHANGE_WITHOUT_NOTICE", "version.reductions")]


def test_the_officer_is_asked_for_under_the_gdpr_only() -> None:
    """A policy under the GDPR names a data protection officer."""
    silent = ("dpo: {office: Privacy}\n", "")
    assert codes(silent) == [("OFFICER_MISSING", "policy")]
    assert codes(silent, JAPAN_ONLY) == []


def recipient(facts: str) -> tuple[str, str]:
    """Return the change that adds a recipient."""
    return ("dpo:", f"recipients: {{host: {{title: {{en: Host}}, {facts}}}}}\ndpo:")


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ("kind: cloud, country: US", ["TRANSFER_UNSUPPORTED", "TRANSFER_UNGUARDED"]),
        ("kind: cloud, country: US, transfer: none", ["TRANSFER_UNSUPPORTED", "TRANSFER_UNGUARDED"]),
        ("kind: cloud, country: US, transfer: equivalent", ["TRANSFER_UNGUARDED"]),
        ("kind: cloud, country: US, transfer: consent", ["TRANSFER_UNGUARDED"]),
        ("kind: cloud, country: US, transfer: adequacy", []),
        ("kind: cloud, country: CN, transfer: adequacy", ["TRANSFER_UNGUARDED"]),
        ("kind: cloud, country: CN, transfer: scc", []),
        ("kind: cloud, country: NO, transfer: adequacy", []),
        ("kind: cloud, country: JP", []),
        ("kind: outsourcer, supervised: 2025-11-23", ["SUPERVISION_OVERDUE"]),
        ("kind: outsourcer, supervised: 2025-11-24", []),
        ("kind: authority, supervised: 2005-11-24", []),
    ],
)
def test_recipients_abroad_and_recipients_out_of_sight_are_found(facts: str, found: list[str]) -> None:
    """A transfer rests on what the APPI and on what the GDPR asks for; who works for us is looked after yearly."""
    assert codes(recipient(facts)) == [(code, "recipients.host") for code in found]


def test_every_article_that_the_lint_cites_is_in_the_shipped_file() -> None:
    """A citation shows what lawyers write, not a code of ours."""
    cited = {article for wrong, _, _ in CASES.values() for finding in found(*wrong) for article in finding.articles}
    cited |= {article for articles in OWED.values() for article in articles} | {article for article, _ in APPI.values()}
    assert cited <= shipped_statutes().by_id.keys()


HOLD = CLEAN[CLEAN.index("holds:") : CLEAN.index("requests:")]


@pytest.mark.parametrize(
    ("changes", "is_below"),
    [
        ([(HOLD, "")], True),
        ([(HOLD, ""), ("for: P5Y, since: paid", "for: P7Y, after: fiscal_year.closed, of: paid, plus: P2M")], False),
        ([(HOLD, ""), ("for: P5Y, since: paid", "for: P8Y, since: paid")], True),
        ([(HOLD, ""), ("for: P5Y, since: paid", "for: P8Y3M, since: paid")], False),
        ([(HOLD, ""), ("for: P5Y, since: paid", "for: P50Y, after: account.closed")], True),
        ([(HOLD, ""), (", kinds: [tax-books]", "")], False),
        ([("fields: [customers.amount]", "fields: [customers.paid_at]")], True),
    ],
)
def test_data_that_a_law_keeps_may_not_go_without_a_hold(changes: list[tuple[str, str]], *, is_below: bool) -> None:
    """A rule below a statute's floor is an error unless a hold keeps a field of the category as long."""
    assert codes(*changes) == ([("STATUTE_FLOOR", "rules.billing")] if is_below else [])


def test_a_rule_that_rests_on_a_law_of_the_past_is_found() -> None:
    """What was cited and ended is said, with the day."""
    change = ("source: policy\n  - id: billing", "source: policy\n    statute: jp.old\n  - id: billing")
    (finding,) = found(change)
    assert (finding.code, finding.where) == ("STATUTE_NOT_IN_FORCE", "rules.account")
    assert "Old Act art. 1" in finding.text
