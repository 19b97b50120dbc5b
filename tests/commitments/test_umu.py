"""UMU Technology Japan: what its policy commits it to, shown on its pack."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from retention.datamap import read_datamap
from retention.deidentify import apply
from retention.deidentify.recipe import Aim, Column, DropItem, Recipe, Role
from retention.deidentify.verdict import Pseudonymous
from retention.errors import InputError, PolicyError, UnknownSubjectError
from retention.model.datamap import Identifies
from retention.model.disclosure import DiscloseRows
from retention.model.policy import Disposal
from retention.model.terms import Right
from retention.model.transform import Drop
from retention.packs import read_pack
from retention.policy import InForce, in_force, read_chain, read_policy
from retention.requests.incidents import Incident, NoReport, Report, duty_of

USER = {"id": "u1", "name": "One", "email": "one@x.example", "phone": "1"}
OTHER = {"id": "u2", "name": "Two", "email": "two@x.example", "phone": "2"}


def test_an_objection_to_suggestions_leaves_the_course_progress(company):
    """The suggestions go on the day of the objection; language and progress stay with the account (UMU-07)."""
    umu = company(
        "umu",
        {
            "app.users": [USER],
            "app.account_activity": [{"id": 1, "user_id": "u1", "action": "a", "course_progress": "80 %"}],
            "app.course_suggestions": [{"id": 1, "user_id": "u1", "suggested_course": "c", "reason": "r"}],
        },
    )
    umu.happened("objection", "user_id=u1", 1, about="suggestions")
    umu.sweep()
    assert umu.left("app.course_suggestions") == []
    assert umu.left("app.account_activity")[0]["course_progress"] == "80 %"
    assert umu.left("app.users") == [USER]


def test_a_cookie_leads_to_a_person_only_through_the_account(company):
    """Her links go with her; what is left of the signed-out cookie leads to nobody any more (UMU-09)."""
    links = [{"id": n, "user_id": who, "cookie_id": f"k{n}"} for n, who in ((1, "u1"), (2, "u2"), (3, None))]
    umu = company("umu", {"app.users": [USER, OTHER], "app.cookie_links": links})
    umu.request("cookie_id=k1")
    assert umu.left("app.users") == [OTHER]
    assert [link["cookie_id"] for link in umu.left("app.cookie_links")] == ["k2", "k3"]
    with pytest.raises(UnknownSubjectError):
        umu.request("cookie_id=k1")
    umu.request("cookie_id=k3")
    assert [link["cookie_id"] for link in umu.left("app.cookie_links")] == ["k2"]
    assert umu.left("app.users") == [OTHER]


def test_anonymized_data_has_no_device_identifier(company):
    """A device's number identifies directly, so that anonymizing removes it and nothing else can be said (UMU-10)."""
    anonymized = {
        "    keep: {for: P0D, after: purposes.ended}\n    then: erase\n    source: default\n  - id: job-applicants": (
            "    keep: {for: P0D, after: purposes.ended}\n    then: anonymize\n    k: 2\n    source: default\n"
            "  - id: job-applicants"
        )
    }
    devices = [{"id": n, "user_id": f"u{n}", "device_identifier": f"d{n}", "model": "m"} for n in (1, 2, 3)]
    users = [{"id": f"u{n}", "name": "N", "email": f"{n}@x.example"} for n in (1, 2, 3)]
    umu = company("umu", {"app.users": users, "app.devices": devices}, anonymized)
    for user in users:
        umu.happened("session.ended", f"user_id={user['id']}", 500)
    umu.sweep()
    assert not any("device_identifier" in row for row in umu.left("app.devices"))
    field = umu.datamap.datasets["app.devices"].fields["device_identifier"]
    assert (field.identifies, field.anonymize) == (Identifies.DIRECTLY, Drop())


