"""Copies in other hands: who is written to, who is told nothing, and what may go out at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from retention.app.using import Exempt, Use, asks_people, bars
from retention.errors import SettingsError
from retention.model.plan import TellProcessor
from retention.model.recipient import RecipientKind, Transfer
from retention.packs import read_pack
from retention.wiring import read_workspace

TODAY = date(2026, 11, 25)
USER = {"id": "u1", "name": "One", "email": "one@x.example"}
OTHER = {"id": "u2", "name": "Two", "email": "two@x.example"}


def written_to(plan):
    """Return, by recipient, what is owed and which companies of that name are meant."""
    return {letter.recipient: (letter.duty, letter.named) for letter in plan.letters}


def codes(company, use):
    """Return what stands against a use today."""
    return [bar.code for bar in bars(company.policy, company.datamap, use, TODAY)]


def facts(company, name, **changed):
    """Let a recipient have other facts."""
    terms = company.policy.terms
    known = [replace(each, **changed) if each.name == name else each for each in terms.recipients]
    company.policy = replace(company.policy, terms=replace(terms, recipients=tuple(known)))


# -- who is written to


def test_a_survey_of_another_company_is_told_of_and_never_called_erased(company):
    """Her answers go here; the provider gets a notice and no order; her own survey brings none (UMU-13)."""
    answers = [{"id": n, "user_id": f"u{n}", "answer": "a", "provider": p} for n, p in ((1, "Survey Inc."), (2, None))]
    umu = company("umu", {"app.users": [USER, OTHER], "app.survey_answers": answers})
    plan = umu.request("user_id=u1")
    assert written_to(plan)["survey-provider"] == ("notice", ("Survey Inc.",))
    assert "survey-provider" not in {step.system for step in plan.steps if isinstance(step, TellProcessor)}
    assert [row["user_id"] for row in umu.left("app.survey_answers")] == ["u2"]
    assert "survey-provider" not in written_to(umu.request("user_id=u2"))


def test_search_engines_are_told_when_what_was_public_goes(company):
    """With content or comments goes a notice to the engines that index them; without any, none (UMU-23)."""
    content = [{"id": 1, "user_id": "u1", "title": "t", "visibility": "public"}]
    umu = company("umu", {"app.users": [USER, OTHER], "app.contents": content})
    assert written_to(umu.request("user_id=u1"))["search-engines"] == ("notice", ())
    assert "search-engines" not in written_to(umu.request("user_id=u2"))


def test_two_orders_one_notice_and_an_authority_left_alone(company):
    """Cloud and outsourcer get an order, the third party a notice, the authority is named as not told (TRI-17)."""
    records = [{"id": 1, "customer_id": "u1", "person": "One", "recipient": "Bureau", "recorded_at": TODAY}]
    tri = company("three-regime", {"crm.customers": [USER], "crm.provision_records": records})
    plan = tri.request("customer_id=u1")
    assert {step.system for step in plan.steps if isinstance(step, TellProcessor)} == {"hosting", "outsourcer"}
    assert written_to(plan) == {
        "inspected-third-parties": ("notice", ("Bureau",)),
        "authorities": ("none", ()),
    }


def test_each_operator_that_was_given_her_data_is_told_and_the_records_stay(company, ago):
    """Provided to two operators: both get a notice, a third gets none; the records stay three years (COO-01)."""
    records = [
        {"id": n, "user_id": who, "person": who, "operator": o, "items": "e-mail", "last_provided_at": ago(10)}
        for n, who, o in ((1, "u1", "Shop A"), (2, "u1", "Shop B"), (3, "u2", "Shop C"))
    ]
    coorum = company("coorum", {"app.users": [USER, OTHER], "app.provision_records": records})
    plan = coorum.request("user_id=u1")
    assert written_to(plan)["site-operators"] == ("notice", ("Shop A", "Shop B"))
    assert [row["operator"] for row in coorum.left("app.provision_records")] == ["Shop A", "Shop B", "Shop C"]
    assert {held.statute for held in plan.withheld} == {"jp.appi.enf-rule-21-2"}
    assert coorum.sweep(days=365 * 3 - 20) is None
    coorum.sweep(days=365 * 3 + 5)
    assert coorum.left("app.provision_records") == []


def test_settled_commission_takes_the_lead_and_orders_the_agent_to(company):
    """Two months after it was settled the lead goes here, and its agent is ordered to erase it as well (UNX-18)."""
    leads = [
        {"id": n, "customer_id": f"u{n}", "contract": "c", "agent": agent} for n, agent in ((1, "North"), (2, "South"))
    ]
    unext = company("u-next", {"app.customers": [USER, OTHER], "app.sales_leads": leads})
    unext.happened("commission.settled", "user_id=u1", 70)
    unext.happened("commission.settled", "user_id=u2", 50)
    plan = unext.sweep()
    assert [row["agent"] for row in unext.left("app.sales_leads")] == ["South"]
    assert written_to(plan)["sales-agents"] == ("order", ("North",))


def test_the_carrier_that_was_given_a_call_is_told(company, ago):
    """Erased by its date: the carrier of that call gets a notice, one of a kept call none; records stay (UNX-24)."""
    calls = [
        {"id": n, "customer_id": "u1", "phone_number": "1", "audio": "a", "carrier": carrier, "called_at": ago(days)}
        for n, carrier, days in ((1, "Carrier A", 200), (2, "Carrier B", 20), (3, None, 200))
    ]
    record = {
        "id": 1,
        "user_id": "u1",
        "person": "One",
        "recipient": "Carrier A",
        "items": "c",
        "recorded_at": ago(200),
    }
    unext = company(
        "u-next", {"app.customers": [USER], "app.call_recordings": calls, "app.provision_records": [record]}
    )
    assert written_to(unext.sweep())["carriers"] == ("notice", ("Carrier A",))
    assert [row["id"] for row in unext.left("app.call_recordings")] == [2]
    assert written_to(unext.request("user_id=u1"))["carriers"] == ("notice", ("Carrier B",))
    (kept,) = unext.left("app.provision_records")
    assert (kept["person"], kept["recipient"]) == ("One", "Carrier A")


def test_a_bank_is_written_to_when_the_open_charge_is_settled(company):
    """As long as a collection is open nothing goes and no order is due; afterwards the bank gets one (UNX-44)."""
    payment = {"id": 1, "customer_id": "u1", "amount": "100", "card_last4": "1234", "paid_at": TODAY}
    unext = company("u-next", {"app.customers": [USER], "app.payments": [payment]})
    unext.happened("account.closed", "user_id=u1", 10)
    unext.hold("user_id=u1")
    assert unext.sweep() is None
    unext.holds.clear()
    assert written_to(unext.sweep())["financial-institutions"] == ("order", ())
    assert "card_last4" not in unext.left("app.payments")[0]


def test_no_bank_gets_anything_before_it_was_chosen_and_bound(company):
    """Without contract, confidentiality and supervision the gate is shut; with all three it opens (UNX-44)."""
    unext = company("u-next", {})
    use = Use("A9", ("app.payments.amount", "app.payments.card_last4"), "financial-institutions")
    assert codes(unext, use) == ["contract-not-stated", "nda-not-stated", "supervision-not-stated"]
    day = TODAY - timedelta(days=30)
    facts(unext, "financial-institutions", contracted_on=day, nda_on=day, supervised_on=day)
    assert codes(unext, use) == []
    assert codes(unext, replace(use, data=("app.customers",))) == ["out-of-purpose", "recipient-unlisted"]


def test_an_opt_out_of_advertising_takes_profiles_and_tells_the_networks(company):
    """Identifiers and segments go at once, others' stay, and the networks get a notice (WEB-22)."""
    ads = [{"id": n, "user_id": f"u{n}", "advertising_identifier": "i"} for n in (1, 2)]
    segments = [{"id": n, "user_id": f"u{n}", "segment": "s"} for n in (1, 2)]
    webmo = company("webmo", {"app.users": [USER, OTHER], "lake.ad_identifiers": ads, "lake.ad_segments": segments})
    webmo.happened("ad.optout", "user_id=u1", 0)
    plan = webmo.sweep()
    assert [row["user_id"] for name in ("identifiers", "segments") for row in webmo.left(f"lake.ad_{name}")] == [
        *("u2", "u2")
    ]
    assert written_to(plan)["ad-networks"] == ("notice", ())
    assert codes(webmo, Use("advertising", ("lake.ad_identifiers",), "ad-networks")) == ["no-basis"]


