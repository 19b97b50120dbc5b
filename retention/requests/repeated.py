"""The same request again: merged while the first is open, and when it is too much.

GDPR art. 12(5): a request that is manifestly unfounded or excessive, in particular by being repeated, may be refused
or charged for at its cost; showing that it is so is the company's burden. CCPA 1798.145(h)(3) says the same, and
1798.130(b) owes disclosure twice in twelve months. The APPI knows no excessive request: only a hindrance of the
business (33(2)(ii)), for disclosure alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.law import Regime
from retention.law.refusals import LAWS
from retention.model.ids import CaseId, CategoryId
from retention.model.terms import Refusal, Right
from retention.requests.offered import knowing

_YEAR = timedelta(days=365)
_TWICE = 2


@dataclass(frozen=True, slots=True)
class Earlier:
    """A request of the same person."""

    case_id: CaseId
    right: Right
    items: frozenset[CategoryId]
    """Empty: everything."""
    received_at: datetime
    is_open: bool


def merged_into(right: Right, items: Collection[CategoryId], earlier: Iterable[Earlier]) -> CaseId | None:
    """Return the open request that asks for the same already: the one that arrived first, and its day counts.

    None: it is a request of its own, also if it asks for more than an open one.
    """
    same = [e for e in earlier if e.is_open and e.right is right and (not e.items or (items and set(items) <= e.items))]
    return min(same, key=lambda e: (e.received_at, e.case_id)).case_id if same else None


@dataclass(frozen=True, slots=True)
class TooMuch:
    """What may be done about it, by a person who shows why: refuse it, or charge its cost (`fees.price`)."""

    refuse_for: frozenset[Refusal]
    """Each law's own word for it."""
    articles: tuple[str, ...]


_WORDS = (Refusal.MANIFESTLY_UNFOUNDED, Refusal.BUSINESS_HINDRANCE)


def too_much(
    right: Right, regimes: Collection[Regime], earlier: Iterable[Earlier], now: datetime, *, shown: bool
) -> TooMuch | None:
    """Return what may be done about a request that is repeated too often; None: it is answered like any other.

    Args:
        right: What is asked for.
        regimes: The laws under which the person asks; every one that knows the right must have a word for it.
        earlier: The person's requests before this one.
        now: When it is judged.
        shown: Whether a person has written down why it is excessive: the burden is the company's.

    """
    again = [e for e in earlier if e.right is right and not e.is_open and now - e.received_at < _YEAR]
    laws = knowing(right, regimes)
    if not shown or len(again) < _TWICE or not laws:
        return None
    words = {law: next((word for word in _WORDS if word in LAWS[law][right][1]), None) for law in laws}
    codes = frozenset(word for word in words.values() if word is not None)
    if None in words.values():
        return None
    return TooMuch(codes, tuple(LAWS[law][right][0] for law in laws))
