"""The audit report of one run: what was there, what is there now, what remains until when.

One HTML page with its pictures inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape
from types import MappingProxyType
from typing import Literal, TypeAlias

from retention.evidence import page
from retention.evidence.page import BAD, GOOD, INK, LINE, SOFT, WAIT
from retention.evidence.verifier import LIMITS

Standing: TypeAlias = Literal["done", "waiting", "failed"]

_COLOURS = MappingProxyType({"done": GOOD, "waiting": WAIT, "failed": BAD})
_WIDTH = 720


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the road: due, plan, approve, apply, verify, prove."""

    name: str
    standing: Standing
    detail: str = ""
    """A few words or a number below it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One dataset before and after."""

    what: str
    """What was done: `erased`, `redacted`, `anonymized`, `untouched`."""
    where: str
    before: int
    after: int
    until: str = ""
    """Until when something of it remains, and why; empty if nothing does."""


@dataclass(frozen=True, slots=True)
class Remaining:
    """Something that is physically gone by a date."""

    what: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that verification looked at."""

    what: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that the report shows; texts are names of systems and counts, never of persons."""

    title: str
    subtitle: str
    made_at: datetime
    road: tuple[Stop, ...]
    rows: tuple[Row, ...]
    horizons: tuple[Remaining, ...]
    checks: tuple[Checked, ...]
    log: tuple[tuple[str, str], ...]
    """Facts of the log: origin, size, root, key fingerprint."""


def render_report(report: Report) -> str:
    """Return the report as one HTML page, with its pictures inside it."""
    failed = sum(not check.passed for check in report.checks)
    verdict = page.badge(f"failed checks: {failed}", BAD) if failed else page.badge("all checks passed", GOOD)
    verdict = verdict if report.checks else page.badge("not verified", WAIT)
    made = report.made_at.isoformat(sep=" ", timespec="minutes")
    parts = (
        f'<h1>{escape(report.title)}</h1><p class="sub">{escape(report.subtitle)} · {made} {verdict}</p>',
        _figure(_road(report.road), "The road and how far each step is"),
        "<h2>Before and after</h2>",
        _figure(_bars(report.rows), "Rows before and after, by dataset"),
        page.table(
            ("What", "Where", "Before", "After", "Until when"),
            [(row.what, row.where, row.before, row.after, row.until) for row in report.rows],
        ),
        _horizons(report),
        "<h2>Verification</h2>",
        page.table(
            ("Checked", "Result", "Found"),
            [(check.what, "passed" if check.passed else "FAILED", check.detail) for check in report.checks],
        ),
        "<h2>Evidence log</h2>",
        page.pairs(report.log),
        "<h2>What this cannot show</h2>",
        page.bullets(LIMITS),
    )
    return page.document(report.title, "en", "".join(parts))


def _horizons(report: Report) -> str:
    if not report.horizons:
        return "<h2>What remains until when</h2><p>Nothing that the log knows of.</p>"
    rows = sorted((item.until, item.what) for item in report.horizons)
    listed = page.table(("What", "Gone by"), [(what, until.date().isoformat()) for until, what in rows])
    return f"<h2>What remains until when</h2>{_figure(_timeline(report), 'When the last copies are gone')}{listed}"


def _figure(svg: str, label: str) -> str:
    return f'<figure role="img" aria-label="{escape(label)}">{svg}</figure>'


def _svg(height: float, body: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height:g}" font-family="inherit" font-size="12">{body}</svg>'


def _road(stops: tuple[Stop, ...]) -> str:
    """Draw the stops on one line, each in the colour of its standing."""
    gap = _WIDTH / max(len(stops), 1)
    line = f'<path d="M{gap / 2:g} 20H{_WIDTH - gap / 2:g}" stroke="{LINE}" stroke-width="3"/>'
    marks = {"done": "M-5 0l4 4 7-8", "waiting": "M0-5v5l4 3", "failed": "M-4-4l8 8M4-4l-8 8"}
    drawn = [
        f'<g transform="translate({gap * (number + 0.5):g} 20)" text-anchor="middle">'
        f'<circle r="13" fill="{_COLOURS[stop.standing]}"/>'
        f'<path d="{marks[stop.standing]}" fill="none" stroke="#fff" stroke-width="2.2" stroke-linecap="round"/>'
        f'<text y="32" font-weight="600" fill="{INK}">{escape(stop.name)}</text>'
        f'<text y="48" font-size="11" fill="{SOFT}">{escape(stop.detail)}</text></g>'
        for number, stop in enumerate(stops)
    ]
    return _svg(74, line + "".join(drawn))


def _bars(rows: tuple[Row, ...]) -> str:
    """Draw two bars a dataset: before pale, after dark. The square root keeps small tables visible."""
    largest = max((max(row.before, row.after) for row in rows), default=0) ** 0.5 or 1
    left, room = 190, _WIDTH - 190 - 90
    drawn = []
    for number, row in enumerate(rows):
        top = number * 34
        before, after = (room * count**0.5 / largest for count in (row.before, row.after))
        drawn.append(
            f'<text x="{left - 10}" y="{top + 19}" text-anchor="end" fill="{INK}">{escape(row.where)}</text>'
            f'<rect x="{left}" y="{top + 3}" width="{before:.1f}" height="11" rx="2" fill="#b9c4d8"/>'
            f'<text x="{left + before + 6:.1f}" y="{top + 13}" font-size="11" fill="{SOFT}">{row.before:,}</text>'
            f'<rect x="{left}" y="{top + 16}" width="{after:.1f}" height="11" rx="2" fill="{INK}"/>'
            f'<text x="{left + after + 6:.1f}" y="{top + 26}" font-size="11" fill="{INK}">{row.after:,}</text>'
        )
    note = (
        f'<text x="{left}" y="{len(rows) * 34 + 16}" font-size="11" fill="{SOFT}">'
        "pale: rows before · dark: rows after · lengths on a square-root scale</text>"
    )
    return _svg(len(rows) * 34 + 24, "".join(drawn) + note)


def _timeline(report: Report) -> str:
    """Draw one line a remaining copy, from the making of the report to the day it is gone."""
    start, left = report.made_at, 230
    items = sorted(report.horizons, key=lambda item: item.until)
    span = max((items[-1].until - start).total_seconds(), 1)
    room, drawn = _WIDTH - left - 90, []
    for number, item in enumerate(items):
        y = 14 + number * 24
        end = left + room * max((item.until - start).total_seconds(), 0) / span
        drawn.append(
            f'<text x="{left - 10}" y="{y + 4}" text-anchor="end" fill="{INK}">{escape(item.what)}</text>'
            f'<path d="M{left} {y}H{end:.1f}" stroke="{WAIT}" stroke-width="3" stroke-linecap="round"/>'
            f'<circle cx="{end:.1f}" cy="{y}" r="5" fill="{WAIT}"/>'
            f'<text x="{end + 11:.1f}" y="{y + 4}" font-size="11" fill="{SOFT}">{item.until.date().isoformat()}</text>'
        )
    foot = len(items) * 24 + 18
    today = f'<text x="{left}" y="{foot}" font-size="11" fill="{SOFT}">{start.date().isoformat()}</text>'
    axis = f'<path d="M{left} 2V{foot - 12}" stroke="{LINE}"/>'
    return _svg(foot + 6, axis + "".join(drawn) + today)
