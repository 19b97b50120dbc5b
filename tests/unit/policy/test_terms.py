"""What a policy says beside its rules is read completely, and every mistake at once."""

from __future__ import annotations

from datetime import date

import pytest

from retention.errors import PolicyError, Problem
from retention.model.asking import Holder, Reach, Redirect
from retention.model.policy import Disposal
from retention.model.recipient import RecipientKind, Transfer
from retention.model.terms import (
    ActualCost,
    ConsentKind,
    Filer,
    FixedFee,
    FreeOfCharge,
    Ground,
    JointUseKind,
    Masked,
    Notice,
    ProtectionOfficer,
    Refusal,
    ResponsibleEntity,
    ResponsibleOffice,
    Right,
    Terms,
)
from retention.policy import read_policy

PLAIN = """\
policy: example
controller: {name: {en: Example}, address: Tokyo, responsible: Privacy}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: Account}, purposes: [A1]}
rules:
  - {id: account, category: account, effective: {from: 2017-12-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
"""
REQUESTS = """\
requests:
  answer_within: P14D
  channels: [post, email]
  only_for: {email: {en: users of a headset}}
  identity_documents:
    passport: {from: 2020-02-04, shows_address: false}
    health-insurance-card: {until: 2025-12-02, mask: [insurer-number, insured-number]}
  rights:
    disclosure: {refusals: [identity-unproven], fee: {amount: 1000, currency: JPY, prepaid: true}, may_file: [person]}
    erasure: {grounds: none-needed, reserves_statute: true}
    suspension: {grounds: [breach, likely-harm], fee: actual-cost, investigated: true}
"""
ASIDE = """\
  redirects:
    company_id: {to: administrator, title: {en: your enterprise}}
    client_id: {to: client, title: {en: our client}, contact: 1 Example Street}
reach: {established: [JP], offers_to: [JP, EEA, US-CA]}
"""
REST = """\
consents: {use: {kind: deemed, title: {en: By use}, purposes: [A8]}}
joint_use:
  group:
    kind: pseudonymised
    items: [viewing]
    open_ended: true
    members: [{name: {en: Group}, from: 2017-12-01, until: 2026-01-01, country: JP}]
    purposes: {J: {title: {en: Products}, contacts: true}}
    responsible: {office: CRM}
  parent:
    kind: ordinary
    items: [name]
    members: [{name: {en: Parent}}]
    purposes: {J: {}}
    responsible: {entity: {en: Example}, address: Tokyo, representative: The president}
pseudonymised: {purposes: {count: {identifies: true}}}
processors:
  mailer: {categories: [account], key: user_id, answer_within: P30D}
  analytics:
    {categories: [account], key: user_id, answer_within: P30D, kind: analytics, contracted: 2024-04-01,
     supervised: 2026-04-01, country: US, best_effort: true, transfer: consent, subprocessors: true}
recipients: {police: {title: {en: Police}, kind: authority}}
notices:
  acknowledgement: {ja: "{date}に受領", en: "We have it since {date} and answer by {due}"}
  provision-label: {en: pseudonymised}
citations: [{cites: jp.appi.2-6, as: {en: personal data}, today: jp.appi.16-3}]
dpo: {office: Privacy, contact: dpo@example.com}
residency: [ap-northeast-1]
end_states: [erase]
"""
GOOD = PLAIN + REQUESTS + REST


def problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of a policy that must not be readable."""
    with pytest.raises(PolicyError) as caught:
        read_policy(text, "policy.yaml")
    return caught.value.problems


def test_every_right_is_read_with_its_terms() -> None:
    """Grounds, refusals, fees and who may file; what is not said is empty."""
    policy = read_policy(GOOD, "policy.yaml")
    disclosure, erasure, suspension = policy.terms.rights.values()
    assert (disclosure.refusals, disclosure.may_file) == ((Refusal.IDENTITY_UNPROVEN,), (Filer.PERSON,))
    assert disclosure.fee == FixedFee(1000, "JPY", prepaid=True)
    assert (erasure.grounds, erasure.reserves_statute, erasure.fee) == ((Ground.NONE_NEEDED,), True, FreeOfCharge())
    assert (suspension.grounds, suspension.fee) == ((Ground.BREACH, Ground.LIKELY_HARM), ActualCost())
    assert policy.terms.states_rights
    assert list(policy.terms.rights) == [Right.DISCLOSURE, Right.ERASURE, Right.SUSPENSION]


def test_whom_else_people_ask_and_where_the_company_is_are_read() -> None:
    """Tenants by their key of the data map, places as countries or parts of one, and what is looked into first."""
    terms = read_policy(PLAIN + REQUESTS + ASIDE, "policy.yaml").terms
    assert terms.redirects == {
        "company_id": Redirect("company_id", Holder.ADMINISTRATOR, {"en": "your enterprise"}, None),
        "client_id": Redirect("client_id", Holder.CLIENT, {"en": "our client"}, "1 Example Street"),
    }
    assert terms.reach == Reach(("JP",), ("JP", "EEA", "US-CA"))
    assert [right.value for right, said in terms.rights.items() if said.investigated] == ["suspension"]


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("to: administrator", "to: admin", "requests.redirects.company_id.to", "administrator"),
        ("to: client", "to: joint-responsible", "requests.redirects.client_id.to", "`administrator` or `client`"),
        ("US-CA", "California", "reach.offers_to[2]", "US-CA"),
        ("established: [JP], ", "", "reach", "established"),
        ("investigated: true", "investigated: perhaps", "requests.rights.suspension.investigated", "true"),
    ],
)
def test_a_mistake_there_is_one_problem_in_its_place(old: str, new: str, where: str, expected: str) -> None:
    """One wrong thing gives exactly one problem."""
    text = PLAIN + REQUESTS + ASIDE
    assert text.count(old) == 1
    (problem,) = problems(text.replace(old, new))
    assert problem.where.partition(" ")[2] == where
    assert expected in problem.expected


def test_a_document_is_accepted_until_its_day() -> None:
    """A kind of document has dates, and what is masked on it."""
    policy = read_policy(GOOD, "policy.yaml")
    passport, card = policy.terms.documents
    assert policy.requests.identity_documents == ("passport", "health-insurance-card")
    assert not passport.shows_address
    assert card.masked == (Masked.INSURER_NUMBER, Masked.INSURED_NUMBER)
    days = (date(2020, 2, 3), date(2020, 2, 4), date(2025, 12, 1), date(2025, 12, 2))
    assert [passport.accepted(day) for day in days] == [False, True, True, True]
    assert [card.accepted(day) for day in days] == [True, True, True, False]


def test_sharing_is_read() -> None:
    """Joint use, our own pseudonymised use, and everyone who receives data."""
    terms = read_policy(GOOD, "policy.yaml").terms
    group, parent = terms.joint_uses
    assert (group.kind, group.open_ended, group.responsible) == (
        JointUseKind.PSEUDONYMISED,
        True,
        ResponsibleOffice("CRM"),
    )
    assert (group.members[0].member_until, group.members[0].country) == (date(2026, 1, 1), "JP")
    assert (group.purposes[0].contacts, group.purposes[0].identifies) == (True, False)
    assert parent.responsible == ResponsibleEntity({"en": "Example"}, "Tokyo", "The president")
    assert terms.pseudonymised[0].identifies
    analytics, police = terms.recipients
    assert (analytics.kind, analytics.transfer, analytics.country) == (RecipientKind.ANALYTICS, Transfer.CONSENT, "US")
    assert (analytics.supervised_on, analytics.best_effort, analytics.subprocessors) == (date(2026, 4, 1), True, True)
    assert (police.name, police.kind, police.categories) == ("police", RecipientKind.AUTHORITY, ())


def test_texts_are_read() -> None:
    """Consents, notices, citations, the officer, regions, end states."""
    policy = read_policy(GOOD, "policy.yaml")
    terms = policy.terms
    assert (terms.consents[0].kind, terms.consents[0].purposes) == (ConsentKind.DEEMED, ("A8",))
    assert terms.notices[Notice.ACKNOWLEDGEMENT]["ja"] == "{date}に受領"
    assert (terms.citations[0].cites, terms.citations[0].today) == ("jp.appi.2-6", "jp.appi.16-3")
    assert terms.officer == ProtectionOfficer("Privacy", "dpo@example.com")
    assert terms.residency == ("ap-northeast-1",)
    assert policy.end_states == (Disposal.ERASE,)


def test_a_file_without_terms_stays_valid() -> None:
    """A list of documents is enough, and every new section may be missing."""
    requests = "requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}\n"
    terms = read_policy(PLAIN + requests, "policy.yaml").terms
    assert [document.kind for document in terms.documents] == ["passport"]
    assert terms == Terms(documents=terms.documents)


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("{email: {en: users", "{mail: {en: users", "13 requests.only_for.mail", "a channel of this policy"),
        ("until: 2025-12-02", "until: 2025-13-02", "16 requests.identity_documents.CARD.until", "a date"),
        ("[insurer-number,", "[insurer,", "16 requests.identity_documents.CARD.mask[0]", "insurer-number"),
        ("    erasure:", "    erasing:", "19 requests.rights.erasing", "erasure"),
        ("identity-unproven", "identity-proven", "18 requests.rights.disclosure.refusals[0]", "identity-unproven"),
        ("amount: 1000", "amount: 0", "18 requests.rights.disclosure.fee.amount", "at least 1"),
        ("fee: actual-cost", "fee: actual", "20 requests.rights.suspension.fee", "actual-cost"),
        ("[breach, likely-harm]", "[breach, none-needed]", "20 requests.rights.suspension.grounds", "alone"),
        ("[breach, likely-harm]", "[breach, breach]", "20 requests.rights.suspension.grounds[1]", "once"),
        ("reserves_statute: true", "reserves_statute: maybe", "19 requests.rights.erasure.reserves_statute", "true"),
        ("kind: deemed", "kind: silent", "21 consents.use.kind", "deemed"),
        ("country: JP", "country: Japan", "27 joint_use.group.members[0].country", "JP"),
        ("contacts: true", "contact: true", "28 joint_use.group.purposes.J.contact", "contacts"),
        ("{office: CRM}", "{office: CRM, address: Tokyo}", "29 joint_use.group.responsible", "either"),
        (", representative: The president", "", "35 joint_use.parent.responsible", "representative"),
        ("kind: analytics, ", "", "39 processors.analytics", "`kind`"),
        ("kind: authority", "kind: friend", "42 recipients.police.kind", "authority"),
        ("answer by {due}", "answer by {dew}", "44 notices.acknowledgement.en", "{due}"),
        ("answer by {due}", "answer by {due", "44 notices.acknowledgement.en", "balanced"),
        ("answer by {due}", "answer by {due!r}", "44 notices.acknowledgement.en", "only"),
        ("en: pseudonymised", "en: '{label}'", "45 notices.provision-label.en", "no placeholder"),
        ("acknowledgement:", "acknowledgment:", "44 notices.acknowledgment", "acknowledgement"),
        ("[ap-northeast-1]", "[tokyo]", "48 residency[0]", "ap-northeast-1"),
        ("end_states: [erase]", "end_states: [anonymize]", "8 rules[0]", "`then: anonymize`"),
        ("end_states: [erase]", "end_states: [forget]", "49 end_states[0]", "anonymize"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_problem_in_its_place(old: str, new: str, where: str, expected: str) -> None:
    """One wrong thing gives exactly one problem, with line and path."""
    assert GOOD.count(old) >= 1
    (problem,) = problems(GOOD.replace(old, new, 1))
    assert problem.where == f"policy.yaml:{where}".replace("CARD", "health-insurance-card")
    assert expected in problem.expected


def test_mistakes_of_all_sections_are_reported_at_once() -> None:
    """One reading finds everything."""
    text = (
        GOOD.replace("kind: deemed", "kind: silent")
        .replace("kind: authority", "kind: friend")
        .replace("{due}", "{dew}")
        .replace("fee: actual-cost", "fee: actual")
    )
    assert len(problems(text)) == 4
