"""The data map: what it means, and every mistake at once."""

from __future__ import annotations

import hashlib

import pytest

from retention.datamap import drift, expiry_drift, order, read_datamap
from retention.errors import DataMapError, Problem
from retention.model.datamap import ColumnType, Identifies, Reference
from retention.model.ids import DatasetId
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear, Transform

GOOD = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    dates: {registered: created_at}
    fields:
      email: {category: account, identifies: directly}
      birth_date: {category: account, identifies: indirectly, anonymize: year}
    not_personal: {plan: the tariff}
  app.payments:
    system: app
    table: payments
    parent: {app.customers: {customer_id: id}}
    fields:
      amount: {category: billing, identifies: no}
  lake.viewing:
    system: lake
    path: "viewing/dt=*/*.parquet"
    subject: {user_id: user_id}
    derived_from: [app.payments]
    fields:
      ip: {category: viewing, identifies: indirectly}
"""


def problems(text: str) -> tuple[Problem, ...]:
    """Return the problems of a map that must not be readable."""
    with pytest.raises(DataMapError) as caught:
        read_datamap(text, "datamap.yaml")
    return caught.value.problems


def test_a_good_map_is_read_completely() -> None:
    """Every entry of the file stands in the record."""
    datamap = read_datamap(GOOD, "datamap.yaml")
    customers, payments, viewing = datamap.datasets.values()
    assert (customers.system, customers.location, customers.primary_key) == ("app", "customers", ("id",))
    assert customers.subject == {"user_id": "id", "email": "email"}
    assert customers.dates == {"registered": "created_at"}
    assert customers.not_personal == {"plan": "the tariff"}
    assert payments.parents == (Reference(DatasetId("app.customers"), (("customer_id", "id"),)),)
    assert viewing.location == "viewing/dt=*/*.parquet"
    assert viewing.derived_from == ("app.payments",)
    assert datamap.digest == hashlib.sha256(GOOD.encode()).hexdigest()


def test_what_is_not_said_about_anonymization_is_the_safe_choice() -> None:
    """Fields that identify are dropped unless the map says otherwise; others are kept."""
    datasets = read_datamap(GOOD, "datamap.yaml").datasets
    fields = {name: field for dataset in datasets.values() for name, field in dataset.fields.items()}
    assert fields["email"].anonymize == Drop()
    assert fields["ip"].anonymize == Drop()
    assert fields["birth_date"].anonymize == ToYear()
    assert fields["amount"].identifies is Identifies.NO
    assert fields["amount"].anonymize is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("drop", Drop()),
        ("month", ToMonth()),
        ("year", ToYear()),
        ("keep", None),
        ("{prefix: 3}", Prefix(3)),
        ("{band: 10}", Band(10)),
    ],
)
def test_every_transform_can_be_written(written: str, meant: Transform | None) -> None:
    """The words and forms of `anonymize` mean the model's transforms."""
    datamap = read_datamap(GOOD.replace("anonymize: year", f"anonymize: {written}"), "datamap.yaml")
    assert datamap.datasets[DatasetId("app.customers")].fields["birth_date"].anonymize == meant


@pytest.mark.parametrize(
    ("old", "new", "where", "says"),
    [
        ("app.customers:\n", "customers:\n", "datamap.yaml:2 datasets.customers", "a dataset's id"),
        ("    table: payments\n", "", "datamap.yaml:12 datasets.app.payments", "exactly one of"),
        ("table: payments", "table: payments\n    path: x", "datamap.yaml:12 datasets.app.payments", "exactly one of"),
        ("path: ", "primary_key: [id]\n    path: ", "datamap.yaml:20 datasets.lake.viewing.primary_key", "only with"),
        ("viewing/dt", "../viewing/dt", "datamap.yaml:20 datasets.lake.viewing.path", "below the system's root"),
        ("[app.payments]", "[app.payment]", "datamap.yaml:22 datasets.lake.viewing.derived_from[0]", "a dataset of"),
        (
            "anonymize: year",
            "anonymize: yaer",
            "datamap.yaml:10 datasets.app.customers.fields.birth_date.anonymize",
            "{prefix: 3}",
        ),
        (
            "identifies: no",
            "identifies: nobody",
            "datamap.yaml:17 datasets.app.payments.fields.amount.identifies",
            "no",
        ),
        (
            "identifies: directly",
            "identifies: directly, anonymize: month",
            "datamap.yaml:9 datasets.app.customers.fields.email.anonymize",
            "drop",
        ),
        (
            "plan: the tariff",
            "birth_date: no",
            "datamap.yaml:11 datasets.app.customers.not_personal.birth_date",
            "reason",
        ),
        (
            "email: {category: account, identifies: directly}",
            "email: {category: account, identifies: indirectly, anonymize: keep}",
            "datamap.yaml:8 datasets.app.customers.fields",
            "drop",
        ),
        ("table: customers", "tables: customers", "datamap.yaml:4 datasets.app.customers.tables", "`table`"),
    ],
)
def test_each_mistake_is_reported_in_its_place(old: str, new: str, where: str, says: str) -> None:
    """A wrong entry gives a problem with line and path."""
    assert GOOD.count(old) >= 1
    found = problems(GOOD.replace(old, new, 1))
    assert any(problem.where == where and says in problem.expected for problem in found), [str(p) for p in found]


