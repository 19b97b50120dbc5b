"""The packs: every one reads, fits together and says what is proposed."""

from __future__ import annotations

import pytest

from retention.datamap import read_datamap
from retention.errors import UnknownNameError
from retention.grammar import Cell, Document
from retention.model.ids import CategoryId, DatasetId
from retention.model.period import Period
from retention.model.policy import AfterFiscalYear, Disposal, Policy, SinceDate, Source
from retention.packs import FILES, pack_names, read_pack
from retention.planning.coherence import check
from retention.policy import read_policy, review


def policy_of(pack: str) -> Policy:
    """Read the pack's policy."""
    return read_policy(read_pack(pack)["policy.yaml"], "policy.yaml")


def test_the_packs_are_known_by_name() -> None:
    """Both packs are package data."""
    assert pack_names() == ("blank", "u-next")


def test_an_unknown_pack_names_those_there_are() -> None:
    """A misspelt pack is answered with the list."""
    with pytest.raises(UnknownNameError, match="u-next"):
        read_pack("unext")


@pytest.mark.parametrize("pack", pack_names())
def test_every_pack_reads_and_fits_together(pack: str) -> None:
    """Policy and data map have no problem, alone or together."""
    files = read_pack(pack)
    assert tuple(files) == FILES
    assert check(policy_of(pack), read_datamap(files["datamap.yaml"], "datamap.yaml")) == ()


@pytest.mark.parametrize("pack", pack_names())
def test_settings_name_every_system_that_the_maps_need(pack: str) -> None:
    """Datasets, processors, copies and restored stores refer to systems of retention.yaml."""
    files = read_pack(pack)
    document = Document(files["retention.yaml"], "retention.yaml")
    systems = Cell.root(document).entries()["systems"].entries()
    datamap = read_datamap(files["datamap.yaml"], "datamap.yaml")
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


def test_every_period_that_nobody_promised_is_shown_for_review() -> None:
    """The company's policy names no period: what is neither its word nor a law's is a finding."""
    policy = policy_of("u-next")
    proposed = {rule.rule_id for rule in policy.rules if rule.source is Source.DEFAULT}
    assert {finding.where for finding in review(policy)} == proposed
    assert {rule.rule_id for rule in policy.rules} - proposed == {"billing", "employees", "request-papers"}


def test_every_category_has_a_title_in_both_languages_a_purpose_and_a_rule() -> None:
    """The person is answered in Japanese or English, and every category ends some day."""
    policy = policy_of("u-next")
    assert all({"ja", "en"} <= category.title.keys() for category in policy.categories.values())
    assert {rule.category for rule in policy.rules} == policy.categories.keys()


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
    (hold,) = policy.holds
    assert hold.fields == ("payments.amount", "payments.paid_at", "payments.invoice_no")
    assert (hold.keep.keep_for, hold.keep.plus) == (Period(years=7), Period(months=2))
    assert hold.keep.start == AfterFiscalYear("accounted")


def test_an_anonymized_view_keeps_only_month_region_and_kind_of_device() -> None:
    """What might tell together is coarse, and what tells directly is dropped."""
    datamap = read_datamap(read_pack("u-next")["datamap.yaml"], "datamap.yaml")
    fields = datamap.datasets[DatasetId("lake.viewing")].fields
    assert {name for name, field in fields.items() if str(field.anonymize) == "Drop()"} == {"device_id", "ip"}
    assert str(fields["watched_at"].anonymize) == "ToMonth()"
