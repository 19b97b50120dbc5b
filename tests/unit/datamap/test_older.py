"""A copy that is older than the map."""

from __future__ import annotations

from retention.datamap import absent_of, as_of, blinding, gone, harmless, read_datamap
from retention.model.ids import CopyId, SystemId
from retention.model.restores import copy_named, part_of_copy

MAP = read_datamap(
    """\
datasets:
  app.people:
    system: app
    table: people
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields: {email: {category: account, identifies: directly}, name: {category: account, identifies: directly}}
  app.notes:
    system: app
    table: notes
    primary_key: [id]
    parent: {app.people: {person: id}}
    dates: {written: at}
    fields: {body: {category: account, identifies: directly}}
""",
    "datamap.yaml",
)


def lacking(**columns: set[str]) -> dict[str, frozenset[str]]:
    """What the store lacks, by the last part of the dataset's name."""
    every = {"people": {"id", "email", "name"}, "notes": {"id", "person", "at", "body"}}
    return {
        name: absent_of(dataset, every[dataset.short_name] - columns.get(dataset.short_name, set()))
        for name, dataset in MAP.datasets.items()
    }


def test_what_a_copy_has_is_read_by_the_map_without_the_rest():
    """Fields, keys, dates and references that are missing are left out; whole datasets too; nothing else changes."""
    assert as_of(MAP, lacking()) == MAP
    older = as_of(MAP, lacking(people={"email"}, notes={"person", "at"})).datasets
    assert (older["app.people"].subject, list(older["app.people"].fields)) == ({"user_id": "id"}, ["name"])
    assert (older["app.notes"].parents, older["app.notes"].dates) == ((), {})
    younger = lacking(notes={"id", "person", "at", "body"})
    assert (list(as_of(MAP, younger).datasets), gone(MAP, younger)) == (["app.people"], ("app.notes",))


def test_only_what_finds_rows_is_blinding():
    """A missing key, reference or date hides people; a missing field or dataset is a note."""
    missing = lacking(people={"email", "name"}, notes={"person", "at", "body"})
    assert [found.where for found in blinding(MAP, missing)] == ["app.people.email", "app.notes.at", "app.notes.person"]
    assert [found.where for found in harmless(MAP, missing)] == ["app.people.name", "app.notes.body"]
    younger = lacking(notes={"id", "person", "at", "body"})
    assert (blinding(MAP, younger), [found.where for found in harmless(MAP, younger)]) == ((), ["app.notes"])


def test_a_copys_part_has_a_name_of_its_own():
    """Name and date, there and back; what ends in no date is a system like any other."""
    name = part_of_copy(SystemId("nightly_lake"), CopyId("nightly/2026-11-22"))
    assert name == "nightly_lake-2026-11-22"
    assert copy_named(name)[0] == "nightly_lake"
    assert part_of_copy(SystemId("nightly_lake"), CopyId("nightly/snap-1")) is None
    assert [copy_named(each) for each in ("app", "app-2026-13-01", "-2026-11-22")] == [None, None, None]
