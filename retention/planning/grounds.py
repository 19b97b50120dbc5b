"""On what a request or an instruction rests, and how far it goes."""

from __future__ import annotations

from collections.abc import Iterable

from retention.model.ids import CategoryId
from retention.model.policy import Disposal
from retention.planning.world import World


def every_category(world: World) -> dict[CategoryId, Disposal]:
    """Return that everything personal is to be erased."""
    fields = (field for dataset in world.datamap.datasets.values() for field in dataset.fields.values())
    return {field.category: Disposal.ERASE for field in fields}


def request_statutes(world: World) -> tuple[str, ...]:
    """The rights that a request for erasure rests on, by regime (APPI 35(5), GDPR 17(1), CCPA 1798.105(a))."""
    rights = {"jp.appi": "jp.appi.35-5", "eu.gdpr": "eu.gdpr.17-1", "us.ccpa": "us.ccpa.1798-105-a"}
    return tuple(rights[regime] for regime in world.policy.regimes if regime in rights)


def instruction_statutes(world: World) -> tuple[str, ...]:
    """What a tenant's instruction rests on: we act for it (APPI 25, GDPR 28(3)(a), CCPA 1798.140(ag))."""
    duties = {"jp.appi": "jp.appi.25", "eu.gdpr": "eu.gdpr.28-3", "us.ccpa": "us.ccpa.1798-140-ag"}
    return tuple(duties[regime] for regime in world.policy.regimes if regime in duties)


def unfounded_statutes(world: World) -> tuple[str, ...]:
    """Why data goes that came in without the consent it needs (APPI 35(1) with 20(2), GDPR 17(1)(d))."""
    duties = {"jp.appi": ("jp.appi.20-2", "jp.appi.35-1"), "eu.gdpr": ("eu.gdpr.17-1",)}
    return tuple(statute for regime in world.policy.regimes for statute in duties.get(regime, ()))


def readmission_statutes(regimes: Iterable[str]) -> tuple[str, ...]:
    """What data rests on that came anew, by a contract or by consent: its purpose and proper acquisition.

    APPI 17(1), 20(1); GDPR 6(1). California asks for no ground of its own.
    """
    grounds = {"jp.appi": ("jp.appi.17-1", "jp.appi.20-1"), "eu.gdpr": ("eu.gdpr.6-1",)}
    return tuple(statute for regime in regimes for statute in grounds.get(regime, ()))
