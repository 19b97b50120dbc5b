"""Airflow by its REST API (`/api/v2`): whose heart beats, and which pools there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from connectors.health.addresses import ask
from connectors.health.client import clock
from retention.errors import TerminalFailure
from retention.model.seen import AirflowPart, Pools, ServerClock
from retention.ports.examiner import Place

_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


def examine_airflow(place: Place) -> Iterator[AirflowPart | Pools | ServerClock]:
    """Yield Airflow's parts, and the pools of the option `pools` that are missing if a `token` lets us look.

    Raises:
        TransientFailure: it was not reached.
        TerminalFailure: what answers is not Airflow, or refuses the token.

    """
    found, date = _json(place, "/api/v2/monitor/health")
    yield from clock(place, date)
    for name in _PARTS:
        status = found.get(name, {}).get("status")
        yield AirflowPart(name, str(status) if status is not None else "not running")
    wanted = [name for name in place.options.get("pools", "").split(",") if name]
    if wanted and "token" in place.options:
        pools, _ = _json(place, "/api/v2/pools?limit=100", place.options["token"])
        there = {str(pool.get("name")) for pool in pools.get("pools", ())}
        yield Pools(tuple(name for name in wanted if name not in there))


def _json(place: Place, path: str, token: str | None = None) -> tuple[dict[str, Any], str | None]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    status, date, body = ask(place, "GET", path, headers)
    try:
        found = json.loads(body) if status == HTTPStatus.OK else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        hint = "RETENTION_AIRFLOW_TOKEN must be a valid token" if token else "AIRFLOW__API__BASE_URL must name Airflow"
        raise TerminalFailure(f"{place.where}: answered {status}", hint=hint)
    return found, date
