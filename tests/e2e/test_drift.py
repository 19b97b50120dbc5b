"""Schemas that changed after they were mapped: the check fails closed, and no case completes until it is mapped."""

from __future__ import annotations

import json
import re

import pytest


def found_in(said: str, pattern: str) -> str:
    """Return the first match."""
    match = re.search(pattern, said)
    assert match, said
    return match[0]


@pytest.fixture
def approved(shop, cli):
    """Plan and approve through the command line; return the plan."""

    def take(case: str) -> str:
        said = cli("plan", "request", case, folder=shop.folder)
        assert said.code == 0, said.err
        plan, digest = found_in(said.out, r"P-\d{8}-\w{6}"), found_in(said.out, r"(?<=--digest )[0-9a-f]{64}")
        assert cli("approve", plan, "--digest", digest, "--by", "hanako", folder=shop.folder).code == 0
        return plan

    return take


@pytest.fixture
def case(shop, cli):
    """A request that was accepted."""
    opened = cli("request", "open", "--subject", "email=c3@mail.example", "--json", folder=shop.folder)
    case = json.loads(opened.out)["case_id"]
    assert cli("request", "identify", case, "--document", "passport", folder=shop.folder).code == 0
    assert cli("request", "decide", case, "accept", folder=shop.folder).code == 0
    return case


def state(shop, cli, case: str) -> str:
    """Return where the case is."""
    shown = json.loads(cli("request", "list", "--json", folder=shop.folder).out)
    return next(each["state"] for each in shown if each["case_id"] == case)


def remap(shop, old: str, new: str) -> None:
    """Change the data map as an engineer does."""
    path = shop.folder / "datamap.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_new_column_makes_a_running_case_partial_until_it_is_mapped(shop, cli, case, approved):
    """A column added after the approval: check exits 1, apply touches nothing; mapped, the case finishes (TRI-08)."""
    plan = approved(case)
    shop.change("ALTER TABLE customers ADD COLUMN phone TEXT", "UPDATE customers SET phone = '090-1234-5678'")
    checked = cli("datamap", "check", folder=shop.folder)
    assert checked.code == 1
    assert "UNMAPPED_COLUMN" in checked.out
    assert "shop.customers.phone" in checked.out
    applied = cli("apply", plan, folder=shop.folder)
    assert applied.code == 1
    assert "UNMAPPED_COLUMN shop.customers.phone" in applied.err
    assert "090-1234-5678" not in applied.all + checked.all
    assert state(shop, cli, case) == "partial"
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]
    remap(
        shop,
        "      name: {category: account, identifies: directly}",
        "      name: {category: account, identifies: directly}\n      phone: {category: account, identifies: directly}",
    )
    assert cli("datamap", "check", folder=shop.folder).code == 0
    plan = approved(case)
    assert cli("apply", plan, folder=shop.folder).code == 0
    assert cli("verify", plan, folder=shop.folder).code == 0
    assert state(shop, cli, case) == "closed"
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]


def test_a_new_table_between_apply_and_verify_is_erased_by_the_next_plan(shop, cli, case, approved):
    """The person's row is gone when the table is mapped; the next plan still knows the keys and erases there too.

    A second new table, in which nobody is, is excluded with its reason.
    """
    plan = approved(case)
    assert cli("apply", plan, folder=shop.folder).code == 0
    shop.change("CREATE TABLE points (user_id TEXT, amount INTEGER)", "INSERT INTO points VALUES ('c3', 5), ('c4', 6)")
    shop.change("CREATE TABLE tax_rates (percent INTEGER)")
    verified = cli("verify", plan, folder=shop.folder)
    assert verified.code == 1
    assert "UNMAPPED_TABLE shop: points" in verified.err
    assert "UNMAPPED_TABLE shop: tax_rates" in verified.err
    assert state(shop, cli, case) == "partial"
    remap(
        shop,
        "datasets:\n",
        "excluded:\n  shop: {tax_rates: the same for everybody}\ndatasets:\n"
        "  shop.points: {system: shop, table: points, subject: {user_id: user_id},\n"
        '    fields: {amount: {category: account, identifies: "no"}}}\n',
    )
    plan = approved(case)
    assert cli("apply", plan, folder=shop.folder).code == 0
    assert cli("verify", plan, folder=shop.folder).code == 0
    assert state(shop, cli, case) == "closed"
    assert shop.rows("SELECT user_id FROM points") == [("c4",)]


def test_an_exclusion_without_a_reason_is_refused(shop, cli):
    """`excluded` needs words, and a place is either mapped or excluded."""
    remap(shop, "datasets:\n", 'excluded:\n  shop: {tax_rates: "", notes: no person}\ndatasets:\n')
    said = cli("datamap", "check", folder=shop.folder)
    assert said.code == 2
    assert "the reason why nothing in it is personal" in said.err
    assert "shop.notes" in said.err
