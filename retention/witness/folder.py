"""What a witness remembers, in one folder: killed at any moment, it never forgets what it has signed.

name       the witness's name
key        its seed, 32 bytes in hex; readable by the owner only
logs       one line a log it knows: `log VKEY`, as in policy files
seen/      a file a log: the newest checkpoint it has signed
proofs/    pairs of checkpoints by which a log has shown two histories
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from retention.errors import FoundError, InputError, StateError, TransientFailure
from retention.evidence.cosigning import NOTHING, Cosigner, Refusal, Seen, judge, read_submission
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint
from retention.store.durable import make_folder, sync_folder, write_beside

_MOST_PROOFS = 100
"""Pairs kept: one convicts, and nobody may fill the disk."""


@dataclass(frozen=True, slots=True)
class KnownLog:
    """What the witness can say of one log."""

    origin: str
    size: int
    root: str
    """Hex; empty if nothing was signed yet."""
    contradictions: int
    """How many pairs of checkpoints prove that the log has shown two histories."""


class WitnessFolder:
    """One witness. `answer` may be called by many threads; one process at a time may serve."""

    def __init__(self, folder: Path) -> None:
        """Read name, key and logs.

        Raises:
            InputError: it is not a witness's folder.

        """
        self._folder = folder
        self._lock = threading.Lock()
        self.cosigner = Cosigner.from_seed(_read(folder / "name"), _seed(folder / "key"))
        self._logs = {log.name: log for log in _logs(folder / "logs")}

    @classmethod
    def make(cls, folder: Path, name: str, logs: list[str]) -> WitnessFolder:
        """Make a new witness with a key of its own.

        Raises:
            InputError: the folder holds a witness, or a log's key cannot be read.

        """
        if (folder / "key").exists():
            raise InputError(f"{folder} holds a witness already; nothing was written", hint="name another folder")
        for vkey in logs:
            Verifier.parse(vkey)
        seed = secrets.token_bytes(32)
        Cosigner.from_seed(name, seed)
        for part in (folder, folder / "seen", folder / "proofs"):
            make_folder(part, 0o700)
        _put(folder / "name", f"{name}\n".encode(), 0o644)
        _put(folder / "logs", "".join(f"log {vkey}\n" for vkey in logs).encode(), 0o644)
        _put(folder / "key", f"{seed.hex()}\n".encode(), 0o600)
        return cls(folder)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Keep other processes from serving the same folder.

        Raises:
            StateError: one does.

        """
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(f"another process serves {self._folder}", hint="stop it first") from None
        else:
            yield
        finally:
            os.close(handle)

    def answer(self, body: bytes, now: datetime) -> bytes | Refusal:
        """Return the cosignature, after it is remembered, or the refusal.

        Raises:
            TransientFailure: the folder cannot be written; nothing was signed.

        """
        try:
            submission = read_submission(body)
        except InputError:
            return Refusal(HTTPStatus.BAD_REQUEST)
        log = self._logs.get(submission.origin)
        if log is None:
            return Refusal(HTTPStatus.NOT_FOUND)
        with self._lock, _reached(self._folder):  # judged and remembered in one go: else a slow request rolls back
            before = self._newest(log)
            found = judge(submission, NOTHING if before is None else Seen(before.size, before.root), log)
            if isinstance(found, Refusal):
                if found.is_proof and before is not None:
                    self._convict(before, submission.note)
                return found
            if before is None or found.size > before.size:
                _put(self._seen(log.name), found.note, 0o644)
        return self.cosigner.cosign(found, now)

    def known(self) -> tuple[KnownLog, ...]:
        """Return what is remembered of each log."""
        proofs = [path.name for path in (self._folder / "proofs").glob("*.notes")]
        found = []
        for name, log in sorted(self._logs.items()):
            seen = self._newest(log)
            number = sum(proof.startswith(_hashed(name)) for proof in proofs)
            found.append(KnownLog(name, seen.size if seen else 0, seen.root.hex() if seen else "", number))
        return tuple(found)

    def _newest(self, log: Verifier) -> Checkpoint | None:
        try:
            note = self._seen(log.name).read_bytes()
        except FileNotFoundError:
            return None
        return open_checkpoint(note, log, log.name)

    def _seen(self, origin: str) -> Path:
        return self._folder / "seen" / f"{_hashed(origin)}.note"

    def _convict(self, before: Checkpoint, other: bytes) -> None:
        folder = self._folder / "proofs"
        path = folder / f"{_hashed(before.origin)}-{hashlib.sha256(other).hexdigest()[:16]}.notes"
        if len(list(folder.glob("*.notes"))) < _MOST_PROOFS and not path.exists():
            _put(path, before.note + b"\n" + other, 0o644)


def _logs(path: Path) -> Iterator[Verifier]:
    for number, line in enumerate(_read(path).splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] != "log" or len(words) not in (2, 3):
            raise InputError(f"{path}:{number}: expected `log VKEY`, found another line")
        yield Verifier.parse(words[1])


def _seed(path: Path) -> bytes:
    try:
        return bytes.fromhex(_read(path))
    except ValueError:
        raise InputError(f"{path}: expected 32 bytes in hex, found something else") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        hint = "retention witness init DIR --name NAME --log VKEY makes a witness"
        raise InputError(f"{path} cannot be read ({type(error).__name__})", hint=hint) from None


def _put(path: Path, content: bytes, mode: int) -> None:
    write_beside(path, content, mode).replace(path)
    sync_folder(path.parent)


def _hashed(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:32]


@contextmanager
def _reached(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TransientFailure(f"witness {folder}: cannot be used ({error.strerror})", hint="check the disk") from error
    except FoundError as error:
        # what we ourselves remember does not verify: signing anything now could help to hide a second history
        raise TransientFailure(f"witness {folder}: what it remembers was changed", hint="bring it back") from error
