from __future__ import annotations

import pytest

from retention.errors import SettingsError
from retention.wiring.secrets import resolve


def test_a_variable_stands_for_its_value(tmp_path, monkeypatch):
    """`env:NAME` is the variable's value."""
    monkeypatch.setenv("SHOP_URL", "sqlite:///shop.db")
    assert resolve("env:SHOP_URL", tmp_path, "systems.shop.url") == "sqlite:///shop.db"


def test_a_file_stands_for_its_content(tmp_path):
    """`file:PATH` is the file's text without the line's end; the path starts from the workspace."""
    (tmp_path / "shop_url").write_text("sqlite:///shop.db\n", encoding="utf-8")
    assert resolve("file:shop_url", tmp_path, "systems.shop.url") == "sqlite:///shop.db"


@pytest.mark.parametrize("text", ["s3://lake", "https://a.example/v1", "sqlite:///x", "plain", ""])
def test_other_text_is_itself(tmp_path, text):
    """What is no reference stays as it is, colons or not."""
    assert resolve(text, tmp_path, "systems.shop.url") == text


@pytest.mark.parametrize("reference", ["env:SURELY_NOT_SET_HERE", "file:not-there"])
def test_a_missing_secret_names_its_place(tmp_path, reference):
    """A missing variable or file is wrong input; the message says where it is asked for."""
    with pytest.raises(SettingsError, match=r"systems\.shop\.url"):
        resolve(reference, tmp_path, "systems.shop.url")
