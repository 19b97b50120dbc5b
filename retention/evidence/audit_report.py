"""The audit report of a period: what was due, done, late, withheld and why, failed; with plots and controls.

All of it are counts, codes and dates: nobody is named, and nobody can be found out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from retention.evidence.audit_words import CONTROLS, MEDIA, WORDS
from retention.evidence.blocks import (
    Block,
    Bullets,
    Document,
    Figure,
    Heading,
    Language,
    Note,
    Pairs,
    Paragraph,
    Table,
    Tiles,
)
from retention.evidence.certificate_words import reason_title
from retention.evidence.figures import answers, months, remaining
from retention.evidence.page import BAD, GOOD, INK, WAIT
from retention.model.policy import Titles

Verdict: TypeAlias = Literal["passed", "failed", "waiting"]
Outcome: TypeAlias = Literal["answered", "denied", "open"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """What became of a dataset's rows in the period."""

    name: str
    due: int
    """Rows that the period's plans named."""
    erased: int
    redacted: int
    deidentified: int
    verdict: Verdict
    """The latest look of verification."""

    @property
    def done(self) -> int:
        """Rows disposed of, in any way."""
        return self.erased + self.redacted + self.deidentified


@dataclass(frozen=True, slots=True)
class Month:
    """Rows disposed of in a calendar month."""

    label: str
    erased: int
    redacted: int
    deidentified: int


@dataclass(frozen=True, slots=True)
class Request:
    """One person's request, by its case number only."""

    case_id: str
    opened_on: date
    due_on: date
    ended_on: date | None
    """When it was answered or denied; None while it is open."""
    outcome: Outcome

    def is_late(self, on: date) -> bool:
        """Whether the answer came after its day, or has not come and the day is over."""
        return (self.ended_on or on) > self.due_on


@dataclass(frozen=True, slots=True)
class Withheld:
    """What stays, and why."""

    dataset: str
    fields: str
    rows: int
    statute: str
    until: date | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that failed at least once in the period."""

    case_id: str
    step: str
    code: str
    times: int
    mended: bool
    """Whether it was carried out later."""


@dataclass(frozen=True, slots=True)
class Processor:
    """Orders to a processor that were placed or answered in the period."""

    name: str
    orders: int
    completed: int
    late: int


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies that are beyond use and not yet gone."""

    system: str
    count: int
    until: date | None
    """The last day; None while nobody can say."""
    overdue: int
    """Copies that should be gone and have not been seen to be."""


@dataclass(frozen=True, slots=True)
class Audit:
    """All that the report shows."""

    controller: Titles
    policy: str
    first: date
    last: date
    made_at: datetime
    datasets: tuple[Dataset, ...]
    months: tuple[Month, ...]
    requests: tuple[Request, ...]
    denials: tuple[tuple[str, int], ...]
    """Ground (a code) → how many requests were denied on it in the period."""
    withheld: tuple[Withheld, ...]
    failures: tuple[Failure, ...]
    processors: tuple[Processor, ...]
    copies: tuple[Copies, ...]
    counted: tuple[tuple[str, int], ...]
    """Kind of statement → how many the log gained in the period."""
    origin: str
    size: int
    root: str
    fingerprint: str
    laws: Mapping[str, Titles] = field(default_factory=dict)
    """How the statutes behind `withheld` are cited."""

    @property
    def late(self) -> int:
        """Requests, orders and copies whose day is over."""
        on = min(self.last, self.made_at.date())
        asked = sum(request.is_late(on) for request in self.requests)
        return asked + sum(p.late for p in self.processors) + sum(c.overdue for c in self.copies)

    @property
    def failed(self) -> int:
        """Steps that failed and were not made good, and datasets whose latest look failed."""
        return sum(not f.mended for f in self.failures) + sum(d.verdict == "failed" for d in self.datasets)


def document(audit: Audit, language: Language) -> Document:
    """Return the report, to be put on a screen or on paper."""
    words = WORDS[language]
    period = words["period"].format(_day(audit.first, language), _day(audit.last, language))
    return Document(
        language=language,
        sender=audit.controller[language],
        title=words["title"],
        subtitle=f"{period}　·　{words['policy']} {audit.policy}",
        blocks=tuple(_blocks(audit, language)),
        foot=words["foot"].format(_day(audit.made_at.date(), language)),
        mark=period,
    )


def _blocks(audit: Audit, language: Language) -> Iterator[Block]:
    yield from _summary(audit, language)
    yield from _disposed(audit, language)
    yield from _requests(audit, language)
    yield from _withheld(audit, language)
    yield from _failures(audit, language)
    yield from _elsewhere(audit, language)
    yield from _controls(audit, language)


