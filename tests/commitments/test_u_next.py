"""U-NEXT: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from retention.app.letter_facts import sender_of
from retention.datamap import read_datamap
from retention.deidentify.reading import read_recipes
from retention.errors import HeldError, PolicyError
from retention.evidence import plain
from retention.evidence.letter import write
from retention.evidence.letter_forms import shipped_forms
from retention.model.datamap import Identifies
from retention.model.letter import LetterKind, Word
from retention.model.transform import Drop
from retention.packs import read_pack
from retention.planning.gate import Handing, bars
from retention.policy import InForce, paper, read_policy, read_terms, under_terms, wording
from retention.policy.concept import Around, concept
from retention.policy.joint_notice import notice
from retention.policy.statutes import shipped_statutes
from retention.requests.incidents import Affected, Incident, NoReport, Report, duty_of

CUSTOMER = {"id": "c1", "name": "One", "email": "one@x.example", "phone": "1"}


@pytest.mark.parametrize(
    ("kind", "gone"),
    [("survey.closed", "survey_answers"), ("campaign.prizes_dispatched", "campaign_entries"), (None, "inquiries")],
)
def test_each_trigger_takes_only_its_own_category(company, ago, kind, gone):
    """Survey, campaign and inquiry end apart from each other, and none takes the account with it (UNX-08)."""
    asked = {"id": 1, "customer_id": "c1", "name": "One", "email": "one@x.example", "phone": "1", "address": "a"}
    inquiry = {"id": 1, "customer_id": "c1", "subject": "s", "closed_at": None if kind else ago(400)}
    tables = {
        "app.customers": [CUSTOMER],
        "app.survey_answers": [asked],
        "app.campaign_entries": [asked],
        "app.inquiries": [inquiry],
    }
    unext = company("u-next", tables)
    if kind:
        unext.happened(kind, "user_id=c1", 300)
    unext.sweep()
    for name in ("survey_answers", "campaign_entries", "inquiries"):
        personal = [row for row in unext.left(f"app.{name}") if "name" in row or "subject" in row]
        assert len(personal) == (name != gone)
    assert unext.left("app.customers") == [CUSTOMER]


def test_the_later_of_two_laws_keeps_a_payment_and_then_it_goes_by_itself(company, ago):
    """Asked for in between: the name goes at once, the amount stays until both laws have let go of it (UNX-11)."""
    here = "  # Who gave what, when: the confirmation survives the person's erasure.\n"
    here = "  # Who gave what, when: the confirmation survives the person's erasure.\n"
    books = (
        "  - id: accounting-books\n    fields: [payments.amount, payments.paid_at]\n"
        "    keep: {for: P10Y, after: fiscal_year.closed, of: accounted}\n    statute: jp.companies-act.432-2\n"
    )
    payment = {"id": 1, "customer_id": "c1", "amount": "100", "card_last4": "1234", "paid_at": ago(2000)}
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.payments": [payment]}, {here: books + here})
    plan = unext.request("user_id=c1")
    (kept,) = unext.left("app.payments")
    assert kept["amount"] == "100"
    assert not {"card_last4", "customer_id"} & kept.keys()
    assert {held.statute for held in plan.withheld} == {
        "jp.corporate-tax-act.enf-reg-59",
        "jp.companies-act.432-2",
    }
    unext.sweep(days=1000)
    assert unext.left("app.payments")[0]["amount"] == "100"
    unext.sweep(days=2000)
    assert not any({"amount", "paid_at"} & row.keys() for row in unext.left("app.payments"))


def test_communication_logs_go_before_web_logs(company, ago):
    """Seven months old: the telecommunications log is gone by its guideline, the web log stays (UNX-12)."""
    log = {"id": 1, "customer_id": "c1", "line_number": "1", "ip": "i", "logged_at": ago(215)}
    web = {"id": 1, "user_id": "c1", "ip": "i", "browser": "b", "url": "u", "requested_at": ago(215)}
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.communication_logs": [log], "lake.http": [web]})
    unext.sweep()
    assert unext.left("app.communication_logs") == []
    assert len(unext.left("lake.http")) == 1


def test_viewing_is_needed_until_no_purpose_is_left(company):
    """Advertising has ended and improvement has not: no view goes, and none is anonymized (UNX-14)."""
    whole = {
        "    keep: {for: P12M, after: account.closed}\n    then: anonymize\n    k: 5": (
            "    keep: {for: P0D, after: purposes.ended}\n    then: erase"
        )
    }
    views = [{"id": 1, "user_id": "c1", "title_id": "t", "device_id": "d"}]
    unext = company("u-next", {"app.customers": [CUSTOMER], "lake.viewing": views}, whole)
    served = unext.policy.categories["viewing_history"].purposes
    for purpose in served:
        if purpose != "A6":
            unext.happened("purpose.accomplished", "user_id=c1", 10, about=purpose)
    assert unext.sweep() is None
    unext.happened("purpose.accomplished", "user_id=c1", 5, about="A6")
    unext.sweep()
    assert unext.left("lake.viewing") == []


def test_the_register_of_shareholders_stays_and_voting_papers_go(company, ago):
    """Asked by one who holds shares: papers go, the entry is kept by its law; minutes stay ten years (UNX-19)."""
    holder = {"id": 1, "name": "One", "email": "one@x.example", "address": "a", "shares": "10"}
    papers = [
        {"id": n, "email": f"{n}@x.example", "votes": "yes", "met_on": ago(days)} for n, days in ((1, 100), (2, 80))
    ]
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.shareholders": [holder], "app.meeting_papers": papers})
    unext.sweep()
    assert [paper["id"] for paper in unext.left("app.meeting_papers")] == [2]
    plan = unext.request("user_id=c1")
    assert unext.left("app.shareholders") == [{name: holder[name] for name in ("id", "name", "address", "shares")}]
    assert [(held.dataset, held.statute) for held in plan.withheld] == [("app.shareholders", "jp.companies-act.121")]
    assert unext.left("app.customers") == []
    (minutes,) = (rule for rule in unext.policy.rules if rule.category == "meeting_minutes")
    assert (str(minutes.keep.keep_for), minutes.statute) == ("P10Y", "jp.companies-act.318")


def test_applicants_go_half_a_year_after_the_answer_or_when_they_ask(company):
    """Rejected long ago: gone; hired: kept; rejected yesterday: gone because she asks (UNX-20)."""
    applicants = [{"id": n, "name": f"A{n}", "email": f"a{n}@x.example", "application": "p"} for n in (1, 2, 3)]
    unext = company("u-next", {"app.applicants": applicants}, {})
    for n, days in ((1, 200), (2, 200), (3, 1)):
        unext.happened("applicant.rejected", f"email=a{n}@x.example", days)
    unext.happened("applicant.hired", "email=a2@x.example", 190)
    unext.sweep()
    assert [row["id"] for row in unext.left("app.applicants")] == [2, 3]
    assert unext.sweep(days=100) is None
    unext.sweep(days=200)
    assert [row["id"] for row in unext.left("app.applicants")] == [2]


def test_a_retirees_emergency_contact_goes_before_the_payroll(company):
    """After a year the contact is gone, wages and roster stay five years from the retirement (UNX-21)."""
    person = {"id": 1, "name": "One", "email": "one@x.example"}
    unext = company(
        "u-next",
        {
            "app.retirees": [{**person, "emergency_contact": "e"}],
            "app.employees": [{**person, "wages": "w"}],
        },
    )
    unext.happened("employee.retired", "email=one@x.example", 380)
    unext.sweep()
    assert unext.left("app.retirees") == []
    assert len(unext.left("app.employees")) == 1
    unext.sweep(days=1400)
    assert len(unext.left("app.employees")) == 1
    unext.sweep(days=1500)
    assert unext.left("app.employees") == []


def test_a_recording_without_a_customer_goes_too(company, ago):
    """A call that nobody is known by has the same clock, and the plan counts it for its evidence."""
    calls = [{"id": n, "phone_number": "1", "audio": "a", "called_at": ago(days)} for n, days in ((1, 200), (2, 20))]
    unext = company("u-next", {"app.call_recordings": calls})
    plan = unext.sweep()
    assert [call["id"] for call in unext.left("app.call_recordings")] == [2]
    assert [(step.dataset, step.rows) for step in plan.steps] == [("app.call_recordings", 1)]


def test_entrants_go_after_the_prizes_and_losers_after_the_draw(company):
    """Ninety days after the dispatch, thirty after losing; a parcel that came back keeps only its own row (UNX-16)."""
    entries = [{"id": n, "customer_id": f"c{n}", "name": "N", "address": "a"} for n in (1, 2, 3, 4)]
    customers = [{"id": f"c{n}", "name": "N", "email": f"{n}@x.example"} for n in (1, 2, 3, 4)]
    unext = company("u-next", {"app.customers": customers, "app.campaign_entries": entries})
    for who, kind, days in (
        ("c1", "campaign.prizes_dispatched", 95),
        ("c2", "campaign.prizes_dispatched", 95),
        ("c2", "parcel.returned", 80),
        ("c3", "campaign.prizes_dispatched", 60),
        ("c4", "campaign.lost", 35),
    ):
        unext.happened(kind, f"user_id={who}", days)
    unext.sweep()
    assert [row["customer_id"] for row in unext.left("app.campaign_entries")] == ["c2", "c3"]
    unext.happened("campaign.prizes_dispatched", "user_id=c2", 70)
    unext.sweep(days=40)
    assert unext.left("app.campaign_entries") == []


def test_a_campaigns_own_terms_beat_the_default(company):
    """Ten days after the dispatch instead of ninety, for campaign entries and nothing else (UNX-22)."""
    terms = """\
