"""The data map as one SVG: who leads where, what goes first, what identifies whom, and what remains elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from retention.datamap.picture.layout import CARD_HEIGHT, CARD_WIDTH, Layout, Place, layout
from retention.datamap.picture.words import WORDS, Words
from retention.model.datamap import DataMap, Dataset, Identifies
from retention.model.ids import DatasetId, SystemId

_COLOURS: Final = ("#4656c8", "#0b8f83", "#c77700", "#c2386f", "#2f7fbf", "#7a4fc0", "#5f7d1f", "#a34a28")
_INK, _SOFT, _FAINT, _LINE, _PAPER, _GROUND = "#1d2433", "#5b6577", "#8b94a5", "#c5ccd9", "#ffffff", "#f6f7fb"
_MARKS: Final = {Identifies.DIRECTLY: "#c2386f", Identifies.INDIRECTLY: "#e3a13a", Identifies.NO: "#c9d0dc"}
_SANS: Final = (
    "system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans JP','Noto Sans CJK JP','Hiragino Sans','Yu Gothic',sans-serif"
)
_MONO: Final = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK JP',monospace"
_PERSON: Final = Place(36, 168)
_PERSON_WIDTH: Final = 176
_TRUNK: Final = 252
_MARK_STEP: Final = 9
_BOLD: Final = 0.61
"""Width of a bold letter, in parts of its height."""
_MOST_MARKS: Final = 22


@dataclass(frozen=True, slots=True)
class Backups:
    """Dated copies of whole systems."""

    name: str
    copies: tuple[SystemId, ...]
    expire: str
    """A period (`P35D`), or empty."""


@dataclass(frozen=True, slots=True)
class Processor:
    """Someone who is told."""

    name: str
    detail: str
    """By which key, and until when an answer is due."""


def drawn(datamap: DataMap, elsewhere: tuple[Backups | Processor, ...], lang: str) -> str:
    """Return the picture as the text of an SVG file; `lang` is `ja` or `en`."""
    words, plan = WORDS[lang], layout(datamap, len(elsewhere))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(_systems(datamap))}
    parts = [
        *_head(datamap, plan, words, len(colours)),
        *_sections(plan, words),
        *_trunk(datamap, plan),
        *_edges(datamap, plan, colours),
        *_person(datamap, words),
        *(part for name in plan.cards for part in _card(datamap.datasets[name], plan, colours, words)),
        *(part for place, one in zip(plan.elsewhere, elsewhere, strict=True) for part in _aside(place, one, colours, words)),
        *_legend(datamap, plan, words),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _systems(datamap: DataMap) -> list[SystemId]:
    return sorted({dataset.system for dataset in datamap.datasets.values()})


def _head(datamap: DataMap, plan: Layout, words: Words, systems: int) -> Iterator[str]:
    title = escape(words.title)
    subtitle = escape(words.subtitle.format(datasets=len(datamap.datasets), systems=systems))
    size = f"{plan.width:.0f} {plan.height:.0f}"
    width, height = size.split()
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {size}" '
        f'role="img" aria-labelledby="t d" font-family="{_SANS}" fill="{_INK}">'
    )
    yield f'<title id="t">{title}</title><desc id="d">{subtitle}</desc>'
    yield (
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 .8 7 4 0 7.2z" fill="{_FAINT}"/></marker>'
        '<filter id="s" x="-10%" y="-10%" width="120%" height="130%"><feDropShadow dx="0" dy="1.5" stdDeviation="2.5" '
        'flood-color="#1d2433" flood-opacity=".10"/></filter></defs>'
    )
    yield f'<rect width="100%" height="100%" fill="{_GROUND}"/>'
    yield _text(36, 58, title, 28, weight=700)
    yield _text(36, 86, subtitle, 15, _SOFT)


def _sections(plan: Layout, words: Words) -> Iterator[str]:
    titled = (
        (plan.families, words.families),
        (plan.singles, words.singles),
        (plan.aside, words.aside),
        (plan.elsewhere_section, words.elsewhere),
    )
    for section, title in titled:
        if section is not None:
            yield _text(292, section.y + 22, escape(title), 14, _SOFT, weight=600)
            x = 292 + _width(title, 14) + 16
            yield f'<path d="M{x:.0f} {section.y + 17:.0f}H{plan.width - 44:.0f}" stroke="{_LINE}"/>'


def _trunk(datamap: DataMap, plan: Layout) -> Iterator[str]:
    """Draw the way from the person to what his keys lead to."""
    ends = [plan.cards[name].middle for name in plan.roots if datamap.datasets[name].subject]
    rows = sorted({plan.cards[name].middle for name in plan.alone})
    start = _PERSON.y + 40
    for y in sorted([*ends, *rows]):
        bend = 12 if abs(y - start) > 24 else abs(y - start) / 2  # noqa: PLR2004 -- two corners must fit
        down = bend if y >= start else -bend
        yield (
            f'<path d="M{_PERSON.x + _PERSON_WIDTH:.0f} {start:.0f}H{_TRUNK - bend:.0f}q{bend:.1f} 0 {bend:.1f} {down:.1f}'
            f'V{y - down:.1f}q0 {down:.1f} {bend:.1f} {down:.1f}H286" fill="none" stroke="{_FAINT}" stroke-width="1.4" '
            f'marker-end="url(#a)"/>'
        )


def _edges(datamap: DataMap, plan: Layout, colours: Mapping[SystemId, str]) -> Iterator[str]:
    for frame in plan.frames:
        corner, colour = frame.corner, colours[datamap.datasets[frame.parent].system]
        yield (
            f'<rect x="{corner.x:.0f}" y="{corner.y:.1f}" width="{frame.width:.0f}" height="{frame.height:.1f}" rx="16" '
            f'fill="{colour}" fill-opacity=".07" stroke="{colour}" stroke-opacity=".35"/>'
        )
        yield _line(plan.cards[frame.parent], corner.x - 4, corner.y + frame.height / 2, colour)
    framed = {(frame.parent, member) for frame in plan.frames for member in frame.members}
    for name in plan.cards:
        dataset = datamap.datasets[name]
        for reference in (one for one in dataset.parents if (one.parent, name) not in framed):
            yield from _edge(plan, reference.parent, name, colours[datamap.datasets[reference.parent].system], dashed=False)
        for original in dataset.derived_from:
            if original in plan.cards:
                yield from _edge(plan, original, name, colours[datamap.datasets[original].system], dashed=True)


def _edge(plan: Layout, above: DatasetId, below: DatasetId, colour: str, *, dashed: bool) -> Iterator[str]:
    start, end = plan.cards[above], plan.cards[below]
    if end.x > start.x:
        yield _line(start, end.x - 4, end.middle, colour, dashed=dashed)
        return
    x, side, w = start.x + CARD_WIDTH, max(start.x, end.x) + CARD_WIDTH + 30, end.middle
    curve = f"M{x:.0f} {start.middle + 14:.1f}C{side:.0f} {start.middle + 14:.1f} {side:.0f} {w:.1f} {end.x + CARD_WIDTH + 4:.0f} {w:.1f}"
    yield f'<path d="{curve}" {_stroke(colour, dashed=dashed)}/>'


def _line(start: Place, x: float, y: float, colour: str, *, dashed: bool = False) -> str:
    """Draw from a card's right side to a place on the right; it arrives level."""
    left = start.x + CARD_WIDTH
    half = (x - left) / 2
    curve = f"M{left:.0f} {start.middle:.1f}C{left + half:.0f} {start.middle:.1f} {x - half - 8:.0f} {y:.1f} {x - 8:.0f} {y:.1f}H{x:.0f}"
    return f'<path d="{curve}" {_stroke(colour, dashed=dashed)}/>'


