"""A document as plain text, for mail programs that show nothing else, and for people who prefer it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from retention.evidence.blocks import (
    Block,
    Bullets,
    Code,
    Document,
    Figure,
    Heading,
    Note,
    Pairs,
    Paragraph,
    Table,
    Tiles,
)

_RULE = "-" * 40


def render(document: Document) -> str:
    """Return the document as text; a QR code and a picture are left to page and paper."""
    lines = [document.title, _RULE]
    for block in document.blocks:
        lines += ["", *_block(block)]
    return "\n".join([*lines, "", _RULE, document.sender, document.subtitle, "", document.foot, ""])


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield f"■ {text}"
        case Paragraph(text) | Note(text):
            yield text
        case Pairs(items):
            yield from (f"{name}: {value}" for name, value in items)
        case Table(head, rows, _):
            for row in rows:
                yield "・" + " / ".join(f"{name}: {_cell(cell)}" for name, cell in zip(head, row, strict=True))
        case Bullets(items):
            yield from (f"・{item}" for item in items)
        case Tiles(items):
            yield from (f"{what}: {number}" for number, what, _ in items)
        case Code(_, label, lines, pairs):
            yield f"[{label}]"
            yield from lines
            yield from (f"{name}: {value}" for name, value in pairs)
        case Figure(_, label):
            yield f"[{label}]"
        case _:
            assert_never(block)


def _cell(cell: str | int) -> str:
    return f"{cell:,}" if isinstance(cell, int) else cell
