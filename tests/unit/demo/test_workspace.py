"""The demo deletes only what it made."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.workspace import MARKER, renew
from retention.errors import RefusedError


def test_a_new_folder_is_made_and_marked(tmp_path: Path) -> None:
    """A folder that does not exist is made and carries our marker."""
    assert (renew(tmp_path / "new") / MARKER).is_file()


def test_our_own_folder_is_made_anew(tmp_path: Path) -> None:
    """What an earlier demo left is gone."""
    folder = renew(tmp_path / "demo")
    (folder / "ledger.db").write_text("old", encoding="utf-8")
    assert {path.name for path in renew(folder).iterdir()} == {MARKER}


def test_a_stranger_s_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A folder with something in it and no marker is never deleted."""
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(RefusedError, match="did not make"):
        renew(tmp_path)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_link_to_a_folder_is_refused(tmp_path: Path) -> None:
    """A symbolic link is not followed, even to an empty folder."""
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(RefusedError):
        renew(tmp_path / "link")
