from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from retention.errors import TombstoneError, UnreachableDataError
from retention.model.plan import EraseRows, RedactFields
from retention.planning.world import World
from retention.ports.constraints import Constraints, ForeignKey

PEOPLE = """\
datasets:
  app.people:
    system: app
    table: people
    primary_key: [id]
    subject: {user_id: id}
    fields: {name: {category: account, identifies: directly}}
"""
MESSAGES = """\
  app.messages:
    system: app
    table: messages
    primary_key: [id]
    parent: {app.people: [{sender: id}, {receiver: id}]}
    shared: true
    fields: {body: {category: account, identifies: indirectly}}
"""
REVIEWS = """\
  app.reviews:
    system: app
    table: reviews
    primary_key: [id]
    mentions: {app.people: {checked_by: id}}
    fields: {}
"""
ROWS = {"people": [{"id": "c1", "name": "A"}, {"id": "c2", "name": "B"}]}


def steps(draft: Any) -> list[tuple[str, str, int]]:
    """Return what the plan does, in order."""
    kinds = {EraseRows: "erase", RedactFields: "redact"}
    return [(kinds[type(step)], step.dataset, step.rows) for step in draft.plan.steps]


def test_a_row_shared_by_two_goes_with_the_last_of_them(box: Any) -> None:
    """The first to leave is only let go of; when the second leaves, the row goes, and one of his own at once."""
    messages = [
        {"id": 1, "sender": "c1", "receiver": "c2", "body": "hello"},
        {"id": 2, "sender": "c1", "receiver": None, "body": "to myself"},
    ]
    made = box(tables={**ROWS, "messages": messages}, datamap=PEOPLE + MESSAGES)
    first = made.request("user_id", "c1")
    assert steps(first) == [("redact", "app.messages", 1), ("erase", "app.messages", 1), ("erase", "app.people", 1)]
    made.carry_out(first)
    assert made.rows("messages") == [{"id": 1, "sender": None, "receiver": "c2", "body": "hello"}]
    made.carry_out(made.request("user_id", "c2"))
    assert made.rows("messages") == made.rows("people") == []


def test_who_is_mentioned_is_cut_out_before_he_goes(box: Any) -> None:
    """The row is not his and stays; the cut is a step of the plan, with its count, ahead of the erasure."""
    reviews = [{"id": 1, "checked_by": "c1"}, {"id": 2, "checked_by": "c2"}, {"id": 3, "checked_by": None}]
    made = box(tables={**ROWS, "reviews": reviews}, datamap=PEOPLE + REVIEWS)
    draft = made.request("user_id", "c1")
    assert steps(draft) == [("redact", "app.reviews", 1), ("erase", "app.people", 1)]
    made.carry_out(draft)
    assert [row["checked_by"] for row in made.rows("reviews")] == [None, "c2", None]


def test_a_held_row_keeps_whom_it_mentions(box: Any) -> None:
    """What a court wants to see as it is still leads to somebody, without his name."""
    datamap = PEOPLE.replace("fields:", "mentions: {app.people: {friend: id}}\n    fields:")
    people = [{"id": "c1", "name": "A", "friend": None}, {"id": "c2", "name": "B", "friend": "c1"}]
    made = box(tables={"people": people}, datamap=datamap)
    made.hold("user_id", "c2")
    draft = made.request("user_id", "c1")
    assert steps(draft) == [("redact", "app.people", 1)]
    made.carry_out(draft)
    assert made.rows("people") == [{"id": "c1", "name": None, "friend": None}, people[1]]


def test_a_circle_is_cut_and_then_falls(box: Any) -> None:
    """People have a favourite among their own lists: the favourite is emptied, lists go, people go."""
    datamap = PEOPLE.replace("fields:", "mentions: {app.lists: {favourite: id}}\n    fields:") + (
        "  app.lists:\n    system: app\n    table: lists\n    primary_key: [id]\n"
        "    parent: {app.people: {owner: id}}\n    fields: {title: {category: account, identifies: indirectly}}\n"
    )
    people = [{"id": "c1", "name": "A", "favourite": 1}, {"id": "c2", "name": "B", "favourite": 2}]
    lists = [{"id": 1, "owner": "c1", "title": "x"}, {"id": 2, "owner": "c2", "title": "y"}]
    made = box(tables={"people": people, "lists": lists}, datamap=datamap)
    draft = made.request("user_id", "c1")
    assert steps(draft) == [("redact", "app.people", 1), ("erase", "app.lists", 1), ("erase", "app.people", 1)]
    made.carry_out(draft)
    assert (made.rows("people"), made.rows("lists")) == ([people[1]], [lists[1]])


