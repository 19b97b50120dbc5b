"""What a person receives who asks what we hold of him: one encrypted page, and a letter with its pass phrase.

    values   a store's value → what JSON has for it
    story    everything that is told beside the rows: why, until when, who else has it
    files    the rows as JSON, CSV and Parquet, in one archive
    report   the page to read, Japanese and English (its words: `page_words`)
    sealed   archive and pages → one self-contained page that opens with the pass phrase in any browser
    letter   the page for post that has the pass phrase; sent apart from the file

Start at `sealed.seal`.
"""

from __future__ import annotations

from retention.disclosure.files import archive
from retention.disclosure.letter import Letter, letter
from retention.disclosure.report import report
from retention.disclosure.sealed import ROUNDS, phrase_of, seal
from retention.disclosure.story import Keeping, Receiver, Story, Unshown, purposes_of
from retention.disclosure.values import MASKED, plain

__all__ = [
    "MASKED",
    "ROUNDS",
    "Keeping",
    "Letter",
    "Receiver",
    "Story",
    "Unshown",
    "archive",
    "letter",
    "phrase_of",
    "plain",
    "purposes_of",
    "report",
    "seal",
]
