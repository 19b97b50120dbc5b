"""Use and acquisition: nothing beyond a purpose, nothing matched, nothing kept that came in without consent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from retention.app.using import Exempt, Use, asks_people, bars
from retention.datamap import read_datamap, telling
from retention.deidentify import apply
from retention.deidentify.recipe import Aim, Column, Demands, DropItem, Recipe, Role
from retention.deidentify.verdict import Anonymous, Criterion, Refused
from retention.errors import DataMapError, InputError, PolicyError
from retention.model.datamap import Identifies
from retention.packs import read_pack
from retention.policy import read_policy

TODAY = date(2026, 11, 25)
USER = {"id": "u1", "name": "One", "email": "one@x.example"}
OTHER = {"id": "u2", "name": "Two", "email": "two@x.example"}


def codes(company, use):
    """Return what stands against a use today."""
    return [bar.code for bar in bars(company.policy, company.datamap, use, TODAY)]


# -- purposes


def test_a_job_beyond_the_purpose_is_refused_and_consent_is_asked_of_each(company):
    """Logs do not serve operation; what serves the operators is used of those only who agreed (COO-07)."""
    coorum = company("coorum", {"app.users": [USER, OTHER]})
    assert codes(coorum, Use("improvement", ("lake.access_logs",))) == []
    assert codes(coorum, Use("operation", ("lake.access_logs",))) == ["out-of-purpose"]
    assert codes(coorum, Use("operation", ("lake.access_logs",), exempt=Exempt.LAW)) == []
    assert asks_people(coorum.policy, Use("operators", ("app.users.email",)))
    assert not asks_people(coorum.policy, Use("operation", ("app.users.email",)))
    coorum.happened("consent.given", "email=two@x.example", 5, about="operators")
    assert coorum.left_out("operators", "u1", "u2") == ["u1"]


def test_every_job_names_a_declared_purpose_also_for_staff(company):
    """A purpose that the policy does not have is refused, and wages are for employment alone (UNX-01)."""
    unext = company("u-next", {})
    assert codes(unext, Use("growth", ("app.customers",))) == ["purpose-undeclared"]
    assert codes(unext, Use("W1", ("app.employees",))) == []
    assert codes(unext, Use("A15", ("app.employees.wages",))) == ["out-of-purpose"]
    assert codes(unext, Use("A9", ("app.payments", "app.customers.name"))) == ["out-of-purpose"]
    with pytest.raises(InputError, match="nobody can say"):
        codes(unext, Use("W1", ("app.employes",)))


# -- matching


def test_a_pseudonymised_set_is_read_alone_and_what_undoes_it_by_no_job(company):
    """Beside accounts it is refused, so is the table of pseudonyms; a law does not open that door (UNX-32)."""
    unext = company("u-next", {})
    alone = Use("P2", ("app.pseudonymised_usage",))
    assert codes(unext, alone) == []
    both = replace(alone, data=("app.pseudonymised_usage", "app.customers"), exempt=Exempt.LAW)
    assert codes(unext, both) == ["joinable"]
    undone = replace(alone, data=("app.pseudonymised_usage", "app.pseudonyms"))
    assert codes(unext, undone) == ["deletion-information", "joinable"]


@pytest.mark.parametrize("column", ["user_id", "UserId", "email", "member-id"])
def test_an_export_called_anonymous_is_tied_to_nobody(column):
    """Page views with a key of people are a finding that stops every case; without it they pass (WEB-21, WEB-24)."""
    datamap = read_datamap(read_pack("webmo")["datamap.yaml"], "datamap.yaml")
    (found,) = telling("lake", "analytics/*.parquet", ("page", "seconds", column), datamap)
    assert (found.code, column in found.text) == ("EXCLUDED_TELLS", True)
    assert telling("lake", "analytics/*.parquet", ("page", "seconds"), datamap) == ()


def attributes(rows: int) -> pa.Table:
    """Visitors by age, job and area, of which there are many of each kind."""
    rng = np.random.default_rng(3)
    return pa.table(
        {
            "cookie": [f"k{n:05d}" for n in range(rows)],
            "age": (rng.integers(2, 4, rows) * 10).tolist(),
            "occupation": rng.choice(["clerk", "student"], rows).tolist(),
            "area": rng.choice(["Tokyo", "Osaka"], rows).tolist(),
        }
    )


QUASI = {name: Column(Role.QUASI) for name in ("age", "occupation", "area")}
KEEPS = Recipe(Aim.ANONYMOUS, {"cookie": Column(Role.LINK), **QUASI}, demands=Demands(5))
DROPS = Recipe(Aim.ANONYMOUS, {"cookie": Column(Role.LINK, (DropItem(),)), **QUASI}, demands=Demands(5))


def test_what_can_be_linked_or_singled_out_stays_in_scope():
    """A session's number left in, or one combination of one person: refused; neither: anonymous (WEB-24, UNX-48)."""
    many = attributes(400)
    _, verdict = apply(many, DROPS, None, 1)
    assert isinstance(verdict, Anonymous)
    assert verdict.measures.k is not None
    assert verdict.measures.k >= 5
    _, linked = apply(many, KEEPS, None, 1)
    assert isinstance(linked, Refused)
    assert Criterion.LINK in {reason.criterion for reason in linked.reasons}
    alone = pa.concat_tables(
        [many, pa.table({"cookie": ["k9"], "age": [90], "occupation": ["judge"], "area": ["Ogasawara"]})]
    )
    _, single = apply(alone, DROPS, None, 1)
    assert isinstance(single, Refused)
    assert {Criterion.K, Criterion.PECULIAR, Criterion.DATABASE} & {reason.criterion for reason in single.reasons}


