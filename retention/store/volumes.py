"""What steps on large stores are expected to move, and the shards they are cut into."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import Any

from sqlalchemy import Row, select

from retention.model.ids import DatasetId, PlanId, StepId
from retention.model.volume import Estimate, Moved, Shard, StepVolume
from retention.store.engine import Database
from retention.store.outside_tables import VOLUMES


class SqlVolumes:
    """Implements `ports.volume.Volumes`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def put(self, plan_id: PlanId, volumes: Iterable[StepVolume]) -> None:
        """Keep what was found for a plan's steps; what stands stays."""
        rows = [
            {
                "plan_id": plan_id,
                "step_id": each.step_id,
                "dataset": each.dataset,
                "estimate": json.dumps(asdict(each.estimate), sort_keys=True),
                "shards": json.dumps([astuple(shard) for shard in each.shards]),
            }
            for each in volumes
        ]
        if rows:
            with self._database.writing() as connection:
                connection.execute(self._database.insert(VOLUMES).values(rows).on_conflict_do_nothing())

    def of_plan(self, plan_id: PlanId) -> tuple[StepVolume, ...]:
        """Return them by step."""
        query = select(VOLUMES).where(VOLUMES.c.plan_id == plan_id).order_by(VOLUMES.c.step_id)
        with self._database.reading() as connection:
            return tuple(_volume(row) for row in connection.execute(query))


def _volume(row: Row[Any]) -> StepVolume:
    told = json.loads(row.estimate)
    return StepVolume(
        step_id=StepId(row.step_id),
        dataset=DatasetId(row.dataset),
        estimate=Estimate(**{**told, "moved": Moved(**told["moved"])}),
        shards=tuple(Shard(*shard) for shard in json.loads(row.shards)),
    )
