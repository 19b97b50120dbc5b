"""The company's systems on this machine: PostgreSQL, an S3 simulator, the analytics processor.

`running(workspace)` starts them and stops them again, also on Ctrl-C; `start` and `stop` do the
halves, so that a later process can stop what an earlier one started. Where they listen stands in
WORKSPACE/secrets, one value a file, as retention.yaml refers to it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo import postgres, processes, snapshot
from demo.analytics.signing import CERTIFICATE_FILE
from demo.buckets import BUCKETS, CREDENTIALS, make_buckets, s3_client

CONTROLLER = "u-next"
"""Who the company is to the processor."""
_APP = "app"
_APP_RESTORED = "app_restored"
_STATE = "systems/running.json"
_POSTGRES = "systems/postgres"
_SAVED = "systems/s3"
_ANALYTICS = "systems/analytics"
_ENDPOINT = "secrets/s3_endpoint"


@dataclass(frozen=True, slots=True)
class Systems:
    """Where everything listens."""

    workspace: Path
    app_url: str
    """An SQLAlchemy URL, over a socket in the file system."""
    app_restored_url: str
    s3_endpoint: str
    analytics_url: str

    @property
    def secrets(self) -> Mapping[str, str]:
        """What retention.yaml refers to as `file:secrets/NAME`."""
        return {
            "app_url": self.app_url,
            "app_restored_url": self.app_restored_url,
            "s3_endpoint": self.s3_endpoint,
            "s3_access_key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "s3_secret_access_key": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            "analytics_url": self.analytics_url,
        }

    @property
    def environment(self) -> Mapping[str, str]:
        """What programs that talk to the simulator need in their environment."""
        return {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": self.s3_endpoint}


@contextmanager
def running(workspace: Path) -> Iterator[Systems]:
    """Start the systems and stop them at the end, whatever happens.

    Raises:
        TransientFailure: one of them did not start.

    """
    try:
        yield start(workspace)
    finally:
        stop(workspace)


def start(workspace: Path) -> Systems:
    """Start everything, after stopping what an earlier run left; bring back the saved objects.

    Raises:
        TransientFailure: a system did not start.

    """
    workspace = workspace.absolute()
    stop(workspace)
    urls = postgres.start(workspace / _POSTGRES, (_APP, _APP_RESTORED))
    s3_port, analytics_port = processes.free_port(), processes.free_port()
    systems = Systems(
        workspace=workspace,
        app_url=urls[_APP],
        app_restored_url=urls[_APP_RESTORED],
        s3_endpoint=f"http://{processes.HOST}:{s3_port}",
        analytics_url=f"http://{processes.HOST}:{analytics_port}",
    )
    write_secrets(systems)
    s3 = _start_s3(workspace, s3_port)
    processes.remember(workspace / _STATE, [s3])
    client = s3_client(systems.s3_endpoint)
    make_buckets(client)
    snapshot.load(client, workspace / _SAVED)
    processes.remember(workspace / _STATE, [s3, _start_analytics(workspace, analytics_port)])
    shutil.copy(workspace / _ANALYTICS / CERTIFICATE_FILE, workspace / "secrets/analytics.pem")
    return systems


def stop(workspace: Path) -> None:
    """Save the simulator's objects and end everything; harmless if nothing runs."""
    workspace = workspace.absolute()
    programs = processes.recall(workspace / _STATE)
    if any(program.name == "s3" and processes.is_running(program) for program in programs):
        _save(workspace)
    for program in programs:
        processes.end(program)
    postgres.stop(workspace / _POSTGRES)
    (workspace / _STATE).unlink(missing_ok=True)


def _save(workspace: Path) -> None:
    # Before the buckets exist there is nothing to save, and saving would replace an older snapshot by nothing.
    client = s3_client((workspace / _ENDPOINT).read_text(encoding="utf-8").strip())
    present = {entry["Name"] for entry in client.list_buckets()["Buckets"]}
    if present.issuperset(BUCKETS):
        snapshot.save(client, BUCKETS, workspace / _SAVED)


def _start_s3(workspace: Path, port: int) -> processes.Background:
    arguments = ["moto.server", "-H", processes.HOST, "-p", str(port)]
    log = workspace / "systems/s3.log"
    return processes.start("s3", arguments, port=port, log=log, environment=CREDENTIALS)


def _start_analytics(workspace: Path, port: int) -> processes.Background:
    folder = workspace / _ANALYTICS
    folder.mkdir(parents=True, exist_ok=True)
    arguments = ["demo.analytics", "--port", str(port), "--folder", str(folder), "--controller", CONTROLLER]
    log = workspace / "systems/analytics.log"
    certificate = folder / CERTIFICATE_FILE
    return processes.start("analytics", arguments, port=port, log=log, environment={}, makes=certificate)


def write_secrets(systems: Systems) -> None:
    """Write where everything listens into the workspace, one value a file (0600)."""
    folder = systems.workspace / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in systems.secrets.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(value, encoding="utf-8")
