"""Whether a text names somebody: short keys also stand by chance in random numbers and digests."""

from __future__ import annotations

import re


def names(text: str, key: str) -> bool:
    """Whether the key stands in the text as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text) is not None
