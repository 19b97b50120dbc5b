"""The look that certificate and report share: one self-contained page for screen and A4 paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from types import MappingProxyType
from typing import assert_never

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

INK, SOFT, LINE, GOOD, WAIT, BAD = "#14213d", "#5c677d", "#d8dee9", "#1b7f5c", "#b7791f", "#b23a48"

_STYLE = MappingProxyType(
    {
        "*": "box-sizing:border-box",
        "@page": "size:A4;margin:16mm",
        "body": (
            f"margin:0;background:#eef1f6;color:{INK};font:14px/1.65 'Noto Sans','Noto Sans CJK JP','Noto Sans JP',"
            "'Hiragino Sans','Yu Gothic','Segoe UI',sans-serif"
        ),
        "main": (
            "max-width:820px;margin:32px auto;padding:48px 56px;background:#fff;border-radius:6px;"
            f"box-shadow:0 2px 18px rgba(20,33,61,.10);border-top:6px solid {INK}"
        ),
        "h1": "font-size:25px;line-height:1.3;margin:0 0 6px",
        "h2": f"font-size:15px;margin:34px 0 10px;padding-bottom:6px;border-bottom:1px solid {LINE}",
        ".sub": f"color:{SOFT};margin:0 0 22px",
        "p": "margin:8px 0",
        "table": "width:100%;margin:6px 0;border-collapse:collapse;font-size:13px",
        "th": f"text-align:left;font-weight:600;color:{SOFT};border-bottom:1px solid {INK};padding:6px 10px 6px 0",
        "td": f"border-bottom:1px solid {LINE};padding:7px 10px 7px 0;vertical-align:top",
        ".n": "text-align:right;padding-right:28px;font-variant-numeric:tabular-nums",
        "code": "font:12px/1.5 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;word-break:break-all",
        "dl": "display:grid;grid-template-columns:170px 1fr;gap:4px 16px;margin:10px 0",
        "dt": f"color:{SOFT}",
        "dd": "margin:0",
        "svg": "display:block;width:100%;height:auto",
        "figure": "margin:12px 0",
        ".badge": "display:inline-block;padding:1px 9px;border-radius:10px;font-size:12px;font-weight:600;color:#fff",
        ".from": f"color:{SOFT};font-size:12px;letter-spacing:.06em;margin:0 0 18px",
        ".tiles": "display:flex;gap:28px;margin:18px 0 8px",
        ".tiles div": f"flex:1;border-top:2px solid {LINE};padding-top:10px",
        ".tiles b": "display:block;font-size:26px;font-weight:500;line-height:1.2",
        ".tiles span": f"color:{SOFT};font-size:12px",
        ".code": "display:flex;gap:32px;align-items:flex-start;break-inside:avoid;margin-top:12px",
        ".code>div": "flex:1",
        ".code>svg": "width:236px;flex:none",
        ".code dl": "grid-template-columns:1fr;gap:0",
        ".code dt": "font-size:11px;margin-top:7px",
        ".from b": f"display:block;color:{INK};font-size:14px;font-weight:500",
        ".serif": (
            "font-weight:500;margin-bottom:16px;"
            "font-family:'Noto Serif','Noto Serif CJK JP','Noto Serif JP','Hiragino Mincho ProN',serif"
        ),
        ".dated": f"text-align:right;color:{SOFT};font-size:13px",
        ".to": "margin:0 0 34px",
        ".note": f"background:#f5f7fb;border-left:3px solid {INK};padding:10px 16px;margin:12px 0",
        "tr,figure,dl": "break-inside:avoid",
        "footer": f"margin-top:34px;color:{SOFT};font-size:12px",
    }
)
_PRINT = "@media print{body{background:#fff}main{margin:0;padding:0;max-width:none;box-shadow:none;border-radius:0}}"


def render(document_: Document) -> str:
    """Return the document as one self-contained page."""
    parts = (
        f'<p class="from"><b>{escape(document_.sender)}</b> {escape(document_.subtitle)}</p>',
        *_letterhead(document_),
        f'<h1 class="serif">{escape(document_.title)}</h1>',
        *map(_block, document_.blocks),
        f"<footer>{escape(document_.foot)}</footer>",
    )
    return document(document_.title, document_.language, "".join(parts))


def _letterhead(document_: Document) -> Iterable[str]:
    """Return whom a letter is to, and its day."""
    if document_.dated:
        yield f'<p class="dated">{escape(document_.dated)}</p>'
    if document_.addressee:
        yield f'<p class="to">{"<br>".join(map(escape, document_.addressee))}</p>'


def document(title: str, language: str, body: str) -> str:
    """Return the whole page; `body` is HTML, `title` is text."""
    style = "".join(f"{selector}{{{rule}}}" for selector, rule in _STYLE.items()) + _PRINT
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> str:
    """Return a table of texts; whole numbers stand to the right with their thousands apart."""
    lines = [list(row) for row in rows]
    numeric = {at for row in lines for at, cell in enumerate(row) if isinstance(cell, int)}
    titles = "".join(f"<th{_align(at in numeric)}>{escape(text)}</th>" for at, text in enumerate(head))
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in lines)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """Return names and values, one a line; long hexadecimal values in monospace."""
    lines = [f"<dt>{escape(name)}</dt><dd>{_value(value)}</dd>" for name, value in items]
    return f"<dl>{''.join(lines)}</dl>"


def badge(text: str, colour: str) -> str:
    """Return a short word on a colour."""
    return f'<span class="badge" style="background:{colour}">{escape(text)}</span>'


def bullets(items: Iterable[str]) -> str:
    """Return a list of texts."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"<h2>{escape(text)}</h2>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Note(text):
            return f'<p class="note">{escape(text)}</p>'
        case Pairs(items):
            return pairs(items)
        case Table(head, rows, _):
            return table(head, rows)
        case Figure(drawing, label):
            return f'<figure role="img" aria-label="{escape(label)}">{svg(drawing)}</figure>'
        case Tiles(items):
            return f'<div class="tiles">{"".join(map(_tile, items))}</div>'
        case Bullets(items):
            return bullets(items)
        case Code():
            return _code(block)
        case _:
            assert_never(block)