def test_applicants_and_employees_have_clocks_of_their_own(company, ago):
    """Rejected half a year ago: gone, number and all; hired: kept; staff five years, their papers seven (UMU-11)."""
    umu = company(
        "umu",
        {
            "hr.applicants": [
                {"id": n, "name": f"A{n}", "email": f"a{n}@x.example", "government_identifier": "1"} for n in (1, 2)
            ],
            "hr.employees": [{"id": n, "name": f"E{n}", "email": f"e{n}@x.example", "wages": "w"} for n in (7, 8)],
            "hr.staff_identifiers": [{"id": 1, "employee_id": 8, "government_identifier": "9", "kept_from": ago(2100)}],
        },
    )
    for who in (1, 2):
        umu.happened("applicant.rejected", f"applicant_id={who}", 200)
    umu.happened("applicant.hired", "applicant_id=2", 100)
    umu.happened("employee.retired", "employee_id=7", 365)
    umu.happened("employee.retired", "employee_id=8", 1900)
    umu.sweep()
    assert [row["id"] for row in umu.left("hr.applicants")] == [2]
    assert [row["name"] for row in umu.left("hr.employees")] == ["E7"]
    assert [row["government_identifier"] for row in umu.left("hr.staff_identifiers")] == ["9"]
    umu.sweep(days=500)
    assert umu.left("hr.staff_identifiers") == []


def test_a_withdrawn_consent_to_support_waits_for_the_open_ticket(company):
    """Closed and withdrawn: text and address go at once; still open: when it is closed (UMU-12)."""
    tickets = [{"id": n, "user_id": f"u{n}", "name": "N", "email": f"{n}@x.example", "content": "help"} for n in (1, 2)]
    umu = company("umu", {"app.support_messages": tickets})
    for n in (1, 2):
        umu.happened("consent.withdrawn", f"user_id=u{n}", 1, about="support")
    umu.happened("inquiry.closed", "user_id=u1", 3)
    umu.sweep()
    assert [ticket["id"] for ticket in umu.left("app.support_messages")] == [2]
    umu.happened("inquiry.closed", "user_id=u2", 0)
    umu.sweep()
    assert umu.left("app.support_messages") == []


def test_interactions_go_when_every_purpose_has_ended_and_the_fraud_subset_later(company):
    """One of two purposes ended: all stays; both: links and forms go, device and browser stay two years (UMU-15)."""
    interactions = [{"id": 1, "user_id": "u1", "link_clicked": "l", "form_input": "f"}]
    signals = [{"id": 1, "user_id": "u1", "device": "d", "browser": "b", "signal": "s"}]
    umu = company("umu", {"lake.interactions": interactions, "lake.fraud_signals": signals})
    umu.happened("purpose.accomplished", "user_id=u1", 60, about="improvement")
    assert umu.sweep() is None
    umu.happened("account.closed", "user_id=u1", 40)
    umu.sweep()
    assert umu.left("lake.interactions") == []
    assert umu.left("lake.fraud_signals") == signals
    assert umu.sweep(days=600) is None
    umu.sweep(days=720)
    assert umu.left("lake.fraud_signals") == []


def later_version(old: str, new: str):
    """Return what holds once UMU has announced a version with this change."""
    first = read_pack("umu")["policy.yaml"]
    version = "version: {id: 2025-03, announced: 2025-03-01, effective: 2025-03-01, reductions: consent}"
    changed = "version: {id: '2', announced: 2026-01-01, effective: 2026-02-01, reductions: consent, before: 1.yaml}"
    assert first.count(version) == first.count(old) == 1
    second = first.replace(version, changed).replace(old, new)
    return in_force(read_chain(second, "2.yaml", {"1.yaml": first}.__getitem__), date(2026, 11, 25))


def test_a_new_purpose_is_not_attached_to_what_people_gave_before():
    """A version that trains models on what people uploaded is reported, and the purpose holds for nobody (UMU-18)."""
    found = later_version(
        "    title: {ja: ユーザーコンテンツ, en: User content}\n    purposes: [content]",
        "    title: {ja: ユーザーコンテンツ, en: User content}\n    purposes: [content, interests]",
    )
    assert found.policy.categories["user_content"].purposes == ("content",)
    assert [(finding.code, finding.where) for finding in found.findings] == [("CONSENT_NOT_SEPARABLE", "user_content")]
    text = read_pack("umu")["policy.yaml"].replace("purposes: [content]", "purposes: [content, ai_training]")
    with pytest.raises(PolicyError) as caught:
        read_policy(text, "policy.yaml")
    assert "ai_training" in str(caught.value)


