"""DynamoDB: each write is cut before and after it took effect, others write in between, batches are left over."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors import dynamodb
from retention.datamap import drift
from retention.errors import ConcurrentWriteFailure, SettingsError, TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Everything, Selection
from retention.model.subject import KeySet
from retention.model.transform import Drop
from retention.ports.connector import SystemSettings


def _server() -> Any:
    name = "dynamodb_server"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "dynamodb" / "server.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """A server for this file."""
    made = _server().DynamoServer()
    yield made
    made.close()


@pytest.fixture(scope="module")
def connected(server):
    """A store through the proxy."""
    made = dynamodb.connect(server.system())
    yield made
    made.close()


@pytest.fixture
def store(server, connected):
    """The store, without faults yet."""
    server.faults = _server().Faults()
    yield connected
    server.faults = _server().Faults()


def dataset_of(table: str, **more: Any) -> Dataset:
    """Return the data map's word of a table of people; no scan is allowed."""
    parts: dict[str, Any] = {"parents": (), "derived_from": (), "fields": {}, "dates": {}, "not_personal": {}}
    subject = {"user_id": "user_id", "id": "id"}
    return Dataset(DatasetId("items.people"), SystemId("items"), table, ("id",), subject=subject, **parts, **more)


@pytest.fixture
def people(server):
    """Six items, three of them hers."""
    table = server.table(indexed=("user_id",))
    users = ["u1", "u2", "u1", "u3", "u1", "u4"]
    server.put(table, [item(number, user) for number, user in enumerate(users)])
    return dataset_of(table)


def item(number: int, user: str, city: str = "Tokyo") -> dict[str, Any]:
    """Return an item."""
    return {"id": {"N": str(number)}, "user_id": {"S": user}, "city": {"S": city}}


def selecting(column: str, *keys: str | int) -> Selection:
    """Return the items whose attribute is one of the keys."""
    return Selection(Among(column, KeySet(KeySetId("k"), len(keys), "")), {KeySetId("k"): frozenset(keys)})


HERS = selecting("user_id", "u1")


def users(server: Any, dataset: Dataset) -> list[str]:
    """Return whose items are there."""
    return sorted(each.get("user_id", {"S": ""})["S"] for each in server.items(dataset.location))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [0, 2])
def test_a_cut_erasure_is_finished_by_the_next(server, store, people, number, after):
    """Whichever write is cut, the call says that it may be repeated, and the repeat ends where it should."""
    server.faults = _server().Faults(cut_write=number, cut_after=after)
    with pytest.raises(TransientFailure):
        store.eraser().erase_rows(people, HERS)
    server.faults = _server().Faults()
    store.eraser().erase_rows(people, HERS)
    assert users(server, people) == ["u2", "u3", "u4"]
    assert store.eraser().erase_rows(people, HERS).rows == 0


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_cut_redaction_and_a_cut_anonymization_are_finished_by_the_next(server, store, people, after):
    """The same for writes of single attributes."""
    for number, change in enumerate(
        (
            lambda: store.eraser().redact_fields(people, HERS, ["city"]),
            lambda: store.eraser().anonymize_rows(people, HERS, {"user_id": Drop()}, [], frozenset()),
        )
    ):
        server.faults = _server().Faults(cut_write=number, cut_after=after)
        with pytest.raises(TransientFailure):
            change()
        server.faults = _server().Faults()
        change()
        assert change().rows == 0
    assert users(server, people) == ["", "", "", "u2", "u3", "u4"]
    assert sum("city" in each for each in server.items(people.location)) == 3


def test_what_a_batch_leaves_over_is_sent_again(server, store, people):
    """By primary key alone items go in batches; those the store did not process are sent until they are."""
    server.faults = _server().Faults(leave_over=3)
    assert store.eraser().erase_rows(people, selecting("id", 0, 1, 2, 3, 4)).rows == 5
    assert users(server, people) == ["u4"]
    assert set(server.faults.seen) & _server().WRITES == {"BatchWriteItem"}
    assert server.faults.writes == 4


