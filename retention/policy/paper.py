"""A document as blocks, and the two forms it is handed out in: Markdown, and one HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class Heading:
    """A title (level 1) or a section's title (level 2, 3)."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture of our own making; Markdown shows what it is of."""

    svg: str
    label: str


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Figure

_STYLE = (
    "*{box-sizing:border-box}@page{size:A4;margin:16mm}"
    "body{margin:0;background:#eef1f6;color:#14213d;font:14px/1.65 'Noto Sans','Noto Sans CJK JP','Noto Sans JP',"
    "'Hiragino Sans','Yu Gothic','Segoe UI',sans-serif}"
    "main{max-width:960px;margin:32px auto;padding:48px 56px;background:#fff;border-top:6px solid #14213d}"
    "h1{font-size:25px;line-height:1.3;margin:0 0 6px}"
    "h2{font-size:17px;margin:34px 0 10px;padding-bottom:6px;border-bottom:1px solid #d8dee9}h3{font-size:14px}"
    "table{width:100%;margin:10px 0;border-collapse:collapse;font-size:12.5px}"
    "th{text-align:left;color:#5c677d;border-bottom:1px solid #14213d;padding:6px 10px 6px 0}"
    "td{border-bottom:1px solid #d8dee9;padding:6px 10px 6px 0;vertical-align:top;overflow-wrap:anywhere}"
    "svg{display:block;width:100%;height:auto}figure{margin:12px 0}"
    "tr,figure{break-inside:avoid}@media print{body{background:#fff}main{margin:0;padding:0;max-width:none}}"
)


def markdown(blocks: Iterable[Block]) -> str:
    """Return the document as Markdown (tables as GitHub and Pandoc read them)."""
    return "\n\n".join(map(_marked, blocks)) + "\n"


def html(title: str, language: str, blocks: Iterable[Block]) -> str:
    """Return the document as one HTML page that needs nothing else."""
    body = "".join(map(_tagged, blocks))
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )


def _marked(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {_plain(text)}"
        case Paragraph(text):
            return _plain(text)
        case Bullets(items):
            return "\n".join(f"* {_plain(item)}" for item in items)
        case Table(head, rows):
            lines = [_line(head), _line(["---"] * len(head)), *map(_line, rows)]
            return "\n".join(lines)
        case Figure(_, label):
            return f"*{_plain(label)}*"
        case _:
            assert_never(block)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    """Return the text on one line, so that nothing in it begins a block or a tag of its own."""
    return " ".join(text.split()).replace("<", "&lt;")


def _tagged(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
        case Table(head, rows):
            titles = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"
        case Figure(svg, label):
            return f'<figure role="img" aria-label="{escape(label)}">{svg}</figure>'
        case _:
            assert_never(block)