# -- what may go out


def test_a_model_without_a_standing_certificate_gets_nothing(company):
    """No certificate, or one that has run out: refused; one that stands, and a contract: allowed (UMU-37)."""
    umu = company("umu", {})
    use = Use("content", ("app.contents",), "assistant")
    day = TODAY - timedelta(days=30)
    facts(umu, "assistant", contracted_on=day, nda_on=day, supervised_on=day)
    assert codes(umu, use) == ["certificate-not-stated"]
    facts(umu, "assistant", certified_until=TODAY - timedelta(days=1))
    assert codes(umu, use) == ["certificate-expired"]
    facts(umu, "assistant", certified_until=TODAY)
    assert codes(umu, use) == []


def test_prompts_vectors_and_the_models_own_copy_go_with_the_person(company):
    """Embeddings, prompts and completions are erased here, and the model's operator gets an order (UMU-37)."""
    rows = [{"id": n, "user_id": f"u{n}", "vector": "v", "prompt": "p", "completion": "c"} for n in (1, 2)]
    umu = company("umu", {"app.users": [USER, OTHER], "lake.embeddings": rows})
    plan = umu.request("user_id=u1")
    assert [row["user_id"] for row in umu.left("lake.embeddings")] == ["u2"]
    assert "assistant" in {step.system for step in plan.steps if isinstance(step, TellProcessor)}


