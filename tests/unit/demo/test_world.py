"""The generated world: seeded, realistic, within the limits of a sweep."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from demo.world import SCHEMA, World, as_json_lines, lake_files, make_world
from demo.world.database import UNUSED
from demo.world.lake import quarter_of
from retention.datamap import read_datamap
from retention.packs import read_pack

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LIMIT = 0.05


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(NOW)


@pytest.fixture(scope="module")
def gone(world: World) -> set[str]:
    return {person.customer.id for person in world.people if person.is_gone}


def test_the_same_seed_makes_the_same_world(world: World) -> None:
    """Same now and seed, same world; another seed, other people."""
    assert make_world(NOW) == world
    assert make_world(NOW, seed=1, customers=30).protagonist != world.protagonist


def test_keys_are_unique(world: World) -> None:
    """Nobody shares a user id or an address with somebody else, and addresses lead nowhere real."""
    assert len({customer.id for customer in world.customers}) == len(world.customers)
    assert len({customer.email for customer in world.customers}) == len(world.customers)
    assert all(customer.email.endswith(".mail.example") for customer in world.customers)
    assert all(customer.id[0] == "u" and len(customer.id) == 11 for customer in world.customers)


def test_the_protagonist_is_everywhere(world: World) -> None:
    """She has data of every kind, payments in several fiscal years and answered inquiries."""
    who = world.protagonist.id
    years = {(p.paid_at - timedelta(days=90)).year for p in world.payments if p.customer_id == who}
    inquiries = {inquiry.id for inquiry in world.inquiries if inquiry.customer_id == who}
    assert len(years) >= 3
    assert len(inquiries) == 3
    assert any(reply.inquiry_id in inquiries for reply in world.inquiry_replies)
    assert any(review.customer_id == who for review in world.reviews)
    assert any(view.user_id == who for view in world.viewing)
    assert any(line.user_id == who for line in world.http)
    assert not any(event.user_id == who for event in world.happenings)


def test_the_witness_has_something_for_every_fate(world: World) -> None:
    """A customer of today has payments, records against fraud, and calls that clients decide over."""
    who = world.witness.id
    assert who != world.protagonist.id
    assert not any(event.user_id == who for event in world.happenings)
    assert any(payment.customer_id == who for payment in world.payments)
    assert any(signal.user_id == who for signal in world.fraud_signals)
    assert {contact.client_id for contact in world.entrusted if contact.user_id == who} == {"client-01", "client-02"}
    beside = {row.user_id for row in (*world.fraud_signals, *world.entrusted)}
    assert world.protagonist.id not in beside


def test_the_schema_has_the_columns_of_the_map_and_no_others() -> None:
    """Every table that the u-next pack maps exists in the demo's database, column by column."""
    tables = {
        name: {column.split()[0] for column in re.sub(r"\([^)]*\)", "", columns).split(",")}
        for name, columns in re.findall(r"CREATE TABLE (\w+) \((.*?)\);", SCHEMA + UNUSED, re.DOTALL)
    }
    datamap = read_datamap(read_pack("u-next")["datamap.yaml"], "datamap.yaml")
    mapped = {
        dataset.location: {
            *dataset.fields,
            *dataset.dates.values(),
            *dataset.linking_columns,
            *dataset.primary_key,
            *dataset.not_personal,
            *([dataset.tenant[1]] if dataset.tenant else []),
        }
        for dataset in datamap.datasets.values()
        if dataset.system == "app"
    }
    assert tables == mapped


def test_those_who_left_did_so_long_ago(world: World, gone: set[str]) -> None:
    """Closed accounts were closed 14 months ago or earlier and left no trace after it."""
    closed = {person.customer.id: person.closed_at for person in world.people if person.is_gone}
    assert len(gone) == 25
    assert all(at is not None and at < NOW - timedelta(days=425) for at in closed.values())
    for customer_id, at in [(p.customer_id, p.paid_at) for p in world.payments] + [
        (v.user_id, v.watched_at) for v in world.viewing
    ]:
        limit = closed.get(customer_id)
        assert limit is None or at < limit


