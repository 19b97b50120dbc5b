"""The packs: every one reads, fits together and says what is proposed."""

from __future__ import annotations

from datetime import date
from functools import cache

import pytest

from retention.datamap import read_datamap
from retention.errors import UnknownNameError
from retention.grammar import Cell, Document
from retention.model.datamap import DataMap
from retention.model.ids import CategoryId, DatasetId
from retention.model.period import Period
from retention.model.policy import (
    AfterFiscalYear,
    Authority,
    Disposal,
    Policy,
    Reductions,
    SinceDate,
    Source,
)
from retention.model.terms import Notice
from retention.packs import FILES, pack_names, read_pack
from retention.planning.coherence import check
from retention.policy import read_examples, read_policy, review
from retention.policy.statutes import shipped_statutes

COMPANIES = tuple(name for name in pack_names() if name != "blank")


@cache
def policy_of(pack: str) -> Policy:
    """Read the pack's policy."""
    return read_policy(read_pack(pack)["policy.yaml"], "policy.yaml", shipped_statutes())


@cache
def datamap_of(pack: str) -> DataMap:
    """Read the pack's data map."""
    return read_datamap(read_pack(pack)["datamap.yaml"], "datamap.yaml")


def test_the_packs_are_known_by_name() -> None:
    """All six packs are package data; the file of statutes is none."""
    assert pack_names() == ("blank", "coorum", "three-regime", "u-next", "umu", "webmo")


def test_an_unknown_pack_names_those_there_are() -> None:
    """A misspelt pack is answered with the list."""
    with pytest.raises(UnknownNameError, match="u-next"):
        read_pack("unext")


@pytest.mark.parametrize("pack", pack_names())
def test_every_pack_reads_and_fits_together(pack: str) -> None:
    """Policy and data map have no problem, alone or together."""
    files = read_pack(pack)
    assert tuple(files) == FILES
    assert check(policy_of(pack), datamap_of(pack)) == ()


@pytest.mark.parametrize("pack", pack_names())
def test_settings_name_every_system_that_the_maps_need(pack: str) -> None:
    """Datasets, processors, copies and restored stores refer to systems of retention.yaml."""
    files = read_pack(pack)
    document = Document(files["retention.yaml"], "retention.yaml")
    systems = Cell.root(document).entries()["systems"].entries()
    datamap = datamap_of(pack)
    assert {dataset.system for dataset in datamap.datasets.values()} <= systems.keys()
    assert {processor.system for processor in policy_of(pack).processors} <= systems.keys()
    for system in systems.values():
        options = system.entries()
        named = [options["restores"].text()] if "restores" in options else []
        named += [copy.text() for copy in options["copies"].items()] if "copies" in options else []
        assert set(named) <= systems.keys()
    assert document.problems == ()


@pytest.mark.parametrize("pack", pack_names())
def test_settings_hold_no_secret(pack: str) -> None:
    """Keys and addresses of databases are references to a file or a variable."""
    systems = Cell.root(Document(read_pack(pack)["retention.yaml"], "retention.yaml")).entries()["systems"].entries()
    for system in systems.values():
        for name, option in system.entries().items():
            if name in {"access_key", "secret_key", "token"}:
                assert option.text().startswith(("env:", "file:"))


PROMISED = {
    "coorum": {"provision-records"},
    "three-regime": {"identity", "commercial-information", "biometrics", "special-care", "provision-records"},
    "u-next": {
        *("billing", "employees", "meeting-minutes", "meeting-papers"),
        *("provision-records", "receipt-records", "request-papers"),
    },
    "umu": {"employees", "government-identifiers"},
    "webmo": {"employees"},
}
"""Pack → rules whose period is the policy's own word or a law's."""


@pytest.mark.parametrize("pack", COMPANIES)
def test_every_period_that_nobody_promised_is_shown_for_review(pack: str) -> None:
    """The policies name hardly a period: what is neither a policy's word nor a law's is a finding."""
    policy = policy_of(pack)
    proposed = {rule.rule_id for rule in policy.rules if rule.source is Source.DEFAULT}
    datamap = datamap_of(pack)
    findings = review(policy, datamap, shipped_statutes(), date(2026, 11, 25))
    found = {finding.where for finding in findings if finding.code == "NEEDS_LEGAL_REVIEW"}
    assert found == {f"rules.{rule}" for rule in proposed}
    assert {rule.rule_id for rule in policy.rules} - proposed == PROMISED[pack]


@pytest.mark.parametrize("pack", COMPANIES)
def test_every_category_has_a_title_in_both_languages_a_purpose_and_a_rule(pack: str) -> None:
    """The person is answered in Japanese or English, and every category ends some day."""
    policy = policy_of(pack)
    titled = [*policy.categories.values(), *policy.purposes.values()]
    assert all({"ja", "en"} <= entry.title.keys() for entry in titled)
    assert all(category.title["ja"] and category.purposes for category in policy.categories.values())
    assert {rule.category for rule in policy.rules} == policy.categories.keys()


