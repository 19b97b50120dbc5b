"""One person's request at one of the companies: its life, under the bounds that its text and the laws set."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache

import pytest

from retention.errors import PolicyError
from retention.evidence.certificate import Certificate, render
from retention.evidence.certificate_words import Language
from retention.law import Regime
from retention.model.ids import CaseId
from retention.model.policy import Policy
from retention.model.request import Request
from retention.model.request_moves import Clock, Identified, Move, Received, What
from retention.model.terms import Filer, Ground, Right
from retention.packs import read_pack
from retention.policy import read_policy, shipped_statutes
from retention.requests import Bounds, advance, begin
from retention.requests.allowing import bounds
from retention.requests.regimes import applying

ARRIVED = datetime(2026, 11, 20, 1, tzinfo=UTC)
DAY = date(2026, 11, 26)


@cache
def policy_of(pack: str) -> Policy:
    """Return the company's policy."""
    return read_policy(read_pack(pack)["policy.yaml"], "policy.yaml", shipped_statutes())


class Asking:
    """A request that arrived, and what may become of it."""

    def __init__(self, pack: str, right: Right, ground: Ground | None, place: str | None, filer: Filer) -> None:
        """Let it arrive."""
        self.policy = policy_of(pack)
        self.laws: frozenset[Regime] = applying(place, self.policy.regimes, self.policy.terms.reach)
        self.bounds: Bounds = bounds(right, ground, self.laws, self.policy.terms)
        due = (Clock("policy", date(2026, 12, 4), None, None),)
        zone, channel = self.policy.timezone, self.policy.requests.channels[0]
        received = Received(right, None, ARRIVED, zone, channel, "ja", filer, "post", due, ground=ground)
        self.request: Request = begin(CaseId("C-1"), Move(ARRIVED, None, received))

    def move(self, what: What, by: str | None = "mori") -> Request:
        """Let one more thing happen, if the rules allow it."""
        self.request = advance(self.request, Move(self.request.moved_at, by, what), self.bounds)
        return self.request

    def identified(self) -> Asking:
        """Let it be known who asks."""
        authority = None if self.request.filer is Filer.PERSON else "power-of-attorney"
        self.move(Identified("drivers-licence", authority))
        return self


def answered_by(policy: Policy, language: Language) -> str:
    """Return the page on which this company answers."""
    at = datetime(2026, 11, 26, tzinfo=UTC)
    certificate = Certificate(
        policy.controller.name, policy.controller.address, CaseId("C-1"), at, at, (), (), (), (), "o", 1, "r", "f"
    )
    return render(certificate, language)


def unreadable_without(pack: str, key: str) -> bool:
    """Return whether the company's policy cannot be read if its controller says nothing under the key."""
    lines = read_pack(pack)["policy.yaml"].splitlines(keepends=True)
    (at,) = (number for number, line in enumerate(lines) if line.startswith(f"  {key}: "))
    for text in ("", f'  {key}: ""\n'):
        with pytest.raises(PolicyError):
            read_policy("".join([*lines[:at], text, *lines[at + 1 :]]), "policy.yaml")
    return True
