"""`python -m demo.containers`: the demo's workspace, with systems that run in containers of their own (docker/).

Reads RETENTION_WORKSPACE, DEMO_APP_URL, DEMO_APP_RESTORED_URL, DEMO_S3_ENDPOINT and DEMO_ANALYTICS_URL; a value
`file:PATH` is read from there. A workspace that is there stays as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from demo import asking, sharing
from demo.analytics.signing import CERTIFICATE_FILE
from demo.buckets import make_buckets, s3_client
from demo.filling import EVENTS, fill_systems
from demo.systems import Systems, write_secrets
from demo.world import make_world
from retention.packs import read_pack
from retention.wiring import open_app

_FILE = "file:"


def main() -> int:
    """Make the workspace and fill the systems; say how many people there are."""
    workspace = Path(os.environ["RETENTION_WORKSPACE"])
    if (workspace / "ledger.db").exists():
        sys.stdout.write("the workspace is there\n")
        return 0
    systems = Systems(
        workspace=workspace,
        app_url=_named("DEMO_APP_URL"),
        app_restored_url=_named("DEMO_APP_RESTORED_URL"),
        s3_endpoint=_named("DEMO_S3_ENDPOINT"),
        analytics_url=_named("DEMO_ANALYTICS_URL"),
    )
    for name, text in read_pack("u-next").items():
        (workspace / name).write_text(text, encoding="utf-8")
    sharing.name_the_entity(workspace)
    asking.prepare(workspace)
    write_secrets(systems)
    shutil.copy(workspace / "systems/analytics" / CERTIFICATE_FILE, workspace / "secrets/analytics.pem")
    make_buckets(s3_client(systems.s3_endpoint))
    now = datetime.now(UTC)
    world = make_world(now)
    fill_systems(systems, world)
    with open_app(workspace) as app:
        path = workspace / EVENTS
        app.import_events(path.read_text(encoding="utf-8").splitlines(), path.name, now)
        path.unlink()
    sys.stdout.write(f"{len(world.customers)} customers\n")
    return 0


def _named(variable: str) -> str:
    value = os.environ[variable]
    return Path(value.removeprefix(_FILE)).read_text(encoding="utf-8").strip() if value.startswith(_FILE) else value


if __name__ == "__main__":
    sys.exit(main())
