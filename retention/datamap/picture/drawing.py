"""The data map as one SVG: who leads where, what goes first, what identifies whom, and what remains elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final, assert_never

from retention.datamap.picture.layout import CARD_HEIGHT, CARD_WIDTH, LEFT, RIGHT, Layout, Place, layout
from retention.datamap.picture.svg import BOLD, SANS, WIDE, element, fitted, text, typed, width
from retention.datamap.picture.words import WORDS, Words
from retention.model.datamap import DataMap, Dataset, Identifies
from retention.model.ids import DatasetId, SystemId

_COLOURS: Final = ("#4656c8", "#0b8f83", "#c77700", "#c2386f", "#2f7fbf", "#7a4fc0", "#5f7d1f", "#a34a28")
_INK, _SOFT, _FAINT, _LINE, _PAPER, _GROUND = "#1d2433", "#5b6577", "#8b94a5", "#c5ccd9", "#ffffff", "#f6f7fb"
_MARKS: Final = {Identifies.DIRECTLY: "#c2386f", Identifies.INDIRECTLY: "#e3a13a", Identifies.NO: "#c9d0dc"}
_PERSON: Final = Place(36, 168)
_PERSON_WIDTH: Final = 176
_TRUNK: Final = 252
_MARK_STEP: Final = 9
_MOST_MARKS: Final = 22
_DEFINITIONS: Final = (
    f'<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 .8 7 4 0 7.2z" fill="{_FAINT}"/></marker>'
    '<filter id="s" x="-10%" y="-10%" width="120%" height="130%">'
    f'<feDropShadow dx="0" dy="1.5" stdDeviation="2.5" flood-color="{_INK}" flood-opacity=".10"/></filter></defs>'
)


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


@dataclass(frozen=True, slots=True)
class _Picture:
    datamap: DataMap
    plan: Layout
    words: Words
    colours: Mapping[SystemId, str]

    def colour(self, name: DatasetId) -> str:
        return self.colours[self.datamap.datasets[name].system]


def drawn(datamap: DataMap, elsewhere: tuple[Backups | Processor, ...], lang: str) -> str:
    """Return the picture as the text of an SVG file; `lang` is `ja` or `en`. The same map gives the same bytes."""
    systems = sorted({dataset.system for dataset in datamap.datasets.values()})
    colours = {name: _COLOURS[index % len(_COLOURS)] for index, name in enumerate(systems)}
    picture = _Picture(datamap, layout(datamap, len(elsewhere)), WORDS[lang], colours)
    parts = [
        *_head(picture),
        *_sections(picture),
        *_trunk(picture),
        *_frames(picture),
        *_edges(picture),
        *_person(picture),
        *(part for name in picture.plan.cards for part in _card(picture, datamap.datasets[name])),
        *(
            part
            for place, one in zip(picture.plan.elsewhere, elsewhere, strict=True)
            for part in _beside(picture, place, one)
        ),
        *_legend(picture),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(picture: _Picture) -> Iterator[str]:
    words, plan = picture.words, picture.plan
    subtitle = words.subtitle.format(datasets=len(picture.datamap.datasets), systems=len(picture.colours))
    size = f"{plan.width:.0f} {plan.height:.0f}"
    across, down = size.split()
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" viewBox="0 0 {size}" role="img" '
        f'aria-labelledby="t d" font-family="{SANS}" fill="{_INK}">'
    )
    yield f'<title id="t">{escape(words.title)}</title><desc id="d">{escape(subtitle)}</desc>'
    yield _DEFINITIONS
    yield f'<rect width="100%" height="100%" fill="{_GROUND}"/>'
    yield text(36, 58, words.title, 28, _INK, font_weight=700)
    yield text(36, 86, subtitle, 15, _SOFT)


def _sections(picture: _Picture) -> Iterator[str]:
    plan, words = picture.plan, picture.words
    titled = (
        (plan.families, words.families),
        (plan.singles, words.singles),
        (plan.aside, words.aside),
        (plan.elsewhere_section, words.elsewhere),
    )
    for section, title in titled:
        if section is not None:
            yield text(LEFT, section.y + 22, title, 14, _SOFT, font_weight=600)
            rule = f"M{LEFT + width(title, 14, BOLD) + 16:.0f} {section.y + 17:.0f}H{plan.width - RIGHT:.0f}"
            yield element("path", d=rule, stroke=_LINE)


def _trunk(picture: _Picture) -> Iterator[str]:
    """Draw the way from the person to what his keys lead to."""
    plan = picture.plan
    ends = [plan.cards[name].middle for name in plan.roots if picture.datamap.datasets[name].subject]
    start, left = _PERSON.y + 40, _PERSON.x + _PERSON_WIDTH
    for y in sorted({*ends, *(plan.cards[name].middle for name in plan.alone)}):
        bend = min(12.0, abs(y - start) / 2)
        down = bend if y >= start else -bend
        way = (
            f"M{left:.0f} {start:.0f}H{_TRUNK - bend:.1f}q{bend:.1f} 0 {bend:.1f} {down:.1f}"
            f"V{y - down:.1f}q0 {down:.1f} {bend:.1f} {down:.1f}H{LEFT - 6}"
        )
        yield element("path", d=way, fill="none", stroke=_FAINT, stroke_width=1.4, marker_end="url(#a)")


def _frames(picture: _Picture) -> Iterator[str]:
    for frame in picture.plan.frames:
        corner, colour = frame.corner, picture.colour(frame.parent)
        size = {"x": corner.x, "y": corner.y, "width": frame.width, "height": frame.height}
        yield element("rect", "", **size, rx=16, fill=colour, fill_opacity=".07", stroke=colour, stroke_opacity=".35")
        yield _line(picture.plan.cards[frame.parent], corner.x - 4, corner.y + frame.height / 2, _stroke(colour))


def _edges(picture: _Picture) -> Iterator[str]:
    framed = {(frame.parent, member) for frame in picture.plan.frames for member in frame.members}
    for name in picture.plan.cards:
        dataset = picture.datamap.datasets[name]
        for reference in dataset.parents:
            if (reference.parent, name) not in framed:
                yield _edge(picture.plan, reference.parent, name, _stroke(picture.colour(reference.parent)))
        for original in dataset.derived_from:
            stroke = {**_stroke(picture.colour(original)), "stroke_dasharray": "5 4"}
            yield _edge(picture.plan, original, name, stroke)


def _edge(plan: Layout, above: DatasetId, below: DatasetId, stroke: Mapping[str, str | float]) -> str:
    start, end = plan.cards[above], plan.cards[below]
    if end.x > start.x:
        return _line(start, end.x - 4, end.middle, stroke)
    left, side, y = start.x + CARD_WIDTH, max(start.x, end.x) + CARD_WIDTH + 30, start.middle + 14
    curve = f"M{left:.0f} {y:.1f}C{side:.0f} {y:.1f} {side:.0f} {end.middle:.1f} {end.x + CARD_WIDTH + 4:.0f}"
    return element("path", "", d=f"{curve} {end.middle:.1f}", **stroke)


def _line(start: Place, x: float, y: float, stroke: Mapping[str, str | float]) -> str:
    """Draw from a card's right side to a place on the right; it arrives level."""
    left, half = start.x + CARD_WIDTH, (x - start.x - CARD_WIDTH) / 2
    curve = f"M{left:.0f} {start.middle:.1f}C{left + half:.0f} {start.middle:.1f}"
    return element("path", "", d=f"{curve} {x - half - 8:.0f} {y:.1f} {x - 8:.0f} {y:.1f}H{x:.0f}", **stroke)


