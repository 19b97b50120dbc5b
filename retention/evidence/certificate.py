"""What the person receives: what was erased, what stays and why, which copies remain, whom we told, how to check.

No personal value stands in it. With the receipt it is the person's own paper (docs/evidence/receipt.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from retention.evidence import page, qr
from retention.evidence.blocks import Block, Code, Document, Heading, Language, Note, Pairs, Paragraph, Table
from retention.evidence.certificate_words import WORDS, reason_title
from retention.model.horizons import latest
from retention.model.ids import CaseId
from retention.model.policy import Titles

Action: TypeAlias = Literal["erase", "redact", "anonymize", "suspend", "lift", "disclose"]
About: TypeAlias = Literal["erase", "suspend", "lift", "disclose"]
"""What was asked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one dataset."""

    title: Titles
    action: Action
    rows: int


@dataclass(frozen=True, slots=True)
class KeptLine:
    """What stays because a law says so."""

    title: Titles
    fields: tuple[str, ...]
    statute: str
    until: datetime | None
    """None while nobody can say."""


@dataclass(frozen=True, slots=True)
class RemainsLine:
    """Copies in a backup system that are out of use and not yet gone."""

    system: str
    until: datetime | None
    """When the last of them is gone; None while nobody can say."""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class ProcessorLine:
    """A company that processed data for us and was told to erase."""

    name: str
    completed_at: datetime | None
    """None while it has not confirmed."""
    said: str = "pending"
    """The answer's code: `completed`, `best-effort`, `partial`, `refused` …"""
    reason: str | None = None
    """Why not, or not all: a code."""


@dataclass(frozen=True, slots=True)
class OutsideLine:
    """Someone who holds data of the person and answers for it alone: he is named, and nothing is claimed."""

    title: Titles
    purpose: Titles
    """For what; empty texts where the policy does not say."""
    opt_out: str | None
    """Where the person can object."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The answer to one person's request; instants are shown in the zone they carry."""

    controller: Titles
    address: str
    case_id: CaseId
    requested_at: datetime
    answered_at: datetime
    lines: tuple[Line, ...]
    kept: tuple[KeptLine, ...]
    remains: tuple[RemainsLine, ...]
    processors: tuple[ProcessorLine, ...]
    origin: str
    size: int
    root: str
    """Root hash of the checkpoint, in hex."""
    fingerprint: str
    """SHA-256 (hex) of the public key."""
    receipt: bytes | None = field(default=None, repr=False)
    """The person's receipt, for the certificate that she is given; never in a bundle."""
    about: About = "erase"
    laws: Mapping[str, Titles] = field(default_factory=dict)
    """How the statutes behind `kept` are cited."""
    outside: tuple[OutsideLine, ...] = ()
    """Who else holds such data, under his own responsibility."""


def render(certificate: Certificate, language: Language) -> str:
    """Return the certificate as one HTML page, ready to send or print."""
    return page.render(document(certificate, language))


def document(certificate: Certificate, language: Language) -> Document:
    """Return the certificate, to be put on a screen or on paper."""
    words = WORDS[language]
    return Document(
        language=language,
        sender=certificate.controller[language],
        title=words[f"title_{certificate.about}"],
        subtitle=certificate.address,
        blocks=(Paragraph(words[f"intro_{certificate.about}"]), *report(certificate, language)),
        foot=words["limits"],
        mark=f"{words['case']} {certificate.case_id}",
    )


def report(certificate: Certificate, language: Language) -> Iterator[Block]:
    """Yield what was done, kept, remains and can be checked: for the certificate, and for the letter that brings it."""
    words = WORDS[language]
    yield Pairs(
        (
            (words["case"], str(certificate.case_id)),
            (words["requested"], _date(certificate.requested_at, language)),
            (words["answered"], _date(certificate.answered_at, language)),
        )
    )
    yield Heading(words["done"])
    rows = tuple((line.title[language], words[line.action], line.rows) for line in certificate.lines)
    head = (words["data"], words["action"], words["rows"])
    yield Table(head, rows, (4, 6, 2)) if rows else Paragraph(words[f"nothing_{certificate.about}"])
    yield from _kept(certificate, language)
    if certificate.about == "erase":
        yield from _remains(certificate, language)
    yield from _processors(certificate, language)
    yield from _outside(certificate, language)
    yield from _proof(certificate, language)


def _kept(certificate: Certificate, language: Language) -> Iterator[Block]:
    if not certificate.kept:
        return
    words = WORDS[language]
    rows = tuple(
        (
            line.title[language],
            ", ".join(line.fields),
            reason_title(line.statute, certificate.laws, language),
            _date(line.until, language) if line.until else words["open"],
        )
        for line in certificate.kept
    )
    yield Heading(words["kept"])
    yield Table((words["data"], words["fields"], words["statute"], words["until"]), rows, (4, 3, 3, 3))
    yield Paragraph(words["kept_note"])


def _remains(certificate: Certificate, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    yield Heading(words["remains"])
    if not certificate.remains:
        yield Paragraph(words["no_remains"])
        return
    ends = [line.until for line in certificate.remains]
    rows = tuple(
        (line.system, line.copies, _date(line.until, language) if line.until else words["open"])
        for line in certificate.remains
    )
    yield Table((words["system"], words["copies"], words["gone"]), rows, (5, 2, 4))
    last = latest(ends)
    yield Note(words["remains_note"].format(date=_date(last, language)) if last else words["remains_open"])


def _processors(certificate: Certificate, language: Language) -> Iterator[Block]:
    if not certificate.processors:
        return
    words = WORDS[language]
    rows = tuple(
        (line.name, _date(line.completed_at, language) if line.completed_at else _said(line, language))
        for line in certificate.processors
    )
    yield Heading(words["processors"])
    yield Table((words["name"], words["completed"]), rows, (3, 2))


def _said(line: ProcessorLine, language: Language) -> str:
    words = WORDS[language]
    if line.said not in ("best-effort", "partial", "refused"):
        return words["waiting"]
    return words[f"said_{line.said}"].format(reason=line.reason or "")


def _outside(certificate: Certificate, language: Language) -> Iterator[Block]:
    if not certificate.outside:
        return
    words = WORDS[language]
    rows = tuple((line.title[language], line.purpose[language], line.opt_out or "") for line in certificate.outside)
    yield Heading(words["outside"])
    yield Table((words["name"], words["purpose"], words["opt_out"]), rows, (3, 3, 4))
    yield Paragraph(words["outside_note"])


def _proof(certificate: Certificate, language: Language) -> Iterator[Block]:
    words = WORDS[language]
    facts = (
        (words["log"], certificate.origin),
        (words["size"], f"{certificate.size:,}"),
        (words["root"], certificate.root),
        (words["key"], certificate.fingerprint),
    )
    yield Heading(words["proof"])
    if certificate.receipt is None:
        yield Paragraph(words["proof_note"])
        yield Pairs(facts)
    else:
        lines = (words["proof_note"], words["receipt_note"], words["receipt_secret"])
        yield Code(qr.modules(certificate.receipt), words["receipt"], lines, facts)


def _date(at: datetime, language: Language) -> str:
    return WORDS[language]["date"].format(at)
