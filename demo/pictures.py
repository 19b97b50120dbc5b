"""The pictures of docs/pictures that show Airflow: `python -m demo.pictures [--workspace W] [FOLDER]`, with Chromium.

airflow-approval.png   a plan waits for approval, as the approver sees it in Airflow
airflow-case.png       the same case on our page in Airflow
demo.png               what `make demo` printed while one person was erased, if the workspace is one of it
datamap.png            the drawn data map
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image  # comes with matplotlib
from rich.console import Console

from airflow_plugin import PREFIX, ROUTE
from demo.browser import Browser
from demo.standalone import free_ports
from demo.up import Up, serving
from retention.cli import main as retention

_WIDTH, _HEIGHT, _SCALE = 1360, 940, 1.5
_TALL = 1380
"""So that the buttons below the plan are seen."""
_APPROVAL = "wait_for_approval"
_PATIENCE = 180.0
_COLOURS = 128


def main(arguments: Sequence[str]) -> int:
    """Start everything, take the pictures, end everything."""
    parser = argparse.ArgumentParser(prog="demo.pictures", description="Pictures of Airflow with our pages.")
    parser.add_argument("--workspace", type=Path, default=Path("demo-workspace"), help="a demo's; made if it is none")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("docs/pictures"), help="where they are put")
    options = parser.parse_args(arguments)
    console = Console()
    (port,) = free_ports(1)
    with serving(options.workspace, port, console) as found:
        _approval(found, options.folder / "airflow-approval.png")
        _case(found, options.folder / "airflow-case.png")
    drawn = options.workspace / "story.svg"
    if drawn.exists():
        _drawing(drawn, options.folder / "demo.png", _ERASURE)
    _datamap(options.workspace, options.folder / "datamap.png")
    console.print(f"taken: {options.folder}")
    return 0


def _browser(found: Up, user: str) -> Browser:
    browser = Browser()
    browser.shape(_WIDTH, _HEIGHT, _SCALE)
    browser.cookie(found.airflow.url, "_token", found.airflow.token(user))
    return browser


def _approval(found: Up, path: Path) -> None:
    """Wait until Airflow asks, and show the question."""
    run = f"request-{found.case_id}"
    asked = f"dags/subject_request/dagRuns/{run}/taskInstances/{_APPROVAL}/-1/hitlDetails"
    found.airflow.wait_until(lambda: found.airflow.get(f"{asked}"), _PATIENCE, "the question in Airflow")
    with _browser(found, "approver") as browser:
        browser.shape(_WIDTH, _TALL, _SCALE)
        browser.open(f"{found.airflow.url}/dags/subject_request/runs/{run}/tasks/{_APPROVAL}/required_actions")
        browser.wait_for(f"document.body.innerText.includes('{found.case_id}') && {_QUIET}", _PATIENCE)
        browser.wait_for("document.body.innerText.includes('Approve')", _PATIENCE)
        _take(browser, path)


_QUIET = "document.querySelectorAll('[class*=skeleton]').length === 0"
"""Nothing is still being loaded."""


def _case(found: Up, path: Path) -> None:
    with _browser(found, "auditor") as browser:
        browser.open(f"{found.airflow.url}/plugin/{ROUTE}{PREFIX}/cases/{found.case_id}?lang=en")
        browser.wait_for("document.querySelector('iframe')?.contentDocument?.querySelector('.road')", _PATIENCE)
        browser.wait_for(_QUIET, _PATIENCE)
        _take(browser, path)


def _take(browser: Browser, path: Path) -> None:
    """Take the picture, in few colours: a tenth of the bytes."""
    browser.picture(path)
    with Image.open(path) as seen:
        seen.convert("RGB").quantize(_COLOURS).save(path, optimize=True)


def _drawing(source: Path, path: Path, between: tuple[str, str] | None = None) -> None:
    """Picture a drawing in its own size; of a printed story, what stands between two lines."""
    with Browser() as browser:
        browser.open(source.absolute().as_uri())
        width, height = browser.ask("(({width, height}) => [width, height])(document.rootElement.viewBox.baseVal)")
        browser.shape(int(width), int(height), _SCALE)
        browser.open(source.absolute().as_uri())
        if between is not None:
            top, bottom = (browser.ask(_TOP.format(words)) for words in between)
            browser.shape(int(width), int(bottom - top), _SCALE)
            browser.ask(f"!document.rootElement.setAttribute('viewBox', '0 {top} {width} {bottom - top}')")
        _take(browser, path)


_ERASURE = "One person asks to be erased", "backup is restored"
_TOP = (
    "[...document.querySelectorAll('text')].find(line => line.textContent.replaceAll('\u00a0', ' ').includes('{}'))"
    ".getBoundingClientRect().top"
)


def _datamap(workspace: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "datamap.svg"
        try:
            retention(["-w", str(workspace), "datamap", "graph", "-o", str(drawn)])
        except SystemExit as stop:
            if stop.code:
                raise
        _drawing(drawn, path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