def test_another_company_takes_over_only_those_who_were_told(company):
    """By announcement it is refused; by notice, its longer period holds for whom the notice reached (UMU-31)."""
    first = read_pack("umu")["policy.yaml"]
    head = "version: {id: 2025-03, announced: 2025-03-01, effective: 2025-03-01, reductions: consent}"
    second = first.replace(
        head, head.replace("2025-03-01", "2026-02-01").replace("id: 2025-03", "id: m, before: 1.yaml")
    )
    second = second.replace("en: UMU Technology Japan Co.", "en: Successor Co.").replace(
        "category: account_information\n    effective: {from: 2025-03-01}\n    keep: {for: P30D",
        "category: account_information\n    effective: {from: 2025-03-01}\n    keep: {for: P3Y",
    )

    def told(how: str) -> InForce:
        text = second.replace("reductions: consent", f"reductions: {how}")
        return in_force(read_chain(text, "2.yaml", {"1.yaml": first}.__getitem__), date(2026, 11, 25))

    with pytest.raises(PolicyError, match="another company"):
        told("announcement")
    umu = company("umu", {"app.users": [USER, OTHER]})
    umu.policy = told("notice").policy
    umu.happened("account.closed", "user_id=u1", 60)
    umu.happened("account.closed", "user_id=u2", 60)
    umu.happened("notice.delivered", "user_id=u1", 300, about="m")
    umu.sweep()
    assert umu.left("app.users") == [USER]


def test_a_preference_shortens_and_does_not_cut_what_is_held(company):
    """A wish of a week beats the rule's month and a wish of a year does not; what is held stays (UMU-32)."""
    contents = [{"id": n, "user_id": f"u{n}", "title": f"t{n}"} for n in (1, 2, 3, 4)]
    users = [{"id": f"u{n}", "name": "N", "email": f"{n}@x.example"} for n in (1, 2, 3, 4)]
    umu = company("umu", {"app.users": users, "app.contents": contents})
    for n, closed, wish in ((1, 10, "P7D"), (2, 10, None), (3, 40, "P365D"), (4, 10, "P7D")):
        umu.happened("account.closed", f"user_id=u{n}", closed)
        if wish:
            umu.happened("preference.set", f"user_id=u{n}", 100, about=wish)
    umu.hold("user_id=u4")
    umu.sweep()
    assert [row["id"] for row in umu.left("app.contents")] == [2, 4]


def test_data_ends_erased_or_anonymized_and_in_no_other_way():
    """A rule that ends with pseudonyms is refused when the policy is read (UMU-33)."""
    text = read_pack("umu")["policy.yaml"]
    assert read_policy(text, "policy.yaml").end_states == (Disposal.ERASE, Disposal.ANONYMIZE)
    wrong = text.replace("    then: erase\n", "    then: pseudonymize\n", 1)
    with pytest.raises(PolicyError, match="erase or anonymize"):
        read_policy(wrong, "policy.yaml")


def test_who_did_not_agree_keeps_what_was_promised(company):
    """Thirty days become three years: who agreed is kept three years, who was silent thirty days (UMU-40)."""
    old = "    effective: {from: 2025-03-01}\n    keep: {for: P30D, after: account.closed}\n    then: erase"
    found = later_version(old, old.replace("P30D", "P3Y"))
    users = [USER, OTHER]
    umu = company("umu", {"app.users": users})
    umu.policy = found.policy
    for user in users:
        umu.happened("account.closed", f"user_id={user['id']}", 60)
    umu.happened("policy.agreed", "user_id=u1", 90, about="2")
    umu.sweep()
    assert umu.left("app.users") == [USER]


def test_terms_of_requests_do_not_get_worse_for_those_who_were_promised_better():
    """A fee that was not there, or a right that is gone, holds for nobody until people can be told apart (UMU-40)."""
    found = later_version("    disclosure: {}\n", "    disclosure: {fee: {amount: 500, currency: JPY}}\n")
    first = read_policy(read_pack("umu")["policy.yaml"], "1.yaml")
    assert found.policy.terms.rights == first.terms.rights
    assert [finding.where for finding in found.findings] == ["requests"]


