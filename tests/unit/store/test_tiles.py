from __future__ import annotations

from pathlib import Path

import pytest

from retention.errors import InputError, TransientFailure
from retention.store import FolderTiles


def test_files_are_read_back_and_replaced(tmp_path: Path) -> None:
    """A file is read back whole; writing again replaces it; nothing passing is left beside it."""
    tiles = FolderTiles(tmp_path / "evidence")
    assert tiles.read("checkpoint") is None
    for content in (b"one", b"", b"x" * 100_000):
        tiles.write("tile/0/000.p/3", content)
        assert tiles.read("tile/0/000.p/3") == content
    tiles.write("tile/0/000", b"full")
    files = [path.relative_to(tmp_path).as_posix() for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert files == ["evidence/tile/0/000", "evidence/tile/0/000.p/3"]


def test_a_missing_file_or_folder_reads_as_none(tmp_path: Path) -> None:
    """A path below a file, in no folder, or never written is None."""
    tiles = FolderTiles(tmp_path)
    tiles.write("tile", b"")
    assert tiles.read("tile/0/000") is None
    assert tiles.read("other/0") is None


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", ".hidden", "a/", "a\\b", "a\0", "a\n"]
)
def test_paths_that_leave_the_folder_are_refused(tmp_path: Path, path: str) -> None:
    """Only plain relative paths are taken, by both methods, and nothing is written."""
    tiles = FolderTiles(tmp_path / "evidence")
    with pytest.raises(InputError):
        tiles.read(path)
    with pytest.raises(InputError):
        tiles.write(path, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    """If the new file cannot be put in place, the error is transient and nothing half-written stays."""
    tiles = FolderTiles(tmp_path)
    tiles.write("tile/0", b"")
    with pytest.raises(TransientFailure):
        tiles.write("tile", b"a folder stands here")
    assert [path.name for path in tmp_path.iterdir()] == ["tile"]
