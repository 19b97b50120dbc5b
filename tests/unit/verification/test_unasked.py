"""Modules left out of somebody's import."""

from __future__ import annotations

import sys

import pytest

from retention.verification.unasked import left_out


@pytest.fixture
def nobody(tmp_path, monkeypatch):
    """A module that nobody has imported, and one that imports it."""
    (tmp_path / "unasked_leaf.py").write_text("NAME = 'leaf'\n", encoding="utf-8")
    (tmp_path / "unasked_user.py").write_text("import unasked_leaf as leaf\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in ("unasked_leaf", "unasked_user"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("nobody")
def test_what_is_left_out_is_loaded_when_it_is_asked():
    """The stand-in answers with the real module's names, and nobody else ever sees it."""
    with left_out("unasked_leaf"):
        import unasked_user  # noqa: PLC0415 -- made by the fixture
    assert "unasked_leaf" not in sys.modules
    assert unasked_user.leaf.NAME == "leaf"
    assert sys.modules["unasked_leaf"] is not unasked_user.leaf
    with pytest.raises(AttributeError):
        _ = unasked_user.leaf.OTHER


@pytest.mark.usefixtures("nobody")
def test_what_is_loaded_already_stays():
    """A module that somebody imported before is not replaced."""
    import unasked_leaf  # noqa: PLC0415 -- made by the fixture

    with left_out("unasked_leaf"):
        import unasked_user  # noqa: PLC0415 -- made by the fixture
    assert unasked_user.leaf is unasked_leaf is sys.modules["unasked_leaf"]
