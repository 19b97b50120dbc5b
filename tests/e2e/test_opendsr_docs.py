"""docs/opendsr.md, typed by a client: curl and openssl against `retention opendsr serve`, a process of its own."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.e2e.test_docs_commands import commands

PAGE = Path(__file__).parents[2] / "docs" / "opendsr.md"
TOKEN = "acme-token-of-24-characters"  # noqa: S105 -- the test's own


def _block(kind: str, beginning: str) -> str:
    blocks = re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if block.startswith(beginning))


@pytest.fixture
def desk(shop):
    """A workspace as the page describes it, with a free port and the address there."""
    shop.change("ALTER TABLE notes ADD COLUMN company TEXT", "UPDATE notes SET company = 'acme'")
    file = shop.folder / "datamap.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("    table: notes\n", "    table: notes\n    tenant: {company_id: company}\n"), encoding="utf-8"
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = _block("yaml", "domain:").replace("address: https://dsr.umu.example", f"address: {address}")
    (shop.folder / "opendsr.yaml").write_text(settings, encoding="utf-8")
    now = datetime.now(UTC)
    with shop.app() as app:
        started = now - timedelta(days=365)
        app.record_event("company_id=acme", "contract.started", event_id="s", occurred_at=started, now=now)
    return shop.folder, port, address


def test_a_client_can_do_what_the_page_says(desk, tmp_path):
    """Every curl and openssl line works as it stands, but for the host, and the signature verifies."""
    folder, port, address = desk
    environment = {**os.environ, "ACME_TOKEN": TOKEN}

    def shell(command: str, cwd: Path) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    program = [sys.executable, "-c", "from retention.cli import main; main()", "-w", str(folder)]
    lines = list(commands(PAGE))
    (make,) = (line for line in lines if line.startswith("retention opendsr certificate"))
    shell(make.replace("retention", shlex.join(program), 1), folder)
    server = subprocess.Popen(
        [*program, "opendsr", "serve", "--port", str(port)], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert "dsr.umu.example for 1 clients" in server.stdout.readline()
        (tmp_path / "request.json").write_text(_block("json", "{"), encoding="utf-8")
        typed = [line for line in lines if line.startswith(("curl", "openssl", "grep"))]
        said = [shell(line.replace("https://dsr.umu.example", address), tmp_path) for line in typed]
    finally:
        server.terminate()
        server.communicate(timeout=20)
    assert len(typed) == 8
    assert "does match certificate" in "".join(said)
    assert said[-1] == "Verified OK\n"
    assert '"request_status": "pending"' in (tmp_path / "status").read_text(encoding="utf-8")