def _stroke(colour: str, *, dashed: bool) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'fill="none" stroke="{colour}" stroke-width="1.8" stroke-opacity=".75"{dash} marker-end="url(#a)"'


def _person(datamap: DataMap, words: Words) -> Iterator[str]:
    keys = sorted({key for dataset in datamap.datasets.values() for key in dataset.subject})
    height = 88 + 26 * len(keys)
    yield f'<g filter="url(#s)"><rect x="{_PERSON.x}" y="{_PERSON.y}" width="{_PERSON_WIDTH}" height="{height}" rx="14" fill="{_INK}"/></g>'
    yield f'<circle cx="66" cy="{_PERSON.y + 33}" r="8" fill="#fff"/><path d="M50 {_PERSON.y + 62}a16 16 0 0 1 32 0z" fill="#fff"/>'
    yield _text(94, _PERSON.y + 40, escape(words.person), 16, "#fff", weight=700)
    yield _text(94, _PERSON.y + 60, escape(words.keys), 12, "#b9c1d0")
    for index, key in enumerate(keys):
        y = _PERSON.y + 78 + 26 * index
        yield f'<rect x="50" y="{y}" width="148" height="21" rx="10.5" fill="#fff" fill-opacity=".13"/>'
        yield _text(60, y + 15, escape(_fitted(key, 128, 12)), 12, "#fff", mono=True)