def test_nothing_is_provided_on_a_consent_that_was_only_deemed(company):
    """Use without objection is no consent to a provision; a law that is named is a basis, no basis is none (TRI-16)."""
    tri = company("three-regime", {})
    use = Use("identification", ("crm.customers",), "inspected-third-parties")
    assert codes(tri, use) == ["no-basis"]
    assert codes(tri, replace(use, exempt=Exempt.LIFE)) == []
    assert codes(tri, replace(use, recipient="authorities")) == ["recipient-unlisted", "no-law"]
    assert codes(tri, replace(use, recipient="authorities", exempt=Exempt.LAW)) == []
    assert codes(tri, replace(use, recipient="somebody")) == ["recipient-unknown"]


def test_a_withdrawn_consent_ends_provision_and_tells_who_has_the_data(company, ago):
    """Provided while she agreed; withdrawn, nothing more goes out, and past recipients are told (TRI-16, COO-16)."""
    records = [{"id": 1, "user_id": "u1", "person": "u1", "operator": "Shop A", "last_provided_at": ago(10)}]
    coorum = company("coorum", {"app.users": [USER, OTHER], "app.provision_records": records})
    use = Use("operators", ("app.users.email",), "site-operators")
    assert (codes(coorum, use), asks_people(coorum.policy, use)) == ([], True)
    coorum.happened("consent.given", "user_id=u1", 100, about="operators")
    assert coorum.left_out("operators", "u1", "u2") == ["u2"]
    coorum.happened("consent.withdrawn", "email=one@x.example", 1, about="operators")
    assert coorum.left_out("operators", "u1", "u2") == ["u1", "u2"]
    assert written_to(coorum.request("user_id=u1"))["site-operators"] == ("notice", ("Shop A",))


