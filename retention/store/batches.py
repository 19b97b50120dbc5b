"""Which requests go together, and moving them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, delete, select, update

from retention.errors import StateError, UnknownNameError
from retention.model.batch import UNDER_WAY
from retention.model.case import NEXT, CaseState
from retention.model.ids import CaseId
from retention.ports.batches import Member
from retention.store.engine import Database
from retention.store.outside_tables import BATCH_MEMBERS
from retention.store.tables import CASES

_MANY = 500
"""Cases named in one statement."""
_MINE = BATCH_MEMBERS.c


class SqlBatches:
    """Implements `ports.batches.Batches`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def keep(self, batch: CaseId, members: Sequence[Member]) -> None:
        """Let the batch consist of exactly these requests; all or none.

        Raises:
            StateError: one does not stand where the batch stands, or another batch is under way with it.
            UnknownNameError: there is no such batch.

        """
        names = [member.case_id for member in members]
        insert = self._database.insert(BATCH_MEMBERS)
        upsert = insert.on_conflict_do_update(
            index_elements=["case_id"], set_={name: insert.excluded[name] for name in ("batch_id", "share")}
        )
        with self._database.writing() as connection:
            state = _state(connection, batch)
            for part in _parts(names):
                _refuse_elsewhere(connection, part, batch, state)
            connection.execute(delete(BATCH_MEMBERS).where(_MINE.batch_id == batch))
            rows = [{"case_id": each.case_id, "batch_id": batch, "share": each.share} for each in members]
            for start in range(0, len(rows), _MANY):
                connection.execute(upsert, rows[start : start + _MANY])

    def members(self, batch: CaseId) -> tuple[Member, ...]:
        """Return the batch's requests, by case number."""
        query = select(_MINE.case_id, _MINE.share).where(_MINE.batch_id == batch).order_by(_MINE.case_id)
        with self._database.reading() as connection:
            return tuple(Member(CaseId(row.case_id), row.share) for row in connection.execute(query))

    def states(self, batch: CaseId) -> Mapping[CaseId, CaseState]:
        """Return where each of the batch's requests stands, by case number."""
        query = select(CASES.c.case_id, CASES.c.state).join(BATCH_MEMBERS, _MINE.case_id == CASES.c.case_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(_MINE.batch_id == batch).order_by(CASES.c.case_id))
            return {CaseId(row.case_id): CaseState(row.state) for row in rows}

    def batch_of(self, case_id: CaseId) -> CaseId | None:
        """Return the batch that the request is in."""
        with self._database.reading() as connection:
            found: str | None = connection.scalar(select(_MINE.batch_id).where(_MINE.case_id == case_id))
        return None if found is None else CaseId(found)

    def leave(self, case_id: CaseId) -> None:
        """Let the request be in no batch."""
        with self._database.writing() as connection:
            connection.execute(delete(BATCH_MEMBERS).where(_MINE.case_id == case_id))

    def move(self, batch: CaseId, state: CaseState) -> None:
        """Move the batch, and with it every request that stands where it stood: all in one transaction.

        Raises:
            StateError: `case.NEXT` does not allow it.
            UnknownNameError: there is no such batch.

        """
        members = select(_MINE.case_id).where(_MINE.batch_id == batch)
        with self._database.writing() as connection:
            stood = _state(connection, batch)
            if state is not stood and state not in NEXT[stood]:
                raise StateError(f"batch {batch} is {stood.value}; it cannot become {state.value} from there")
            together = CASES.c.case_id.in_(members) & (CASES.c.state == stood.value)
            for these in (together, CASES.c.case_id == batch):
                connection.execute(update(CASES).where(these).values(state=state.value))

    def seal(self, cases: Iterable[CaseId]) -> None:
        """Move verified requests to SEALED, all in one transaction; those that are there stay."""
        with self._database.writing() as connection:
            for part in _parts(cases):
                verified = CASES.c.case_id.in_(part) & (CASES.c.state == CaseState.VERIFIED.value)
                connection.execute(update(CASES).where(verified).values(state=CaseState.SEALED.value))


def _parts(names: Iterable[CaseId]) -> Iterator[list[CaseId]]:
    waiting = iter(names)
    while part := list(islice(waiting, _MANY)):
        yield part


def _state(connection: Connection, batch: CaseId) -> CaseState:
    stored = connection.scalar(select(CASES.c.state).where(CASES.c.case_id == batch).with_for_update())
    if stored is None:
        raise UnknownNameError(f"no case {batch}", hint="see `retention plan batch`")
    return CaseState(stored)


def _refuse_elsewhere(connection: Connection, names: list[CaseId], batch: CaseId, state: CaseState) -> None:
    these: ColumnElement[bool] = CASES.c.case_id.in_(names)
    stray = connection.scalar(select(CASES.c.case_id).where(these, CASES.c.state != state.value).limit(1))
    if stray is not None:
        raise StateError(f"{stray} has moved on meanwhile", hint="run again: it is left out")
    under_way = CASES.c.state.in_([each.value for each in UNDER_WAY])
    other = select(_MINE.case_id, _MINE.batch_id).join(CASES, CASES.c.case_id == _MINE.batch_id)
    taken = connection.execute(
        other.where(_MINE.case_id.in_(names), _MINE.batch_id != batch, under_way).limit(1)
    ).one_or_none()
    if taken is not None:
        raise StateError(f"{taken.case_id} goes with batch {taken.batch_id}", hint="run again: it is left out")