@pytest.mark.parametrize("pack", COMPANIES)
def test_every_purpose_is_one_that_some_category_is_held_for(pack: str) -> None:
    """A purpose without data would be a promise about nothing."""
    policy = policy_of(pack)
    assert {name for category in policy.categories.values() for name in category.purposes} == policy.purposes.keys()


@pytest.mark.parametrize("pack", COMPANIES)
def test_what_people_are_told_is_there_in_both_languages(pack: str) -> None:
    """Notices, recipients and joint users have Japanese and English words; refusals name where to complain."""
    terms = policy_of(pack).terms
    told = [*terms.notices.values(), *(r.title for r in terms.recipients if r.title)]
    told += [purpose.title for use in terms.joint_uses for purpose in use.purposes]
    assert all({"ja", "en"} <= texts.keys() for texts in told)
    assert {Notice.ACKNOWLEDGEMENT, Notice.DONE, Notice.DEFERRED, Notice.REFUSED} <= terms.notices.keys()
    assert all("{complaint}" in text for text in terms.notices[Notice.REFUSED].values())


@pytest.mark.parametrize("pack", COMPANIES)
def test_the_controller_can_be_named_on_every_paper(pack: str) -> None:
    """Name in both languages, an address and who is responsible: none is empty."""
    controller = policy_of(pack).controller
    assert {"ja", "en"} <= controller.name.keys()
    assert all((*controller.name.values(), controller.address, controller.responsible))


@pytest.mark.parametrize("pack", COMPANIES)
def test_every_pack_asks_what_a_lawyer_would_ask(pack: str) -> None:
    """Eight examples or more beside each policy, each by its own name."""
    files, policy = read_pack(pack), policy_of(pack)
    datamap = datamap_of(pack)
    examples = read_examples(files["policy.tests.yaml"], "policy.tests.yaml", policy, datamap)
    assert len({example.name for example in examples}) == len(examples) >= 8


def test_how_each_policy_changes_for_those_who_are_there_already() -> None:
    """By consent, by notice, or by being announced: as each text says."""
    versions = {pack: policy_of(pack).version for pack in COMPANIES}
    assert {pack: version.reductions for pack, version in versions.items() if version} == {
        "coorum": Reductions.ANNOUNCEMENT,
        "three-regime": Reductions.ANNOUNCEMENT,
        "u-next": Reductions.CONSENT,
        "umu": Reductions.CONSENT,
        "webmo": Reductions.NOTICE,
    }


@pytest.mark.parametrize("pack", COMPANIES)
def test_data_of_tenants_lies_where_the_map_says_whose_it_is(pack: str) -> None:
    """A category that a client decides over has only datasets with a tenant, and no other category has one."""
    policy = policy_of(pack)
    theirs = {rule.category for rule in policy.rules if rule.authority is Authority.TENANT}
    for dataset in datamap_of(pack).datasets.values():
        assert all((field.category in theirs) == (dataset.tenant is not None) for field in dataset.fields.values())
    assert bool(theirs) == (pack in {"umu", "u-next"})


@pytest.mark.parametrize("pack", COMPANIES)
def test_a_row_in_the_past_erases_no_field_of_another_clock(pack: str) -> None:
    """What outlives an account hangs on no row of the account: fraud, bans and records have keys of their own."""
    datamap = datamap_of(pack)
    lasting = {"provision_records", "receipt_records", "fraud_signals"}
    for dataset in datamap.datasets.values():
        if lasting & {field.category for field in dataset.fields.values()}:
            assert dataset.subject


def test_all_fifteen_customer_purposes_are_attached() -> None:
    """Each of the policy's purposes A1 to A15 is one that some category is held for."""
    used = {purpose for category in policy_of("u-next").categories.values() for purpose in category.purposes}
    assert {f"A{number}" for number in range(1, 16)} <= used


def test_the_rules_of_the_demo_company() -> None:
    """The clocks the demo shows: an event clock that anonymizes, a row clock that erases, a tax hold."""
    policy = policy_of("u-next")
    rules = {rule.category: rule for rule in policy.rules}
    viewing, http = rules[CategoryId("viewing_history")], rules[CategoryId("http_requests")]
    assert (viewing.then, viewing.k, viewing.keep.keep_for) == (Disposal.ANONYMIZE, 5, Period(months=12))
    assert http.keep.start == SinceDate("requested")
    (hold,) = (hold for hold in policy.holds if hold.hold_id == "tax-books")
    assert hold.fields == ("payments.amount", "payments.paid_at", "payments.invoice_no")
    assert (hold.keep.keep_for, hold.keep.plus) == (Period(years=7), Period(months=2))
    assert hold.keep.start == AfterFiscalYear("accounted")


def test_an_anonymized_view_keeps_only_month_region_and_kind_of_device() -> None:
    """What might tell together is coarse, and what tells directly is dropped."""
    datamap = datamap_of("u-next")
    fields = datamap.datasets[DatasetId("lake.viewing")].fields
    assert {name for name, field in fields.items() if str(field.anonymize) == "Drop()"} == {"device_id", "ip"}
    assert str(fields["watched_at"].anonymize) == "ToMonth()"