over: u-next
rules:
  - {id: summer-entries, category: campaign_entries, effective: {from: 2026-01-01},
     keep: {for: P10D, after: campaign.prizes_dispatched}, then: erase, source: policy}
"""
    entry = {"id": 1, "customer_id": "c1", "name": "One", "address": "a"}
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.campaign_entries": [entry]})
    unext.happened("campaign.prizes_dispatched", "user_id=c1", 70)
    assert unext.sweep() is None
    rules = read_terms(terms, "terms", unext.policy, shipped_statutes())
    unext.policy = under_terms(InForce(unext.policy, "", ()), rules, terms, date(2026, 11, 25)).policy
    unext.sweep()
    assert unext.left("app.campaign_entries") == []


DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def handing():
    """The pack's set for the group, as it would be handed to the holding company; its notice is public."""
    files = read_pack("u-next")
    policy = read_policy(files["policy.yaml"], "policy.yaml")
    recipes = read_recipes(files["policy.yaml"], "policy.yaml")
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
    (use,) = [use for use in policy.terms.joint_uses if use.sets]
    (shared,) = use.sets
    return Handing(policy, datamap, use, shared, recipes[shared.recipe], "usen-next-holdings", DAY, published=True)


def test_the_notice_of_joint_use_says_what_the_law_wants_known(handing):
    """Items, joint users, purposes and who answers stand in it, in Japanese and English (UNX-26, UNX-28)."""
    (group,) = [use for use in handing.policy.terms.joint_uses if use.name == "group"]
    ja, en = (notice(group, handing.policy.controller, language, DAY).markdown() for language in ("ja", "en"))
    told = (
        "氏名",
        "住所",
        "電話番号",
        "ファクシミリ番号",
        "生年月日",
        "メールアドレス",
        "USEN-NEXT",
        "研究開発",
        "CX本部",
    )
    assert not [word for word in told if word not in ja]
    for word in ("Name", "Fax number", "Joint users", "Purposes", "Research and development", "Who answers"):
        assert word in en


