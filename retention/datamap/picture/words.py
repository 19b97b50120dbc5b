"""Words of the picture in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    title: str
    subtitle: str
    """With places for the numbers of datasets and systems."""
    person: str
    keys: str
    families: str
    singles: str
    elsewhere: str
    aside: str
    backups: str
    """With a place for the systems."""
    processor: str
    expire: str
    order: str
    directly: str
    indirectly: str
    other: str
    parent: str
    derived: str
    nobody: str
    digest: str


WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "en": Words(
            title="When one person goes",
            subtitle="{datasets} datasets in {systems} systems, in the order in which they are erased",
            person="One person",
            keys="known by",
            families="Followed from row to row",
            singles="Found by a key of their own",
            elsewhere="Copies and processors",
            aside="Mapped, nobody in it",
            backups="Backups of {systems}",
            processor="Processor, told what to erase",
            expire="expire after {period}",
            order="order of erasure: children and copies first",
            directly="identifies directly",
            indirectly="indirectly",
            other="other data of the person",
            parent="rows belong to rows",
            derived="copy made of it",
            nobody="no personal field",
            digest="data map {digest}",
        ),
        "ja": Words(
            title="一人を消すとき",
            subtitle="{systems} システムの {datasets} データセットを、消す順に",
            person="本人",
            keys="手がかり",
            families="行から行へたどるもの",
            singles="自分の鍵で見つかるもの",
            elsewhere="写しと委託先",
            aside="本人のいないもの",
            backups="{systems} のバックアップ",
            processor="委託先（消去を伝える）",
            expire="{period} で失効",
            order="消す順：子と写しが先",
            directly="本人が分かる",
            indirectly="他と合わせて分かる",
            other="本人に関するその他",
            parent="親の行に属する",
            derived="そこから作った写し",
            nobody="個人の項目なし",
            digest="データマップ {digest}",
        ),
    }
)