def test_a_tree_is_followed_to_its_leaves(box: Any) -> None:
    """Rows under a row of the person's are the person's, however deep, also in a ring."""
    datamap = PEOPLE + (
        "  app.folders:\n    system: app\n    table: folders\n    primary_key: [id]\n"
        "    parent: {app.people: {owner: id}, app.folders: {up: id}}\n"
        "    fields: {title: {category: account, identifies: indirectly}}\n"
    )
    rows = [(1, "c1", 3), (2, None, 1), (3, None, 2), (4, "c2", None), (5, None, 4)]
    folders = [{"id": n, "owner": owner, "up": up, "title": f"t{n}"} for n, owner, up in rows]
    made = box(tables={**ROWS, "folders": folders}, datamap=datamap)
    made.carry_out(made.request("user_id", "c1"))
    assert [row["id"] for row in made.rows("folders")] == [4, 5]


def world(made: Any, *keys: ForeignKey, required: dict[str, frozenset[str]] | None = None) -> World:
    """Return the box's world with a store that enforces these."""
    return replace(made.world(), constraints={"app": Constraints(keys, required or {})})


def planned(made: Any, seen: World) -> Any:
    """Plan a request of c1 in that world."""
    made.world = lambda: seen
    return made.request("user_id", "c1")


@pytest.mark.parametrize("action", ["cascade", "set null", "restrict"])
def test_what_the_database_would_do_alone_is_refused(action: str, box: Any) -> None:
    """A foreign key that the map does not know, from a table that it does not know, with its rows counted."""
    made = box(
        tables={**ROWS, "logins": [{"id": 1, "who": "c1"}, {"id": 2, "who": "c1"}, {"id": 3, "who": "c2"}]},
        datamap=PEOPLE,
    )
    key = ForeignKey("logins", ("who",), "people", ("id",), action)
    with pytest.raises(UnreachableDataError, match=rf"2 rows of app\.logins .*who; on delete: {action}"):
        planned(made, world(made, key))
    assert len(made.rows("logins")) == 3


def test_a_foreign_key_without_rows_stands_in_nobodys_way(box: Any) -> None:
    """Only live rows make the map wrong for this plan."""
    made = box(tables={**ROWS, "logins": [{"id": 3, "who": "c2"}]}, datamap=PEOPLE)
    key = ForeignKey("logins", ("who",), "people", ("id",), "cascade")
    assert steps(planned(made, world(made, key))) == [("erase", "app.people", 1)]


def test_what_cannot_be_null_needs_a_stand_in(box: Any) -> None:
    """The plan says so before anything is touched; with a stand-in the cut is made with it, and counted once."""
    reviews = [{"id": 1, "checked_by": "c1"}, {"id": 2, "checked_by": "nobody"}]
    people = [*ROWS["people"], {"id": "nobody", "name": None}]
    required = {"reviews": frozenset({"id", "checked_by"})}
    made = box(tables={"people": people, "reviews": reviews}, datamap=PEOPLE + REVIEWS)
    with pytest.raises(TombstoneError, match="checked_by"):
        planned(made, world(made, required=required))
    mapped = PEOPLE + REVIEWS.replace("    fields", "    stand_ins: {checked_by: nobody}\n    fields")
    made = box(tables={"people": people, "reviews": reviews}, datamap=mapped)
    draft = planned(made, world(made, required=required))
    made.carry_out(draft)
    assert [row["checked_by"] for row in made.rows("reviews")] == ["nobody", "nobody"]
    assert steps(draft) == [("redact", "app.reviews", 1), ("erase", "app.people", 1)]


def test_a_tombstone_must_stand(box: Any) -> None:
    """A reference is never led to a row that is not there."""
    mapped = PEOPLE + REVIEWS.replace("    fields", "    stand_ins: {checked_by: nobody}\n    fields")
    made = box(tables={**ROWS, "reviews": [{"id": 1, "checked_by": "c1"}]}, datamap=mapped)
    with pytest.raises(TombstoneError, match=r"no row of app\.people"):
        made.request("user_id", "c1")