def test_nothing_is_handed_over_while_an_office_answers(handing):
    """The text names an office: entity and address come first; nothing else is wrong (UNX-29, UNX-35)."""
    assert [bar.code for bar in bars(handing)] == ["responsible-unnamed"]


def test_a_purpose_that_contacts_customers_is_none_of_a_pseudonymised_set(handing):
    """Sending customers information of products was copied from ordinary joint use; no set may serve it (UNX-36)."""
    codes = {bar.code for bar in bars(replace(handing, joint_set=replace(handing.joint_set, purpose="J1")))}
    assert codes == {"responsible-unnamed", "contact"}


def test_what_she_watched_goes_from_every_file_and_nothing_else(company, ago):
    """Addresses, referrers, titles and positions: her rows only, and as many as the plan counted (UNX-10)."""
    seen = [
        {"id": n, "user_id": f"c{n % 2}", "title_id": "t", "position_s": "9", "watched_at": ago(n)} for n in range(6)
    ]
    requests = [
        {"id": n, "user_id": f"c{n % 2}", "url": "/t", "referrer": "/", "requested_at": ago(n)} for n in range(4)
    ]
    unext = company("u-next", {"app.customers": [CUSTOMER], "lake.viewing": seen, "lake.http": requests})
    plan = unext.request("user_id=c1")
    counts = {step.dataset: step.rows for step in plan.steps if step.step_id.partition("-lake.")[1]}
    assert counts == {"lake.viewing": 3, "lake.http": 2}
    assert [row["id"] for row in unext.left("lake.viewing")] == [0, 2, 4]
    assert [row["id"] for row in unext.left("lake.http")] == [0, 2]


