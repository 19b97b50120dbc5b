"""Documents on A4 paper: PDF with its fonts inside (Noto Sans JP, Noto Serif JP), drawn without a browser."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import assert_never

from fpdf import FPDF
from fpdf.fonts import TTFFont
from pylopdf_fonts_jp import sans_path, serif_path

from retention.evidence import qr
from retention.evidence.blocks import (
    Bar,
    Block,
    Bullets,
    Code,
    Disc,
    Document,
    Drawing,
    Figure,
    Heading,
    Label,
    Mark,
    Note,
    Pairs,
    Paragraph,
    Stroke,
    Table,
    Tiles,
)
from retention.evidence.page import INK, LINE, SOFT
from retention.evidence.setting import lines_of

WIDTH, HEIGHT, MARGIN, BOTTOM = 210.0, 297.0, 24.0, 24.0
TEXT = WIDTH - 2 * MARGIN
"""Millimetres, as everything here."""
_POINT = 25.4 / 72
_LEADING = 1.7
_WINDOW, _WINDOW_END = 46.0, 80.0
_CODE = 62.0
"""A code of version 40 has modules of 0.33 mm at this size: what a telephone reads from paper."""


_UNUSED = frozenset({"BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"})
"""For setting text, which FPDF does not do, and no PDF holds them; cutting them down took a fifth of the time."""


def print_document(document: Document) -> bytes:
    """Return the document as PDF."""
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells what it keeps of a font, table by table
    sheet = Sheet(document)
    sheet.begin()
    for number, block in enumerate(document.blocks):
        following = document.blocks[number + 1] if number + 1 < len(document.blocks) else None
        sheet.put(block, following)
    sheet.end()
    return bytes(sheet.output())


class Sheet(FPDF):
    """A document in the making: a cursor that goes down the page."""

    def __init__(self, document: Document) -> None:
        """Load the fonts; only the signs used end up in the file."""
        super().__init__(format="A4")
        self._document = document
        self.set_auto_page_break(auto=False)
        self.add_font("sans", fname=str(sans_path()))
        self.add_font("serif", fname=str(serif_path()))
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                # the boxes of the whole font hold for a part of it, and measuring every sign took a third of the time
                font.ttfont.recalcBBoxes = False
                for table in _UNUSED.intersection(font.ttfont.keys()):
                    del font.ttfont[table]
        self.set_title(document.title)
        self.set_author(document.sender)
        self.set_lang(document.language)
        self._y = MARGIN

    def begin(self) -> None:
        """Write sender, title and subtitle."""
        document = self._document
        self.add_page()
        self._y = MARGIN + 2
        if document.dated:
            self._label(WIDTH - MARGIN, self._y + 3, document.dated, 9, SOFT, anchor="end")
        self._write(document.sender, MARGIN, TEXT - 40, 10, INK)
        self._write(document.subtitle, MARGIN, TEXT, 8.5, SOFT)
        self._window()
        is_letter = bool(document.dated)
        self._y += 4 if is_letter else 10
        self._write(document.title, MARGIN, TEXT, 16 if is_letter else 21, INK, font="serif", leading=1.35)
        self._y += 2 if is_letter else 4
        self._rule(INK, 0.5)
        self._y += 4 if is_letter else 6

    def _window(self) -> None:
        """Write the addressee where a window envelope shows it (DIN 5008 form B: from 45 mm below the edge)."""
        if not self._document.addressee:
            return
        self._y = max(self._y + 4, _WINDOW)
        for line in self._document.addressee:
            self._write(line, MARGIN, 85, 10, INK)
        self._y = max(self._y, _WINDOW_END)

    def end(self) -> None:
        """Write the small print."""
        self._y += 6
        self._need(self._height(self._document.foot, TEXT, 8))
        self._write(self._document.foot, MARGIN, TEXT, 8, SOFT)

    def footer(self) -> None:
        """Write the mark and the page's number at the foot of every page; FPDF calls this."""
        self._label(MARGIN, HEIGHT - 12, self._document.mark, 7.5, SOFT)
        self._label(WIDTH - MARGIN, HEIGHT - 12, str(self.page_no()), 7.5, SOFT, anchor="end")

    def put(self, block: Block, following: Block | None) -> None:
        """Write one block; a heading goes to the next page with what it heads."""
        match block:
            case Heading(text):
                self._heading(text, following)
            case Paragraph(text):
                self._need(min(self._height(text, TEXT, 9.5), 30))
                self._write(text, MARGIN, TEXT, 9.5, INK)
                self._y += 2.5
            case Note(text):
                self._note(text)
            case Pairs(items):
                self._pairs(items, MARGIN, TEXT, 46)
                self._y += 2
            case Table():
                self._table(block)
            case Figure(drawing, _):
                self._figure(drawing)
            case Tiles(items):
                self._tiles(items)
            case Bullets(items):
                self._bullets(items)
            case Code():
                self._code(block)
            case _:
                assert_never(block)

    def _heading(self, text: str, following: Block | None) -> None:
        self._y += 6
        room = 74 if isinstance(following, Code) else 14 + self._beginning(following)
        self._need(room)
        self._write(text, MARGIN, TEXT, 12, INK, font="serif", leading=1.3)
        self._y += 3

    def _beginning(self, block: Block | None) -> float:
        """Return how much of what a heading heads must stand under it."""
        match block:
            case Figure(drawing, _):
                return drawing.height * TEXT / drawing.width
            case Table():
                return 22
            case _:
                return 14

    def _note(self, text: str) -> None:
        height = self._height(text, TEXT - 12, 9.5) + 6
        self._need(height)
        self._box(MARGIN, self._y, TEXT, height, "#f5f7fb")
        self._box(MARGIN, self._y, 0.8, height, INK)
        self._y += 3
        self._write(text, MARGIN + 6, TEXT - 12, 9.5, INK)
        self._y += 5.5

    def _pairs(self, items: tuple[tuple[str, str], ...], x: float, width: float, first: float) -> None:
        for name, value in items:
            size = _digest_size(value, 9.5)
            height = max(self._height(name, first - 4, 9), self._height(value, width - first, size)) + 0.6
            self._need(height)
            top = self._y
            self._write(name, x, first - 4, 9, SOFT)
            self._y = top + (9.5 - size) * _POINT * 0.4
            self._write(value, x + first, width - first, size, INK)
            self._y = top + height

    def _table(self, table: Table) -> None:
        columns = _columns(table)
        self._need(20)  # the head and a row of two lines
        self._row(table.head, columns, head=True)
        for row in table.rows:
            cells = tuple(f"{cell:,}" if isinstance(cell, int) else cell for cell in row)
            if self._y + self._row_height(cells, columns, 9) + 3.4 > HEIGHT - BOTTOM:
                self._page()
                self._row(table.head, columns, head=True)
            self._row(cells, columns)
        self._y += 3.5

    def _row(self, cells: tuple[str, ...], columns: tuple[_Column, ...], *, head: bool = False) -> None:
        size, colour = (8.2, SOFT) if head else (9.0, INK)
        height = self._row_height(cells, columns, size)
        top = self._y + 1.7
        for cell, column in zip(cells, columns, strict=True):
            self._y = top
            self._write(cell, MARGIN + column.x, column.width, size, colour, right=column.right)
        self._y = top + height + 1.7
        self._rule(INK if head else LINE, 0.25 if head else 0.2)

    def _row_height(self, cells: tuple[str, ...], columns: tuple[_Column, ...], size: float) -> float:
        return max(self._height(cell, column.width, size) for cell, column in zip(cells, columns, strict=True))

    def _figure(self, drawing: Drawing) -> None:
        scale = TEXT / drawing.width
        self._need(drawing.height * scale)
        for mark in drawing.marks:
            self._mark(mark, MARGIN, self._y, scale)
        self._y += drawing.height * scale + 4

    def _tiles(self, items: tuple[tuple[str, str, str], ...]) -> None:
        gap, top = 6.0, self._y + 2
        width = (TEXT - gap * (len(items) - 1)) / len(items)
        self._need(26)
        for at, (number, what, colour) in enumerate(items):
            x = MARGIN + at * (width + gap)
            self._box(x, top, width, 0.5, LINE)
            self._y = top + 3
            self._write(number, x, width, 20, colour, leading=1.2)
            self._write(what, x, width, 8, SOFT, leading=1.4)
        self._y = top + 23

    def _bullets(self, items: tuple[str, ...]) -> None:
        for item in items:
            self._need(self._height(item, TEXT - 5, 9.5))
            self._mark(Disc(1.2, 2.9, 0.55, SOFT), MARGIN, self._y, 1)
            self._write(item, MARGIN + 5, TEXT - 5, 9.5, INK)
            self._y += 1.2
        self._y += 2

    def _code(self, code: Code) -> None:
        self._need(_CODE + 4)
        top, left = self._y, TEXT - _CODE - 8
        for line in code.lines:
            self._write(line, MARGIN, left, 9, INK)
            self._y += 2
        for name, value in code.pairs:
            self._write(name, MARGIN, left, 7.5, SOFT, leading=1.5)
            self._write(value, MARGIN, left, _digest_size(value, 8.5), INK, leading=1.4)
            self._y += 0.8
        self._modules(code.matrix, WIDTH - MARGIN - _CODE, top + 0.5)
        self._y = max(self._y, top + _CODE) + 3

    def _modules(self, matrix: tuple[tuple[bool, ...], ...], x: float, y: float) -> None:
        module = _CODE / (len(matrix))
        self.set_fill_color("#000000")
        for column, row, length in qr.runs(matrix):
            # a hair of overlap downwards: renderers leave white seams between rows that only touch
            self.rect(x + column * module, y + row * module, length * module, module * 1.02, style="F")

    def _mark(self, mark: Mark, x: float, y: float, scale: float) -> None:
        match mark:
            case Bar():
                self._box(x + mark.x * scale, y + mark.y * scale, mark.width * scale, mark.height * scale, mark.fill)
            case Stroke():
                self.set_draw_color(mark.colour)
                self.set_line_width(mark.thickness * scale)
                self.line(x + mark.x * scale, y + mark.y * scale, x + mark.to_x * scale, y + mark.to_y * scale)
            case Disc():
                self.set_fill_color(mark.fill)
                self.circle(x + mark.x * scale, y + mark.y * scale, mark.radius * scale, style="F")
            case Label():
                size = mark.size * scale / _POINT
                self._label(x + mark.x * scale, y + mark.y * scale, mark.text, size, mark.colour, anchor=mark.anchor)
            case _:
                assert_never(mark)

    def _label(self, x: float, y: float, text: str, size: float, colour: str, *, anchor: str = "start") -> None:
        """Write one line at its baseline."""
        self.set_font("sans", size=size)
        self.set_text_color(colour)
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * self.get_string_width(text)
        self.text(x - shift, y, text)

    def _write(
        self,
        text: str,
        x: float,
        width: float,
        size: float,
        colour: str,
        *,
        font: str = "sans",
        leading: float = _LEADING,
        right: bool = False,
    ) -> None:
        """Write text in as many lines as it takes, and move the cursor below it."""
        step = size * _POINT * leading
        self.set_font(font, size=size)
        for line in lines_of(text, width, self.get_string_width):
            if self._y + step > HEIGHT - BOTTOM + 6:
                self._page()
            self.set_font(font, size=size)
            self.set_text_color(colour)
            shift = width - self.get_string_width(line) if right else 0.0
            self.text(x + shift, self._y + step / 2 + size * _POINT * 0.36, line)
            self._y += step

    def _height(self, text: str, width: float, size: float) -> float:
        self.set_font("sans", size=size)
        return len(lines_of(text, width, self.get_string_width)) * size * _POINT * _LEADING

    def _box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.set_fill_color(fill)
        self.rect(x, y, width, height, style="F")

    def _rule(self, colour: str, thickness: float) -> None:
        self.set_draw_color(colour)
        self.set_line_width(thickness)
        self.line(MARGIN, self._y, WIDTH - MARGIN, self._y)

    def _need(self, height: float) -> None:
        if self._y + height > HEIGHT - BOTTOM:
            self._page()

    def _page(self) -> None:
        self.add_page()
        self._y = MARGIN


@dataclass(frozen=True, slots=True)
class _Column:
    """Where a table's column stands, in millimetres from the left of the text."""

    x: float
    width: float
    right: bool


def _columns(table: Table) -> tuple[_Column, ...]:
    """Lay the columns out: numbers stand off the text to the right of them, and flush with the rule at the end."""
    numeric = {at for row in table.rows for at, cell in enumerate(row) if isinstance(cell, int)}
    found: list[_Column] = []
    x = 0.0
    for at, share in enumerate(table.widths):
        width, last = TEXT * share / sum(table.widths), at == len(table.widths) - 1
        gap = 0.0 if last else 8.0 if at in numeric and at + 1 not in numeric else 3.0
        found.append(_Column(x, width - gap, at in numeric))
        x += width
    return tuple(found)


def _digest_size(value: str, size: float) -> float:
    """Set digests smaller: nobody reads them for pleasure."""
    return 7.6 if len(value) >= 40 and " " not in value else size  # noqa: PLR2004 -- longer than any word
