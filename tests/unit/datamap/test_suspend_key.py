"""`suspend` in a data map: what it means, what it adds to the map, and what is refused."""

from __future__ import annotations

import pytest

from retention.datamap import drift, kept_id, order, read_datamap, suspension_drift, view_of
from retention.errors import DataMapError
from retention.model.datamap import ColumnType, DataMap
from retention.model.suspension import Flag, Listed, Moved, Suspension

MAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    SUSPEND
    fields: {name: {category: account, identifies: directly}}
  app.orders:
    system: app
    table: orders
    primary_key: [no]
    parent: {app.customers: {customer: id}}
    suspend: {parent: read by way of its customer}
    fields: {note: {category: account, identifies: directly}}
"""


def mapped(suspend: str, text: str = MAP) -> DataMap:
    """Read the map with these means for customers."""
    return read_datamap(text.replace("SUSPEND", f"suspend: {suspend}"), "datamap.yaml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{flag: {column: off, value: true}}", Suspension(Flag("off", value=True, lifted=False))),
        ("{flag: {column: state, value: stopped, lifted: active}}", Suspension(Flag("state", "stopped", "active"))),
        ("{flag: {column: state, value: 9}}", Suspension(Flag("state", 9, None))),
        ("{move: {table: kept}}", Suspension(Moved("kept"))),
        ("{view: {name: seen, keys: kept}}", Suspension(Listed("kept"), "seen")),
        (
            "{view: {name: seen, flag: {column: off, value: true}}}",
            Suspension(Flag("off", value=True, lifted=False), "seen"),
        ),
    ],
)
def test_means_are_read(text: str, expected: Suspension) -> None:
    """Each means, with what rows in use hold: `false` beside `true`, else nothing."""
    assert mapped(text).datasets["app.customers"].suspension == expected


def test_moved_rows_are_a_dataset_that_everything_refers_to() -> None:
    """The kept table has the original's fields, keys and holds; orders refer to both places and go before both."""
    datamap = mapped("{move: {table: kept}}")
    customers, kept = datamap.datasets["app.customers"], datamap.datasets[kept_id("app.customers")]
    assert (kept.location, kept.fields, kept.subject) == ("kept", customers.fields, customers.subject)
    assert (kept.short_name, kept.keeps, kept.suspension) == ("customers", "app.customers", None)
    references = datamap.datasets["app.orders"].parents
    assert [(r.parent, r.is_kept) for r in references] == [("app.customers", False), ("app.customers.suspended", True)]
    assert order(datamap)[0] == "app.orders"
    assert {"customers", "kept", "orders"} == datamap.known_in("app")


def test_listed_keys_are_a_dataset_about_the_row_that_they_name() -> None:
    """The table of keys holds no field of its own and is found by its row."""
    kept = mapped("{view: {name: seen, keys: kept}}").datasets["app.customers.suspended"]
    assert (kept.fields, kept.primary_key, kept.parents[0].columns) == ({}, ("id",), (("id", "id"),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", "one of `flag`, `move`, `view` and `parent`"),
        ("{flag: {column: off, value: true}, move: {table: kept}}", "one of `flag`, `move`, `view` and `parent`"),
        ("{flag: {column: off, value: 1.5}}", "true, false, a whole number or a text"),
        ("{flag: {column: off, value: x, lifted: x}}", "another value than that of rows in use"),
        ("{flag: {column: name, value: x}}", "a column of its own for the flag"),
        ("{view: {name: seen}}", "one of `flag` and `keys`: by what the view leaves rows out"),
        ("{move: {table: orders}}", "a table of its own for what is suspended"),
        ("{parent: it has none}", "`parent`: the rows by way of which these are used"),
    ],
)
def test_what_could_not_be_done_or_undone_is_refused(text: str, expected: str) -> None:
    """The problem names what was expected, at its place."""
    with pytest.raises(DataMapError) as refusal:
        mapped(text)
    assert expected in [problem.expected for problem in refusal.value.problems]


def test_moving_is_refused_where_references_could_not_follow() -> None:
    """Rows without a primary key, files, trees, and parents of shared rows stay where they are."""
    wrong = {
        "primary_key: [id]": ("dates: {}", "`primary_key`, by which suspended rows are told from others"),
        "subject: {user_id: id}": (
            "subject: {user_id: id}\n    mentions: {app.customers: {friend: id}}",
            "a flag or a view, for rows that refer to their own table",
        ),
        "parent: {app.customers: {customer: id}}": (
            "parent: {app.customers: [{customer: id}, {payer: id}]}\n    shared: true",
            "rows of several people that lead to rows which stay",
        ),
    }
    for old, (new, expected) in wrong.items():
        with pytest.raises(DataMapError) as refusal:
            mapped("{move: {table: kept}}", MAP.replace(old, new, 1))
        assert expected in [problem.expected for problem in refusal.value.problems]


def test_drift_sees_the_flag_the_kept_table_and_the_view() -> None:
    """A flag that is not there, and a kept table or view whose columns differ, are findings."""
    live = {"id": ColumnType.TEXT, "name": ColumnType.TEXT}
    flagged = mapped("{flag: {column: off, value: true}}").datasets["app.customers"]
    assert [finding.code for finding in drift(flagged, live)] == ["MISSING_COLUMN"]
    assert drift(flagged, live | {"off": ColumnType.BOOLEAN}) == ()
    moved = mapped("{move: {table: kept}}").datasets["app.customers"]
    assert suspension_drift(moved, live, live) == []
    (finding,) = suspension_drift(moved, live, {"id": ColumnType.TEXT})
    assert (finding.code, "differs in name" in finding.text) == ("KEPT_DIFFERS", True)
    hidden = mapped("{view: {name: seen, keys: kept}}").datasets["app.customers"]
    view = view_of(hidden)
    assert view is not None
    assert (view.location, view_of(moved)) == ("seen", None)
    (finding,) = suspension_drift(hidden, live, live | {"id": ColumnType.INTEGER})
    assert finding.code == "VIEW_DIFFERS"
