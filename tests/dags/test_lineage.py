"""Sealed plans in a catalogue of data: a real client of OpenLineage tells a real collector over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openlineage.client import OpenLineageClient
from openlineage.client.serde import Serde
from openlineage.client.transport.http import HttpConfig, HttpTransport

from connectors.openlineage import event_of
from dags.lineage_told import told_lineage
from retention.errors import TransientFailure
from retention.model.ids import DatasetId, PlanId, RuleId
from retention.model.lineage import Change, Lineage, Touched
from tests.e2e.conftest import NOW, make_shop_in

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "lineage" / "erasure-facets.schema.json").read_text(encoding="utf-8"))
COLLECTOR_AWAY = 404
"""What is not tried again by the client itself."""


class Collector:
    """Takes events as a catalogue does."""

    def __init__(self) -> None:
        """Start it."""
        self.events: list[dict[str, Any]] = []
        self.status = 201
        handler = type("Handler", (_Handler,), {"collector": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def client(self) -> OpenLineageClient:
        """Return a client that tells this collector."""
        return OpenLineageClient(
            transport=HttpTransport(HttpConfig(url=f"http://127.0.0.1:{self._server.server_port}"))
        )

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    collector: Collector

    def do_POST(self) -> None:
        """Take an event, or not."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.collector.status == 201:
            self.collector.events.append(said)
        self.send_response(self.collector.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    started = Collector()
    yield started
    started.close()


def test_a_catalogue_learns_which_columns_went_and_of_how_many_rows_once_and_of_nobody(
    tmp_path: Path, collector: Collector
) -> None:
    """Away, it is told later; then once: columns, rows, plan and digest, and standard lineage of masked columns."""
    app, case, plan_id = make_shop_in(tmp_path).approved_request("email=c3@mail.example")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        assert told_lineage(app, NOW, collector.client()) == []
        app.seal(plan_id, NOW)
        collector.status = COLLECTOR_AWAY
        with pytest.raises(TransientFailure, match=plan_id):
            told_lineage(app, NOW, collector.client())
        collector.status = 201
        assert told_lineage(app, NOW, collector.client()) == [plan_id]
        assert told_lineage(app, NOW + timedelta(days=1), collector.client()) == []
        plan, digest = app.plan(plan_id)
    (event,) = collector.events
    facets = {output["name"]: output["facets"]["retention_erasure"] for output in event["outputs"]}
    planned = {(step.dataset, type(step).__name__, step.rows) for step in plan.steps if hasattr(step, "of_rows")}
    names = {"erased": "EraseRows", "redacted": "RedactFields", "anonymized": "AnonymizeRows"}
    told = {(name, names[c["change"]], c["rows"]) for name, facet in facets.items() for c in facet["changes"]}
    assert told == planned
    assert {facet["planDigest"] for facet in facets.values()} == {digest}
    customers = facets["shop.customers"]["changes"][0]
    assert {"email", "name"} <= set(customers["columns"])
    check(event, facets)
    assert not [word for word in ("c3", "mail.example", case) if f'"{word}' in json.dumps(event)]


def test_columns_that_are_changed_where_they_lie_are_lineage_of_themselves_masked() -> None:
    """Catalogues that know nothing of us learn it by the standard facet; whole rows that went have none."""
    touched = (
        Touched(DatasetId("lake.viewing"), Change.PSEUDONYMIZED, ("device", "user_id"), 7, (RuleId("viewing"),)),
        Touched(DatasetId("shop.orders"), Change.REDACTED, ("email",), 3, ()),
        Touched(DatasetId("shop.orders"), Change.ERASED, ("email", "id"), 1, ()),
    )
    event = json.loads(Serde.to_json(event_of(Lineage(PlanId("P-20261123-aaaaaa"), "0" * 64, NOW, touched))))
    outputs = {output["name"]: output["facets"] for output in event["outputs"]}
    masked = {name: sorted(facets["columnLineage"]["fields"]) for name, facets in outputs.items()}
    assert masked == {"lake.viewing": ["device", "user_id"], "shop.orders": ["email"]}
    for name, facets in outputs.items():
        for column, field in facets["columnLineage"]["fields"].items():
            (origin,) = field["inputFields"]
            assert (origin["name"], origin["field"], origin["transformations"][0]["masking"]) == (name, column, True)
    check(event, {name: facets["retention_erasure"] for name, facets in outputs.items()})


def check(event: dict[str, Any], facets: dict[str, Any]) -> None:
    """Hold our facets against the published schema."""
    for name, facet in [("ErasureRunFacet", event["run"]["facets"]["retention_erasure"])] + [
        ("ErasureDatasetFacet", facet) for facet in facets.values()
    ]:
        assert facet["_schemaURL"] == f"{SCHEMA['$id']}#/$defs/{name}"
        Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"}).validate(facet)
