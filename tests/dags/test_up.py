"""`make up` as it is: a real Airflow over the demo's systems, seen through its own browser window. Minutes."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from demo.browser import Browser, program
from demo.standalone import USERS, free_ports

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
ROUTES = ("/", "/cases/{case}", "/plans/{plan}", "/cases/{case}/evidence", "/openapi.json", "/docs", "/static/x", "/x")
RETENTION = str(Path(sys.executable).with_name("retention"))
READERS = {"admin", "operator", "approver", "auditor"}


@dataclass
class Running:
    """What the program printed, and the program."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    case: str
    passwords: dict[str, str]

    def ask(self, path: str, token: str | None = None, method: str = "GET") -> httpx.Response:
        """Ask for a page as whoever holds the token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.request(method, self.url + path, headers=headers, timeout=60)

    def token(self, user: str) -> str:
        """Sign in over the REST interface."""
        body = {"username": user, "password": self.passwords[user]}
        return str(httpx.post(f"{self.url}/auth/token", json=body, timeout=60).json()["access_token"])


def start(folder: Path, port: int) -> Running:
    """Start it and read what it prints, to the line that says how to end it."""
    process = subprocess.Popen(
        [RETENTION, "demo", "--workspace", str(folder), "--airflow", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl-C" in line:
            break
    assert "Ctrl-C" in printed, printed
    passwords = dict(re.findall(rf"({'|'.join(USERS)}) *│ *([0-9a-f]{{8}}) ", printed))
    (url,) = re.findall(r"Airflow is at (\S+)", printed)
    return Running(process, folder, url, re.findall(r"C-\d{8}-\w{6}", printed)[0], passwords)


def stop(running: Running) -> None:
    """Ctrl-C; it ends by itself."""
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(120) == 0


def left_over(folder: Path) -> list[list[str]]:
    """Return the command of every process that works for the folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        known = str(folder) in str(process.info["cmdline"]) or str(folder) in str(process.info["environ"])
        if known and process.pid != psutil.Process().pid:
            found.append(process.info["cmdline"])
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """What `make up` starts, in a new workspace, on a free port."""
    folder = tmp_path_factory.mktemp("up") / "workspace"
    (port,) = free_ports(1)
    started = start(folder, port)
    yield started
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGINT)
        started.process.wait(120)
    shutil.rmtree(folder, ignore_errors=True)


def test_every_page_is_behind_airflows_login(running):
    """Nobody gets anything, not even a description; every user of the table gets in, by the role of his rights."""
    page = running.ask(f"/retention/cases/{running.case}", running.token("auditor"))
    plan = re.findall(r"P-\d{8}-\w{6}", page.text)[0]
    addresses = ["/retention" + route.format(case=running.case, plan=plan) for route in ROUTES]
    assert {running.ask(address).status_code for address in addresses} == {401}
    assert running.ask("/retention/", "nonsense").status_code in {401, 403}
    assert set(running.passwords) == set(USERS) == READERS
    certificate = f"/retention/cases/{running.case}/certificate/ja.html"
    for user in USERS:
        token = running.token(user)
        said = [running.ask(address, token).status_code for address in addresses]
        assert said == [200, 200, 303, 200, 404, 404, 404, 404]
        assert (running.ask(certificate, token).status_code == 403) == (user == "auditor")
        assert running.ask(addresses[1], token, "POST").status_code == 405


def test_the_case_is_seen_in_airflow_and_leads_to_its_run_and_back(running):
    """Sign in with the printed password; the menu has our pages; the case waits; its run; the task's button."""
    if program() is None:
        pytest.skip("no chromium (Debian: chromium)")
    with Browser() as browser:
        browser.open(f"{running.url}/auth/login")
        browser.wait_for("document.querySelector('input[name=password]')")
        for name, value in (("username", "auditor"), ("password", running.passwords["auditor"])):
            browser.ask(f"document.querySelector('input[name={name}]').focus()")
            browser.call("Input.insertText", text=value)
        browser.ask("document.querySelector('button[type=submit]').click()")
        browser.wait_for("document.body.innerText.includes('Retention')", 120)
        browser.open(f"{running.url}/plugin/retention/retention/cases/{running.case}?lang=en")
        frame = "document.querySelector('iframe')?.contentDocument"
        browser.wait_for(f"{frame}?.body?.innerText.includes('Approve the plan')", 120)
        browser.ask(f"{frame}.querySelector('a[data-outside]').click()")
        browser.wait_for(f"location.pathname.endsWith('/runs/request-{running.case}')", 120)
    task = f"/api/v2/dags/subject_request/dagRuns/request-{running.case}/taskInstances/plan_request/links"
    links = running.ask(task, running.token("auditor")).json()["extra_links"]
    assert links == {"Case": f"/plugin/retention/retention/cases/{running.case}"}


def test_ctrl_c_leaves_nothing_behind_and_it_goes_on_the_next_time(running):
    """No process works for the folder any more; started again, the same case waits, with the same passwords."""
    stop(running)
    assert left_over(running.folder) == []
    again = start(running.folder, free_ports(1)[0])
    try:
        assert (again.case, again.passwords) == (running.case, running.passwords)
        assert running.case in again.ask(f"/retention/cases/{again.case}", again.token("auditor")).text
    finally:
        stop(again)
    assert left_over(running.folder) == []