def test_card_data_goes_at_once_and_the_invoice_stays(company, ago):
    """Closed yesterday: no card, whole account, whole invoice; closed long ago: the invoice without her (UNX-07)."""
    payment = {"id": 1, "customer_id": "c1", "amount": "100", "invoice_no": "i", "card_last4": "1", "paid_at": ago(30)}
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.payments": [payment]})
    unext.happened("account.closed", "user_id=c1", 1)
    unext.sweep()
    assert unext.left("app.payments") == [{name: payment[name] for name in payment if name != "card_last4"}]
    assert unext.left("app.customers") == [CUSTOMER]
    fields = unext.datamap.datasets["app.payments"].fields
    assert (fields["card_brand"].anonymize, fields["card_last4"].anonymize) == (Drop(), Drop())
    unext.sweep(days=40)
    assert unext.left("app.customers") == []
    (kept,) = unext.left("app.payments")
    assert ("customer_id" in kept, kept["amount"], kept["invoice_no"]) == (False, "100", "i")


def test_a_review_goes_with_its_author_and_others_stand(company):
    """Stars, words, favourites and account changes of hers go; what others gave a title is unchanged (UNX-09)."""
    reviews = [{"id": n, "customer_id": f"c{n}", "title_id": "t", "stars": n, "body": "b"} for n in (1, 2, 3)]
    others = {name: [{"id": n, "customer_id": f"c{n}"} for n in (1, 2)] for name in ("favourites", "account_changes")}
    others["favourites"] = [{**row, "title_id": "t"} for row in others["favourites"]]
    others["account_changes"] = [{**row, "change": "address"} for row in others["account_changes"]]
    customers = [{"id": f"c{n}", "name": "N", "email": f"{n}@x.example"} for n in (1, 2, 3)]
    tables = {"app.customers": customers, "app.reviews": reviews}
    unext = company("u-next", {**tables, **{f"app.{name}": rows for name, rows in others.items()}})
    unext.request("user_id=c1")
    assert unext.left("app.reviews") == reviews[1:]
    for name, rows in others.items():
        assert unext.left(f"app.{name}") == rows[1:], name


def test_who_was_erased_is_matched_by_nothing_and_may_apply_anew(company):
    """No key of hers is left in any table; applying again makes a new customer whom nothing holds back (UNX-17)."""
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.fraud_signals": [{"id": 1, "user_id": "c1"}]})
    unext.request("user_id=c1")
    everything = str([unext.left(dataset) for dataset in unext.datamap.datasets])
    assert not any(repr(CUSTOMER[name]) in everything for name in ("id", "email", "phone", "name"))
    again = {**CUSTOMER, "id": "c9"}
    unext.came("app.customers", again)
    assert unext.sweep() is None
    assert unext.left("app.customers") == [again]


CALLS = ({"id": 1, "customer_id": "c1"}, {"id": 2, "customer_id": None}, {"id": 3, "customer_id": None})


def recorded(called_at, **numbers):
    """Recordings of a customer, of the same telephone, and of another one."""
    phones = {1: "090", 2: "090", 3: "080", **numbers}
    every = [
        {**call, "phone_number": phones[call["id"]], "audio": "a", "transcript": "t", "called_at": called_at}
        for call in CALLS
    ]
    return every, [{"id": 10 + n, "call_id": n, "words": "w", "called_at": called_at} for n in (1, 2, 3)]


def test_a_call_is_found_by_customer_and_by_telephone_with_all_that_was_made_of_it(company, ago):
    """Audio, transcript and index go by account, and by telephone without one; a dispute stops it (UNX-23)."""
    calls, index = recorded(ago(10))
    unext = company("u-next", {"app.customers": [CUSTOMER], "app.call_recordings": calls, "app.call_index": index})
    unext.hold("user_id=c1")
    with pytest.raises(HeldError):
        unext.request("user_id=c1")
    assert unext.left("app.call_recordings")[0] == calls[0]
    unext.holds.clear()
    unext.request("user_id=c1")
    assert [row["id"] for row in unext.left("app.call_recordings")] == [2, 3]
    unext.request("phone=090")
    assert [row["id"] for row in unext.left("app.call_recordings")] == [3]
    assert [row["call_id"] for row in unext.left("app.call_index")] == [3]