def _stroke(colour: str) -> dict[str, str | float]:
    return {"fill": "none", "stroke": colour, "stroke_width": 1.8, "stroke_opacity": ".75", "marker_end": "url(#a)"}


def _person(picture: _Picture) -> Iterator[str]:
    keys = sorted({key for dataset in picture.datamap.datasets.values() for key in dataset.subject})
    x, y = _PERSON.x, _PERSON.y
    height = 88 + 26 * len(keys)
    yield element("rect", x=x, y=y, width=_PERSON_WIDTH, height=height, rx=14, fill=_INK, filter="url(#s)")
    yield element("circle", cx=x + 30, cy=y + 33, r=8, fill=_PAPER)
    yield element("path", d=f"M{x + 14} {y + 62}a16 16 0 0 1 32 0z", fill=_PAPER)
    yield text(x + 58, y + 40, picture.words.person, 16, _PAPER, font_weight=700)
    yield text(x + 58, y + 60, picture.words.keys, 12, "#b9c1d0")
    for index, key in enumerate(keys):
        top = y + 78 + 26 * index
        yield element("rect", x=x + 14, y=top, width=148, height=21, rx=10.5, fill=_PAPER, fill_opacity=".13")
        yield typed(x + 24, top + 15, fitted(key, 128, 12, WIDE), 12, _PAPER)


