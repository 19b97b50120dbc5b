"""What every store that suspends does, by each means that it says it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

import pytest

from retention.errors import TerminalFailure, TransientFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Everything, Selection
from retention.model.subject import Key, KeySet
from retention.model.suspension import Flag, Listed, Means, Moved, SuspendsBy, Suspension
from retention.model.transform import Value
from retention.ports.connector import Store
from retention.ports.suspender import Suspender, SuspendingStore

Row = dict[str, Value]
SCHEMA: Mapping[str, ColumnType] = MappingProxyType(
    {
        "id": ColumnType.INTEGER,
        "user_id": ColumnType.TEXT,
        "city": ColumnType.TEXT,
        "balance": ColumnType.NUMBER,
        "active": ColumnType.BOOLEAN,
        "seen_at": ColumnType.INSTANT,
    }
)
FLAG, TEXT_FLAG = Flag("active", value=True, lifted=False), Flag("city", "stopped", None)


def row(number: int, user: str | None, **more: Value) -> Row:
    """Return a row that is in use."""
    return {**dict.fromkeys(SCHEMA), "id": number, "user_id": user, "active": False, **more}


ROWS = (row(1, "u1", balance=1.5), row(2, "u1", balance=-2.25), row(3, "U1"), row(4, "u2", balance=0.5), row(5, None))


def of_users(*users: Key) -> Selection:
    """Return the rows of these people."""
    return Selection(Among("user_id", KeySet(KeySetId("u"), 0, "")), {KeySetId("u"): frozenset(users)})


def plain(rows: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    """Return rows in an order and a notation that every store shares."""
    return sorted(tuple(row.get(name) for name in SCHEMA) for row in rows)


class Bench:
    """A table of people, and the table beside it in which suspended rows or keys stand."""

    def __init__(self, subject: Any, store: Store, people: Dataset, means: Means, view: str | None = None) -> None:
        """Fill the one and empty the other."""
        self.subject, self.store = subject, store
        self.people = replace(people, location=subject.location("stoppable"), suspension=Suspension(means, view))
        table = means.table if isinstance(means, Moved | Listed) else "beside"
        self.kept = replace(people, location=table, suspension=None)
        self.load(ROWS)
        if isinstance(means, Moved):
            self.subject.load(self.kept, (), SCHEMA)
        elif isinstance(means, Listed):
            self.subject.load(self.kept, (), {"id": ColumnType.INTEGER})

    def load(self, rows: Sequence[Row]) -> None:
        """Make the table hold exactly these rows."""
        self.subject.load(self.people, rows, SCHEMA)

    @property
    def suspender(self) -> Suspender:
        """The side that suspends."""
        return cast("SuspendingStore", self.store).suspender()

    def rows(self) -> list[tuple[Any, ...]]:
        """The table, read around the connector."""
        return plain(self.subject.rows(self.people))

    def beside(self) -> list[tuple[Any, ...]]:
        """The table beside it, read around the connector."""
        return plain(self.subject.rows(self.kept))

    def keys(self) -> set[Value]:
        """The keys that are listed."""
        finder = self.store.finder()
        return {key for (key,) in finder.values(self.kept, ["id"], Selection(Everything()))}


def needs(store: Store, means: SuspendsBy) -> None:
    """Leave the test out where the store does not have the means, as its record says."""
    if means not in store.capabilities.suspends:
        pytest.skip(f"no {means.value} here")


@pytest.mark.parametrize("flag", [FLAG, TEXT_FLAG], ids=["boolean", "text"])
def test_a_flag_is_set_on_the_selected_rows_and_taken_back(
    subject: Any, store: Store, people: Dataset, flag: Flag
) -> None:
    """Nobody else's row changes, a repeat finds nothing to do, and lifting brings every value back."""
    needs(store, SuspendsBy.FLAG)
    bench = Bench(subject, store, people, flag)
    before = bench.rows()
    assert bench.suspender.suspend_rows(bench.people, of_users("u1")).rows == 2
    flagged = [{**r, flag.column: flag.value} if r["user_id"] == "u1" else r for r in ROWS]
    assert bench.rows() == plain(flagged)
    assert bench.suspender.suspend_rows(bench.people, of_users("u1")).rows == 0
    assert bench.suspender.lift_rows(bench.people, of_users("u1")).rows == 2
    assert bench.suspender.lift_rows(bench.people, of_users("u1")).rows == 0
    assert bench.rows() == before