def _tile(item: tuple[str, str, str]) -> str:
    number, what, colour = item
    return f'<div><b style="color:{colour}">{escape(number)}</b><span>{escape(what)}</span></div>'


def _code(code: Code) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in code.lines)
    size, quiet = len(code.matrix), qr.QUIET
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in qr.runs(code.matrix))
    drawn = (
        f'<svg role="img" aria-label="{escape(code.label)}" shape-rendering="crispEdges" '
        f'viewBox="{-quiet} {-quiet} {size + 2 * quiet} {size + 2 * quiet}"><path d="{path}"/></svg>'
    )
    return f'<div class="code"><div>{lines}{pairs(code.pairs)}</div>{drawn}</div>'


def svg(drawing: Drawing) -> str:
    """Return the picture as SVG."""
    marks = "".join(map(_mark, drawing.marks))
    return f'<svg viewBox="0 0 {drawing.width:g} {drawing.height:g}" font-family="inherit">{marks}</svg>'


def _mark(mark: Mark) -> str:
    match mark:
        case Bar(x, y, width, height, fill):
            return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
        case Stroke(x, y, to_x, to_y, colour, thickness):
            line = f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"'
            return f'{line} stroke="{colour}" stroke-width="{thickness:g}" stroke-linecap="round"/>'
        case Disc(x, y, radius, fill):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"/>'
        case Label(x, y, text, size, colour, anchor):
            head = f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}">'
            return f"{head}{escape(text)}</text>"
        case _:
            assert_never(mark)


def _align(right: bool) -> str:  # noqa: FBT001 -- private, one meaning
    return ' class="n"' if right else ""


def _cell(cell: str | int) -> str:
    return f'<td class="n">{cell:,}</td>' if isinstance(cell, int) else f"<td>{escape(cell)}</td>"


def _value(value: str) -> str:
    is_digest = len(value) >= 40 and " " not in value  # noqa: PLR2004 -- longer than any word
    return f"<code>{escape(value)}</code>" if is_digest else escape(value)
