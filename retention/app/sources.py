"""Who sends data, as a code; and who had offered erased people again."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath

from retention.app.context import Context
from retention.errors import InputError, Problem
from retention.grammar import EVENT_KINDS
from retention.model.ids import DatasetId
from retention.model.rescan import Offered
from retention.planning.spotting import Erasures, Spotted, Who

UNNAMED = "unnamed"
"""The source of what came without one."""
_SOURCE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")


def source_of(text: str) -> str:
    """Check the name of a sender: it stands in evidence, so that it is a code and names nobody.

    Raises:
        InputError: it is none.

    """
    if not _SOURCE.fullmatch(text):
        problem = Problem(where="--source", expected="a word of letters, digits, - and _, such as crm", found="another")
        raise InputError("nobody could be told where this came from", problems=(problem,))
    return text


def source_of_file(name: str) -> str | None:
    """Return a file's name without its ending, if that is a code: other names might name somebody."""
    stem = PurePath(name).name.partition(".")[0]
    return stem if _SOURCE.fullmatch(stem) else None


def offered(context: Context, spotted: Collection[Spotted], erasures: Erasures) -> list[Offered]:
    """Return by whom these people were offered to us since their erasure."""
    erased_at = _erased_at(spotted, erasures)
    known = context.ledger.sightings.of_keys(erased_at)
    return [o for o in known if o.sighting.at >= erased_at[o.sighting.key_name, o.sighting.digest]]


def senders(context: Context, spotted: Collection[Spotted], erasures: Erasures) -> frozenset[str]:
    """Return who has sent events about these people since their erasure that we kept."""
    erased_at = _erased_at(spotted, erasures)
    by_digest = {(each.key.name, context.lookup_digest(each.key)): erased_at[each.who] for each in spotted}
    events = context.ledger.events.of_keys(by_digest, EVENT_KINDS)
    since = [e for e in events if e.recorded_at >= by_digest[e.key_name, e.subject_digest]]
    return frozenset(event.source for event in since if event.source is not None)


def _erased_at(spotted: Collection[Spotted], erasures: Erasures) -> dict[Who, datetime]:
    return {each.who: min(entry.recorded_at for entry in erasures[each.who]) for each in spotted}


def may_be_about(offer: Offered, dataset: DatasetId) -> bool:
    """Whether what was offered may be what lies in the dataset: an event says that the sender still has the person."""
    return offer.sighting.dataset in (None, dataset)
