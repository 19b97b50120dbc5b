"""docs/api.md, typed by a reader: `retention api` and curl against a server of its own, which answers agents too."""

from __future__ import annotations

import json
import re
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.test_docs_commands import CASE, DIGEST, PLAN, commands

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
PROGRAM = [sys.executable, "-c", "from retention.cli import main; main()"]


def _block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def test_a_reader_can_do_what_the_page_says(shop, cli):
    """Every command works as it stands, but for the host; the case ends applied; the log names nobody."""
    (shop.folder / "drp.yaml").write_text(_block("yaml"), encoding="utf-8")
    (shop.folder / "request.json").write_text(_block("json"), encoding="utf-8")
    port, said, server, seen = _free_port(), [], None, {CASE: "", PLAN: "", DIGEST: ""}
    log = shop.folder / "log"

    def shell(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=shop.folder, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def own(command: str) -> str:
        line, _, file = command.partition(" > ")
        told = cli(*shlex.split(line)[1:], folder=shop.folder)
        assert told.code == 0, told.all
        if file:
            (shop.folder / file).write_text(told.out, encoding="utf-8")
        return told.out

    def serving(command: str) -> subprocess.Popen[bytes]:
        words = [*PROGRAM, "-w", str(shop.folder), *shlex.split(command.replace("8092", str(port)))[1:]]
        started = subprocess.Popen(words, stderr=log.open("w"), stdout=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert started.poll() is None, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        return started

    try:
        for command in commands(PAGE):
            line = command.replace("https://retention.example", f"http://127.0.0.1:{port}")
            for pattern, word in ((CASE, "CASE"), (PLAN, "PLAN"), (DIGEST, "DIGEST")):
                line = re.sub(rf"\b{word}\b", seen[pattern], line)
            if line.startswith("retention api serve"):
                server = serving(line)
            elif line.startswith("retention"):
                number = re.findall(r"T-\d{8}-\w{6}", own("retention api token list"))
                own(line.replace("TOKEN", number[0] if number else ""))
            else:
                said.append(shell(line))
                for pattern in seen:
                    seen[pattern] = next(iter(re.findall(rf"\b{pattern}\b", said[-1])), seen[pattern])
        revoked = shell(f'curl -sS -H "Authorization: Bearer $(cat operator.token)" http://127.0.0.1:{port}/v1/cases')
        agent = shell(f"curl -s -o /dev/null -w '%{{http_code}}' -d x http://127.0.0.1:{port}/drp/v1/agent/UNEXT")
    finally:
        if server is not None:
            server.terminate()
            server.communicate(timeout=20)
    assert json.loads(said[-1])["state"] == "applied"
    assert json.loads(revoked)["status"] == 401
    assert agent == "403"
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    lines = log.read_text(encoding="utf-8")
    assert "POST /v1/requests/{case_id}/plan 200 T-" in lines
    assert "127.0.0.1" not in lines
    assert "mail.example" not in lines
