"""The command line of every container of ours, run on this machine with compose's own environment.

Real PostgreSQL; addresses and secrets' paths are this machine's. Redis is not here: the worker gets as far as its
broker. What Docker itself does (image, networks, health checks, volumes) is not shown by this.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo import postgres

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))
BIN = Path(sys.executable).parent
pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]
_POLL_SECONDS = 0.5


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


class Host:
    """This machine in place of the containers' network."""

    def __init__(self, folder: Path) -> None:
        """Start PostgreSQL and make the secrets."""
        self.folder = folder
        self.api_port, self.aws_port, self.mail_port, self.analytics_port = (free_port() for _ in range(4))
        shutil.copy(ROOT / "docker/prepare.sh", folder)
        subprocess.run([folder / "prepare.sh"], check=True, capture_output=True)
        # not below pytest's own folder: another session would take PostgreSQL's user the way to it
        self.database = Path(tempfile.mkdtemp(prefix="retention-pg-"))
        urls = postgres.start(self.database, ("airflow", "app", "app_restored"))
        for secret, value in {
            "airflow_database": urls["airflow"],
            "airflow_results": f"db+{urls['airflow']}",
            "airflow_broker": "redis://127.0.0.1:9/0",
            "app_database": urls["app"],
            "app_restored_database": urls["app_restored"],
        }.items():
            (folder / "secrets" / secret).write_text(value, encoding="utf-8")
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def local(self, text: str) -> str:
        """Return a value of compose.yaml with this machine's places in it."""
        for there, here in {
            "/run/secrets": str(self.folder / "secrets"),
            "/workspace": str(self.folder / "workspace"),
            "/airflow/logs": str(self.folder / "airflow/logs"),
            "/opt/dags": str(ROOT / "dags"),
            "/var/caught": str(self.folder / "caught"),
            "0.0.0.0:8025": f"127.0.0.1:{self.mail_port}",
            "0.0.0.0": "127.0.0.1",  # noqa: S104 -- what is replaced
            "api-server:8080": f"127.0.0.1:{self.api_port}",
            "aws:5000": f"127.0.0.1:{self.aws_port}",
            "analytics:8000": f"127.0.0.1:{self.analytics_port}",
        }.items():
            text = text.replace(there, here)
        ports = {"8080": self.api_port, "5000": self.aws_port, "8000": self.analytics_port}
        text = str(ports.get(text, text))
        return text.partition(":-")[2].rstrip("}") if text.startswith("${") else text

    def environment(self, service: str) -> Mapping[str, str]:
        """Return the environment that compose gives the service."""
        told = COMPOSE["services"][service].get("environment", {})
        own = {"AIRFLOW_HOME": str(self.folder / "airflow"), "PATH": f"{BIN}:{os.environ['PATH']}"}
        return {**os.environ, **own, **{name: self.local(str(value)) for name, value in told.items()}}

    def command(self, service: str) -> list[str]:
        """Return the service's command line."""
        return [self.local(word) for word in COMPOSE["services"][service]["command"]]

    def log(self, service: str) -> str:
        """Return what it has printed."""
        return (self.folder / f"{service}.log").read_text(encoding="utf-8", errors="replace")

    def start(self, service: str) -> None:
        """Run it in the background."""
        with (self.folder / f"{service}.log").open("wb") as log:
            self.running[service] = subprocess.Popen(
                self.command(service),
                env=self.environment(service),
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def once(self, service: str) -> str:
        """Run it to its end, which is a good one."""
        done = subprocess.run(
            self.command(service),
            env=self.environment(service),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def until(self, seen: Callable[[], bool], service: str, seconds: float = 400) -> None:
        """Wait for something; the service's log is shown if it does not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError, ValueError):
                if seen():
                    return
            time.sleep(_POLL_SECONDS)
        pytest.fail(f"{service}: {self.log(service)[-3000:]}")

    def close(self) -> None:
        """End everything that this object started."""
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 15)
        for process in self.running.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
        postgres.stop(self.database)
        shutil.rmtree(self.database, ignore_errors=True)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One machine for the file."""
    folder = tmp_path_factory.mktemp("host")
    for name in ("workspace", "airflow", "caught"):
        (folder / name).mkdir()
    running = Host(folder)
    yield running
    running.close()


def _get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 -- our own servers
        return json.loads(answer.read())


def test_the_demos_systems_come_up_and_the_workspace_is_made(host: Host) -> None:
    """Simulator, mail catcher and processor answer where health checks look; then `workspace` fills them."""
    for service in ("aws", "mail", "analytics"):
        host.start(service)
    for service, port in (("aws", host.aws_port), ("mail", host.mail_port), ("analytics", host.analytics_port)):
        host.until(lambda at=port: socket.create_connection(("127.0.0.1", at), 1).close() is None, service)  # type: ignore[misc]
    host.until(lambda: bool(_get(f"http://127.0.0.1:{host.analytics_port}/health")), "analytics")
    assert "customers" in host.once("workspace")
    assert "the workspace is there" in host.once("workspace")
    done = subprocess.run(
        [BIN / "retention", "-w", host.folder / "workspace", "datamap", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_airflows_parts_come_up_and_the_doctor_sees_them(host: Host) -> None:
    """`airflow-init` makes the tables; then each part's heart beats by Airflow's own word."""
    host.once("airflow-init")
    parts = ("api-server", "scheduler", "dag-processor", "triggerer")
    for service in parts:
        host.start(service)
    url = f"http://127.0.0.1:{host.api_port}/api/v2/monitor/health"
    for service, part in zip(parts, ("metadatabase", "scheduler", "dag_processor", "triggerer"), strict=True):
        host.until(lambda name=part: _get(url)[name]["status"] == "healthy", service)  # type: ignore[misc]
    done = subprocess.run(
        [BIN / "retention", "doctor", "--json"],
        env=host.environment("scheduler"),
        capture_output=True,
        text=True,
        check=False,
    )
    airflow = next(check for check in json.loads(done.stdout)["checks"] if check["check"] == "airflow")
    assert airflow["looked_at"] >= 5
    assert airflow["findings"] == []


def test_a_worker_gets_as_far_as_its_broker(host: Host) -> None:
    """There is no Redis here: the worker is up, and says that it cannot reach the broker that compose names."""
    host.start("worker")
    host.until(lambda: bool(re.search(r"Cannot connect to redis://\S*127\.0\.0\.1:9/0", host.log("worker"))), "worker")


def test_the_api_gets_as_far_as_its_own_port(host: Host) -> None:
    """`retention api serve` listens on the workspace that `workspace` made."""
    host.start("api")
    host.until(lambda: socket.create_connection(("127.0.0.1", 8090), 1).close() is None, "api")
