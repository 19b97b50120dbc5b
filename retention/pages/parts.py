"""What pages are made of. Texts are escaped here; everything else that goes in is HTML already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from retention.app.case_work import Timeliness
from retention.model.case import CaseState
from retention.pages.style import SCRIPT, STYLE
from retention.pages.words import Language, Words


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pages stand, and how they are read."""

    prefix: str
    """The path they are mounted at: `/retention`."""
    words: Words
    language: Language | None
    """The language that the reader chose; None: the browser's."""
    path: str
    """This page's, below the prefix."""
    query: Mapping[str, str]

    def link(self, path: str, **query: str) -> str:
        """Return an address of ours, with the language that was chosen."""
        chosen = {**({"lang": self.language} if self.language else {}), **{k: v for k, v in query.items() if v}}
        return f"{self.prefix}{path}" + (f"?{urlencode(chosen)}" if chosen else "")

    def other_language(self) -> str:
        """Return the address of this page in the other language."""
        other = "en" if self.words.language == "ja" else "ja"
        kept = {name: value for name, value in self.query.items() if name != "lang"}
        return f"{self.prefix}{self.path}?{urlencode({**kept, 'lang': other})}"


def page(place: Place, title: str, body: str) -> str:
    """Return a whole page."""
    words, home = place.words, escape(place.link("/"))
    other = "en" if words.language == "ja" else "ja"
    switch = escape(place.other_language())
    return (
        f'<!DOCTYPE html>\n<html lang="{words.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f'<a class="skip" href="#content">{words("skip")}</a><div class="page">'
        f'<nav class="bar"><a href="{home}">{words("cases")}</a>'
        f'<a href="{switch}" hreflang="{other}" lang="{other}">{words("other-language")}</a></nav>'
        f'<main id="content">{body}</main><footer>{words("nobody")}</footer></div>'
        f"<script>{SCRIPT}</script></body></html>\n"
    )


def card(title: str, body: str, name: str = "") -> str:
    """Return a part of a page under its own heading."""
    mark = f' id="{name}"' if name else ""
    return f'<section class="card"{mark}><h2>{escape(title)}</h2>{body}</section>'


def table(label: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, numeric: Sequence[int] = ()) -> str:
    """Return a table of HTML cells that scrolls by itself where it is too wide; numbers stand to the right."""

    def cells(tag: str, row: Sequence[str]) -> str:
        mark = ' scope="col"' if tag == "th" else ""
        return "".join(
            f"<{tag}{mark}{' class=n' if place in numeric else ''}>{cell}</{tag}>" for place, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{cells('th', [escape(text) for text in head])}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """Return names and their values, which are HTML."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in items) + "</dl>"


def name(text: str) -> str:
    """Return a name of ours (`app.customers`, `jp.appi.35-5`), which breaks behind its dots only."""
    return f'<span class="mono">{escape(text).replace(".", ".<wbr>")}</span>'


def badge(text: str, look: str = "") -> str:
    """Return a short word on a colour: `good`, `wait`, `bad`, `calm`."""
    return f'<span class="badge {look}">{escape(text)}</span>'


_LOOKS = {
    CaseState.OPEN: "wait",
    CaseState.PLANNED: "wait",
    CaseState.PARTIAL: "bad",
    CaseState.RETURNED: "bad",
    CaseState.SEALED: "good",
    CaseState.CLOSED: "good",
    CaseState.DENIED: "calm",
    CaseState.REJECTED: "wait",
}


def state_badge(words: Words, state: CaseState) -> str:
    """Return the case's state in its colour."""
    return badge(words.of("state", state.value), _LOOKS.get(state, ""))


def time_badge(words: Words, timeliness: Timeliness | None) -> str:
    """Return whether an answer is late or due soon; nothing if neither."""
    match timeliness:
        case Timeliness.LATE:
            return " " + badge(words("late"), "bad")
        case Timeliness.SOON:
            return " " + badge(words("soon"), "wait")
        case Timeliness.IN_TIME | None:
            return ""


def message(place: Place, title: str, text: str, link: tuple[str, str] | None = None) -> str:
    """Return a page that says one thing."""
    button = ""
    if link is not None:
        button = f'<div class="actions"><a class="button" href="{escape(link[0])}">{escape(link[1])}</a></div>'
    body = f'<section class="card"><h1>{escape(title)}</h1><p>{escape(text)}</p>{button}</section>'
    return page(place, title, body)
