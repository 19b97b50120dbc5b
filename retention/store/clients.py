"""Clients' requests, and what their addresses have been told."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from retention.model.client import Call, ClientRequest, Progress
from retention.model.ids import CaseId
from retention.store.engine import Database
from retention.store.outside_tables import CLIENT_CALLS, CLIENT_REQUESTS

_FINISHED = (Progress.COMPLETED.value, Progress.CANCELLED.value)


class SqlClientRequests:
    """Implements `ports.clients.ClientRequests`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def take(self, request: ClientRequest) -> ClientRequest:
        """Keep a request and one call for each of its addresses; if its number is known, return what stands."""
        row = {**asdict(request), "callbacks": json.dumps(request.callbacks)}
        new = self._database.insert(CLIENT_REQUESTS).values(row).on_conflict_do_nothing()
        with self._database.writing() as connection:
            if connection.scalar(new.returning(CLIENT_REQUESTS.c.request_id)) is not None and request.callbacks:
                connection.execute(insert(CLIENT_CALLS), [_first(request, url) for url in request.callbacks])
            return _request(connection.execute(_one(request.client, request.request_id)).one())

    def opened(self, client: str, request_id: str) -> None:
        """Note that the request's case stands."""
        this = (CLIENT_REQUESTS.c.client == client) & (CLIENT_REQUESTS.c.request_id == request_id)
        with self._database.writing() as connection:
            connection.execute(update(CLIENT_REQUESTS).where(this).values(is_open=True))

    def find(self, client: str, request_id: str) -> ClientRequest | None:
        """Return the request, if it is this client's."""
        with self._database.reading() as connection:
            row = connection.execute(_one(client, request_id)).one_or_none()
        return None if row is None else _request(row)

    def all(self) -> tuple[ClientRequest, ...]:
        """Return every request, oldest first."""
        query = select(CLIENT_REQUESTS).order_by(CLIENT_REQUESTS.c.received_at, CLIENT_REQUESTS.c.request_id)
        with self._database.reading() as connection:
            return tuple(_request(row) for row in connection.execute(query))

    def calls(self, before: datetime) -> tuple[Call, ...]:
        """Return the calls that may be made by now and are not finished, longest waiting first."""
        waiting = CLIENT_CALLS.c.told.not_in(_FINISHED) & (CLIENT_CALLS.c.next_at <= before)
        query = select(CLIENT_CALLS).where(waiting).order_by(CLIENT_CALLS.c.next_at, CLIENT_CALLS.c.request_id)
        with self._database.reading() as connection:
            return tuple(_call(row) for row in connection.execute(query))

    def put_call(self, call: Call) -> None:
        """Keep how far the call is."""
        this = CLIENT_CALLS.c.client == call.client
        this &= (CLIENT_CALLS.c.request_id == call.request_id) & (CLIENT_CALLS.c.url == call.url)
        values = {"told": call.told.value, "failures": call.failures, "next_at": call.next_at}
        with self._database.writing() as connection:
            connection.execute(update(CLIENT_CALLS).where(this).values(values))


def _one(client: str, request_id: str) -> Any:  # noqa: ANN401 -- SQLAlchemy's select of a whole table
    columns = CLIENT_REQUESTS.c
    return select(CLIENT_REQUESTS).where((columns.client == client) & (columns.request_id == request_id))


def _first(request: ClientRequest, url: str) -> dict[str, object]:
    this = {"client": request.client, "request_id": request.request_id, "url": url}
    return this | {"told": Progress.PENDING.value, "failures": 0, "next_at": request.received_at}


def _request(row: Row[Any]) -> ClientRequest:
    values = {**row._mapping, "case_id": CaseId(row.case_id), "callbacks": tuple(json.loads(row.callbacks))}  # noqa: SLF001 -- SQLAlchemy's own name
    return ClientRequest(**values)


def _call(row: Row[Any]) -> Call:
    return Call(row.client, row.request_id, row.url, Progress(row.told), row.failures, row.next_at)
