"""Figures of the whole: what they count, how they reach a collector, and that dashboard and alarms ask for them."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from retention.model.canary import Canary, CanaryId, CanaryState
from retention.model.case import CaseState
from retention.model.facts import HoldPlaced
from retention.model.figure import Measure
from retention.model.ids import CaseId, HoldId

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def busy(shop: Any) -> Any:
    """A shop with something of everything that is counted."""
    with shop.app() as app:
        ledger = app.context.ledger
        first = app.open_request("user_id=c1", "post", NOW - 20 * DAY)
        app.open_request("user_id=c2", "post", NOW)
        for number, state in enumerate(("partial", "sealed", "closed", "denied")):
            ledger.cases.add(replace(first, case_id=CaseId(f"C-20261101-aaaaa{number}"), state=CaseState(state)))
        app.place_hold("user_id=c3", "dispute", NOW)
        app.publish(NOW)
        app.context.record(None, HoldPlaced(HoldId("H-2"), "dispute"), NOW)
        app.receive_parcels([b"not json", b"{}"], "crm", NOW)
        app.fold(NOW)
        app.receive_parcels([b"waits"], "crm", NOW)
        for name, alive in (("K-20261101-aaaaaa", CanaryState.PLANTED), ("K-20261101-bbbbbb", CanaryState.SURVIVED)):
            ledger.canaries.add(Canary(CanaryId(name), first.case_id, NOW, {}, frozenset({name}), alive))
    return shop


def test_every_figure_counts_what_it_says(busy: Any) -> None:
    """Each measure has its value, by kind and state where it says so, and dates are those of open cases alone."""
    with busy.app() as app:
        found = app.figures(NOW)
    values = {figure.measure: figure.value for figure in found if not figure.labels}
    cases = {tuple(figure.labels.values()): figure.value for figure in found if figure.labels}
    assert cases == {
        ("request", state): n for state, n in (("open", 2), ("partial", 1), ("sealed", 1), ("closed", 1), ("denied", 1))
    }
    assert values == {
        Measure.DUE: 3,
        Measure.DONE: 2,
        Measure.FAILED: 1,
        Measure.LATE: 2,  # c1's, and the partial one that has its date
        Measure.WITHHELD: 1,
        Measure.OLDEST_OPEN: 20 * 86400,
        Measure.NEXT_DEADLINE: values[Measure.NEXT_DEADLINE],
        Measure.HORIZONS: 0,
        Measure.HORIZONS_LATE: 0,
        Measure.ORDERS: 0,
        Measure.ORDERS_LATE: 0,
        Measure.UNPUBLISHED: 1,
        Measure.OUTBOX: 0,
        Measure.INBOX: 1,
        Measure.DEAD: 2,
        Measure.CANARIES: 1,
        Measure.CANARIES_SURVIVED: 1,
    }
    assert -20 * 86400 < values[Measure.NEXT_DEADLINE] < 0
    assert {figure.measure for figure in found} == set(Measure)


def test_an_empty_ledger_has_figures_too(shop: Any, cli: Any) -> None:
    """Nothing stands: zeros, and no date; the text format declares each name once."""
    said = cli("metrics", "--text", folder=shop.folder)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert "retention_due 0" in lines
    assert not any("next_deadline" in line for line in lines)
    assert all(re.fullmatch(r"# TYPE retention_\w+ gauge|retention_\w+(\{.*\})? -?\d+", line) for line in lines)
    assert len([line for line in lines if line.startswith("#")]) == len(lines) // 2


class _Collector(http.server.BaseHTTPRequestHandler):
    """An OTLP receiver over HTTP."""

    received: list[ExportMetricsServiceRequest]

    def do_POST(self) -> None:
        """Keep what comes."""
        message = ExportMetricsServiceRequest()
        message.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
        self.received.append(message)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportMetricsServiceRequest]]]:
    """A collector, and what has arrived there."""
    received: list[ExportMetricsServiceRequest] = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("_", (_Collector,), {"received": received}))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    server.server_close()


_AS_A_TASK = """
import sys
sys.path.insert(0, "dags")
from airflow.sdk._shared.observability.metrics.otel_logger import flush_otel_metrics
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
import metrics
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)  # as Airflow's task runner does
metrics.emit.function()
flush_otel_metrics()
"""


def test_the_dag_reaches_an_otlp_collector(busy: Any, collector: Any, tmp_path: Path) -> None:
    """Every measure arrives under Airflow's prefix with its value; labels are kinds and states, and nobody is in it."""
    address, received = collector
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__METRICS__OTEL_ON": "True",
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "RETENTION_WORKSPACE": str(busy.folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", _AS_A_TASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    metrics = [
        metric
        for message in received
        for resource in message.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]
    arrived = {metric.name: [*metric.gauge.data_points] for metric in metrics}
    assert set(arrived) >= {f"airflow.{measure.value}" for measure in Measure}
    (late,) = arrived["airflow.retention.late"]
    assert (late.as_double or late.as_int) == 2
    labels = {attribute.key for points in arrived.values() for point in points for attribute in point.attributes}
    assert labels == {"kind", "state"}
    said = {
        attribute.value.string_value for points in arrived.values() for each in points for attribute in each.attributes
    }
    assert not said & {"c1", "c2"}  # as whole words: a process's random number may hold these letters
    assert not {word for word in ("user_id", "C-2026", "mail.example") if word in str(received)}


def asked(text: str) -> set[str]:
    """Return the measures that queries ask for."""
    patterns = re.findall(r'__name__=~\\*"(\(airflow_\)\?[^"\\]+)\\*"', text)
    names = {measure: measure.value.replace(".", "_") for measure in Measure}
    found = {
        pattern: {m.value for m, name in names.items() if re.fullmatch(pattern, f"airflow_{name}")}
        for pattern in patterns
    }
    assert all(found.values()), found
    return set().union(*found.values())


def test_the_dashboard_shows_every_figure() -> None:
    """Every query names a figure that exists, and every figure has a panel; panels do not overlap."""
    text = (ROOT / "docker/grafana/retention.json").read_text(encoding="utf-8")
    dashboard = json.loads(text)
    assert asked(text) == {measure.value for measure in Measure}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        assert panel["description"]
        assert len(panel["targets"]) == len(asked(json.dumps(panel))) or len(asked(json.dumps(panel))) == 2
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_every_alarm_asks_for_a_figure_and_names_a_page() -> None:
    """Alarms are unique, say what is wrong, and lead to a runbook that is there; each runbook's name is in its list."""
    (group,) = yaml.safe_load((ROOT / "docker/grafana/alerts.yaml").read_text(encoding="utf-8"))["groups"]
    rules = group["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 8
    listed = (ROOT / "docs/runbooks/README.md").read_text(encoding="utf-8")
    for rule in rules:
        assert asked(rule["expr"]), rule["alert"]
        assert rule["labels"]["severity"] in {"critical", "warning"}
        page = ROOT / rule["annotations"]["runbook"]
        assert page.is_file(), page
        assert rule["alert"] in listed
        assert rule["annotations"]["summary"].endswith(".")


def test_every_figure_is_documented() -> None:
    """docs/metrics.md has a line for each, and no other."""
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(retention\.\w+)`", text, re.MULTILINE)) == {measure.value for measure in Measure}
