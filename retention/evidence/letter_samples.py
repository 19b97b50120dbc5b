"""A sample of each letter, about an invented person: what a company's editor looks at before the first real one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType

from retention.errors import PolicyError
from retention.evidence import certificate
from retention.evidence.blocks import Block, Language
from retention.evidence.certificate import About, Certificate, KeptLine, Line, ProcessorLine, RemainsLine
from retention.evidence.letter import Written, write
from retention.evidence.letter_forms import Forms, shipped_forms
from retention.grammar import Cell, Document
from retention.model.ids import CaseId
from retention.model.letter import LetterKind, Value, Word
from retention.packs.letters import SAMPLES, read_samples_file

_REPORTS: Mapping[LetterKind, About] = MappingProxyType(
    {LetterKind.COMPLETION: "erase", LetterKind.SUSPENDED: "suspend", LetterKind.LIFTED: "lift"}
)
_RIGHTS: Mapping[LetterKind, Mapping[str, Value]] = MappingProxyType(
    {
        LetterKind.DISCLOSURE: {"right": Word("right", "disclosure")},
        LetterKind.NEED_FEE: {"right": Word("right", "disclosure")},
        LetterKind.DONE: {"right": Word("right", "correction")},
        LetterKind.SUSPENDED: {"right": Word("right", "suspension")},
    }
)
"""What is asked for, where a letter is never about erasure."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_AT = datetime(2026, 11, 5, 3, 0, tzinfo=UTC)
_LAW = "jp.corporate-tax-act.enf-reg-59"
_TAX_LAW = {"ja": "法人税法施行規則 第59条", "en": "Corporate Tax Act, Enforcement Regulations, art. 59"}
_ACCOUNT = {"ja": "会員情報", "en": "Account"}
_PAYMENTS = {"ja": "お支払いの記録", "en": "Payments"}


def sample(kind: LetterKind, language: Language, forms: Forms | None = None) -> Written:
    """Return the sample; `forms` are a company's own, or None for those that come with the product.

    Raises:
        InputError: the forms have a place that no case fills.

    """
    values, addressee = {**_values(), **_RIGHTS.get(kind, {})}, _addressee()[language]
    report = _report(kind, language) if kind in _REPORTS else ()
    return write(kind, forms or shipped_forms(language), values, addressee=addressee, certificate=report)


@cache
def _values() -> Mapping[str, Value]:
    entries = _file()
    return {name: _value(cell) for name, cell in entries.items() if name != "addressee"}


@cache
def _addressee() -> Mapping[str, Sequence[str]]:
    lines = _file()["addressee"].entries("lines by language")
    return {language: tuple(line.text() for line in cell.items()) for language, cell in lines.items()}


@cache
def _file() -> Mapping[str, Cell]:
    document = Document(read_samples_file(), SAMPLES)
    entries = Cell.root(document).entries("values by name")
    document.refuse_problems(PolicyError)
    return entries


def _value(cell: Cell) -> Value:
    if cell.is_word("true") or cell.is_word("false"):
        return cell.is_word("true")
    if cell.is_scalar:
        text = cell.matching(re.compile(r"(?s).+"), "a text")
        return date.fromisoformat(text) if _DAY.fullmatch(text) else text
    if cell.is_list:
        return tuple(item.text() for item in cell.items())
    entries = cell.entries()
    if "word" in entries:
        return Word(entries["of"].text(), entries["word"].text())
    if "words" in entries:
        return tuple(Word(entries["of"].text(), word.text()) for word in entries["words"].items())
    if all(entry.is_list for entry in entries.values()):
        return {language: tuple(item.text() for item in entry.items()) for language, entry in entries.items()}
    return {language: entry.text() for language, entry in entries.items()}


def _report(kind: LetterKind, language: Language) -> tuple[Block, ...]:
    about = _REPORTS[kind]
    told = Certificate(
        controller={},
        address="",
        case_id=CaseId("C-20261102-sample"),
        requested_at=datetime(2026, 11, 2, 3, 0, tzinfo=UTC),
        answered_at=_AT,
        lines=(Line(_ACCOUNT, about, 1), Line(_PAYMENTS, "redact" if about == "erase" else about, 14)),
        kept=(),
        remains=(),
        processors=(),
        origin="store.example/log",
        size=4711,
        root="5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456",
        fingerprint="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
        about=about,
        laws={_LAW: _TAX_LAW},
    )
    if about == "erase":
        told = replace(
            told,
            kept=(KeptLine(_PAYMENTS, ("amount", "paid_at"), _LAW, datetime(2034, 5, 31, 3, 0, tzinfo=UTC)),),
            remains=(RemainsLine("nightly", datetime(2026, 12, 10, 3, 0, tzinfo=UTC), 35),),
            processors=(ProcessorLine("analytics.example", _AT),),
        )
    return tuple(certificate.report(told, language))