def test_an_item_that_becomes_another_persons_stays(server, store, people):
    """Between reading and erasing, an item is given to somebody else: it stays as he has it."""

    def slip_in() -> None:
        server.faults.before_write = None
        server.put(people.location, [item(0, "u9", "Osaka")])

    server.faults.before_write = slip_in
    server.direct.delete_item(TableName=people.location, Key={"id": {"N": "2"}})
    server.direct.delete_item(TableName=people.location, Key={"id": {"N": "4"}})
    assert store.eraser().erase_rows(people, HERS).rows == 0
    assert item(0, "u9", "Osaka") in server.items(people.location)


def test_a_writer_of_the_same_field_is_seen_and_one_of_another_field_is_kept(server, store, people):
    """A city written meanwhile goes as well, since it is hers; a note written meanwhile stays."""

    def slip_in() -> None:
        server.faults.before_write = None
        server.put(people.location, [{**item(3, "u3", "Kyoto"), "note": {"S": "new"}}])

    server.faults.before_write = slip_in
    assert store.eraser().redact_fields(people, selecting("user_id", "u3"), ["city"]).rows == 1
    (hers,) = (each for each in server.items(people.location) if each["user_id"]["S"] == "u3")
    assert hers == {"id": {"N": "3"}, "user_id": {"S": "u3"}, "note": {"S": "new"}}


def test_a_writer_who_never_stops_is_given_way(server, store, people):
    """After some attempts the call gives up, says so, and has overwritten nothing."""
    number = iter(range(1000))
    server.faults.before_write = lambda: server.put(people.location, [item(3, "u3", f"c{next(number)}")])
    with pytest.raises(ConcurrentWriteFailure):
        store.eraser().redact_fields(people, selecting("user_id", "u3"), ["city"])
    assert [each["city"]["S"][0] for each in server.items(people.location) if each["user_id"]["S"] == "u3"] == ["c"]


@pytest.mark.parametrize(
    ("code", "error"),
    [("ProvisionedThroughputExceededException", TransientFailure), ("AccessDeniedException", TerminalFailure)],
)
def test_a_refusal_is_told_by_its_code(server, store, people, code, error):
    """Throttling may pass, a missing permission does not; neither shows a key."""
    server.faults = _server().Faults(refuse=code)
    with pytest.raises(error, match=code) as caught:
        store.eraser().erase_rows(people, HERS)
    assert "u1" not in str(caught.value)


def test_an_attribute_that_no_item_has_is_not_missing(store, people):
    """Emptied everywhere, a mapped attribute is still the map's; one that nobody has mapped shows itself."""
    mapped = dataset_of(people.location, associates={"device_id": "device"})
    assert set(store.finder().describe(mapped)) == {"id", "user_id", "device", "city"}
    assert [f.where for f in drift(mapped, store.finder().describe(mapped))] == ["items.people.city"]


def test_by_key_and_by_index_nothing_is_scanned(server, store, people):
    """Keys are asked one by one, what an index names is read from the table, and no page of the rest is."""
    before = replace(store.usage)
    assert store.finder().count(people, HERS) == 3
    assert store.finder().count(people, selecting("id", 1, 3)) == 2
    assert (store.usage.scans - before.scans, store.usage.queries - before.queries) == (0, 3)
    assert "Scan" not in server.faults.seen


def test_a_scan_is_made_only_where_the_map_allows_it(store, people):
    """Otherwise it is refused with what to do; the number of all items is then the store's own."""
    where, before = selecting("city", "Tokyo"), store.usage.scans
    with pytest.raises(TerminalFailure, match="scan: allowed"):
        store.finder().count(dataset_of(people.location, associates={"city": "city"}), where)
    allowed = dataset_of(people.location, associates={"city": "city"}, scan=True)
    assert store.finder().count(allowed, where) == 6
    assert store.usage.scans == before + 1
    assert store.finder().count(people, Selection(Everything())) == 6
    assert store.usage.scans == before + 1


def test_an_item_that_has_expired_and_is_there_is_there(server, store, people):
    """The store deletes when it likes: until then the item counts, is found and is erased."""
    past = {"N": str(int((datetime.now(UTC) - timedelta(days=3)).timestamp()))}
    server.put(people.location, [{**item(9, "u9"), "gone_at": past}])
    settings = {"Enabled": True, "AttributeName": "gone_at"}
    server.direct.update_time_to_live(TableName=people.location, TimeToLiveSpecification=settings)
    assert store.expiry(people) == "gone_at"
    assert store.finder().count(people, selecting("user_id", "u9")) == 1
    assert store.eraser().erase_rows(people, selecting("user_id", "u9")).rows == 1