def _card(dataset: Dataset, plan: Layout, colours: Mapping[SystemId, str], words: Words) -> Iterator[str]:
    place, colour = plan.cards[dataset.dataset_id], colours[dataset.system]
    x, y = place.x, place.y
    yield f'<g filter="url(#s)"><title>{escape(f"{dataset.dataset_id} ({dataset.location})")}</title>'
    yield f'<rect x="{x:.0f}" y="{y:.1f}" width="{CARD_WIDTH}" height="{CARD_HEIGHT}" rx="10" fill="{_PAPER}"/>'
    yield f'<path d="M{x + 10:.0f} {y:.1f}a10 10 0 0 0-10 10v{CARD_HEIGHT - 20}a10 10 0 0 0 10 10h-4v-{CARD_HEIGHT}z" fill="{colour}"/>'
    yield f'<rect x="{x:.0f}" y="{y + 9:.1f}" width="6" height="{CARD_HEIGHT - 18}" fill="{colour}"/></g>'
    yield f'<circle cx="{x + 29:.0f}" cy="{y + 25:.1f}" r="12.5" fill="{colour}"/>'
    yield _text(x + 29, y + 29.5, str(plan.rank[dataset.dataset_id]), 12.5, "#fff", weight=700, anchor="middle")
    room = CARD_WIDTH - 74 - _width(dataset.system, 11, _BOLD)
    yield _text(x + 50, y + 30, escape(_fitted(dataset.short_name, room, 15, _BOLD)), 15, weight=650)
    yield _text(x + CARD_WIDTH - 12, y + 29, escape(dataset.system), 11, colour, weight=600, anchor="end")
    yield _text(x + 18, y + 53, escape(_fitted(dataset.location, CARD_WIDTH - 32, 11.5, 0.61)), 11.5, _SOFT, mono=True)
    yield _text(x + 18, y + 72, escape(_fitted(_ties(dataset), CARD_WIDTH - 32, 11.5, 0.61)), 11.5, _INK, mono=True)
    yield from _marks(dataset, x + 18, y + 84, words)


def _ties(dataset: Dataset) -> str:
    """Say by what the rows are found: `user_id = id · email`, or `customer_id → customers`."""
    keys = [name if name == column else f"{name} = {column}" for name, column in dataset.subject.items()]
    links = [
        f"{', '.join(here for here, _ in reference.columns)} → {reference.parent.rpartition('.')[2]}"
        for reference in dataset.parents
    ]
    return " · ".join([*keys, *links])


def _marks(dataset: Dataset, x: float, y: float, words: Words) -> Iterator[str]:
    """Draw a small square for each personal field, the telling ones first."""
    kinds = sorted((field.identifies for field in dataset.fields.values()), key=list(_MARKS).index)
    if not kinds:
        yield _text(x, y + 8, escape(words.nobody), 11, _FAINT)
        return
    for index, kind in enumerate(kinds[:_MOST_MARKS]):
        yield f'<rect x="{x + index * _MARK_STEP:.0f}" y="{y:.1f}" width="7" height="7" rx="1.5" fill="{_MARKS[kind]}"/>'
    if len(kinds) > _MOST_MARKS:
        yield _text(x + _MOST_MARKS * _MARK_STEP + 3, y + 7, f"+{len(kinds) - _MOST_MARKS}", 10, _SOFT)


