"""A simulated processor in its own process, from the test's side."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx


class Running:
    """Start it once a module; `reset` makes it as new."""

    def __init__(self, name: str, *words: str) -> None:
        """Start `tests/processors/NAME.py` with these arguments."""
        script = Path(__file__).parent / f"{name}.py"
        self._process = subprocess.Popen([sys.executable, str(script), *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        self._http = httpx.Client(base_url=self.address, timeout=20)

    def reset(self) -> None:
        """Forget everything."""
        self._http.post("/-/reset").raise_for_status()

    def load(self, *people: str) -> None:
        """Let it know people."""
        self._http.post("/-/people", json=list(people)).raise_for_status()

    def fault(self, **faults: Any) -> None:
        """Let it do wrong; whatever is not named is right."""
        self._http.put("/-/faults", json=faults).raise_for_status()

    def settle(self) -> None:
        """Let it finish what it has begun."""
        self._http.post("/-/settle").raise_for_status()

    def told(self) -> dict[str, Any]:
        """Return what it knows, what it deleted and how often it was called."""
        told: dict[str, Any] = self._http.get("/-/told").raise_for_status().json()
        return told

    def close(self) -> None:
        """End the process that was started here."""
        self._http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)
