"""Under which laws a person asks: his place, the company's establishments, what it offers where.

APPI arts. 16(2), 171; GDPR art. 3 (established in the Union, or offering to people who are in it);
CCPA 1798.140 (residents of California). Several can apply at once: what is owed is the union, an
answer is due on the earliest day, and a refusal must stand in every one of them.

Whatever is unknown counts as the reading that gives the person more: a person whose place nobody
knows is under every law of the policy.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import assert_never

from retention.errors import InputError, Problem
from retention.law import Regime
from retention.model.asking import EEA, Reach

_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_CALIFORNIA = "US-CA"
_EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905 -- read as a list of countries
)
"""The 27 members of the Union, and Iceland, Liechtenstein and Norway."""


def check_place(place: str) -> None:
    """Refuse what is no country (ISO 3166-1, `DE`) or part of one (ISO 3166-2, `US-CA`).

    Raises:
        InputError: it is neither.

    """
    if not _PLACE.fullmatch(place):
        problem = Problem(
            where="--place", expected="a country or part of one like JP, DE or US-CA", found="another form"
        )
        raise InputError("nobody knows where the person is", problems=(problem,))


def applying(place: str | None, policy: Collection[str], reach: Reach | None) -> frozenset[Regime]:
    """Return the laws under which a person asks.

    Args:
        place: Where the person is, as `check_place` admits it; None: nobody knows.
        policy: The laws that the policy is under, by their codes.
        reach: Where the company is and offers; None: it is taken to offer wherever its policy's laws hold.

    """
    under = (Regime(code) for code in policy)
    return frozenset(regime for regime in under if place is None or _reaches(regime, place, reach))


def _reaches(regime: Regime, place: str, reach: Reach | None) -> bool:
    match regime:
        case Regime.APPI:
            at_home = reach is None or "JP" in reach.established
            return at_home or (place == "JP" and _offers(reach, "JP"))
        case Regime.GDPR:
            at_home = reach is not None and any(_in_eea(where) for where in reach.established)
            return at_home or (_in_eea(place) and (_offers(reach, place) or _offers(reach, EEA)))
        case Regime.CCPA:
            # a person in the United States of whom no more is known may live in California
            return place in {_CALIFORNIA, "US"} and (_offers(reach, _CALIFORNIA) or _offers(reach, "US"))
        case _:
            assert_never(regime)


def _in_eea(place: str) -> bool:
    return place == EEA or place.partition("-")[0] in _EEA


def _offers(reach: Reach | None, place: str) -> bool:
    return reach is None or place in reach.offers_to


def strictest(dues: Mapping[Regime, datetime]) -> tuple[Regime, datetime]:
    """Return the law whose answer is due first, and when; of two on one day, the first by code.

    Raises:
        ValueError: no law is given.

    """
    return min(dues.items(), key=lambda due: (due[1], due[0].value))