def _aside(place: Place, one: Backups | Processor, colours: Mapping[SystemId, str], words: Words) -> Iterator[str]:
    x, y = place.x, place.y
    yield f'<rect x="{x:.0f}" y="{y:.1f}" width="{CARD_WIDTH}" height="{CARD_HEIGHT}" rx="10" fill="none" stroke="{_FAINT}" stroke-dasharray="4 4"/>'
    yield _text(x + 18, y + 31, escape(_fitted(one.name, CARD_WIDTH - 32, 15)), 15, weight=650)
    match one:
        case Backups():
            said, detail = words.backups.format(systems=", ".join(one.copies)), words.expire.format(period=one.expire)
            for index, system in enumerate(one.copies):
                yield f'<circle cx="{x + 24 + index * 18:.0f}" cy="{y + 84:.1f}" r="6" fill="{colours.get(system, _FAINT)}"/>'
        case Processor():
            said, detail = words.processor, one.detail
    yield _text(x + 18, y + 53, escape(_fitted(said, CARD_WIDTH - 32, 12)), 12, _SOFT)
    if not isinstance(one, Backups) or one.expire:
        left = x + 24 + 18 * len(one.copies) if isinstance(one, Backups) else x + 18
        yield _text(left, y + 88, escape(_fitted(detail, CARD_WIDTH - 40, 12)), 12, _SOFT)


def _legend(datamap: DataMap, plan: Layout, words: Words) -> Iterator[str]:
    y, x = plan.height - 40, 292.0
    yield f'<circle cx="{x + 6}" cy="{y - 4}" r="7.5" fill="{_SOFT}"/>'
    yield _text(x + 6, y - 0.5, "1", 9.5, "#fff", weight=700, anchor="middle")
    x += 20
    yield _text(x, y, escape(words.order), 12, _SOFT)
    x += _width(words.order, 12) + 20
    for kind, word in zip(_MARKS, (words.directly, words.indirectly, words.other), strict=True):
        yield f'<rect x="{x:.0f}" y="{y - 9:.1f}" width="9" height="9" rx="2" fill="{_MARKS[kind]}"/>'
        yield _text(x + 14, y, escape(word), 12, _SOFT)
        x += _width(word, 12) + 32
    y, x = plan.height - 18, 286.0
    for dash, word in (("", words.parent), (' stroke-dasharray="5 4"', words.derived)):
        yield f'<path d="M{x:.0f} {y - 4:.1f}h26" stroke="{_SOFT}" stroke-width="1.8"{dash} marker-end="url(#a)"/>'
        yield _text(x + 34, y, escape(word), 12, _SOFT)
        x += _width(word, 12) + 56
    digest = words.digest.format(digest=datamap.digest[:12])
    yield _text(36, plan.height - 18, escape(digest), 11, _FAINT, mono=True)


def _text(
    x: float, y: float, text: str, size: float, fill: str = _INK, *, weight: int = 400, anchor: str = "", mono: bool = False
) -> str:
    style = [f'font-size="{size}"', f'fill="{fill}"']
    style += [f'font-weight="{weight}"'] if weight != 400 else []  # noqa: PLR2004 -- SVG's default
    style += [f'text-anchor="{anchor}"'] if anchor else []
    style += [f'font-family="{_MONO}"'] if mono else []
    return f'<text x="{x:.1f}" y="{y:.1f}" {" ".join(style)}>{text}</text>'


def _width(text: str, size: float, narrow: float = 0.56) -> float:
    """Estimate: a full-width sign is a square, others are about half of one."""
    return sum(size if unicodedata.east_asian_width(sign) in "WF" else size * narrow for sign in text)


def _fitted(text: str, room: float, size: float, narrow: float = 0.56) -> str:
    if _width(text, size, narrow) <= room:
        return text
    while text and _width(f"{text}…", size, narrow) > room:
        text = text[:-1]
    return f"{text}…"

