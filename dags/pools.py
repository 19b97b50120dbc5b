"""Who waits for whom: a sweep over millions of rows never keeps a person's request waiting.

Two pools (pools.json; `airflow pools import`). What a person waits for has slots that no sweep can take, and stands
before every sweep in Airflow's queue: the weights are absolute, so a long chain of tasks gains nothing by its length.
A task that waits for people, or for its next attempt, holds no slot.
"""

from __future__ import annotations

from typing import Any

from task_errors import DEFAULTS

REQUESTS: dict[str, Any] = {
    **DEFAULTS,
    "pool": "retention_requests",
    "priority_weight": 100,
    "weight_rule": "absolute",
}
"""For every task of a DAG on which a person's answer, or a law's date, depends."""

SWEEPS: dict[str, Any] = {
    **DEFAULTS,
    "pool": "retention_sweeps",
    "priority_weight": 1,
    "weight_rule": "absolute",
}
"""For every task of a DAG that nobody waits for."""