def test_moved_rows_are_in_one_place_and_come_back_as_they_were(subject: Any, store: Store, people: Dataset) -> None:
    """A move takes exactly the selected rows, twice moves nothing more, and its inverse leaves nothing behind."""
    needs(store, SuspendsBy.MOVE)
    bench = Bench(subject, store, people, Moved(subject.location("stoppable_kept")))
    before = bench.rows()
    assert bench.suspender.suspend_rows(bench.people, of_users("u1", "u2")).rows == 3
    assert bench.rows() == plain(r for r in ROWS if r["user_id"] not in {"u1", "u2"})
    assert bench.beside() == plain(r for r in ROWS if r["user_id"] in {"u1", "u2"})
    assert bench.suspender.suspend_rows(bench.people, of_users("u1", "u2")).rows == 0
    assert bench.suspender.lift_rows(bench.people, of_users("u2")).rows == 1
    assert bench.beside() == plain(r for r in ROWS if r["user_id"] == "u1")
    assert bench.suspender.lift_rows(bench.people, of_users("u1", "u2")).rows == 2
    assert (bench.rows(), bench.beside()) == (before, [])


def test_rows_do_not_move_where_a_column_would_be_lost(subject: Any, store: Store, people: Dataset) -> None:
    """A kept table with other columns is refused before anything is touched."""
    needs(store, SuspendsBy.MOVE)
    bench = Bench(subject, store, people, Moved(subject.location("stoppable_other")))
    subject.load(bench.kept, (), {name: kind for name, kind in SCHEMA.items() if name != "balance"})
    with pytest.raises(TerminalFailure, match="columns"):
        bench.suspender.suspend_rows(bench.people, of_users("u1"))
    assert bench.rows() == plain(ROWS)


def test_a_view_is_told_by_keys_which_rows_to_leave_out(subject: Any, store: Store, people: Dataset) -> None:
    """The rows stay as they are; each key is listed once, and lifting takes out those that are selected."""
    needs(store, SuspendsBy.VIEW)
    bench = Bench(subject, store, people, Listed(subject.location("stoppable_keys")), view="seen")
    assert bench.suspender.suspend_rows(bench.people, of_users("u1")).rows == 2
    assert bench.suspender.suspend_rows(bench.people, of_users("u1", "u2")).rows == 1
    assert (bench.keys(), bench.rows()) == ({1, 2, 4}, plain(ROWS))
    some = Selection(Among("id", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({1, 4, 5})})
    assert bench.suspender.lift_rows(bench.people, some).rows == 2
    assert (bench.keys(), bench.rows()) == ({2}, plain(ROWS))


def test_an_unreachable_store_says_so(subject: Any, store: Store, people: Dataset) -> None:
    """It is transient, as everywhere."""
    needs(store, SuspendsBy.FLAG)
    away = subject.unreachable()
    dataset = replace(people, suspension=Suspension(FLAG))
    with pytest.raises(TransientFailure):
        cast("SuspendingStore", away).suspender().suspend_rows(dataset, of_users("u1"))
    away.close()


def test_a_dataset_without_means_is_refused(store: Store, people: Dataset) -> None:
    """Nothing is guessed: what the map does not say is not done."""
    needs(store, SuspendsBy.FLAG)
    for side in ("suspend_rows", "lift_rows"):
        with pytest.raises(TerminalFailure):
            getattr(cast("SuspendingStore", store).suspender(), side)(people, of_users("u1"))
