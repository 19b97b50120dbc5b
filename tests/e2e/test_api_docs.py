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


class Reader:
    """Types the page's commands, with the numbers that the last ones printed."""

    def __init__(self, folder: Path, cli) -> None:
        self._folder = folder
        self._cli = cli
        self._seen = {CASE: "CASE", PLAN: "PLAN", DIGEST: "DIGEST"}
        self._server: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.log = folder / "log"
        self.said: list[str] = []

    def type(self, command: str) -> None:
        """Run one command."""
        line = command.replace("https://retention.example", f"http://127.0.0.1:{self.port}")
        if line.startswith("retention api serve"):
            self._serve(line)
        elif line.startswith("retention"):
            self._own(line)
        else:
            self.said.append(self.shell(self._filled(line)))
            for pattern, known in self._seen.items():
                self._seen[pattern] = next(iter(re.findall(rf"\b{pattern}\b", self.said[-1])), known)

    def shell(self, command: str) -> str:
        """Run one line of bash."""
        done = subprocess.run(
            ["bash", "-c", command], cwd=self._folder, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.terminate()
            self._server.communicate(timeout=20)

    def _own(self, command: str) -> None:
        line, _, file = command.partition(" > ")
        if line.endswith("TOKEN"):
            listed = self._cli("api", "token", "list", "--json", folder=self._folder).out
            line = line.replace("TOKEN", json.loads(listed)[0]["token_id"])
        told = self._cli(*shlex.split(line)[1:], folder=self._folder)
        assert told.code == 0, told.all
        if file:
            (self._folder / file).write_text(told.out, encoding="utf-8")

    def _serve(self, command: str) -> None:
        words = [*PROGRAM, "-w", str(self._folder), *shlex.split(command.replace("8092", str(self.port)))[1:]]
        self._server = subprocess.Popen(words, stderr=self.log.open("w"), stdout=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            assert self._server.poll() is None, self.log.read_text(encoding="utf-8")
            time.sleep(0.05)

    def _filled(self, line: str) -> str:
        for pattern, word in ((CASE, "CASE"), (PLAN, "PLAN"), (DIGEST, "DIGEST")):
            line = re.sub(rf"\b{word}\b", self._seen[pattern], line)
        return line


def test_a_reader_can_do_what_the_page_says(shop, cli):
    """Every command works as it stands, but for the host; the case ends applied; the log names nobody."""
    (shop.folder / "drp.yaml").write_text(_block("yaml"), encoding="utf-8")
    (shop.folder / "request.json").write_text(_block("json"), encoding="utf-8")
    reader = Reader(shop.folder, cli)
    address = f"http://127.0.0.1:{reader.port}"
    try:
        for command in commands(PAGE):
            reader.type(command)
        revoked = reader.shell(f'curl -sS -H "Authorization: Bearer $(cat operator.token)" {address}/v1/cases')
        agent = reader.shell(f"curl -s -o /dev/null -w '%{{http_code}}' -d x {address}/drp/v1/agent/UNEXT")
    finally:
        reader.close()
    assert json.loads(reader.said[-1])["state"] == "applied"
    assert json.loads(revoked)["status"] == 401
    assert agent == "403"
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    lines = reader.log.read_text(encoding="utf-8")
    assert "POST /v1/requests/{case_id}/plan 200 T-" in lines
    assert "127.0.0.1" not in lines
    assert "mail.example" not in lines
