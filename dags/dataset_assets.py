"""Datasets of the data map as Airflow's assets: what derives from one can run when somebody is gone from it.

from dataset_assets import dataset_asset

@dag(schedule=[dataset_asset("lake.viewing")], …)
def refresh_report(): …
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk import Asset, AssetAlias

ERASED = AssetAlias("retention_erased")
"""What a sealed case has touched; a DAG that is scheduled on it runs after every case."""


def dataset_asset(dataset_id: str) -> Asset:
    """Return the dataset's asset; its name follows from its id in the data map."""
    return Asset(name=f"retention/{dataset_id}", uri=f"x-retention://datasets/{dataset_id}")


def announce(outlet_events: Any, plan_id: str, dataset_ids: Iterable[str]) -> None:  # noqa: ANN401 -- Airflow's own
    """Emit an event of every dataset; it names the plan, and nobody."""
    for dataset_id in dataset_ids:
        outlet_events[ERASED].add(dataset_asset(dataset_id), extra={"plan": plan_id})