def test_what_is_due_stays_within_the_limits(world: World, gone: set[str]) -> None:
    """Of no dataset are more than five per cent due."""
    owners = {
        "customers": [customer.id for customer in world.customers],
        "payments": [payment.customer_id for payment in world.payments],
        "inquiries": [inquiry.customer_id for inquiry in world.inquiries],
        "reviews": [review.customer_id for review in world.reviews],
        "viewing": [view.user_id for view in world.viewing],
    }
    for dataset, ids in owners.items():
        share = sum(owner in gone for owner in ids) / len(ids)
        assert 0 < share < LIMIT, dataset
    old = sum(line.requested_at < NOW - timedelta(days=365) for line in world.http)
    assert 0 < old / len(world.http) < LIMIT
    answered = sum(i.closed_at is not None and i.closed_at < NOW - timedelta(days=365) for i in world.inquiries)
    assert 0 < answered / len(world.inquiries) < LIMIT


def test_payments_due_stay_within_the_limits_in_every_season(world: World, gone: set[str]) -> None:
    """Also where the tax hold has just ended for a fiscal year (seven years and two months ago) it is under 5 %."""
    free = NOW - timedelta(days=round((7 + 2 / 12) * 365.25))
    due = sum(payment.customer_id in gone or payment.paid_at < free for payment in world.payments)
    assert due / len(world.payments) < LIMIT


def test_some_payments_of_those_who_left_are_past_the_tax_hold(world: World, gone: set[str]) -> None:
    """Of closed accounts' payments, some are older than seven years, most are held."""
    theirs = [payment.paid_at for payment in world.payments if payment.customer_id in gone]
    free = [at for at in theirs if at < NOW - timedelta(days=round(8.4 * 365.25))]
    assert 0 < len(free) < len(theirs) / 2


def test_most_viewing_survives_anonymization(world: World, gone: set[str]) -> None:
    """With k = 5 over month, prefecture and kind of device at least four fifths of the rows are kept."""
    theirs = [view for view in world.viewing if view.user_id in gone]
    classes = Counter((f"{v.watched_at:%Y-%m}", v.prefecture, v.device_kind) for v in theirs)
    kept = sum(size for size in classes.values() if size >= 5)
    assert 0.8 * len(theirs) < kept < len(theirs)


def test_the_lake_holds_every_row_once(world: World) -> None:
    """Quarters of Parquet and of JSON Lines together hold exactly the world's rows."""
    files = dict(lake_files(world.viewing, world.http))
    quarters = {key: pq.read_table(io.BytesIO(body)) for key, body in files.items() if key.startswith("viewing/")}
    lines = [json.loads(line) for key, body in files.items() if key.startswith("http/") for line in body.splitlines()]
    assert sum(table.num_rows for table in quarters.values()) == len(world.viewing)
    assert len(lines) == len(world.http)
    for key, table in quarters.items():
        assert {f"viewing/dt={quarter_of(at)}/part-0.parquet" for at in table["watched_at"].to_pylist()} == {key}
    assert set(lines[0]) == {"user_id", "ip", "browser", "os", "url", "referrer", "requested_at"}


def test_events_say_who_closed_and_who_came_back(world: World, gone: set[str]) -> None:
    """Every closing and re-opening is told, one of them twice, under an id of its own."""
    events = [json.loads(line) for line in as_json_lines(world.happenings).splitlines()]
    kinds = Counter(event["kind"] for event in {event["id"]: event for event in events}.values())
    assert len({event["id"] for event in events}) == len(events) - 1
    assert kinds == {"account.closed": len(gone) + 6, "account.reopened": 6}
    assert all(event["subject"].startswith("user_id=u") for event in events)
    assert all(datetime.fromisoformat(event["at"]).tzinfo is not None for event in events)
