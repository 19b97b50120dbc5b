"""What was seen of copies later, holds on them, and the answers to the four tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, and_, insert, select, update

from retention.errors import UnknownNameError
from retention.model.copies import CopyHold, CopyKind, Horizon, UseTests, Why
from retention.model.ids import CaseId, HoldId, SystemId
from retention.store.engine import Database
from retention.store.tables import COPY_HOLDS, HOLDS, HORIZONS, USE_TESTS


class SqlCopyNotes:
    """Implements `ports.copies.CopyNotes`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def revise_horizon(self, horizon: Horizon) -> None:
        """Replace what is known of a horizon.

        Raises:
            UnknownNameError: there is no such horizon.

        """
        row = horizon_row(horizon)
        this = and_(*(HORIZONS.c[name] == row[name] for name in ("case_id", "system", "what")))
        with self._database.writing() as connection:
            if not connection.execute(update(HORIZONS).where(this).values(row)).rowcount:
                raise UnknownNameError(f"case {horizon.case_id}: no horizon of {horizon.what} in {horizon.system}")

    def hold_copy(self, hold: CopyHold) -> None:
        """Tie a placed hold to a copy; the first time stays."""
        row = {"system": hold.system, "what": hold.what, "hold_id": hold.hold_id, "placed_at": hold.placed_at}
        with self._database.writing() as connection:
            connection.execute(self._database.insert(COPY_HOLDS).values(row).on_conflict_do_nothing())

    def copy_holds(self) -> tuple[CopyHold, ...]:
        """Return those whose hold has not been released, oldest first."""
        placed = select(COPY_HOLDS).join(HOLDS, HOLDS.c.hold_id == COPY_HOLDS.c.hold_id)
        query = placed.where(HOLDS.c.released_at.is_(None)).order_by(COPY_HOLDS.c.placed_at, *COPY_HOLDS.primary_key)
        with self._database.reading() as connection:
            return tuple(
                CopyHold(SystemId(row.system), row.what, HoldId(row.hold_id), row.placed_at)
                for row in connection.execute(query)
            )

    def attest(self, tests: UseTests) -> None:
        """Keep the answers beside earlier ones."""
        row = {name: getattr(tests, name) for name in UseTests.__slots__}
        with self._database.writing() as connection:
            connection.execute(insert(USE_TESTS).values(row))

    def use_tests(self) -> Mapping[SystemId, UseTests]:
        """Return the newest answers of each system."""
        query = select(USE_TESTS).order_by(USE_TESTS.c.attested_at, USE_TESTS.c.seq)
        with self._database.reading() as connection:
            return {SystemId(row.system): _tests(row) for row in connection.execute(query)}


def horizon_row(horizon: Horizon) -> dict[str, Any]:
    """Return a horizon as the table has it."""
    return {
        "case_id": horizon.case_id,
        "system": horizon.system,
        "what": horizon.what,
        "until": horizon.until,
        "gone_at": horizon.gone_at,
        "why": horizon.why.value,
        "kind": horizon.kind.value if horizon.kind else None,
        "region": horizon.region,
        "noted_at": horizon.noted_at,
    }


def horizon_of(row: Row[Any]) -> Horizon:
    """Return a row of the table as a horizon."""
    return Horizon(
        case_id=CaseId(row.case_id),
        system=SystemId(row.system),
        what=row.what,
        until=row.until,
        gone_at=row.gone_at,
        why=Why(row.why),
        kind=CopyKind(row.kind) if row.kind else None,
        region=row.region,
        noted_at=row.noted_at,
    )


def _tests(row: Row[Any]) -> UseTests:
    return UseTests(
        system=SystemId(row.system),
        no_decisions=row.no_decisions,
        no_access=row.no_access,
        secured=row.secured,
        will_delete=row.will_delete,
        attester_ref=row.attester_ref,
        attested_at=row.attested_at,
    )
