"""The work behind an order: pending → in progress → completed, with a signed call at each change."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Protocol

import httpx

from demo.analytics.faults import Faults
from demo.analytics.records import OrderRecord, Records

_LOG = logging.getLogger(__name__)
_CALLBACK_TRIES = 3


class Seal(Protocol):
    """Signs a body and says in whose name."""

    def __call__(self, body: bytes) -> Mapping[str, str]:
        """Return the headers that go with the body."""
        ...


def status_body(order: OrderRecord) -> dict[str, object]:
    """Return what is said of an order (8.3)."""
    return {
        "controller_id": order.controller_id,
        "expected_completion_time": order.expected_at,
        "subject_request_id": order.request_id,
        "request_status": order.status,
        "api_version": "2.0",
        "results_url": None,
    }


class Worker:
    """Carries out orders in the background, and at the start those a former process left."""

    def __init__(self, records: Records, seal: Seal, delay: float) -> None:
        """Keep what is needed; `delay` is in seconds, before each change of status."""
        self._records = records
        self._seal = seal
        self._delay = delay
        self._http = httpx.AsyncClient(timeout=10)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, request_id: str, faults: Faults) -> None:
        """Begin to work on an order, in the background."""
        if faults.stay_pending:
            return
        task = asyncio.create_task(self.work(request_id, faults))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def work(self, request_id: str, faults: Faults) -> None:
        """Carry the order out; a repeat after a crash does the rest."""
        callbacks = self._records.callbacks(request_id)
        await asyncio.sleep(self._delay)
        self._records.begin(request_id)
        await self._tell(request_id, callbacks)
        await asyncio.sleep(self._delay)
        if faults.cancel:
            self._records.cancel(request_id)
        elif faults.keep:
            self._records.pretend(request_id)
        else:
            self._records.erase(request_id)
        await self._tell(request_id, callbacks)

    async def work_all(self, faults: Faults) -> None:
        """Carry out everything outstanding, and return when it is done."""
        for request_id in self._records.outstanding():
            await self.work(request_id, faults)

    async def close(self) -> None:
        """Give connections back."""
        await self._http.aclose()

    async def _tell(self, request_id: str, callbacks: tuple[str, ...]) -> None:
        order = self._records.order(request_id)
        if order is None:
            return
        for url in callbacks:
            await self._post(url, json.dumps(status_body(order) | {"status_callback_url": url}).encode())

    async def _post(self, url: str, body: bytes) -> None:
        headers = {"Content-Type": "application/json", **self._seal(body)}
        for _ in range(_CALLBACK_TRIES):
            try:
                answer = await self._http.post(url, content=body, headers=headers)
            except httpx.TransportError as error:
                _LOG.warning("callback not delivered: %s", type(error).__name__)
                continue
            if answer.is_success:
                return
            _LOG.warning("callback answered %d", answer.status_code)