def test_an_unknown_parent_gets_the_nearest_dataset() -> None:
    """A misspelt parent is one problem with a hint, and the child is unreachable through it."""
    found = problems(GOOD.replace("parent: {app.customers", "parent: {app.customer", 1))
    assert found[1].where == "datamap.yaml:15 datasets.app.payments.parent.app.customer"
    assert found[1].hint == "did you mean `app.customers`?"
    assert "UNREACHABLE" in found[0].hint


def test_a_dataset_that_no_key_reaches_is_refused() -> None:
    """Personal fields without subject and without a parent that has one cannot be found for anyone."""
    found = problems(GOOD.replace("    subject: {user_id: id, email: email}\n", "", 1))
    unreachable = [problem.where for problem in found if "UNREACHABLE" in problem.hint]
    assert unreachable == ["datamap.yaml:2 datasets.app.customers", "datamap.yaml:11 datasets.app.payments"]


def test_a_dataset_without_personal_fields_needs_no_key() -> None:
    """Nobody has to be found where nothing is personal."""
    text = GOOD + "  app.titles: {system: app, table: titles, not_personal: {title: a film}}\n"
    assert len(read_datamap(text, "datamap.yaml").datasets) == 4


def test_a_cycle_of_references_is_named() -> None:
    """The problem spells the cycle out."""
    (problem,) = problems(GOOD.replace("table: customers", "table: customers\n    derived_from: [lake.viewing]", 1))
    assert problem.expected == "references without a cycle"
    assert set(problem.hint.split(" → ")) == {"app.customers", "app.payments", "lake.viewing"}
    assert problem.hint.split(" → ")[0] == problem.hint.split(" → ")[-1]


def test_copies_go_before_originals_and_children_before_parents() -> None:
    """The order of erasure follows the references, whatever order the file has."""
    assert order(read_datamap(GOOD, "datamap.yaml")) == ("lake.viewing", "app.payments", "app.customers")


def test_datasets_that_do_not_depend_on_each_other_go_by_name() -> None:
    """The order is the same however the file is sorted."""
    entries = [f"  a.{name}: {{system: a, table: {name}}}\n" for name in ("z", "x", "y")]
    assert order(read_datamap("datasets:\n" + "".join(entries), "datamap.yaml")) == ("a.x", "a.y", "a.z")


def test_drift_names_unmapped_and_missing_columns() -> None:
    """A live column nobody mapped and a mapped column that is gone are findings."""
    customers = read_datamap(GOOD, "datamap.yaml").datasets[DatasetId("app.customers")]
    live = dict.fromkeys(("id", "email", "birthdate", "created_at", "plan", "nickname"), ColumnType.TEXT)
    found = drift(customers, live)
    assert [(finding.code, finding.where) for finding in found] == [
        ("UNMAPPED_COLUMN", "app.customers.birthdate"),
        ("UNMAPPED_COLUMN", "app.customers.nickname"),
        ("MISSING_COLUMN", "app.customers.birth_date"),
    ]
    assert "did you mean `birth_date`?" in found[0].text


def test_no_drift_where_map_and_schema_agree() -> None:
    """Keys, references, dates, partitions of the path and what is not personal need no further entry."""
    datamap = read_datamap(GOOD, "datamap.yaml")
    columns = {
        "app.customers": ("id", "email", "birth_date", "created_at"),
        "app.payments": ("customer_id", "amount"),
        "lake.viewing": ("user_id", "ip", "dt"),
    }
    for name, live in columns.items():
        assert drift(datamap.datasets[DatasetId(name)], dict.fromkeys(live, ColumnType.TEXT)) == ()


def test_a_dataset_that_does_not_exist_is_one_finding() -> None:
    """An empty live schema means that the table or the files are not there."""
    customers = read_datamap(GOOD, "datamap.yaml").datasets[DatasetId("app.customers")]
    assert [finding.code for finding in drift(customers, {})] == ["MISSING_DATASET"]