def test_a_nameless_call_is_handled_as_strictly_as_any_other(company, ago):
    """Without a customer's number it goes on the same day, and each of its fields counts as telling who (UNX-25)."""
    calls, index = recorded(ago(181))
    unext = company("u-next", {"app.call_recordings": calls, "app.call_index": index})
    plan = unext.sweep()
    assert unext.left("app.call_recordings") == []
    assert unext.left("app.call_index") == []
    assert {(step.dataset, step.because.rules) for step in plan.steps} == {
        ("app.call_index", ("call-recordings",)),
        ("app.call_recordings", ("call-recordings",)),
    }
    of_calls = (d for name, d in unext.datamap.datasets.items() if name in ("app.call_recordings", "app.call_index"))
    assert {field.identifies for dataset in of_calls for field in dataset.fields.values()} == {Identifies.DIRECTLY}


def test_when_its_purposes_end_a_pseudonymised_set_and_what_undoes_it_go_as_two(company):
    """One purpose of three ended: both stay; all ended: the set, then the table of pseudonyms, a step each (UNX-31)."""
    who = [{"id": n, "user_id": f"c{n}", "pseudonym": f"p{n}"} for n in (1, 2)]
    sets = [{"id": n, "pseudonym_id": n, "viewing_history": "v"} for n in (1, 2)]
    unext = company("u-next", {"app.pseudonyms": who, "app.pseudonymised_usage": sets})
    unext.happened("account.closed", "user_id=c1", 100)
    assert unext.sweep() is None
    plan = unext.sweep(days=330)
    steps = [step for step in plan.steps if hasattr(step, "dataset")]
    assert [(step.dataset, step.because.rules) for step in steps] == [
        ("app.pseudonymised_usage", ("pseudonymised-usage",)),
        ("app.pseudonyms", ("deletion-information",)),
    ]
    assert (unext.left("app.pseudonymised_usage"), unext.left("app.pseudonyms")) == (sets[1:], who[1:])


def test_rules_of_handling_name_who_answers_and_what_is_done():
    """The document says for each rule what is done, and who is responsible; without it no policy is read (UNX-37)."""
    text = read_pack("u-next")["policy.yaml"]
    policy = read_policy(text, "policy.yaml", shipped_statutes())
    datamap = read_datamap(read_pack("u-next")["datamap.yaml"], "datamap.yaml")
    around = Around(shipped_statutes(), (), (policy.version,))
    written = paper.markdown(concept(policy, datamap, around, "ja", date(2026, 11, 25)))
    assert "CX本部 CRM推進部長" in written
    for rule in policy.rules:
        lines = [line for line in written.splitlines() if line.startswith(f"| {rule.rule_id} |")]
        assert any(wording.disposal(rule.then, "ja") in line for line in lines), rule.rule_id
    for line in ("  responsible: CX本部 CRM推進部長\n", "  address: 〒141-0021 東京都品川区上大崎三丁目1番1号\n"):
        assert text.count(line) == 1
        with pytest.raises(PolicyError, match="controller"):
            read_policy(text.replace(line, ""), "policy.yaml", shipped_statutes())


def test_whoever_is_refused_or_complains_is_told_that_there_is_no_accredited_organisation():
    """Both letters, in both languages, say so, and name the desk and the Commission's telephone (UNX-60)."""
    policy = read_policy(read_pack("u-next")["policy.yaml"], "policy.yaml", shipped_statutes())
    case = {
        **sender_of(SimpleNamespace(policy=policy), policy.regimes),
        "name": "山田 花子", "case": "C-1", "date": date(2026, 11, 26), "received": date(2026, 11, 25),
        "right": Word("right", "erasure"), "reasons": (Word("refusal", "other-law"),), "explanation": "e",
        "contact_by": date(2026, 11, 25),
    }  # fmt: skip
    says = {"ja": "認定個人情報保護団体はありません", "en": "We belong to no accredited"}
    for language, sentence in says.items():
        for kind in (LetterKind.REFUSAL, LetterKind.COMPLAINT):
            text = plain.render(write(kind, shipped_forms(language), case).document)
            assert sentence in text
            assert "個人情報相談窓口" in text
            assert "6457" in text


def test_a_card_number_of_one_person_must_be_reported_and_both_dates_are_set():
    """Property may be harmed: reportable at one person; three to five days, then thirty; ransom has sixty (UNX-39)."""
    leak = Incident(date(2026, 11, 24), 1, frozenset({Affected.PROPERTY}))
    assert duty_of(leak) == Report(date(2026, 11, 28), date(2026, 12, 23))
    assert duty_of(replace(leak, affected=frozenset())) == NoReport()
    assert duty_of(replace(leak, encrypted=True)) == NoReport()
    assert duty_of(replace(leak, affected=frozenset({Affected.IMPROPER_PURPOSE}))).final_by == date(2027, 1, 22)