def test_what_a_person_uploaded_goes_with_all_that_was_made_of_it(company):
    """Content, comments, transcripts, captions, the search index and embeddings: hers only, copies first (UMU-14)."""
    tables = {
        "app.users": [USER, OTHER],
        "app.contents": [{"id": n, "user_id": f"u{n}", "video": "v", "thumbnail": "t"} for n in (1, 2)],
        "app.comments": [{"id": n, "user_id": f"u{n}", "comment": "c", "forum_post": "p"} for n in (1, 2)],
        "lake.transcripts": [{"id": n, "user_id": f"u{n}", "transcript": "t", "captions": "c"} for n in (1, 2)],
        "lake.search_index": [{"id": n, "user_id": f"u{n}", "indexed_text": "i"} for n in (1, 2)],
        "lake.embeddings": [{"id": n, "user_id": f"u{n}", "vector": "v", "prompt": "p"} for n in (1, 2)],
    }
    umu = company("umu", tables)
    order = [step.dataset for step in umu.request("user_id=u1").steps if hasattr(step, "dataset")]
    for dataset in tables.keys() - {"app.users"}:
        assert [row["user_id"] for row in umu.left(dataset)] == ["u2"], dataset
    for made, origin in (("transcripts", "contents"), ("search_index", "comments"), ("embeddings", "contents")):
        assert order.index(f"lake.{made}") < order.index(f"app.{origin}")


def test_web_logs_go_by_the_day_on_which_they_were_written(company, ago):
    """All seven fields of a line go a year after it; a line that is a day younger stays whole (UMU-16)."""
    fields = ("browser_type", "operating_system", "ip_address", "domain_name", "click_activity", "referring_site")
    lines = [
        {"id": n, "user_id": "u1", **dict.fromkeys(fields, "x"), "logged_at": ago(days)}
        for n, days in ((1, 366), (2, 364))
    ]
    umu = company("umu", {"app.users": [USER], "lake.web_logs": lines})
    assert {*fields, "logged_at"} == umu.datamap.datasets["lake.web_logs"].fields.keys()
    umu.sweep()
    assert umu.left("lake.web_logs") == [lines[1]]


def test_a_manager_who_goes_leaves_no_reference_behind(company):
    """Her company's instruction erases her; whoever reports to her reports to nobody, and stays (UMU-17)."""
    staff = [
        {"id": n, "user_id": f"u{n}", "company_id": "k1", "real_name": "N", "manager_id": manager}
        for n, manager in ((1, None), (2, 1), (3, 2))
    ]
    umu = company("umu", {"app.enterprise_profiles": staff})
    umu.request("user_id=u1", tenant="company_id=k1")
    left = umu.left("app.enterprise_profiles")
    assert [(row["id"], row.get("manager_id"), row["real_name"]) for row in left] == [(2, None, "N"), (3, 2, "N")]


def test_a_legal_need_stops_every_rule_until_it_is_over(company, ago):
    """Nothing of hers moves by any rule while it stands, others' does; afterwards all goes that is due (UMU-28)."""
    lines = [{"id": n, "user_id": f"u{n}", "ip_address": "x", "logged_at": ago(500)} for n in (1, 2)]
    umu = company("umu", {"app.users": [USER, OTHER], "lake.web_logs": lines})
    umu.happened("account.closed", "user_id=u1", 5000)
    umu.hold("user_id=u1")
    umu.sweep()
    assert (umu.left("app.users"), umu.left("lake.web_logs")) == ([USER, OTHER], [lines[0]])
    umu.holds.clear()
    umu.sweep()
    assert (umu.left("app.users"), umu.left("lake.web_logs")) == ([OTHER], [])


def test_what_proves_an_identity_goes_a_day_after_the_recovery(company):
    """Done or given up: name, card number and telephone go; still open: they stay (UMU-08)."""
    recoveries = [
        {"id": n, "user_id": f"u{n}", "real_name": "N", "id_card_number": "123", "phone": "1"} for n in (1, 2, 3)
    ]
    users = [{"id": f"u{n}", "name": "N", "email": f"{n}@x.example"} for n in (1, 2, 3)]
    umu = company("umu", {"app.users": users, "app.account_recoveries": recoveries})
    umu.happened("recovery.completed", "user_id=u1", 2)
    umu.happened("recovery.expired", "user_id=u2", 2)
    umu.sweep()
    assert umu.left("app.account_recoveries") == [recoveries[2]]
    assert umu.left("app.users") == users


def test_no_pseudonymised_set_holds_the_number_of_an_identity_card():
    """Left in, nothing is made at all; dropped, the set passes without it; the column is known as a code (UMU-08)."""
    table = pa.table({"id_card_number": [f"{n:012d}" for n in range(200)], "course": ["a", "b"] * 100})

    def made(*methods):
        columns = {"id_card_number": Column(Role.CODE, methods), "course": Column(Role.OTHER)}
        return apply(table, Recipe(Aim.PSEUDONYMOUS, columns), None, 1)

    with pytest.raises(InputError, match="identification_code"):
        made()
    passed, verdict = made(DropItem())
    assert isinstance(verdict, Pseudonymous)
    assert passed.column_names == ["course"]
    datamap = read_datamap(read_pack("umu")["datamap.yaml"], "datamap.yaml")
    field = datamap.datasets["app.account_recoveries"].fields["id_card_number"]
    assert (field.identifies, field.anonymize) == (Identifies.DIRECTLY, Drop())