@pytest.mark.parametrize(
    "text", ["", "datasets:", "datasets: 1", "datasets: {a.b: 1}", "datasets: {a.b: {fields: [x]}}"]
)
def test_a_hopeless_map_is_an_error_not_a_traceback(text: str) -> None:
    """Whatever stands in the file, the answer is a DataMapError with problems."""
    assert problems(text)


REFERENCES = """\
datasets:
  app.people: {system: app, table: people, primary_key: [id], subject: {user_id: id}, fields: {}}
  app.messages:
    system: app
    table: messages
    primary_key: [id]
    parent: {app.people: [{sender: id}, {receiver: id}]}
    shared: true
    mentions: {app.messages: {reply_to: id}, app.people: {seen_by: id}}
    stand_ins: {seen_by: 0, title: ""}
    fields: {}
"""


def test_references_of_every_kind_are_read() -> None:
    """Several to one dataset, a mention of another row of the table, and what stands in."""
    messages = read_datamap(REFERENCES, "datamap.yaml").datasets[DatasetId("app.messages")]
    people, own = DatasetId("app.people"), DatasetId("app.messages")
    assert messages.parents == (Reference(people, (("sender", "id"),)), Reference(people, (("receiver", "id"),)))
    assert messages.mentions == (Reference(own, (("reply_to", "id"),)), Reference(people, (("seen_by", "id"),)))
    assert (dict(messages.stand_ins), messages.is_shared) == ({"seen_by": 0, "title": ""}, True)


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ("{seen_by: id}", "{sender: id}", "mentions", "each column once"),
        ("shared: true", "shared: yes", "shared", "true, or nothing"),
        ("[{sender: id}, {receiver: id}]", "{sender: id}", "shared", "two references"),
        ("seen_by: 0", "id: 0", "stand_ins", "can be emptied"),
        ("seen_by: 0", "seen_by: [0]", "stand_ins.seen_by", "a whole number or a text"),
        ("app.people: {seen_by", "app.person: {seen_by", "mentions.app.person", "a dataset of this map"),
        ("table: messages", 'path: "m/*.parquet"', "stand_ins", "only with `table`"),
    ],
)
def test_mistakes_in_references_are_reported_in_their_place(old: str, new: str, where: str, expected: str) -> None:
    """Each names where it is and what was expected."""
    assert old in REFERENCES
    found = problems(REFERENCES.replace(old, new))
    assert [(p.where.endswith(f"app.messages.{where}"), expected in p.expected) for p in found].count((True, True)) == 1


ITEMS = """\
datasets:
  items.visits:
    system: items
    table: visits
    primary_key: [id]
    subject: {user_id: user_id}
    associates: {device_id: device}
    ttl: gone_at
    scan: allowed
    fields: {page: {category: visits, identifies: directly}}
"""


def test_what_a_key_does_and_what_a_store_may_do_is_read() -> None:
    """An associated key ties a row to its person and is none of his identity keys; scan and expiry are read."""
    visits = read_datamap(ITEMS, "datamap.yaml").datasets[DatasetId("items.visits")]
    assert (dict(visits.subject), dict(visits.associates)) == ({"user_id": "user_id"}, {"device_id": "device"})
    assert visits.linking_columns == ("device", "user_id")
    assert (visits.scan, visits.ttl) == (True, "gone_at")
    live = dict.fromkeys(("id", "user_id", "device", "gone_at", "page"), ColumnType.TEXT)
    assert drift(visits, live) == ()
    del live["gone_at"]
    assert [finding.code for finding in drift(visits, live)] == ["MISSING_COLUMN"]


def test_a_key_does_not_identify_and_associate_at_once() -> None:
    """In one dataset it is the one or the other, and a slip in `scan` is named."""
    both = ITEMS.replace("associates: {device_id: device}", "associates: {user_id: device}")
    assert any("`user_id` in `subject`" in problem.found for problem in problems(both))
    assert any("scan" in problem.where for problem in problems(ITEMS.replace("allowed", "alowed")))


@pytest.mark.parametrize(("live", "found"), [("gone_at", 0), (None, 1), ("other", 1)])
def test_expiry_is_compared_with_the_stores_own(live: str | None, found: int) -> None:
    """Rows that are believed to expire and do not, or do so by another column, are a finding."""
    visits = read_datamap(ITEMS, "datamap.yaml").datasets[DatasetId("items.visits")]
    assert [finding.code for finding in expiry_drift(visits, live)] == ["EXPIRY_DIFFERS"] * found
