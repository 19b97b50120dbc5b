"""Whose are the rows? From foreign keys and suggestions to keys of people, parents and mentions.

A wrong parent erases what is somebody else's, so a reference makes a row the other's only where
its name says so (`customer_id` of an invoice), and never where the row is about a person of its
own (`support_rep_id` of a customer): that one is a mention, for a person to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from retention.datamap.detection import Kind, Suggestion
from retention.datamap.detection.headers import is_of_people, words
from retention.datamap.drafting.naming import key_name, singular
from retention.ports.surveyor import ForeignKey, LiveDataset

MOST_PAIRS: Final = 1
"""Pairs of columns of a reference that is proposed as it is; a longer key is left to the reviewer, as a note."""
_OWN = frozenset({Kind.NAME, Kind.EMAIL, Kind.BIRTH_DATE, Kind.MY_NUMBER, Kind.CREDENTIAL})
"""Kinds by which a row is about a person of its own."""
_CUSTOMERS = (
    "customer",
    "user",
    "member",
    "client",
    "patient",
    "student",
    "subscriber",
    "account",
    "会員",
    "顧客",
    "利用者",
)
"""Whose a row is, where several people are named: rather theirs than an employee's."""
_KEYS = (Kind.ACCOUNT, Kind.EMAIL, Kind.MY_NUMBER, Kind.PHONE, Kind.DEVICE, Kind.CARD, Kind.BANK_ACCOUNT)
"""Kinds that find a person where no foreign key leads to one, the best first."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """What ties a dataset's rows to people."""

    subject: Mapping[str, str]
    """Identity key → column."""
    parent: ForeignKey | None
    mentions: tuple[ForeignKey, ...]
    is_about_people: bool
    is_certain: bool = True
    """False where no key of a person was found, and the next best column stands in."""


def belongings(
    live: Mapping[str, LiveDataset], found: Mapping[str, Mapping[str, Suggestion]]
) -> Mapping[str, Belonging]:
    """Return location → what ties its rows to people; parents have no cycle."""
    personal = {place: {c: s.kind for c, s in judged.items() if s.kind.is_personal} for place, judged in found.items()}
    certain = {place: {s.kind for s in judged.values() if s.is_certain} for place, judged in found.items()}
    roots = {place for place in live if _is_root(live[place], certain, live)}
    people = {place for place in roots if is_of_people(place) or certain[place] & _OWN - {Kind.NAME}}
    parents = _parents(live, roots, people)
    about = roots | parents.keys()
    return {place: _belonging(live[place], personal[place], parents.get(place), roots, about) for place in live}


def _is_root(table: LiveDataset, certain: Mapping[str, Collection[Kind]], live: Mapping[str, LiveDataset]) -> bool:
    """Whether its rows are about people of their own."""
    if not _OWN & set(certain[table.location]):
        return False
    owners = [key for key in _known(table, live) if _OWN & set(certain[key.table])]
    if is_of_people(table.location):
        return not any(singular(key.table) in words(table.location) for key in owners)
    return not any(_names_owner(key) for key in owners)


def _parents(live: Mapping[str, LiveDataset], roots: set[str], people: set[str]) -> Mapping[str, ForeignKey]:
    """Follow references outwards, first from those who are certainly people, then from things with somebody's name."""
    parents: dict[str, ForeignKey] = {}
    for start in (people, roots):
        while ring := _next_ring(live, roots, start | parents.keys(), parents.keys()):
            parents |= ring
    return parents


def _next_ring(
    live: Mapping[str, LiveDataset], roots: set[str], reached: set[str], done: Iterable[str]
) -> Mapping[str, ForeignKey]:
    """Return for each table that has one its best reference to what was reached before."""
    ring = {}
    for place in sorted(live.keys() - roots - set(done)):
        keys = [key for key in _known(live[place], live) if key.table in reached and _makes_a_child(key, roots)]
        if keys:
            ring[place] = min(keys, key=_rank)
    return ring


def _makes_a_child(key: ForeignKey, roots: set[str]) -> bool:
    return _names_owner(key) if key.table in roots else True


def _belonging(
    table: LiveDataset, kinds: Mapping[str, Kind], parent: ForeignKey | None, roots: set[str], about: set[str]
) -> Belonging:
    mentions = tuple(key for key in table.foreign_keys if key is not parent and key.table in about)
    if parent is not None and len(parent.columns) <= MOST_PAIRS:
        return Belonging({}, parent, mentions, is_about_people=True)
    if not kinds and parent is None:
        return Belonging({}, None, (), is_about_people=False)
    subject = _own_keys(table, kinds) if table.location in roots else _loose_keys(kinds)
    unsaid = mentions if parent is None else (parent, *mentions)
    if subject and parent is None:
        return Belonging(subject, None, unsaid, is_about_people=True)
    return Belonging(subject or _stopgap(table, kinds), None, unsaid, is_about_people=True, is_certain=False)


def _own_keys(table: LiveDataset, kinds: Mapping[str, Kind]) -> Mapping[str, str]:
    keys = {key_name(table.location, table.primary_key[0]): table.primary_key[0]} if len(table.primary_key) == 1 else {}
    return {**keys, **_loose_keys(kinds, (Kind.EMAIL,) if keys else (Kind.ACCOUNT, Kind.EMAIL))}


def _loose_keys(kinds: Mapping[str, Kind], wanted: Iterable[Kind] = (Kind.ACCOUNT, Kind.EMAIL)) -> Mapping[str, str]:
    """Return the columns by which a person is known elsewhere: ids by their own name, one address."""
    keys = {key_name("", column): column for column, kind in kinds.items() if kind is Kind.ACCOUNT and _is_id(column)}
    address = next((column for column, kind in kinds.items() if kind is Kind.EMAIL), None)
    found = keys | ({"email": address} if address else {})
    return {name: column for name, column in found.items() if kinds[column] in set(wanted)}


def _stopgap(table: LiveDataset, kinds: Mapping[str, Kind]) -> Mapping[str, str]:
    if not kinds:
        column = (*table.primary_key, *table.columns)[0]
        return {key_name(table.location, column): column}
    best = min(kinds, key=lambda column: (_KEYS.index(kinds[column]) if kinds[column] in _KEYS else len(_KEYS), column))
    return {key_name(table.location, best): best}


def _is_id(column: str) -> bool:
    return words(column).endswith(("_id", "_no", "_number", "_uuid", "番号", "id", "コード"))


def _known(table: LiveDataset, live: Mapping[str, LiveDataset]) -> list[ForeignKey]:
    return [key for key in table.foreign_keys if key.table in live and key.table != table.location]


def _names_owner(key: ForeignKey) -> bool:
    """Whether a column's name says that the row is that person's: `customer_id`, `user`, `会員番号`."""
    here = " ".join(words(column) for column, _ in key.columns)
    return singular(key.table) in here or any(word in here for word in _CUSTOMERS)


def _rank(key: ForeignKey) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    table = words(key.table)
    place = next((index for index, word in enumerate(_CUSTOMERS) if word in table), len(_CUSTOMERS))
    return place, key.table, key.columns