def _summary(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    done, due = sum(d.done for d in audit.datasets), sum(d.due for d in audit.datasets)
    withheld = sum(w.rows for w in audit.withheld)
    yield Tiles(
        (
            (f"{due:,}", words["tile_due"], INK),
            (f"{done:,}", words["tile_done"], GOOD),
            (f"{audit.late:,}", words["tile_late"], WAIT if audit.late else INK),
            (f"{withheld:,}", words["tile_withheld"], INK),
            (f"{audit.failed:,}", words["tile_failed"], BAD if audit.failed else INK),
        )
    )
    yield Paragraph(words["intro"])


def _disposed(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["disposed"])
    if not audit.datasets:
        yield Paragraph(words["nothing"])
        return
    yield Figure(months(audit.months, words), words["months_label"])
    head = tuple(words[name] for name in ("dataset", "due", "erased", "redacted", "deidentified", "verified"))
    rows = tuple((d.name, d.due, d.erased, d.redacted, d.deidentified, words[d.verdict]) for d in audit.datasets)
    yield Table(head, rows, (6, 3, 3, 3, 5, 3))


def _requests(audit: Audit, language: Language) -> Iterator[Block]:
    words, on = WORDS[language], min(audit.last, audit.made_at.date())
    yield Heading(words["requests"])
    if not audit.requests:
        yield Paragraph(words["no_requests"])
        return
    by = {name: sum(r.outcome == name for r in audit.requests) for name in ("answered", "denied", "open")}
    late = [r for r in audit.requests if r.is_late(on)]
    yield Paragraph(words["asked"].format(len(audit.requests), by["answered"], by["denied"], by["open"], len(late)))
    if audit.denials:
        yield Pairs(((words["refused"], ", ".join(f"{code} {count}" for code, count in audit.denials)),))
    yield Figure(answers(audit.requests, on, words), words["answers_label"])
    if late:
        head = (words["case"], words["opened_on"], words["due_on"], words["ended_on"])
        rows = tuple(
            (
                r.case_id,
                _day(r.opened_on, language),
                _day(r.due_on, language),
                _day(r.ended_on, language) if r.ended_on else words["open"],
            )
            for r in late
        )
        yield Table(head, rows, (4, 3, 3, 3))


def _withheld(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["withheld"])
    if not audit.withheld:
        yield Paragraph(words["none"])
        return
    rows = tuple(
        (
            w.dataset,
            w.fields,
            w.rows,
            reason_title(w.statute, audit.laws, language),
            _day(w.until, language) if w.until else words["unknown"],
        )
        for w in audit.withheld
    )
    head = (words["dataset"], words["fields"], words["rows"], words["because"], words["until"])
    yield Table(head, rows, (4, 4, 2, 4, 4))


def _failures(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["failures"])
    if not audit.failures:
        yield Paragraph(words["none"])
        return
    rows = tuple(
        (f.case_id, f.step, f.code, f.times, words["mended" if f.mended else "not_mended"]) for f in audit.failures
    )
    yield Table((words["case"], words["step"], words["code"], words["times"], words["since"]), rows, (4, 6, 2, 2, 3))


def _elsewhere(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["processors"])
    if audit.processors:
        told = tuple((p.name, p.orders, p.completed, p.late) for p in audit.processors)
        yield Table((words["name"], words["orders"], words["completed"], words["late"]), told, (6, 3, 3, 3))
    else:
        yield Paragraph(words["none"])
    yield Heading(words["copies"])
    if not audit.copies:
        yield Paragraph(words["no_copies"])
        return
    yield Figure(remaining(audit.copies, audit.last, words), words["copies_label"])
    ends = [_day(c.until, language) if c.until else words["unknown"] for c in audit.copies]
    rows = tuple((c.system, c.count, end, c.overdue) for c, end in zip(audit.copies, ends, strict=True))
    yield Table((words["system"], words["number"], words["gone"], words["overdue"]), rows, (5, 2, 4, 2))


def _controls(audit: Audit, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["controls"])
    yield Paragraph(words["controls_note"])
    yield Table((words["control"], words["asks"], words["shown"]), CONTROLS[language], (4, 6, 7))
    yield Heading(words["media"])
    yield Table((words["field"], words["stands"]), MEDIA[language], (5, 11))
    yield Heading(words["log"])
    yield Pairs(
        (
            (words["origin"], audit.origin),
            (words["size"], f"{audit.size:,}"),
            (words["gained"], ", ".join(f"{kind} {count:,}" for kind, count in audit.counted) or "0"),
            (words["root"], audit.root),
            (words["key"], audit.fingerprint),
        )
    )
    yield Note(words["check"])
    yield Heading(words["cannot"])
    yield Bullets(tuple(words["limits"].split("\n")))


def _day(day: date, language: Language) -> str:
    return WORDS[language]["date"].format(day)
