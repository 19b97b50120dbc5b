"""Name and values of a column → what kind of personal data it is, if any, and why.

Three ways, in this order: values that mean nothing else; a name that the values do not
contradict; values that mean it where the name says nothing. Order numbers pass My Number's check
digit one time in ten and dates are everywhere, so those kinds need nearly all values, or the name.
The reason names the rule and the share of values; no value is ever in it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from retention.datamap.detection.headers import Certainty, Hint, hints, is_of_people, is_of_things, is_workplace
from retention.datamap.detection.kinds import Kind
from retention.datamap.detection.rules import AMONG_PEOPLE, NEVER, PROVED, Rule, Rules, Test, rules
from retention.model.datamap import ColumnType
from retention.ports.gazetteer import Gazetteer
from retention.ports.surveyor import LiveDataset, Sampled

_MOST: Final = 300
"""Distinct values of a column that are tested."""
_CONTRADICTED: Final = 0.3
"""A name is not believed if fewer of the values could be what it says."""
_TELLING = frozenset(
    {Kind.EMAIL, Kind.PHONE, Kind.NAME, Kind.BIRTH_DATE, Kind.MY_NUMBER, Kind.ADDRESS, Kind.PASSPORT, Kind.POSTAL_CODE}
)
"""Kinds that make the other columns of their table a person's."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a column seems to be."""

    kind: Kind
    why: str
    """Rule and share: `values: e-mail, 98% of 300 values`."""
    is_certain: bool = True
    """Whether the values mean nothing else, or the name says it outright; else it is the likeliest guess."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: ColumnType
    texts: tuple[str, ...]
    of_people: bool
    """Whether the table's name speaks of people, or other columns do."""
    by_table: bool
    """Whether the table's name does."""

    def share(self, test: Test) -> float:
        return sum(map(test, self.texts)) / len(self.texts)

    def fits(self, test: Test, share: float) -> bool:
        """Whether there are no values, or enough pass."""
        return not self.texts or self.share(test) >= share


def judge(live: LiveDataset, gazetteer: Gazetteer) -> Mapping[str, Suggestion]:
    """Return column → suggestion, for each column that seems to be personal (or a corporate number).

    It looks twice: `name` or `city` are a person's where other columns certainly are.
    """
    known, of_people = rules(gazetteer), is_of_people(live.location)
    columns = [
        _Column(name, kind, texts(live.values.get(name, ())), of_people, of_people)
        for name, kind in live.columns.items()
    ]
    found = _judged(columns, known)
    if of_people or not any(s.is_certain and s.kind in _TELLING for s in found.values()):
        return found
    return _judged([replace(column, of_people=True) for column in columns], known)


def texts(found: Iterable[Sampled]) -> tuple[str, ...]:
    """Return distinct values as text in half width (NFKC), sorted; of many, some spread evenly."""
    every = sorted({unicodedata.normalize("NFKC", str(value)).strip() for value in found} - {""})
    return tuple(every[:: max(1, len(every) // _MOST)][:_MOST])


def _judged(columns: Iterable[_Column], known: Rules) -> dict[str, Suggestion]:
    found = {column.name: _judge(column, known) for column in columns}
    return {name: suggestion for name, suggestion in found.items() if suggestion is not None}


def _judge(column: _Column, known: Rules) -> Suggestion | None:
    if column.type is ColumnType.BOOLEAN:
        return None
    if is_of_things(column.name) and not (column.by_table and is_workplace(column.name)):
        return _by_values(column, [rule for rule in known.strong if rule.even_of_things])
    guess = _by_values(column, known.weak)
    return (
        _by_values(column, known.strong)
        or _by_name(column, known)
        or (None if guess is None else replace(guess, is_certain=False))
    )


def _by_values(column: _Column, strong: Iterable[Rule]) -> Suggestion | None:
    for rule in strong:
        if len(column.texts) >= rule.at_least and (share := column.share(rule.test)) >= rule.share:
            return Suggestion(rule.kind, f"values: {rule.name}, {share:.0%} of {len(column.texts)} values")
    return None


def _by_name(column: _Column, known: Rules) -> Suggestion | None:
    for hint in hints(column.name):
        if column.type not in NEVER.get(hint.kind, ()) and _borne_out(column, hint, known.fits[hint.kind]):
            fit = (
                f", fits {column.share(known.fits[hint.kind]):.0%} of {len(column.texts)} values"
                if column.texts
                else ""
            )
            return Suggestion(hint.kind, f"name: {hint.kind.value}{fit}", hint.certainty is Certainty.SURE)
    return None


def _borne_out(column: _Column, hint: Hint, fits: Test) -> bool:
    if hint.certainty is Certainty.SURE:
        return column.fits(fits, _CONTRADICTED)
    if column.of_people and hint.kind in AMONG_PEOPLE:
        return column.fits(AMONG_PEOPLE[hint.kind], _CONTRADICTED)
    proof, share = PROVED.get(hint.kind, (fits, 2.0))
    return bool(column.texts) and column.share(proof) >= share
