"""What a column's name says: nothing, something that values must bear out, or everything.

A name is cut into words (`BillingPostalCode` → `billing_postal_code`) and compared with
phrases; Japanese is compared as it stands, since it has no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Final

from retention.datamap.detection.kinds import Kind
from retention.datamap.detection.lists import sections


class Certainty(IntEnum):
    """How much a name says."""

    MAYBE = 1
    """Values, or the table, must bear it out."""
    SURE = 2
    """Values must not contradict it."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What a name says."""

    kind: Kind
    certainty: Certainty


_FILE: Final = "headers.txt"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


def words(name: str) -> str:
    """Return the name as words joined by `_`, in lower case and half width."""
    plain = unicodedata.normalize("NFKC", name).strip()
    return re.sub(r"[^\w〒()]+|_+", "_", _CAMEL.sub("_", plain)).strip("_").lower()


def _phrases(language: str, shell: str) -> list[tuple[Hint, re.Pattern[str]]]:
    found = []
    for section, phrases in sections(_FILE).items():
        spoken, _, said = section.partition(" ")
        kind, _, certainty = said.rpartition(" ")
        if spoken == language and kind:
            hint = Hint(Kind(kind), Certainty[certainty.upper()])
            found.append((hint, re.compile(shell.format("|".join(phrases)))))
    return found


def _any_of(section: str) -> re.Pattern[str]:
    """Return a pattern for any of the words, in English as whole words, in Japanese anywhere."""
    english, japanese = ("|".join(sections(_FILE)[f"{language} {section}"]) for language in ("english", "japanese"))
    return re.compile(rf"(?:^|_)(?:{english})(?:_|$)|{japanese}")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    at_the_end: list[tuple[Hint, re.Pattern[str]]]
    inside: list[tuple[Hint, re.Pattern[str]]]
    whole: list[re.Pattern[str]]
    about: re.Pattern[str]
    of_things: re.Pattern[str]
    people: re.Pattern[str]
    may_stay: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    """Compile the phrases when a name is first judged: that takes a tenth of a second, and most commands judge none."""
    inside, whole = _phrases("english", r"(?:^|_)(?:{})(?:_|$)"), _phrases("english", r"(?:{})")
    return _Lexicon(
        at_the_end=[*_phrases("english", r"(?:^|_)(?:{})(?:_\d+)?$"), *_phrases("japanese", r"{}")],
        inside=[each for each in inside if each[0].certainty is Certainty.SURE],
        whole=[phrase for hint, phrase in whole if hint.certainty is Certainty.SURE],
        about=_any_of("about"),
        of_things=_any_of("things"),
        people=_any_of("people"),
        may_stay=re.compile("|".join(sections(_FILE)["either may-stay"])),
    )


def hints(name: str) -> tuple[Hint, ...]:
    """Return what the name says, the likeliest first; a name about things or about a property says nothing.

    A phrase at the end counts as it is; one in the middle (`email_2_old`) only as a possibility.
    """
    text, lexicon = words(name), _lexicon()
    if lexicon.about.search(text) and not lexicon.may_stay.search(text):
        return ()
    whole = [hint for hint, phrase in lexicon.at_the_end if phrase.search(text)]
    inside = [Hint(hint.kind, Certainty.MAYBE) for hint, phrase in lexicon.inside if phrase.search(text)]
    ordered = sorted(whole, key=lambda hint: -hint.certainty)
    seen = {hint.kind: hint for hint in reversed([*ordered, *inside])}
    return tuple(dict.fromkeys(seen[hint.kind] for hint in [*ordered, *inside]))


def is_of_things(name: str) -> bool:
    """Whether the name speaks of a thing or an organization; `job_title` and `bank_account` as a whole do not."""
    text, lexicon = words(name), _lexicon()
    return lexicon.of_things.search(text) is not None and not any(phrase.fullmatch(text) for phrase in lexicon.whole)


def is_workplace(name: str) -> bool:
    """Whether the name is only a company's, which in a table of people is where somebody works."""
    return words(name) in {"company", "company_name", "会社名", "勤務先", "organization", "department"}


def is_of_people(table: str) -> bool:
    """Whether a table's name speaks of people."""
    return _lexicon().people.search(words(table)) is not None
