"""Dictionaries of column chunks: whether one of some values may be in a chunk that has one.

Asked before the chunk is decoded, which costs more. The pages say themselves that they hold numbers; the footer's word
is not enough. Values that nobody has any more make the answer "may be", never "is not".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from connectors.lake.surgery.fields import Encoding, Meta, PageType
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.pages import ChunkBytes, CorruptPageError, Packer, UnknownPageError, walk
from connectors.lake.surgery.thrift import Struct, get

_NUMBERS: Final = (Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY)


def may_hold(meta: Struct, content: bytes, values: Sequence[bytes]) -> bool:
    """Whether a chunk may hold one of the values, spelled as plain bytes; yes if that can't be told."""
    chunk = ChunkBytes(Held(content), 0, len(content))
    try:
        packer = Packer(get(meta, Meta.CODEC))
        pages = list(walk(chunk))
        if any(page.kind != PageType.DICTIONARY and page.encoding not in _NUMBERS for page in pages):
            return True
        entries = [packer.content(page, chunk) for page in pages if page.kind == PageType.DICTIONARY]
    except (CorruptPageError, UnknownPageError):
        return True  # whoever decodes it says what is wrong
    return len(entries) != 1 or any(value in entries[0] for value in values)