def test_a_recipient_that_a_later_version_adds_gets_nobody_who_did_not_agree_to_it(company):
    """In force by announcement, and still only those go there who agreed to the new purpose (COO-23)."""
    purpose = "  improvement:\n    title: {ja: 利用状況"
    partners = (
        "  partners:\n    title: {en: Provision to partners}\n    basis: consent\n    ends: {after: account.closed}\n"
    )
    recipient = "  google-analytics:\n"
    added = "  partners:\n    title: {en: Partners}\n    kind: third-party\n    categories: [account_credentials]\n"
    changed = {
        purpose: partners + purpose,
        "purposes: [operation, notices, operators]": "purposes: [operation, notices, operators, partners]",
        recipient: added + recipient,
    }
    coorum = company("coorum", {"app.users": [USER, OTHER]}, changed)
    use = Use("partners", ("app.users.email",), "partners")
    assert (codes(coorum, use), asks_people(coorum.policy, use)) == ([], True)
    for who in ("u1", "u2"):
        coorum.happened("consent.given", f"user_id={who}", 100, about="operators")
    coorum.happened("consent.given", "user_id=u1", 1, about="partners")
    assert coorum.left_out("partners", "u1", "u2") == ["u2"]


def test_a_third_party_abroad_needs_consent_to_a_country_that_people_were_told_of(company):
    """In Japan or abroad: no consent, no provision; abroad without the information of art. 28(2), none (UNX-42)."""
    unext = company("u-next", {})
    use = Use("C", ("app.call_recordings",), "carriers")
    assert codes(unext, use) == ["no-basis"]
    assert codes(unext, replace(use, exempt=Exempt.LAW)) == []
    agreed = Use("A11", ("app.cookie_attributes",), "google-analytics")
    unext.policy = replace(unext.policy, regimes=("jp.appi",))
    facts(unext, "google-analytics", transfer=Transfer.CONSENT)
    assert codes(unext, agreed) == ["country-not-told"]
    facts(unext, "google-analytics", informed_on=TODAY)
    assert (codes(unext, agreed), asks_people(unext.policy, agreed)) == ([], True)


@pytest.mark.parametrize(
    ("country", "transfer", "found"),
    [
        ("US", None, ["transfer-unsupported", "transfer-unguarded"]),
        ("US", Transfer.CONSENT, ["transfer-unguarded"]),
        ("US", Transfer.SCC, []),
        ("NO", Transfer.ADEQUACY, []),
        ("JP", None, []),
    ],
)
def test_data_of_people_in_the_eu_leaves_it_under_a_safeguard_only(company, country, transfer, found):
    """Clauses, an adequate country, or the EEA with Norway; consent is none; it stands in the register (UNX-47)."""
    unext = company("u-next", {})
    facts(unext, "google-analytics", country=country, transfer=transfer, informed_on=TODAY)
    assert codes(unext, Use("A11", ("app.cookie_attributes",), "google-analytics")) == found


def test_a_copy_in_a_region_without_a_safeguard_is_refused_before_anything_opens(tmp_path):
    """Backups and evidence as well as live stores; a recipient without clauses is refused too (TRI-18)."""
    files = read_pack("three-regime")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_workspace(tmp_path).policy.terms.residency == ("eu-central-1", "ap-northeast-1")
    region = "url: s3://three-regime-backups\n    region: ap-northeast-1"
    wrong = files["retention.yaml"].replace(region, region.replace("ap-northeast-1", "us-east-1"))
    (tmp_path / "retention.yaml").write_text(wrong, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_workspace(tmp_path)
    assert "systems.nightly.region" in str(caught.value)


def test_no_cloud_abroad_gets_data_of_people_in_the_eu_without_clauses(company):
    """The cloud of the text has its clauses wherever it is; without them it is shut out (TRI-18)."""
    tri = company("three-regime", {})
    day = TODAY - timedelta(days=30)
    facts(tri, "hosting", country="US", contracted_on=day, nda_on=day, supervised_on=day)
    use = Use("service", ("crm.customers",), "hosting")
    assert codes(tri, use) == []
    facts(tri, "hosting", transfer=Transfer.EQUIVALENT, confirmed_on=date(2026, 11, 1))
    assert codes(tri, use) == ["transfer-unguarded"]
    assert next(each for each in tri.policy.terms.recipients if each.name == "hosting").kind is RecipientKind.CLOUD
