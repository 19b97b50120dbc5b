"""How people's files are read: YAML with positions, and all problems at once.

    document    the file: parsed, plain YAML only; collects the problems
    cell        one value with its place, read as text, word, number, period, date, list, mapping
    finding     what a review of a readable file finds
    places      in which line each value stands
    vocabulary  kinds of events and the clocks they stop

Start at `cell.Cell`. A reader takes `Cell.root(Document(text, label))`, reads everything, and
calls `Document.refuse_problems(PolicyError)` before it returns.
"""

from __future__ import annotations

from retention.grammar.cell import Cell, Record
from retention.grammar.document import Document, nearest, shortened
from retention.grammar.finding import Finding, Severity
from retention.grammar.places import line_at, lines_of
from retention.grammar.vocabulary import (
    ABOUT,
    AGREED,
    BOUNCED,
    CORRECTED,
    DIED,
    EVENT_KINDS,
    FISCAL_YEAR_CLOSED,
    LIFTED,
    NOTIFIED,
    OPENINGS,
    OVERUSED,
    PLACED,
    PREFERENCE,
    PURPOSES_ENDED,
    RESTRICTION_LIFT,
    STOPS,
    UNVERIFIED,
    VERIFIED,
    WITHDRAWN,
    About,
)

__all__ = [
    "ABOUT",
    "AGREED",
    "BOUNCED",
    "CORRECTED",
    "DIED",
    "EVENT_KINDS",
    "FISCAL_YEAR_CLOSED",
    "LIFTED",
    "NOTIFIED",
    "OPENINGS",
    "OVERUSED",
    "PLACED",
    "PREFERENCE",
    "PURPOSES_ENDED",
    "RESTRICTION_LIFT",
    "STOPS",
    "UNVERIFIED",
    "VERIFIED",
    "WITHDRAWN",
    "About",
    "Cell",
    "Document",
    "Finding",
    "Record",
    "Severity",
    "line_at",
    "lines_of",
    "nearest",
    "shortened",
]
