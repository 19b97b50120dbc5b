"""Reading a whole schema: tables, keys of any shape, some rows, and what lies beside the map."""

from __future__ import annotations

from retention.model.datamap import ColumnType
from retention.ports.surveyor import ForeignKey

SCHEMA = """\
CREATE TABLE people (tenant TEXT, no INTEGER, boss_tenant TEXT, boss_no INTEGER, born DATE, mail TEXT,
  PRIMARY KEY (tenant, no), FOREIGN KEY (boss_tenant, boss_no) REFERENCES people (tenant, no));
CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant TEXT, person INTEGER, body TEXT,
  FOREIGN KEY (tenant, person) REFERENCES people (tenant, no));
INSERT INTO people VALUES ('a', 1, NULL, NULL, '1980-01-02', 'x@mail.example'), ('a', 2, 'a', 1, NULL, NULL);
INSERT INTO notes VALUES (1, 'a', 1, 'first'), (2, 'a', 1, 'second'), (3, 'a', 2, 'third'), (4, 'a', 2, 'last');
"""


def fill(driver) -> None:
    """Make the schema in either system."""
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            driver.execute(statement)


def test_keys_of_any_shape_are_read(both):
    """Composite and self-referring foreign keys come with their pairs, on SQLite and PostgreSQL alike."""
    for driver, store in both:
        fill(driver)
        notes, people = store.surveyor().survey(100)
        assert (people.location, people.primary_key) == ("people", ("tenant", "no"))
        assert people.foreign_keys == (ForeignKey("people", (("boss_tenant", "tenant"), ("boss_no", "no"))),)
        assert notes.foreign_keys == (ForeignKey("people", (("tenant", "tenant"), ("person", "no"))),)
        assert people.columns["born"] is ColumnType.DATE
        assert people.values["mail"] == {"x@mail.example"}
        assert len(people.values["born"]) == 1


def test_rows_are_taken_from_both_ends(both):
    """Of many rows the first and the last are looked at, not only the makers' own."""
    for driver, store in both:
        fill(driver)
        notes, _ = store.surveyor().survey(2)
        assert notes.values["body"] == {"first", "last"}


def test_a_date_that_is_none_stops_nothing(lite, lite_store):
    """SQLite lets anything stand in a date; it is looked at as the text it is."""
    lite.execute("CREATE TABLE odd (born DATE, at TIMESTAMP)")
    lite.execute("INSERT INTO odd VALUES ('unknown', '2024-02-30'), ('1980-01-02', NULL)")
    (odd,) = lite_store.surveyor().survey(10)
    assert odd.values["born"] == {"unknown", "1980-01-02"}
    assert odd.columns["born"] is ColumnType.DATE


def test_what_is_not_mapped_lies_beside(both):
    """Every table that is named nowhere is told; the others are not."""
    for driver, store in both:
        fill(driver)
        assert store.surveyor().beside({"people"}) == ("notes",)
        assert store.surveyor().beside({"people", "notes", "gone"}) == ()


def test_odd_types_and_partitions_of_postgresql(pg, opened):
    """Addresses, documents and bytes are read as text; a partition belongs to its table."""
    pg.execute("CREATE TABLE seen (at DATE, ip INET, doc JSONB, raw BYTEA) PARTITION BY RANGE (at)")
    pg.execute("CREATE TABLE seen_2024 PARTITION OF seen FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')")
    pg.execute("""INSERT INTO seen VALUES ('2024-02-03', '192.0.2.7', '{"a": 1}', 'abc')""")
    (seen,) = opened().surveyor().survey(10)
    assert seen.location == "seen"
    assert seen.values["ip"] <= {"192.0.2.7", "192.0.2.7/32"}
    assert seen.values["doc"] == {'{"a": 1}'}
    assert seen.values["raw"] == {"abc"}
    assert opened().surveyor().beside({"seen"}) == ()
