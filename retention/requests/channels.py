"""By which way a request comes in, and on which day it arrived.

A company may fix the ways (APPI art. 37(1), Cabinet Order art. 12) without excessive burden (37(4)): U-NEXT takes
letters, and e-mail from people who use the service on Meta Quest. The GDPR lets nobody insist on a form
(art. 12(2)), and the CCPA's regulations (7020(e)) make whoever gets a request another way treat it as received or
say how to ask: under these laws it is taken, and the person is told of the better way.

The clock starts with the first arrival by an open way (APPI art. 39(2)); what was missing then changes no day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias, assert_never

from retention.law import Regime

_NO_FORM = frozenset({Regime.GDPR, Regime.CCPA})


class Membership(Enum):
    """Whether the person belongs to the group that a way is open to."""

    PROVEN = "proven"
    CLAIMED = "claimed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Taken:
    """The request has arrived; the ways named would have been better."""

    better: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TakenIfProven:
    """It has arrived if the person belongs to the group, by language; that is looked up first."""

    group: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Redirected:
    """It has not arrived: the person is told which ways are open, and no clock runs."""

    ways: tuple[str, ...]


Gate: TypeAlias = Taken | TakenIfProven | Redirected


def gate(
    channel: str,
    channels: Collection[str],
    only_for: Mapping[str, Mapping[str, str]],
    membership: Membership,
    regimes: Collection[Regime],
) -> Gate:
    """Return what becomes of a request that came this way.

    Args:
        channel: The way it came.
        channels: The ways that the company offers.
        only_for: Way → the group that alone may use it.
        membership: Whether the person belongs to that group.
        regimes: The laws under which the person asks.

    """
    open_to_all = tuple(way for way in channels if way not in only_for)
    closed = Taken(open_to_all) if _NO_FORM & set(regimes) else Redirected(open_to_all)
    if channel not in channels:
        return closed
    if channel not in only_for:
        return Taken()
    match membership:
        case Membership.PROVEN:
            return Taken()
        case Membership.CLAIMED:
            return TakenIfProven(only_for[channel])
        case Membership.NONE:
            return closed
        case _:
            assert_never(membership)


def arrived_at(arrivals: Iterable[tuple[datetime, Gate]]) -> datetime | None:
    """Return when the request arrived: the first time that it was taken, whatever it lacked; None: not yet."""
    return min((at for at, gate in arrivals if isinstance(gate, Taken)), default=None)
