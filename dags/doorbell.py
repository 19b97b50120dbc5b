"""The doorbell: rings while something waits, and takes nothing.

It looks how deep the queues are and how many parcels the inbox holds; no message is received, so nothing can be
lost between the ring and the run, and nothing about a person comes into Airflow. It rings again until nothing
waits: a ring that Airflow drops, or merges into a run that has begun already, costs some seconds.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

_LOG = logging.getLogger(__name__)


class Doorbell(BaseEventTrigger):
    """Looks every `look_seconds`; after a ring it is still for `still_seconds`."""

    def __init__(self, look_seconds: float = 5.0, still_seconds: float = 15.0) -> None:
        """Both in seconds."""
        super().__init__()
        self._look_seconds = look_seconds
        self._still_seconds = still_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Say how the triggerer makes it again."""
        return ("dags.doorbell.Doorbell", {"look_seconds": self._look_seconds, "still_seconds": self._still_seconds})

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Ring with the number of parcels that wait."""
        while True:
            waiting = await asyncio.to_thread(_waiting)
            if waiting:
                yield TriggerEvent({"waiting": waiting})
            await asyncio.sleep(self._still_seconds if waiting else self._look_seconds)


def _waiting() -> int:
    """Ask the workspace; whoever cannot be asked is asked again: the timed sweep looks as well."""
    # Imported in the triggerer alone: the scheduler parses DAG files all day and needs none of it.
    from retention.errors import RetentionError  # noqa: PLC0415
    from retention.wiring import count_waiting  # noqa: PLC0415

    try:
        return count_waiting(Path(os.environ["RETENTION_WORKSPACE"]))
    except RetentionError as error:
        _LOG.warning("nobody knows whether events wait: %s", error)
        return 0
