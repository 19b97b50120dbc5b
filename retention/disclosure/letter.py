"""The page for post that tells the pass phrase; it says nothing of what is in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from retention.disclosure.page_words import WORDS, day, last_moment
from retention.evidence.blocks import Bullets, Document, Heading, Language, Note, Pairs, Paragraph
from retention.model.ids import CaseId
from retention.model.policy import Titles


@dataclass(frozen=True, slots=True)
class Letter:
    """What the letter says."""

    case_id: CaseId
    controller: Titles
    address: str
    phrase: str = field(repr=False)
    file_digest: str
    """SHA-256 (hex) of the encrypted file."""
    until: datetime


def letter(told: Letter, language: Language) -> Document:
    """Return the letter, for screen or paper."""
    words: Mapping[str, Any] = WORDS[language]
    until = day(last_moment(told.until), language)
    return Document(
        language=language,
        sender=told.controller.get(language, ""),
        title=words["letter_title"],
        subtitle=told.address,
        blocks=(
            Paragraph(words["letter_intro"]),
            Note(told.phrase),
            Heading(words["letter_how"]),
            Bullets(words["letter_steps"]),
            Pairs(
                (
                    (words["case"], str(told.case_id)),
                    (words["until"], until),
                    (words["letter_check"], told.file_digest),
                )
            ),
        ),
        foot=words["letter_note"].format(until=until),
        mark=f"{words['case']} {told.case_id}",
    )
