"""The demo's own folder. We delete only a folder that we made: the marker file says so."""

from __future__ import annotations

import shutil
from pathlib import Path

from retention.errors import RefusedError

MARKER = ".retention-demo"
_TEXT = "Made by the retention demo, which deletes this folder when it starts again. Keep nothing of yours here.\n"


def renew(folder: Path) -> Path:
    """Make the folder anew, empty but for our marker; return its absolute path.

    Raises:
        RefusedError: something is there that the demo did not make.

    """
    folder = folder.absolute()
    if folder.exists() and not is_ours(folder):
        raise RefusedError(
            f"{folder}: expected no or an empty folder, or {MARKER} in it, found a folder the demo did not make",
            hint="name another folder",
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text(_TEXT, encoding="utf-8")
    return folder


def is_ours(folder: Path) -> bool:
    """Whether the demo may delete the folder: it made it, or it is an empty folder."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return (folder / MARKER).is_file() or not any(folder.iterdir())
