"""The lake's options and path patterns."""

from __future__ import annotations

import pytest

from connectors import lake
from connectors.lake.pattern import Pattern
from connectors.lake.settings import read_settings
from retention.errors import SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import Action, SystemKind, SystemSettings


def given(**options: str) -> SystemSettings:
    """Return a system's settings."""
    return SystemSettings(SystemId("lake"), "lake", options)


def test_the_address_is_taken_apart() -> None:
    """Bucket and prefix, the prefix ending in a slash or empty."""
    assert read_settings(given(url="s3://my-lake/a/b/")).prefix == "a/b/"
    assert (read_settings(given(url="s3://my-lake")).bucket, read_settings(given(url="s3://my-lake")).prefix) == (
        "my-lake",
        "",
    )


def test_every_problem_is_reported_at_once() -> None:
    """Unknown option, wrong address, half a key pair and a wrong number, without any secret."""
    with pytest.raises(SettingsError) as caught:
        lake.connect(given(url="/lake", reigon="x", secret_key="hush", attempts="0"))  # noqa: S106 -- an example
    shown = str(caught.value)
    assert len(caught.value.problems) == 4
    assert all(word in shown for word in ("systems.lake.url", "reigon", "access_key", "attempts"))
    assert "hush" not in shown


def test_connecting_touches_no_network_and_shows_no_secret() -> None:
    """A store on a host that does not exist connects, and its repr has no secret."""
    options = {"url": "s3://my-lake", "endpoint": "http://nowhere.invalid", "access_key": "ak-x", "secret_key": "hush"}
    store = lake.connect(given(**options))
    assert store.capabilities.kind is SystemKind.STORE
    assert store.capabilities.actions == frozenset(Action)
    assert "hush" not in repr(store) + repr(read_settings(given(**options)))
    store.close()


@pytest.mark.parametrize(
    ("key", "matches"),
    [
        ("viewing/dt=2026-01-01/a.parquet", True),
        ("viewing/dt=/.parquet", True),
        ("viewing/dt=2026/01/a.parquet", False),
        ("viewing/dt=2026-01-01/a.parquet.tmp", False),
        ("viewing/dt=2026-01-01/aXparquet", False),
        ("old/viewing/dt=1/a.parquet", False),
    ],
)
def test_a_star_stays_within_a_folder(key: str, *, matches: bool) -> None:
    """`*` stands for any text without a slash; all else is literal."""
    pattern = Pattern("viewing/dt=*/*.parquet")
    assert pattern.matches(key) is matches
    assert pattern.prefix == "viewing/dt="
