"""A log in a folder, and witnesses that are real servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retention.evidence import EvidenceLog, Signer
from retention.model.facts import HoldPlaced, Recorded
from retention.model.ids import HoldId
from retention.store import FileKeyStore, FolderTiles, open_ledger
from retention.witness import WitnessFolder, WitnessServer

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SIGNER = Signer.from_seed("shop.example/log", bytes(range(32)))


@dataclass
class Served:
    """One witness at its address."""

    folder: Path
    server: WitnessServer
    witness: WitnessFolder

    def line(self, name: str) -> str:
        """Return its line in a policy file."""
        return f"witness {name} {self.witness.cosigner.vkey} {self.server.url}\n"


@dataclass
class Histories:
    """Logs under one key."""

    folder: Path
    opened: list[EvidenceLog] = field(default_factory=list)

    def log(self, name: str, *holds: int) -> EvidenceLog:
        """Return a log of its own whose entries are about these holds."""
        keys = FileKeyStore(self.folder / name / "keys")
        ledger = open_ledger(f"sqlite:///{self.folder / name}.db", keys)
        log = EvidenceLog(ledger.log, FolderTiles(self.folder / name / "tiles"), SIGNER, "shop.example/log")
        grow(log, *holds)
        return log


def grow(log: EvidenceLog, *holds: int) -> None:
    """Append one entry a number."""
    for number in holds:
        log.record(Recorded(None, NOW, HoldPlaced(HoldId(f"H-{number}"), "litigation")))


@pytest.fixture
def histories(tmp_path) -> Histories:
    """Make logs by name."""
    return Histories(tmp_path)


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., Served]]:
    """Start witnesses; stop them afterwards."""
    running: list[WitnessServer] = []

    def start(name: str) -> Served:
        folder = tmp_path / f"witness-{name}"
        if not folder.exists():
            WitnessFolder.make(folder, f"{name}.example/w", [SIGNER.vkey])
        witness = WitnessFolder(folder)
        server = WitnessServer(witness, lambda: NOW, ("127.0.0.1", 0))
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return Served(folder, server, witness)

    yield start
    for server in running:
        server.shutdown()
        server.server_close()