def test_attributes_from_cookies_are_a_persons_as_long_as_no_test_says_otherwise(company):
    """Each identifies, if only together, and all of hers go when she asks (UNX-48)."""
    rows = [{"id": n, "customer_id": f"u{n}", "age": "30", "area": "Tokyo", "location": "l"} for n in (1, 2)]
    unext = company("u-next", {"app.customers": [USER, OTHER], "app.cookie_attributes": rows})
    fields = unext.datamap.datasets["app.cookie_attributes"].fields.values()
    assert Identifies.NO not in {field.identifies for field in fields}
    unext.request("user_id=u1")
    assert [row["customer_id"] for row in unext.left("app.cookie_attributes")] == ["u2"]


# -- acquisition


def test_a_recording_without_a_permission_is_due_at_once_and_so_is_what_follows_a_revocation(company):
    """No number of a permission: gone with the next sweep; revoked: all goes, also what comes in later (UMU-19)."""
    clips = [
        {"id": 1, "user_id": "u1", "microphone": "m", "authorization_id": "P-1"},
        {"id": 2, "user_id": "u1", "microphone": "m", "authorization_id": None},
    ]
    umu = company("umu", {"app.users": [USER], "app.permission_records": clips})
    assert umu.due("user_id=u1", "app.permission_records") == 1
    (step,) = umu.sweep().steps
    assert umu.due("user_id=u1", "app.permission_records") == 0
    assert [row["id"] for row in umu.left("app.permission_records")] == [1]
    assert step.because.statutes == ("eu.gdpr.17-1", "eu.gdpr.7-3", "jp.appi.20-2", "jp.appi.35-1")
    assert umu.sweep() is None
    umu.happened("permission.revoked", "user_id=u1", 0)
    umu.sweep()
    assert umu.left("app.permission_records") == []
    umu.came("app.permission_records", {**clips[0], "id": 3})
    umu.sweep()
    assert umu.left("app.permission_records") == []
    assert umu.left("app.users") == [USER]


NINE = (
    *("race", "creed", "social_status", "medical_history", "criminal_history", "harm_from_crime"),
    *("criminal_procedure", "sex_life_or_orientation", "trade_union_membership"),
)


def test_sensitive_data_without_a_consent_was_acquired_unlawfully(company):
    """Each of the nine kinds goes with the next sweep if no consent's number stands beside it (TRI-09)."""
    with_it = {"id": 100, "customer_id": "u1", "medical_history": "m", "consent_id": "S-1"}
    rows = [with_it, *({"id": n, "customer_id": "u1", kind: "x"} for n, kind in enumerate(NINE))]
    tri = company("three-regime", {"crm.customers": [USER], "crm.special_care": rows})
    assert set(NINE) == tri.datamap.datasets["crm.special_care"].fields.keys()
    (step,) = tri.sweep().steps
    assert tri.left("crm.special_care") == [with_it]
    assert {"jp.appi.20-2", "jp.appi.35-1", "eu.gdpr.17-1"} <= set(step.because.statutes)
    assert "special-care" not in tri.policy.preapproved.rules