def _card(picture: _Picture, dataset: Dataset) -> Iterator[str]:
    place, colour = picture.plan.cards[dataset.dataset_id], picture.colours[dataset.system]
    x, y = place.x, place.y
    box = element("rect", x=x, y=y, width=CARD_WIDTH, height=CARD_HEIGHT, rx=10, fill=_PAPER)
    edge = f"M{x + 6:.1f} {y:.1f}h4a10 10 0 0 0-10 10v{CARD_HEIGHT - 20}a10 10 0 0 0 10 10h-4z"
    said = f"<title>{escape(f'{dataset.dataset_id} ({dataset.location})')}</title>"
    yield element("g", said + box + element("path", d=edge, fill=colour), filter="url(#s)")
    yield element("rect", x=x, y=y + 9, width=6, height=CARD_HEIGHT - 18, fill=colour)
    yield element("circle", cx=x + 29, cy=y + 25, r=12.5, fill=colour)
    rank = str(picture.plan.rank[dataset.dataset_id])
    yield text(x + 29, y + 29.5, rank, 12.5, _PAPER, font_weight=700, text_anchor="middle")
    room = CARD_WIDTH - 74 - width(dataset.system, 11, BOLD)
    yield text(x + 50, y + 30, fitted(dataset.short_name, room, 15, BOLD), 15, _INK, font_weight=650)
    yield text(x + CARD_WIDTH - 12, y + 29, dataset.system, 11, colour, font_weight=600, text_anchor="end")
    yield typed(x + 18, y + 53, fitted(dataset.location, CARD_WIDTH - 32, 11.5, WIDE), 11.5, _SOFT)
    yield typed(x + 18, y + 72, fitted(_ties(dataset), CARD_WIDTH - 32, 11.5, WIDE), 11.5, _INK)
    yield from _marks(dataset, x + 18, y + 84, picture.words)


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
        yield text(x, y + 8, words.nobody, 11, _FAINT)
    for index, kind in enumerate(kinds[:_MOST_MARKS]):
        yield element("rect", x=x + index * _MARK_STEP, y=y, width=7, height=7, rx=1.5, fill=_MARKS[kind])
    if len(kinds) > _MOST_MARKS:
        yield text(x + _MOST_MARKS * _MARK_STEP + 3, y + 7, f"+{len(kinds) - _MOST_MARKS}", 10, _SOFT)


def _beside(picture: _Picture, place: Place, one: Backups | Processor) -> Iterator[str]:
    x, y, words = place.x, place.y, picture.words
    box = {"x": x, "y": y, "width": CARD_WIDTH, "height": CARD_HEIGHT, "rx": 10}
    yield element("rect", "", **box, fill="none", stroke=_FAINT, stroke_dasharray="4 4")
    yield text(x + 18, y + 31, fitted(one.name, CARD_WIDTH - 32, 15, BOLD), 15, _INK, font_weight=650)
    left = x + 18
    match one:
        case Backups():
            said = words.backups.format(systems=", ".join(one.copies))
            detail = words.expire.format(period=one.expire) if one.expire else ""
            for system in one.copies:
                yield element("circle", cx=left + 6, cy=y + 84, r=6, fill=picture.colours.get(system, _FAINT))
                left += 18
        case Processor():
            said, detail = words.processor, one.detail
        case _:
            assert_never(one)
    yield text(x + 18, y + 53, fitted(said, CARD_WIDTH - 32, 12), 12, _SOFT)
    yield text(left, y + 88, fitted(detail, x + CARD_WIDTH - 14 - left, 12), 12, _SOFT)


def _legend(picture: _Picture) -> Iterator[str]:
    words, x, y = picture.words, float(LEFT), picture.plan.height - 40
    yield element("circle", cx=x + 6, cy=y - 4, r=7.5, fill=_SOFT)
    yield text(x + 6, y - 0.5, "1", 9.5, _PAPER, font_weight=700, text_anchor="middle")
    yield text(x + 20, y, words.order, 12, _SOFT)
    x += width(words.order, 12) + 40
    for kind, word in zip(_MARKS, (words.directly, words.indirectly, words.other), strict=True):
        yield element("rect", x=x, y=y - 9, width=9, height=9, rx=2, fill=_MARKS[kind])
        yield text(x + 14, y, word, 12, _SOFT)
        x += width(word, 12) + 32
    x, y = float(LEFT), picture.plan.height - 18
    for dash, word in (("none", words.parent), ("5 4", words.derived)):
        stroke = {**_stroke(_SOFT), "stroke_dasharray": dash}
        yield element("path", "", d=f"M{x - 6:.0f} {y - 4:.0f}h26", **stroke)
        yield text(x + 28, y, word, 12, _SOFT)
        x += width(word, 12) + 56
    yield typed(36, y, words.digest.format(digest=picture.datamap.digest[:12]), 11, _FAINT)
