"""The order of the evidence log: indexes without gaps, whoever appends.

One row holds the size and the hashes over the whole log. Appenders queue for it, and it is written in
the transaction of the entries: a death gives indexes back, and the hashes never say more than the rows.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from sqlalchemy import Row, select

from retention.evidence.frontier import Frontier
from retention.evidence.merkle import leaf_hashes
from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import LogDraft, LogEntry, LogHead, Seal
from retention.store.engine import Database
from retention.store.tables import LOG, LOG_SIZE
from retention.store.turns import Turns

BATCH = 512
"""Entries in memory at a time."""
_LOOKED_UP = 250
"""Statements in one look-up: SQLite allows no statement of any length."""
_INSERTED = 100
"""Rows in one insert; for the same reason."""
_COLUMNS = "position, statement_id, statement_hash, case_id, envelope"
_SELECT = f"SELECT {_COLUMNS}"
_FOUND = "ledger_log ON statement_hash = h AND"
_SHA256_DIGITS = 64
_COPY_BEGINS, _COPY_ENDS = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
"""PostgreSQL's binary format of COPY; half the bytes of its text format."""


def statement_hash(statement_id: str) -> int:
    """Return up to 64 bits of a statement's name, to find it by; two names may have the same."""
    if len(statement_id) == _SHA256_DIGITS:
        try:
            return int(statement_id[:15], 16)  # as good as any other part of a hash
        except ValueError:
            pass
    (number,) = struct.unpack(">q", hashlib.sha256(statement_id.encode()).digest()[:8])
    return int(number)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one caller wants appended; three lists side by side, since an object for each would cost as much again."""

    drafts: Sequence[LogDraft]
    hashes: Sequence[int]
    leaves: Sequence[bytes]
    seal: Seal | None


_Answer: TypeAlias = tuple[tuple[int, ...], Mapping[StatementId, LogEntry]]
"""The index of each draft, and the entries that stood before it."""


def _asked(drafts: Sequence[LogDraft], seal: Seal | None) -> _Asked:
    """Hash before the queue: others append meanwhile."""
    hashes = [statement_hash(draft.statement_id) for draft in drafts]
    return _Asked(drafts, hashes, leaf_hashes([draft.envelope for draft in drafts]), seal)


def _answer(
    asked: _Asked,
    first: Mapping[StatementId, LogDraft],
    indexes: Mapping[StatementId, int],
    standing: Mapping[StatementId, LogEntry],
) -> _Answer:
    """Return one caller's part; what another caller of the same transaction brought first stands for this one."""
    others = {draft.statement_id for draft in asked.drafts if first[draft.statement_id] is not draft}
    by_others = {
        name: LogEntry(indexes[name], name, first[name].case_id, first[name].envelope)
        for name in others - standing.keys()
    }
    return tuple([indexes[draft.statement_id] for draft in asked.drafts]), {**by_others, **standing}


