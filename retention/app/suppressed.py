"""Who must not come back: what ingestion asks before it takes data in.

The ledger knows the erased by keyed digest only, for as long as some copy could hold them, and a margin.
Data that was written after the erasure is new, and nobody has asked for that to go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from retention.app.context import Context
from retention.errors import InputError, Problem, UnknownNameError
from retention.grammar import OPENINGS
from retention.model.copies import Suppression
from retention.model.ids import DatasetId
from retention.model.rescan import Sighting
from retention.model.subject import SubjectKey
from retention.planning.items import INSTRUCTION_SCOPE, REQUEST_SCOPE
from retention.planning.spotting import erasures_of

KeyReader: TypeAlias = Callable[[str], SubjectKey]
"""Reads KEY=VALUE; raises InputError."""
ROW = "row"
"""What is offered, where it is no event."""
_BATCH = 500
"""Keys of one look-up."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is about to come in."""

    dataset: DatasetId | None = None
    """Where to: a rule that disposed of other categories says nothing of it. None: anywhere."""
    written_at: datetime | None = None
    """When it was written, aware; None: it may be old."""
    source: str | None = None
    """Who sends it, as a code: then whoever is kept out is noted, and the next re-scan can tell of the sender."""


def is_suppressed(context: Context, key: SubjectKey, now: datetime, arrival: Arrival | None = None) -> bool:
    """Say whether data of this person, or tenant, must not come in: one look-up by its primary key.

    Raises:
        UnknownNameError: the data map has no such dataset.
        TransientFailure: the ledger cannot be reached: nobody knows, so nothing may come in.

    """
    return bool(list(which_suppressed(context, [key], now, arrival)))


def which_suppressed(
    context: Context, keys: Iterable[SubjectKey], now: datetime, arrival: Arrival | None = None
) -> Iterator[int]:
    """Yield the places (from 0) of the keys whose data must not come in; some hundreds a look-up.

    Raises:
        UnknownNameError, TransientFailure: as above.

    """
    arrival = arrival or Arrival()
    scopes = _scopes_of(context, arrival.dataset)
    secret = context.keys.create("suppression")
    places = enumerate(keys)
    while batch := [(place, key, (key.name, key.digest(secret))) for place, key in islice(places, _BATCH)]:
        found = erasures_of(context.ledger.copies.suppressed({who for _, _, who in batch}, now))
        back = _opened_again(context, {key: found[who] for _, key, who in batch if who in found})
        out = {
            who
            for _, key, who in batch
            if key not in back and any(_counts(each, scopes, arrival.written_at) for each in found.get(who, ()))
        }
        if arrival.source is not None:
            context.ledger.sightings.note(
                Sighting(*who, arrival.source, ROW, arrival.dataset, now) for who in sorted(out)
            )
        yield from (place for place, _, who in batch if who in out)


def _opened_again(context: Context, erased: Mapping[SubjectKey, Sequence[Suppression]]) -> frozenset[SubjectKey]:
    """Return who came to us anew after his erasure, by an event about this very key."""
    by_digest = {(key.name, context.lookup_digest(key)): key for key in erased}
    events = context.ledger.events.of_keys(by_digest, OPENINGS) if by_digest else ()
    opened = ((by_digest[event.key_name, event.subject_digest], event.occurred_at) for event in events)
    return frozenset(key for key, at in opened if all(at > entry.recorded_at for entry in erased[key]))


def read_keys(lines: Iterable[str], read: KeyReader) -> Iterator[SubjectKey]:
    """Read one KEY=VALUE a line; a line that is none is named by its number, and never shown.

    Raises:
        InputError: with the first line that cannot be read.

    """
    for number, line in enumerate(lines, 1):
        try:
            yield read(line.rstrip("\r\n"))
        except InputError as error:
            expected = error.problems[0].expected if error.problems else "KEY=VALUE"
            problem = Problem(where=f"line {number}", expected=expected, found="something else")
            raise InputError("the keys cannot be looked up; nothing was answered", problems=(problem,)) from None


def _counts(each: Suppression, scopes: frozenset[str] | None, written_at: datetime | None) -> bool:
    if written_at is not None and written_at > each.recorded_at:
        return False
    return scopes is None or each.scope in scopes or each.scope.startswith(INSTRUCTION_SCOPE)


def _scopes_of(context: Context, name: DatasetId | None) -> frozenset[str] | None:
    """Return under which scopes the dataset's data was disposed of; None for any."""
    if name is None:
        return None
    if name not in context.datamap.datasets:
        raise UnknownNameError(f"there is no dataset {name}", hint=f"datasets: {', '.join(context.datamap.datasets)}")
    categories = {field.category for field in context.datamap.datasets[name].fields.values()}
    rules = (rule.rule_id for rule in context.policy.rules if rule.category in categories)
    return frozenset({REQUEST_SCOPE, *rules})