def test_a_link_to_third_party_data_stands_and_falls_with_the_consent(company, ago):
    """Linked without one: gone; withdrawn: gone, history and keys and all; the confirmation stays (UNX-49)."""
    links = [
        {"id": n, "customer_id": f"u{n}", "ad_id": "a", "encrypted_email": "e", "consent_id": consent}
        for n, consent in ((1, "S-1"), (2, None))
    ]
    record = {"id": 1, "user_id": "u1", "person": "One", "provider": "DMP", "items": "i", "recorded_at": ago(30)}
    unext = company(
        "u-next",
        {"app.customers": [USER, OTHER], "app.linked_data": links, "app.receipt_records": [record]},
    )
    unext.sweep()
    assert unext.left("app.linked_data") == [links[0]]
    for purpose in ("A8", "A11"):
        unext.happened("consent.withdrawn", "user_id=u1", 0, about=purpose)
    unext.sweep()
    assert unext.left("app.linked_data") == []
    assert unext.left("app.receipt_records") == [record]
    assert unext.left("app.customers") == [USER, OTHER]


def test_what_a_partner_gave_goes_when_the_partner_withdraws(company, ago):
    """Rows of his, and of his only, are due when his permission is gone; who gave what is kept three years (UNX-13)."""
    rows = [
        {"id": n, "customer_id": "u1", "tv_viewing_log": "t", "provider": p, "permission_id": permission}
        for n, p, permission in ((1, "TV", "R-1"), (2, "Partner", None))
    ]
    record = {"id": 1, "user_id": "u1", "person": "One", "provider": "Partner", "items": "i", "recorded_at": ago(900)}
    unext = company("u-next", {"app.customers": [USER], "app.partner_data": rows, "app.receipt_records": [record]})
    unext.sweep()
    assert unext.left("app.partner_data") == [rows[0]]
    assert unext.left("app.receipt_records") == [record]
    unext.sweep(days=365 * 3 - 895)
    assert unext.left("app.receipt_records") == []


def test_no_column_is_kept_for_nothing():
    """Every category serves a purpose, every field belongs to one, and what has neither is refused (TRI-08)."""
    files = read_pack("three-regime")
    policy = read_policy(files["policy.yaml"], "policy.yaml")
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
    held = {field.category for dataset in datamap.datasets.values() for field in dataset.fields.values()}
    assert all(policy.categories[category].purposes for category in held)
    with pytest.raises(PolicyError, match="purposes"):
        read_policy(files["policy.yaml"].replace("    purposes: [inquiries]\n", "    purposes: []\n"), "policy.yaml")
    with pytest.raises(DataMapError, match="consent"):
        read_datamap(files["datamap.yaml"].replace("only_with: consent_id", "only_with: consent_no"), "datamap.yaml")


def test_a_purpose_that_is_over_takes_what_was_held_for_it(company):
    """All purposes accomplished: the identity goes; one of two: it stays (TRI-08, TRI-20)."""
    tri = company("three-regime", {"crm.customers": [USER, OTHER]})
    for who, purposes in (("u1", ("service", "identification")), ("u2", ("service",))):
        for purpose in purposes:
            tri.happened("purpose.accomplished", f"customer_id={who}", 1, about=purpose)
    tri.sweep()
    assert [row["id"] for row in tri.left("crm.customers")] == ["u2"]


def test_refusing_cookies_takes_the_history_and_keeps_it_out(company):
    """History and profiles go, the account stays; what a cookie brings afterwards goes with the next sweep (TRI-12)."""
    history = [{"id": n, "customer_id": f"u{n}", "browsing_history": "h"} for n in (1, 2)]
    profiles = [{"id": n, "customer_id": f"u{n}", "segment": "s"} for n in (1, 2)]
    tri = company(
        "three-regime",
        {"crm.customers": [USER, OTHER], "lake.cookie_history": history, "lake.profiles": profiles},
    )
    tri.happened("cookie.refused", "customer_id=u1", 0)
    tri.sweep()
    assert [row["customer_id"] for name in ("cookie_history", "profiles") for row in tri.left(f"lake.{name}")] == [
        *("u2", "u2")
    ]
    tri.came("lake.cookie_history", {**history[0], "id": 9})
    tri.sweep()
    assert tri.left("lake.cookie_history") == [history[1]]
    assert tri.left("crm.customers") == [USER, OTHER]
    assert codes(tri, Use("service", ("lake.cookie_history",))) == ["out-of-purpose"]
