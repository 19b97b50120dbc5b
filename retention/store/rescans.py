"""Rounds of re-scans, and erased people who were offered again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, select

from retention.model.ids import CaseId, DatasetId
from retention.model.rescan import Offered, Round, Seen, Sighting
from retention.store.engine import Database
from retention.store.tables import RESCANS, SIGHTINGS, SUPPRESSIONS

BATCH = 500
"""Rows or keys of one statement."""
ALONE = 0x6C656405
"""Two who count the same sightings in another order would wait for each other on PostgreSQL."""


class SqlRescans:
    """Implements `ports.rescans.Rescans`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def schedule(self, rounds: Iterable[Round]) -> None:
        """Keep rounds that are to come; all or none, and one that is known stays."""
        with self._database.writing() as connection:
            for each in rounds:
                connection.execute(self._database.insert(RESCANS).values(_row(each)).on_conflict_do_nothing())

    def due(self, now: datetime) -> tuple[Round, ...]:
        """Return the rounds that are due and that nobody has looked at."""
        return self._rounds(and_(RESCANS.c.looked_at.is_(None), RESCANS.c.due_at <= now))

    def of_case(self, case_id: CaseId) -> tuple[Round, ...]:
        """Return the case's rounds."""
        return self._rounds(RESCANS.c.case_id == case_id)

    def settled_by(self, return_case: CaseId) -> tuple[Round, ...]:
        """Return the rounds whose finding that case erases."""
        return self._rounds(RESCANS.c.return_case == return_case)

    def write(self, looked: Round) -> None:
        """Keep what a round saw; a new round is added."""
        row = _row(looked)
        insert = self._database.insert(RESCANS).values(row)
        changed = {name: row[name] for name in ("seen", "looked_at", "return_case")}
        with self._database.writing() as connection:
            connection.execute(
                insert.on_conflict_do_update(index_elements=["case_id", "round", "due_at"], set_=changed)
            )

    def _rounds(self, where: ColumnElement[bool]) -> tuple[Round, ...]:
        query = select(RESCANS).where(where).order_by(RESCANS.c.due_at, RESCANS.c.case_id, RESCANS.c.round)
        with self._database.reading() as connection:
            return tuple(_round(row) for row in connection.execute(query))


class SqlSightings:
    """Implements `ports.rescans.Sightings`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def note(self, sightings: Iterable[Sighting]) -> None:
        """Count sightings that differ only in when as one; all or none."""
        rows = (_sighting_row(each) for each in sightings)
        insert = self._database.insert(SIGHTINGS)
        counted = insert.on_conflict_do_update(
            index_elements=[column.name for column in SIGHTINGS.primary_key.columns],
            set_={
                "times": SIGHTINGS.c.times + 1,
                "last_at": insert.excluded.last_at,
                "reference": insert.excluded.reference,
            },
        )
        with self._database.writing(alone_in=ALONE) as connection:
            while batch := list(islice(rows, BATCH)):
                connection.execute(counted, batch)

    def of_keys(self, keys: Iterable[tuple[str, str]]) -> tuple[Offered, ...]:
        """Return what is known of these keys, latest first."""
        asked = set(keys)
        digests = iter(sorted({digest for _, digest in asked}))
        found: list[Offered] = []
        with self._database.reading() as connection:
            while batch := list(islice(digests, BATCH)):
                rows = connection.execute(select(SIGHTINGS).where(SIGHTINGS.c.digest.in_(batch)))
                found += (_offered(row) for row in rows if (row.key_name, row.digest) in asked)
        return tuple(sorted(found, key=lambda each: (each.sighting.at, each.sighting.source), reverse=True))

    def forget(self) -> int:
        """Remove those of whom no suppression is left."""
        same = and_(SUPPRESSIONS.c.key_name == SIGHTINGS.c.key_name, SUPPRESSIONS.c.digest == SIGHTINGS.c.digest)
        with self._database.writing(alone_in=ALONE) as connection:
            return connection.execute(delete(SIGHTINGS).where(~exists().where(same))).rowcount


def _row(each: Round) -> dict[str, Any]:
    return {
        "case_id": each.case_id,
        "round": each.name,
        "due_at": each.due_at,
        "seen": None if each.seen is None else each.seen.value,
        "looked_at": each.looked_at,
        "return_case": each.return_case,
    }


def _round(row: Row[Any]) -> Round:
    return Round(
        case_id=CaseId(row.case_id),
        name=row.round,
        due_at=row.due_at,
        seen=None if row.seen is None else Seen(row.seen),
        looked_at=row.looked_at,
        return_case=None if row.return_case is None else CaseId(row.return_case),
    )


def _sighting_row(each: Sighting) -> dict[str, Any]:
    return {
        "key_name": each.key_name,
        "digest": each.digest,
        "source": each.source,
        "what": each.what,
        "dataset": each.dataset or "",
        "reference": each.reference,
        "first_at": each.at,
        "last_at": each.at,
        "times": 1,
    }


def _offered(row: Row[Any]) -> Offered:
    dataset = DatasetId(row.dataset) if row.dataset else None
    latest = Sighting(row.key_name, row.digest, row.source, row.what, dataset, row.last_at, row.reference)
    return Offered(latest, row.times, row.first_at)
