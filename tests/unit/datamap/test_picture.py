"""The picture of the map: the same bytes each time, everything on it, nothing on top of each other."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from retention.datamap import order, read_datamap
from retention.datamap.picture import Backups, Processor, drawn
from retention.datamap.picture.layout import CARD_HEIGHT, CARD_WIDTH, layout
from retention.model.ids import SystemId
from retention.packs import read_pack

ELSEWHERE = (
    Backups("nightly", (SystemId("app"), SystemId("lake")), "P35D"),
    Processor("mail & more", "user_id · P30D"),
)
PACKS = ("u-next", "coorum", "umu", "webmo", "three-regime", "blank")
SVG = "{http://www.w3.org/2000/svg}"


def the_map(pack: str):
    """Read a pack's map."""
    return read_datamap(read_pack(pack)["datamap.yaml"], "datamap.yaml")


def said(svg: str) -> list[str]:
    """Return every text of the picture."""
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 -- our own


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_everything_is_on_it(lang):
    """Every dataset with its place in the order of erasure, every key, every copy and processor, escaped."""
    datamap = the_map("u-next")
    words = said(drawn(datamap, ELSEWHERE, lang))
    assert {str(index) for index in range(1, len(datamap.datasets) + 1)} <= set(words)
    assert {"user_id", "email", "nightly", "mail & more", "customer_id → customers"} <= set(words)
    titles = {element.text for element in ET.fromstring(drawn(datamap, ELSEWHERE, lang)).iter(f"{SVG}title")}  # noqa: S314
    assert {f"{name} ({each.location})" for name, each in datamap.datasets.items()} <= titles


def test_the_languages_differ_in_words_only():
    """Japanese and English titles; the same cards at the same places."""
    datamap = the_map("u-next")
    assert "When one person goes" in said(drawn(datamap, ELSEWHERE, "en"))
    assert "一人を消すとき" in said(drawn(datamap, ELSEWHERE, "ja"))
    assert drawn(datamap, ELSEWHERE, "ja") == drawn(the_map("u-next"), ELSEWHERE, "ja")


@pytest.mark.parametrize("pack", PACKS)
def test_no_card_covers_another(pack):
    """Whatever the map's shape, cards stand apart and inside the picture, and are numbered as they are erased."""
    datamap = the_map(pack)
    plan = layout(datamap, 3)
    places = [*plan.cards.values(), *plan.elsewhere]
    assert len(plan.cards) == len(datamap.datasets)
    for one, other in combinations(places, 2):
        assert abs(one.x - other.x) >= CARD_WIDTH or abs(one.y - other.y) >= CARD_HEIGHT
    assert all(place.x + CARD_WIDTH < plan.width and place.y + CARD_HEIGHT < plan.height for place in places)
    assert sorted(plan.rank, key=lambda name: plan.rank[name]) == list(order(datamap))


def test_a_map_of_one_dataset_has_a_picture():
    """The smallest map is drawn as well, without copies."""
    assert "customers" in said(drawn(the_map("blank"), (), "en"))
