"""Files that survive a power cut: the content first, then the folder that names it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_beside(path: Path, content: bytes, mode: int) -> Path:
    """Write a new file under a passing name in the same folder, durably, and return its path."""
    passing = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return passing


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make the folder and those above it, durably; harmless if it is there."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
