"""A headless Chromium that is told what to do over a pipe (Chrome DevTools Protocol): for pictures and tests.

    with Browser(width=1400, height=900) as browser:
        browser.cookie(url, "_token", token)
        browser.open(url)
        browser.wait_for("document.querySelector('h1')")
        browser.picture(Path("page.png"))

Chromium reads commands from file descriptor 3 and answers on 4, JSON ended by NUL: no port, no library.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pylopdf_fonts_jp

from retention.errors import MissingExtraError, TransientFailure

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_READ = 1 << 16
_HIGH = 10
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{}</dir><cachedir>{}</cachedir></fontconfig>"""
"""Those of the machine, and the Japanese ones that our paper is set in."""
_PLACE = "import os, sys; [os.dup2(int(sys.argv[1 + n]), 3 + n) for n in (0, 1)]; os.execv(sys.argv[3], sys.argv[3:])"
"""Puts the pipes where Chromium looks for them, and becomes Chromium."""
_POLL_SECONDS = 0.2


def program() -> str | None:
    """Return where Chromium is; None if it is not installed."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def _pipe() -> tuple[int, int]:
    """Return both ends of a pipe, at numbers well above those at which Chromium looks."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


class Browser:
    """One browser with one page, its own profile and no history."""

    def __init__(self, *, width: int = 1400, height: int = 900, dark: bool = False, language: str = "en") -> None:
        """Start it.

        Raises:
            MissingExtraError: Chromium is not installed.

        """
        path = program()
        if path is None:
            raise MissingExtraError("no Chromium on this machine", hint="install Debian's package chromium")
        self._profile = Path(tempfile.mkdtemp(prefix="browser-"))
        self._said, self._number = b"", 0
        (to_read, self._write), (self._read, to_write) = _pipe(), _pipe()
        command = [path, *_FLAGS, f"--user-data-dir={self._profile}", f"--accept-lang={language}"]
        self._process = subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-SEc", _PLACE, str(to_read), str(to_write), *command],
            pass_fds=(to_read, to_write),
            env={**os.environ, "FONTCONFIG_FILE": str(self._fonts())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        target = self._call("Target.createTarget", {"url": "about:blank"}, None)["targetId"]
        attached = self._call("Target.attachToTarget", {"targetId": target, "flatten": True}, None)
        self._session = attached["sessionId"]
        self.call("Page.enable")
        self.call("Network.enable")
        self.shape(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End it, and remove its profile."""
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._profile, ignore_errors=True)

    def shape(self, width: int, height: int, scale: float = 1.0) -> None:
        """Set the window's size in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    def cookie(self, url: str, name: str, value: str) -> None:
        """Set a cookie, as a server would."""
        self.call("Network.setCookie", url=url, name=name, value=value)

    def open(self, url: str) -> None:
        """Go to an address, and wait until it is read.

        Raises:
            TransientFailure: nobody answers there.

        """
        said = self.call("Page.navigate", url=url)
        if said.get("errorText"):
            raise TransientFailure(f"the browser could not open the page: {said['errorText']}")
        self.wait_for("document.readyState === 'complete'")

    def ask(self, expression: str) -> Any:  # noqa: ANN401 -- whatever JavaScript returns
        """Evaluate JavaScript in the page and return its value.

        Raises:
            TransientFailure: it threw, or the page is changing just now.

        """
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise TransientFailure(f"the page says: {said['exceptionDetails'].get('text', 'an error')}")
        return said["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 60) -> None:
        """Look until the expression is true.

        Raises:
            TransientFailure: it was not within that time.

        """
        end = time.monotonic() + seconds
        while True:
            try:
                if self.ask(f"!!({expression})"):
                    return
            except TransientFailure:
                pass  # the page is changing just now
            if time.monotonic() > end:
                raise TransientFailure(f"not so in the browser within {seconds:.0f} s: {expression}")
            time.sleep(_POLL_SECONDS)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what is seen as PNG; with `whole`, the page to its end."""
        said = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(said["data"]))

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Give the page a command of the protocol; return what it answered."""
        return self._call(method, parameters, self._session)

    def _fonts(self) -> Path:
        file = self._profile / "fonts.conf"
        folder = Path(next(iter(pylopdf_fonts_jp.__path__)))
        file.write_text(_FONTS.format(folder, self._profile / "fonts"), encoding="utf-8")
        return file

    def _call(self, method: str, parameters: Mapping[str, object], session: str | None) -> dict[str, Any]:
        self._number += 1
        asked = {"id": self._number, "method": method, "params": parameters}
        if session:
            asked["sessionId"] = session
        os.write(self._write, json.dumps(asked).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise TransientFailure(f"the browser refused {method}: {answer['error'].get('message')}")
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._said:
            content = os.read(self._read, _READ)
            if not content:
                raise TransientFailure("the browser has ended")
            self._said += content
        message, _, self._said = self._said.partition(b"\0")
        return dict(json.loads(message))