def test_recovery_backups_and_streams_are_horizons(server, store, people):
    """What the store keeps of the erased is named with its date."""
    server.direct.update_continuous_backups(
        TableName=people.location,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    )
    (residue,) = store.eraser().erase_rows(people, HERS).residues
    assert residue.what == "point-in-time-recovery"
    assert timedelta(days=6, hours=23) < residue.until - datetime.now(UTC) <= timedelta(days=7)


def test_a_backup_that_nobody_can_date_stops_the_erasure_before_it_begins(server, store, people):
    """On-demand backups name no end: retention.yaml must, or nothing is touched."""
    server.direct.create_backup(TableName=people.location, BackupName="monthly")
    with pytest.raises(TerminalFailure, match=r"systems\.items\.backups"):
        store.eraser().erase_rows(people, HERS)
    assert users(server, people).count("u1") == 3
    dated = dynamodb.connect(server.system(backups="P30D"))
    (residue,) = dated.eraser().erase_rows(people, HERS).residues
    assert (residue.what, residue.until.date()) == (
        "on-demand-backup",
        (datetime.now(UTC) + timedelta(days=30)).date(),
    )
    dated.close()


def test_part_of_the_primary_key_is_never_emptied(server, store, people):
    """The store cannot change it: the call says so and touches nothing."""
    with pytest.raises(TerminalFailure, match="primary key"):
        store.eraser().redact_fields(people, HERS, ["city", "id"])
    assert server.faults.writes == 0


def test_a_canary_stands_once_and_takes_nobodys_place(server, store, people):
    """The same item twice is one; an item of somebody else with that key stays, and the store says so."""
    row = {"id": 77, "user_id": "canary", "born": date(1990, 1, 2), "seen_at": None, "weight": 1.5}
    store.planter().plant(people, row)
    store.planter().plant(people, row)
    (planted,) = (each for each in server.items(people.location) if each["user_id"]["S"] == "canary")
    assert planted == {
        "id": {"N": "77"}, "user_id": {"S": "canary"}, "born": {"S": "1990-01-02"}, "weight": {"N": "1.5"}
    }  # fmt: skip
    with pytest.raises(TerminalFailure, match="primary key"):
        store.planter().plant(people, {**row, "id": 3})
    assert "u3" in users(server, people)


def test_values_of_every_kind_are_read_alike(server, store):
    """Lists, maps and sets are text; NULL is nothing; a fraction stays exact; verification reads the same numbers."""
    table = server.table()
    item_ = {
        "id": {"N": "1"},
        "tags": {"SS": ["b", "a"]},
        "nest": {"M": {"x": {"L": [{"N": "1.50"}, {"NULL": True}, {"B": b"z"}]}}},
        "gone": {"NULL": True},
        "price": {"N": "0.10"},
        "big": {"N": "123456789012345678901234567890"},
        "raw": {"B": b"\x00\x01"},
    }
    server.put(table, [item_])
    dataset = dataset_of(table, scan=True)
    columns = ["tags", "nest", "gone", "price", "big", "raw"]
    (found,) = store.finder().values(dataset, columns, Selection(Everything()))
    assert found == (
        '["a", "b"]',
        '{"x": ["1.5", null, "eg=="]}',
        None,
        Decimal("0.10"),
        123456789012345678901234567890,
        b"\x00\x01",
    )
    (row,) = (each for batch in store.inspector().scan(dataset) for each in batch.to_pylist())
    assert (row["gone"], row["price"], row["big"]) == (None, 0.1, Decimal(123456789012345678901234567890))
    kinds = store.finder().describe(dataset)
    assert (kinds["price"], kinds["big"], kinds["tags"], kinds["raw"]) == (
        ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.TEXT, ColumnType.OTHER
    )  # fmt: skip


def test_wrong_options_are_named_without_their_values():
    """Every problem at once; a secret is not repeated."""
    options = {"region": "", "secret_key": "hidden", "speed": "fast"}
    with pytest.raises(SettingsError) as caught:
        dynamodb.connect(SystemSettings(SystemId("items"), "dynamodb", options))
    assert "systems.items.region" in str(caught.value)
    assert "systems.items.speed" in str(caught.value)
    assert "hidden" not in str(caught.value)
