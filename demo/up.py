"""`make up`: the company's systems and a real Airflow with our DAGs and pages, until Ctrl-C; a request waits in it.

What is in the workspace stays: the next time everything goes on where it stood.
"""

from __future__ import annotations

import json
import secrets
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from airflow_plugin import PREFIX, ROUTE
from demo import processes, story, workspace
from demo.airflow import DAGS
from demo.postgres import dsn
from demo.standalone import USERS, Standalone
from demo.systems import Systems, running
from retention.app import App
from retention.errors import TransientFailure
from retention.model.access import Role
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.wiring import open_app

PORT = 8080
_HOME = "airflow-server"
_RUNS = ("subject_request", "carry_out")
"""DAGs that wait for nothing but a click; the others are paused until somebody unpauses them."""
_APPROVERS = ("approver", "admin")
_A_YEAR = timedelta(days=365)
_PLANNED_WITHIN = 600.0
_ROLES = {
    "operator": "starts runs, follows cases, hands out certificates",
    "approver": "allows or refuses plans: the request that waits is for this user",
    "auditor": "looks at cases and downloads evidence, starts nothing",
    "admin": "everything",
}
_WHO = """
    SELECT email FROM customers c WHERE NOT is_suspended AND EXISTS (SELECT FROM payments WHERE customer_id = c.id)
    ORDER BY id LIMIT 1 OFFSET %s
"""


@dataclass(frozen=True, slots=True)
class Up:
    """What is up, and what waits in it."""

    airflow: Standalone
    case_id: CaseId
    """A request whose plan waits for approval."""
    passwords: Mapping[str, str]


def up(folder: Path, port: int, console: Console) -> int:
    """Start everything, say where it is, and wait; return the exit code.

    Raises:
        TransientFailure: the port is taken, something does not start, or Airflow ends by itself.

    """
    try:
        with _interruptible(), serving(folder, port, console) as found:
            _tell(console, found)
            while found.airflow.is_running:
                threading.Event().wait(1)
            raise TransientFailure(f"Airflow has ended\n{found.airflow.tail()}", hint="start it again: make up")
    except KeyboardInterrupt:
        console.print("Stopped; `make up` goes on where it stood.")
    return 0


@contextmanager
def serving(folder: Path, port: int, console: Console) -> Iterator[Up]:
    """Start everything, and end all of it afterwards.

    Raises:
        TransientFailure: the port is taken, or something does not start.

    """
    _refuse_taken(port)
    folder = _ready(folder)
    passwords = _passwords(folder)
    with running(folder) as systems, _airflow(folder, port, systems, passwords) as airflow:
        if not (folder / story.FURNISHED).exists():
            story.furnish(folder, console, systems, datetime.now(UTC))
        console.print("Airflow is starting; that takes a minute.")
        airflow.wait_until_ready()
        for dag_id in _RUNS:
            airflow.unpause(dag_id)
        yield Up(airflow, _waiting(folder, systems, airflow), passwords)


@contextmanager
def _airflow(folder: Path, port: int, systems: Systems, passwords: Mapping[str, str]) -> Iterator[Standalone]:
    environment = {
        **systems.environment,
        "RETENTION_WORKSPACE": str(folder),
        "RETENTION_APPROVAL_POKE_SECONDS": "5",
        "RETENTION_RETRY_SECONDS": "5",
    }
    airflow = Standalone(folder / _HOME, DAGS, port, environment, passwords=passwords)
    try:
        yield airflow
    finally:
        airflow.close()


def _passwords(folder: Path) -> Mapping[str, str]:
    """Return the users' passwords: made by chance the first time, the same ever after."""
    file = folder / _HOME / "passwords.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    made = {user: known.get(user) or secrets.token_hex(4) for user in USERS}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(json.dumps(made), encoding="utf-8")
    return made


def _ready(folder: Path) -> Path:
    """Return a workspace with the company's files: the demo's as it is, else a new one."""
    if (folder / workspace.MARKER).is_file() and (folder / story.FURNISHED).exists():
        return folder.absolute()
    made = workspace.renew(folder)
    story.write_files(made)
    return made


def _waiting(folder: Path, systems: Systems, airflow: Standalone) -> CaseId:
    """Return a request whose plan waits for approval, in Airflow too: the one that waits, or a new one."""
    with open_app(folder) as app:
        _let_approve(app)
        case = _open_case(app) or _asked(app, systems)
        airflow.trigger("subject_request", f"request-{case.case_id}", {"case_id": case.case_id}, "operator")
        cases = app.context.ledger.cases
        airflow.wait_until(lambda: cases.get(case.case_id).state is not CaseState.OPEN, _PLANNED_WITHIN, "the plan")
    return case.case_id


def _let_approve(app: App) -> None:
    """Let the approvers' word count: they hold the role by a token that nobody needs to show."""
    now, known = datetime.now(UTC), app.access.all()
    for name in _APPROVERS:
        if not any(token.name == name and token.role is Role.APPROVER and now < token.expires_at for token in known):
            app.access.issue(name, Role.APPROVER, now, now + _A_YEAR)


def _open_case(app: App) -> Case | None:
    waiting = app.context.ledger.cases.all(CaseKind.REQUEST, [CaseState.OPEN, CaseState.PLANNED])
    return next((case for case in waiting if case.decided_at is not None), None)


def _asked(app: App, systems: Systems) -> Case:
    """Let a customer ask to be erased; the desk looks at her passport, the office grants it."""
    earlier = len(app.context.ledger.cases.all(CaseKind.REQUEST))
    with psycopg.connect(dsn(systems.app_url)) as connection:
        row = connection.execute(_WHO, [earlier]).fetchone()
    if row is None:
        raise TransientFailure("no customer is left who could ask", hint="begin anew: make clean, then make up")
    now = datetime.now(UTC)
    case = app.open_request(f"email={row[0]}", "post", now)
    app.identify(case.case_id, "passport", now, by="desk")
    app.accept(case.case_id, now, by="privacy-office")
    return case


def _tell(console: Console, found: Up) -> None:
    url, case_id = found.airflow.url, found.case_id
    table = Table(title=f"Airflow is at {url}", title_justify="left")
    for column in ("user", "password", "role in Airflow", "what for"):
        table.add_column(column)
    for user, what in _ROLES.items():
        table.add_row(user, found.passwords[user], USERS[user], what)
    console.print(table)
    console.print(
        f"1. Sign in as approver: Required Actions shows the plan of {case_id}, with its counts. Approve it there.\n"
        f"2. Follow the case: {url}/plugin/{ROUTE}{PREFIX}/cases/{case_id} (Retention in the menu)\n"
        "3. When it is sealed, download its evidence there, and check it: retention evidence verify FILE\n"
        "Other DAGs are paused: unpause one and start it. "
        f"The command line: retention -w {found.airflow.home.parent} request list\n"
        "Ctrl-C ends everything; nothing is lost.",
        highlight=False,
        soft_wrap=True,
    )


def _refuse_taken(port: int) -> None:
    """Refuse before anything is started.

    Raises:
        TransientFailure: something listens there.

    """
    try:
        socket.create_server((processes.HOST, port)).close()
    except OSError as error:
        raise TransientFailure(
            f"port {port}: expected a free port, found one that is taken ({error.strerror})",
            hint=f"end what listens there, or choose another: make up PORT={port + 1}",
        ) from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the first Ctrl-C, or SIGTERM, end what is done here; those after it do not disturb the clearing up."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def stop(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # Set here because a shell starts background programs with SIGINT ignored.
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
