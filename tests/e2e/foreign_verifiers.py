"""The verifiers of a bundle: ours, and those that are made of other people's programs.

Each takes a bundle's file and the log's key, and returns an exit code and what was said. Those
that need a program which is not there skip the test, and say which package has it.
"""

from __future__ import annotations

import atexit
import base64
import functools
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from retention.evidence import browser_page, verifier_source

RECIPES = Path(__file__).parents[2] / "docs" / "evidence" / "recipes"
GO_PACKAGES = Path("/usr/share/gocode")
CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--virtual-time-budget=30000",
    "--dump-dom",
)
PATIENCE = 120


def run(command: list[str | Path], folder: Path, **environment: str) -> tuple[int, str]:
    """Run a program with almost no environment; return its exit code and what it said."""
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C", **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def command_line(bundle: Path, vkey: str) -> tuple[int, str]:
    """`retention evidence verify`."""
    program = Path(sys.executable).with_name("retention")
    return run([program, "evidence", "verify", bundle, "--key", vkey], bundle.parent)


def single_file(bundle: Path, vkey: str) -> tuple[int, str]:
    """The single file, with a bare python3 and nothing installed."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "verify_evidence.py").write_bytes(verifier_source())
        return run([python, "-I", "-S", "verify_evidence.py", bundle, "--key", vkey], Path(folder))


def openssl(bundle: Path, vkey: str) -> tuple[int, str]:
    """The recipe of openssl and POSIX tools."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl (Debian: openssl)")
    return run(["sh", RECIPES / "verify.sh", bundle, vkey], bundle.parent)


def go(bundle: Path, vkey: str) -> tuple[int, str]:
    """Go's own packages for transparency logs."""
    return run([go_program(), bundle, vkey], bundle.parent)


@functools.cache
def go_program() -> Path:
    """Compile the Go verifier once."""
    if shutil.which("go") is None or not (GO_PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("no Go with golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev)")
    folder = Path(tempfile.mkdtemp(prefix="go-verifier-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    command = ["go", "build", "-o", folder / "verify", RECIPES / "verify.go"]
    code, said = run(command, folder, GO111MODULE="off", GOPATH=str(GO_PACKAGES), GOCACHE=str(folder / "cache"))
    assert code == 0, said
    return folder / "verify"


def browser(bundle: Path, vkey: str) -> tuple[int, str]:
    """The page, in a headless Chromium that has no network."""
    return in_browser(browser_page().decode(), bundle.read_bytes(), vkey)


def in_browser(page: str, content: bytes, vkey: str, person: str = "", address: str = "") -> tuple[int, str]:
    """Open the page with the content inside it, or behind `#` in its address.

    Returns 0 if it says authentic, else 1; and the page's text.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium (Debian: chromium)")
    empty = '<script id="embedded" type="text/plain" data-key=""></script>'
    assert empty in page
    data = f'data-key="{vkey}" data-subject="{person}">{base64.b64encode(content).decode()}</script>'
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page.replace(empty, empty.replace('data-key=""></script>', data)), encoding="utf-8")
        profile = f"--user-data-dir={folder}/profile"
        _, dom = run([program, *CHROMIUM, profile, file.as_uri() + address], Path(folder))
    shown = dom[dom.find("<output") : dom.find("</main>")]
    return int('data-state="authentic"' not in shown), unescape(re.sub("<[^>]+>", " ", shown))


VERIFIERS: dict[str, Callable[[Path, str], tuple[int, str]]] = {
    "command line": command_line,
    "single file": single_file,
    "openssl": openssl,
    "go": go,
    "browser": browser,
}
