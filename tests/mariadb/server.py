"""A MariaDB for tests: Debian's own server, private to this process, in a folder that goes with it.

One server a process, started when it is first asked for; a database a test. Where the package
(`mariadb-server-core`: no service comes with it) is not installed, tests that ask for it say so and are skipped.
"""

from __future__ import annotations

import atexit
import getpass
import itertools
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pymysql
import pytest

_FLAGS = (
    "--skip-networking",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=24M",
    "--innodb-log-file-size=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--key-buffer-size=1M",
    "--performance-schema=OFF",
    "--max-connections=40",
)
_START_SECONDS = 60


class MariaDb:
    """A running server."""

    def __init__(self) -> None:
        """Make its folder and start it."""
        self.folder = Path(tempfile.mkdtemp(prefix="mariadb"))
        self.data = self.folder / "data"
        self.socket = self.folder / "s"
        user = f"--user={getpass.getuser()}"
        plain = ("--no-defaults", f"--datadir={self.data}", user)
        install = (_program("mariadb-install-db"), *plain, "--auth-root-authentication-method=normal")
        subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True)
        self._log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [_program("mariadbd"), *plain, f"--socket={self.socket}", *_FLAGS], stdout=self._log, stderr=self._log
        )
        self._names = itertools.count(1)
        self._admin = self._connected()

    def database(self) -> str:
        """Make an empty database; return its URL."""
        name = f"d{next(self._names)}"
        with self._admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        return f"mariadb://root@localhost/{name}?unix_socket={self.socket}"

    def connection(self, url: str) -> pymysql.Connection[Any]:
        """Return the driver's connection to a database of `database`."""
        name = url.partition("localhost/")[2].partition("?")[0]
        return pymysql.connect(unix_socket=str(self.socket), user="root", database=name, autocommit=True)

    def stop(self) -> None:
        """Stop it and remove its folder."""
        self._process.kill()  # nothing of it is wanted any more
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connected(self) -> pymysql.Connection[Any]:
        give_up = time.monotonic() + _START_SECONDS
        while True:
            try:
                return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True)
            except pymysql.OperationalError:
                if time.monotonic() > give_up or self._process.poll() is not None:
                    raise
                time.sleep(0.05)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: apt-get install mariadb-server-core)")
    return found


def is_installed() -> bool:
    """Whether the server's programs are here."""
    return all(shutil.which(name) or shutil.which(f"/usr/sbin/{name}") for name in ("mariadbd", "mariadb-install-db"))


@lru_cache(maxsize=1)
def server() -> MariaDb:
    """Return this process's server; the test that asks is skipped where there is none."""
    started = MariaDb()
    atexit.register(started.stop)
    return started


def run(connection: pymysql.Connection[Any], *statements: str) -> Callable[[], tuple[Any, ...]]:
    """Execute statements by the driver; return what fetches the last one's rows."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall()
    return lambda: tuple(rows)