class SqlLogSequence:
    """Implements `ports.ledger.LogSequence`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database
        self._turns = Turns(self._together)

    def append(
        self, statement_id: StatementId, case_id: CaseId | None, envelope: bytes, seal: Seal | None = None
    ) -> LogEntry:
        """Give the statement the next index; if it has one already, return the entry that stands."""
        (index,), standing = self._turns.take(_asked((LogDraft(statement_id, case_id, envelope),), seal))
        return standing.get(statement_id) or LogEntry(index, statement_id, case_id, envelope)

    def append_many(self, drafts: Sequence[LogDraft], seal: Seal | None = None) -> tuple[int, ...]:
        """Append all or none, in one transaction; return the index of each statement."""
        return self._turns.take(_asked(drafts, seal))[0]

    def _together(self, requests: Sequence[_Asked]) -> Sequence[_Answer]:
        """Append what several threads asked for in one transaction, sealed once; under several seals, one by one."""
        if len(requests) > 1 and any(asked.seal != requests[0].seal for asked in requests):
            return [each for asked in requests for each in self._together([asked])]
        drafts = [draft for asked in requests for draft in asked.drafts]
        hashes = [hashed for asked in requests for hashed in asked.hashes]
        leaves = [leaf for asked in requests for leaf in asked.leaves]
        place = {draft.statement_id: at for at, draft in reversed([*enumerate(drafts)])}
        first = {name: drafts[at] for name, at in place.items()}
        if len(first) < len(drafts):
            kept = sorted(place.values())
            drafts, hashes, leaves = (
                [drafts[at] for at in kept],
                [hashes[at] for at in kept],
                [leaves[at] for at in kept],
            )
        indexes, standing = self._appended(drafts, hashes, leaves, requests[0].seal)
        return [_answer(asked, first, indexes, standing) for asked in requests]

    def _appended(
        self, unique: Sequence[LogDraft], hashes: Sequence[int], leaves: Sequence[bytes], seal: Seal | None
    ) -> tuple[dict[StatementId, int], dict[StatementId, LogEntry]]:
        """Return the index of each statement, and the entries of those that stood already."""
        names = {draft.statement_id for draft in unique}
        with self._database.appending() as cursor:
            size, frontier = self._locked(cursor)
            standing = self._standing(cursor, [(d.case_id, h) for d, h in zip(unique, hashes, strict=True)], names)
            if standing:
                kept = [at for at, draft in enumerate(unique) if draft.statement_id not in standing]
                unique, hashes = [unique[at] for at in kept], [hashes[at] for at in kept]
                leaves = [leaves[at] for at in kept]
            if unique:
                rows = [
                    (n, d.statement_id, h, d.case_id, d.envelope)
                    for n, (d, h) in enumerate(zip(unique, hashes, strict=True), size)
                ]
                self._insert(cursor, rows)
                self._move(cursor, Frontier.decode(size, frontier).extended(leaves), seal)
        indexes = {draft.statement_id: size + at for at, draft in enumerate(unique)}
        indexes |= {name: entry.index for name, entry in standing.items()}
        return indexes, standing

    def head(self) -> LogHead:
        """Return size, hashes and seal as of one moment."""
        with self._database.reading() as connection:
            row = connection.execute(select(LOG_SIZE)).one()
        return LogHead(size=row.size, frontier=row.frontier, seal=row.seal)

    def size(self) -> int:
        """Return how many entries there are."""
        with self._database.reading() as connection:
            size: int = connection.execute(select(LOG_SIZE.c.size)).scalar_one()
        return size

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[LogEntry]:
        """Yield entries from index `start` up to and without `stop`; memory is bounded by a batch."""
        end = self.size() if stop is None else stop
        for first in range(start, end, BATCH):
            query = select(LOG).where(LOG.c.position >= first, LOG.c.position < min(first + BATCH, end))
            with self._database.reading() as connection:
                rows = list(connection.execute(query.order_by(LOG.c.position)))
            if not rows:
                return
            yield from (_entry(row) for row in rows)

    def of_case(self, case_id: CaseId) -> tuple[LogEntry, ...]:
        """Return the case's entries by index."""
        query = select(LOG).where(LOG.c.case_id == case_id).order_by(LOG.c.position)
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query))

    def _locked(self, cursor: Any) -> tuple[int, bytes]:  # noqa: ANN401 -- a cursor of either driver
        """Queue for the one row; on SQLite the transaction has queued already."""
        lock = "" if self._database.is_sqlite else " FOR UPDATE"
        size, frontier = cursor.execute(f"SELECT size, frontier FROM ledger_log_size{lock}").fetchone()  # noqa: S608 -- our words
        return int(size), bytes(frontier)

    def _standing(
        self,
        cursor: Any,  # noqa: ANN401 -- same
        wanted: Sequence[tuple[CaseId | None, int]],
        names: Collection[StatementId],
    ) -> dict[StatementId, LogEntry]:
        """Return those of the statements that are in the log, by name."""
        found: dict[StatementId, LogEntry] = {}
        if len(wanted) > _LOOKED_UP:
            cases = self._known_cases(cursor, {case for case, _ in wanted})
            wanted = [pair for pair in wanted if pair[0] in cases]
        for at in range(0, len(wanted), _LOOKED_UP):
            for position, name, _, case_id, envelope in self._of_hashes(cursor, wanted[at : at + _LOOKED_UP]):
                if name in names:
                    found.setdefault(name, LogEntry(position, name, case_id, bytes(envelope)))
        return found

    def _known_cases(self, cursor: Any, cases: Collection[CaseId | None]) -> set[CaseId | None]:  # noqa: ANN401 -- same
        """Return those that have statements: those of a new case need no look-up one by one."""
        known: set[CaseId | None] = {None}
        named = [case for case in cases if case is not None]
        for at in range(0, len(named), _LOOKED_UP):
            part = named[at : at + _LOOKED_UP]
            if self._database.is_sqlite:
                wanted: Sequence[Any] = part
                given = f"(VALUES {', '.join(['(?)'] * len(part))})"
            else:
                wanted, given = [part], "(SELECT unnest(%s::text[]))"
            query = f"WITH wanted(c) AS {given} SELECT c FROM wanted WHERE EXISTS (SELECT 1 FROM ledger_log WHERE case_id = c)"  # noqa: S608, E501 -- same
            known.update(case for (case,) in cursor.execute(query, wanted).fetchall())
        return known

    def _of_hashes(self, cursor: Any, wanted: Sequence[tuple[CaseId | None, int]]) -> list[Any]:  # noqa: ANN401 -- same
        """Return the rows of these cases and hashes by position."""
        if self._database.is_sqlite:
            marks = ", ".join(["(?, ?)"] * len(wanted))
            query = f"WITH wanted(c, h) AS (VALUES {marks}) {_SELECT} FROM wanted CROSS JOIN {_FOUND} case_id IS c"
            given: Sequence[Any] = [value for pair in wanted for value in pair]
        else:
            # a plain `IS NOT DISTINCT FROM` would use no index
            query = f"{_SELECT} FROM unnest(%s::text[], %s::bigint[]) AS wanted(c, h) JOIN {_FOUND} case_id = c"
            query += f" UNION ALL {_SELECT} FROM ledger_log WHERE case_id IS NULL AND statement_hash = ANY(%s)"
            given = ([case for case, _ in wanted], [h for _, h in wanted], [h for case, h in wanted if case is None])
        found: list[Any] = cursor.execute(query + " ORDER BY position", given).fetchall()
        return found

    def _insert(self, cursor: Any, rows: list[tuple[Any, ...]]) -> None:  # noqa: ANN401 -- same
        if self._database.is_sqlite:
            for at in range(0, len(rows), _INSERTED):  # a statement for each row would take half as long again
                part = rows[at : at + _INSERTED]
                marks = ", ".join(["(?, ?, ?, ?, ?)"] * len(part))
                cursor.execute(f"INSERT INTO ledger_log ({_COLUMNS}) VALUES {marks}", [*chain.from_iterable(part)])  # noqa: S608 -- same
            return
        with cursor.copy(f"COPY ledger_log ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(b"".join(chain((_COPY_BEGINS,), map(_binary, rows), (_COPY_ENDS,))))

    def _move(self, cursor: Any, edge: Frontier, seal: Seal | None) -> None:  # noqa: ANN401 -- same
        sealed = None if seal is None else seal(edge.size, edge.root)
        mark = self._mark
        query = f"UPDATE ledger_log_size SET size = {mark}, frontier = {mark}, seal = {mark}"  # noqa: S608 -- same
        cursor.execute(query, (edge.size, edge.encoded, sealed))

    @property
    def _mark(self) -> str:
        return "?" if self._database.is_sqlite else "%s"


def _binary(row: tuple[Any, ...]) -> bytes:
    """Return a row of the log as COPY wants it: each value after its length, -1 for none."""
    position, name, hashed, case_id, envelope = row
    text = name.encode()
    case = b"\xff\xff\xff\xff" if case_id is None else struct.pack(">i", len(case_id.encode())) + case_id.encode()
    head = struct.pack(f">hiqi{len(text)}siq", 5, 8, position, len(text), text, 8, hashed)
    return b"".join((head, case, struct.pack(">i", len(envelope)), envelope))


def _entry(row: Row[Any]) -> LogEntry:
    return LogEntry(
        index=row.position,
        statement_id=StatementId(row.statement_id),
        case_id=None if row.case_id is None else CaseId(row.case_id),
        envelope=row.envelope,
    )
