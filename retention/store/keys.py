"""Keys as files, for one machine; a KMS takes this place where there are several."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import InputError, TerminalFailure, TransientFailure
from retention.ports.keys import KeyBox
from retention.store.durable import make_folder, sync_folder, write_beside

KEY_BYTES = 32
_NAME = re.compile(r"[a-z0-9-]+(/[a-z0-9-]+)*")


class FileKeyStore:
    """Implements `ports.keys.KeyStore`: one file a key (0600) in one folder (0700).

    Shredding overwrites the file in its place. A copy-on-write file system, a flash disk or
    a backup of the folder may keep the old bytes: leave this folder out of backups, and use
    a KMS where that is not enough: with a box the files hold wrapped keys only.
    """

    def __init__(self, folder: Path, box: KeyBox | None = None) -> None:
        """Keep the folder, which is made with the first key, and who wraps what lies in it."""
        self._folder = folder
        self._box = box

    def create(self, name: str) -> bytes:
        """Return the key of that name, made from the system's randomness if there is none yet.

        Raises:
            InputError: not a key's name.
            TransientFailure: the folder cannot be used.
            TerminalFailure: the file is damaged.

        """
        standing = self.read(name)
        if standing is not None:
            return standing
        key = secrets.token_bytes(KEY_BYTES)
        path = self._path(name)
        with self._reached():
            make_folder(self._folder, 0o700)
            self._folder.chmod(0o700)
            passing = write_beside(path, key if self._box is None else self._box.seal(name, key), 0o600)
            try:
                # a link, not a rename: it fails if another process was first, whose key then stands
                os.link(passing, path)
            except FileExistsError:
                key = self._opened(name, path)
            finally:
                passing.unlink()
                sync_folder(self._folder)
        return key

    def read(self, name: str) -> bytes | None:
        """Return the key, or None if it was never made or has been shredded.

        Raises:
            InputError: not a key's name.
            TransientFailure: the folder cannot be used.
            TerminalFailure: the file is damaged.

        """
        path = self._path(name)
        with self._reached():
            try:
                return self._opened(name, path)
            except FileNotFoundError:
                return None

    def shred(self, name: str) -> None:
        """Overwrite and delete the key's file; harmless if it is gone already. Durable on return.

        Raises:
            InputError: not a key's name.
            TransientFailure: the folder cannot be used.

        """
        path = self._path(name)
        with self._reached():
            if not self._folder.is_dir():
                return
            try:
                _overwrite(path)
                path.unlink()
            except FileNotFoundError:
                pass  # gone already; the folder is synced all the same: its deleter may have died before
            sync_folder(self._folder)

    def _opened(self, name: str, path: Path) -> bytes:
        content = path.read_bytes()
        key = content if self._box is None else self._box.unseal(name, content)
        if len(key) != KEY_BYTES:
            raise TerminalFailure(
                f"key {path.name}: expected {KEY_BYTES} bytes, found {len(key)}",
                hint="restore the file from its backup",
            )
        return key

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise InputError(f"key: expected a name of a-z, 0-9, '-' and '/', found one of {len(name)} characters")
        # no name has a dot, so no two names share a file
        return self._folder / f"{name.replace('/', '.')}.key"

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientFailure(
                f"key store {self._folder}: cannot be used ({error.strerror})", hint="check the folder and its owner"
            ) from error


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(max(KEY_BYTES, os.fstat(handle).st_size)))
        file.flush()
        os.fsync(file.fileno())