def test_an_author_who_goes_leaves_the_thread_and_no_name(company):
    """Three authors, one erased: her name and photo are nowhere, answers stand on, other posts stay (UMU-24)."""
    names = {"u1": "One", "u2": "Two", "u3": "Three"}
    users = [{"id": who, "name": name, "email": f"{who}@x.example"} for who, name in names.items()]
    thread = [
        {"id": n, "user_id": who, "comment": "c", "shown_name": names[who], "shown_photo": f"photo-{who}"}
        for n, who in ((1, "u1"), (2, "u2"), (3, "u3"))
    ]
    answers = [{**thread[0], "in_reply_to": None}, {**thread[1], "in_reply_to": 1}, {**thread[2], "in_reply_to": 2}]
    shown = [
        {"id": n, "user_id": who, "shown_name": names[who], "shown_photo": "p"} for n, who in ((1, "u1"), (2, "u2"))
    ]
    umu = company("umu", {"app.users": users, "app.comments": answers, "lake.rendered_posts": shown})
    umu.request("user_id=u1")
    assert umu.left("app.comments") == [thread[1], answers[2]]
    everything = str([umu.left(dataset) for dataset in umu.datamap.datasets])
    assert "photo-u1" not in everything
    assert "'One'" not in everything
    assert "photo-u2" in everything


def test_what_was_deleted_by_mistake_can_be_brought_back_for_a_month(company, ago):
    """Twenty days in the bin: still whole; forty: gone for good (UMU-34)."""
    binned = [{"id": n, "user_id": "u1", "content": "c", "deleted_at": ago(days)} for n, days in ((1, 20), (2, 40))]
    umu = company("umu", {"app.users": [USER], "app.content_bin": binned})
    umu.sweep()
    assert umu.left("app.content_bin") == [binned[0]]


def test_a_wrongful_deletion_of_many_is_an_incident_with_its_dates():
    """1,001 people whose data should not have gone: reportable, thirty days; a thousand: not by number (UMU-38)."""
    known = date(2026, 11, 24)
    assert duty_of(Incident(known, 1001, frozenset())) == Report(date(2026, 11, 28), date(2026, 12, 23))
    assert duty_of(Incident(known, 1000, frozenset())) == NoReport()
    # the thirtieth day of one that is known on 1 December is in the year-end closure: it moves to 4 January
    assert duty_of(Incident(date(2026, 12, 1), 1001, frozenset())).final_by == date(2027, 1, 4)


def test_a_user_takes_slides_videos_and_sessions_along(company):
    """The policy offers portability; content provided goes out, what was made from it does not (UMU-21)."""
    contents = [{"id": 1, "user_id": "u1", "title": "t", "audio": "a", "video": "v", "document": "d"}]
    made = [{"id": 1, "user_id": "u1", "vector": "0.1", "prompt": "p"}]
    umu = company("umu", {"app.users": [USER, OTHER], "app.contents": contents, "lake.embeddings": made})
    assert Right.PORTABILITY in umu.policy.terms.rights
    plan = umu.shown("user_id=u1", Right.PORTABILITY)
    shown = {step.dataset: set(step.columns) for step in plan.steps if isinstance(step, DiscloseRows)}
    assert {"title", "audio", "video", "document"} <= shown["app.contents"]
    assert "lake.embeddings" not in shown
    assert {left.why for left in plan.undisclosed if left.dataset == "lake.embeddings"} == {"not-provided"}
    assert umu.left("app.contents") == contents


def test_the_optional_profile_goes_alone_and_the_account_stays(company):
    """Who asks for photo and biography alone keeps name, address and telephone, and an account (UMU-06)."""
    user = USER | {"profile_photo": "p.jpg", "biography": "b"}
    umu = company("umu", {"app.users": [user, OTHER]})
    umu.items("user_id=u1", "optional_profile")
    assert umu.left("app.users") == [USER, OTHER]
