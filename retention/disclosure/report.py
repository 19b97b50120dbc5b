"""The page that a person reads: what is held, what for, until when, who else has it, what is not shown and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from retention.disclosure.page_words import KINDS, WHYS, WORDS, day, last_moment
from retention.disclosure.story import Keeping, Story
from retention.disclosure.values import MASKED
from retention.evidence import page
from retention.evidence.blocks import (
    Block,
    Bullets,
    Document,
    Heading,
    Language,
    Note,
    Pairs,
    Paragraph,
    Table,
    Tiles,
)
from retention.evidence.page import GOOD, INK, SOFT
from retention.model.disclosure import Part
from retention.model.ids import CategoryId, DatasetId
from retention.model.policy import Titles
from retention.model.terms import Right

_MOST_ROWS: Final = 200
"""Rows of a dataset on the page; the archive has all."""
_WIDEST: Final = 6
"""Columns of a table that a page can show; wider rows are shown one below the other."""
_MOST_WIDE: Final = 40
"""Such rows on the page."""
_INSTANT: Final = re.compile(r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})?")


def report(story: Story, parts: Sequence[Part], language: Language) -> str:
    """Return the whole page as HTML; everything that came from data is escaped."""
    return page.render(document(story, parts, language))


def document(story: Story, parts: Sequence[Part], language: Language) -> Document:
    """Return the page as a document."""
    words: Mapping[str, Any] = WORDS[language]
    return Document(
        language=language,
        sender=story.controller.get(language, ""),
        title=words[f"title_{story.right.value}"],
        subtitle=story.address,
        blocks=tuple(_Writing(story, parts, language, words).blocks()),
        foot=words["foot"],
        mark=f"{words['case']} {story.case_id}",
    )


class _Writing:
    """Writes one page in one language."""

    def __init__(self, story: Story, parts: Sequence[Part], language: Language, words: Mapping[str, Any]) -> None:
        self._story, self._parts, self._language, self._words = story, parts, language, words

    def blocks(self) -> Iterator[Block]:
        """Yield the page from top to bottom."""
        story, words = self._story, self._words
        yield Paragraph(words[f"intro_{story.right.value}"])
        yield Pairs(
            (
                (words["case"], str(story.case_id)),
                (words["asked"], self._day(story.asked_at)),
                (words["made"], f"{self._day(story.made_at)} {story.made_at:%H:%M}"),
                (words["until"], self._day(last_moment(story.until))),
                (words["known_by"], ", ".join(story.known_by)),
            )
        )
        rows = sum(part.count for part in self._parts)
        yield Tiles(
            (
                (f"{rows:,}", words["rows"], INK),
                (f"{len(self._parts):,}", words["datasets"], GOOD),
                (f"{len(story.receivers):,}", words["receivers"], SOFT),
            )
        )
        yield from self._overview()
        for part in self._parts:
            if part.columns:
                yield from self._dataset(part)
        yield from self._receivers()
        yield from self._unshown()
        yield Heading(words["next_head"])
        yield Bullets(tuple(each.format(responsible=story.responsible) for each in words["next"]))

    def _overview(self) -> Iterator[Block]:
        """Tell each kind of data, its purposes, and until when it is kept."""
        words, story = self._words, self._story
        yield Heading(words["overview"])
        held = dict.fromkeys(name for part in self._parts for name in story.held_in.get(part.dataset, ()))
        if not held:
            yield Paragraph(words["none_held"])
            return
        rows = tuple((self._category(name), self._purposes(name), self._until(self._lines(name))) for name in held)
        yield Table((words["category"], words["purposes"], words["kept"]), rows, (3, 5, 4))

    def _dataset(self, part: Part) -> Iterator[Block]:
        words = self._words
        yield Heading(f"{self._title(part.dataset)} — {part.count:,}")
        kept = [line for line in self._story.keeping if line.dataset == part.dataset]
        if kept:
            head = (words["field"], words["kept"], words["reason"])
            lines = ((", ".join(line.fields), self._until([line]), self._of(line.why)) for line in kept)
            yield Table(head, tuple(lines), (3, 3, 5))
        wide = len(part.columns) > _WIDEST
        shown = part.rows[: _MOST_WIDE if wide else _MOST_ROWS]
        if wide:
            for number, row in enumerate(shown, 1):
                yield Paragraph(words["entry"].format(number=number))
                yield Pairs(tuple((name, self._cell(v)) for name, v in zip(part.columns, row, strict=True)))
        else:
            yield Table(part.columns, tuple(tuple(map(self._cell, row)) for row in shown), (1,) * len(part.columns))
        if len(shown) < part.count:
            yield Note(words["more"].format(all=f"{part.count:,}", shown=f"{len(shown):,}"))

    def _receivers(self) -> Iterator[Block]:
        words, story = self._words, self._story
        if story.right is Right.PURPOSE_NOTIFICATION:
            return
        yield Heading(words["receivers_head"])
        if not story.receivers:
            yield Paragraph(words["nobody"])
            return
        rows = []
        for each in story.receivers:
            what = "・".join(map(self._category, each.categories))
            if each.rows is not None and each.until is not None:
                what = f"{what} ({words['to'].format(rows=each.rows, until=self._day(each.until))})".strip()
            kind = KINDS.get(each.kind, {}).get(self._language, each.kind)
            purpose = self._of(each.purpose) or words["unstated"]
            rows.append((self._of(each.title), kind, what, purpose, each.country or words["nothing"]))
        head = (words["who"], words["kind"], words["what"], words["purposes"], words["where"])
        yield Table(head, tuple(rows), (3, 3, 3, 3, 2))

    def _unshown(self) -> Iterator[Block]:
        words, story = self._words, self._story
        if not story.unshown:
            return
        yield Heading(words["unshown_head"])
        rows = []
        for each in story.unshown:
            law = self._of(story.laws.get(each.statute, {}))
            why = WHYS.get(each.why, {}).get(self._language, each.why)
            fields = ", ".join(each.fields)
            rows.append((self._title(each.dataset), fields, each.rows, f"{why} ({law})" if law else why))
        yield Table((words["category"], words["field"], words["count"], words["reason"]), tuple(rows), (3, 3, 1, 5))

    def _lines(self, category: CategoryId) -> list[Keeping]:
        return [line for line in self._story.keeping if line.category == category]

    def _until(self, lines: Iterable[Keeping]) -> str:
        texts = dict.fromkeys(self._of(line.until) or self._of(line.state) for line in lines)
        return " / ".join(texts) or self._words["unstated"]

    def _purposes(self, category: CategoryId) -> str:
        found = self._story.purposes.get(category, ())
        return "、".join(filter(None, map(self._of, found))) or str(self._words["unstated"])

    def _title(self, dataset: DatasetId) -> str:
        """Name a dataset by the kinds of data in it."""
        return "・".join(map(self._category, self._story.held_in.get(dataset, ()))) or dataset

    def _category(self, name: CategoryId) -> str:
        return self._of(self._story.titles.get(name, {})) or name

    def _of(self, titles: Titles) -> str:
        return titles.get(self._language, "")

    def _cell(self, value: object) -> str:
        """Return a value for reading: never as a number, since an identifier has no thousands."""
        match value:
            case None:
                return str(self._words["nothing"])
            case bool():
                return str(self._words["yes" if value else "no"])
            case str():
                return str(self._words["masked"]) if value == MASKED else self._instant(value)
            case dict() | list():
                return json.dumps(value, ensure_ascii=False)
            case _:
                return str(value)

    def _instant(self, text: str) -> str:
        """Return an instant as people read it, one in UTC at the company's time; any other text as it is."""
        if _INSTANT.fullmatch(text) is None:
            return text
        try:
            at = datetime.fromisoformat(text)
        except ValueError:  # the 31st of February, as somebody typed it
            return text
        return f"{at if at.tzinfo is None else at.astimezone(self._story.made_at.tzinfo):%Y-%m-%d %H:%M}"

    def _day(self, at: datetime) -> str:
        return day(at, self._language)
