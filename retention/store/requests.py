"""People's requests: moves by case and number, and the marks of what came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select

from retention.errors import ConcurrentWriteFailure
from retention.model.case import Case
from retention.model.ids import CaseId
from retention.model.request_moves import Move
from retention.store.cases import case_row
from retention.store.engine import Database
from retention.store.outside_tables import REQUEST_MARKS, REQUEST_MOVES
from retention.store.request_codec import decode, encode
from retention.store.tables import CASES

ALONE = 0x6C656406
"""Two copies of one letter are taken one after the other (PostgreSQL)."""


class SqlRequests:
    """Implements `ports.requests.Requests`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def begin(self, case: Case, move: Move, marks: Sequence[str]) -> CaseId:
        """Keep a case, its first move and its marks, unless one of the marks is known."""
        with self._database.writing(alone_in=ALONE) as connection:
            query = select(REQUEST_MARKS.c.case_id).where(REQUEST_MARKS.c.mark.in_(marks))
            known = connection.scalar(query.order_by(REQUEST_MARKS.c.case_id)) if marks else None
            if known is not None:
                return CaseId(known)
            connection.execute(self._database.insert(CASES).values(case_row(case)))
            connection.execute(self._database.insert(REQUEST_MOVES).values(_row(case.case_id, 0, move)))
            for mark in marks:
                connection.execute(self._database.insert(REQUEST_MARKS).values(mark=mark, case_id=case.case_id))
        return case.case_id

    def add(self, case_id: CaseId, number: int, move: Move) -> None:
        """Keep the move under its number.

        Raises:
            ConcurrentWriteFailure: another move has it.

        """
        insert = self._database.insert(REQUEST_MOVES).values(_row(case_id, number, move)).on_conflict_do_nothing()
        with self._database.writing() as connection:
            if connection.scalar(insert.returning(REQUEST_MOVES.c.number)) is None:
                raise ConcurrentWriteFailure(
                    f"{case_id}: something else happened to this request at the same moment", hint="look, and try again"
                )

    def mark(self, case_id: CaseId, mark: str) -> CaseId:
        """Keep one more mark, and return the case that has it."""
        insert = self._database.insert(REQUEST_MARKS).values(mark=mark, case_id=case_id).on_conflict_do_nothing()
        with self._database.writing() as connection:
            connection.execute(insert)
            found = connection.scalar(select(REQUEST_MARKS.c.case_id).where(REQUEST_MARKS.c.mark == mark))
        return CaseId(str(found))

    def marked(self, mark: str) -> CaseId | None:
        """Return the case that has the mark."""
        with self._database.reading() as connection:
            found = connection.scalar(select(REQUEST_MARKS.c.case_id).where(REQUEST_MARKS.c.mark == mark))
        return None if found is None else CaseId(found)

    def moves(self, case_id: CaseId) -> tuple[Move, ...]:
        """Return the moves in their order."""
        query = select(REQUEST_MOVES).where(REQUEST_MOVES.c.case_id == case_id).order_by(REQUEST_MOVES.c.number)
        with self._database.reading() as connection:
            return tuple(map(_move, connection.execute(query)))

    def all(self) -> Iterator[tuple[CaseId, tuple[Move, ...]]]:
        """Yield every request with its moves."""
        query = select(REQUEST_MOVES).order_by(REQUEST_MOVES.c.case_id, REQUEST_MOVES.c.number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        for case_id, moves in groupby(rows, key=lambda row: str(row.case_id)):
            yield CaseId(case_id), tuple(map(_move, moves))


def _row(case_id: CaseId, number: int, move: Move) -> dict[str, Any]:
    kind, body = encode(move.what)
    return {"case_id": case_id, "number": number, "at": move.at, "by_ref": move.by, "kind": kind, "body": body}


def _move(row: Row[Any]) -> Move:
    return Move(row.at, row.by_ref, decode(row.kind, row.body))
