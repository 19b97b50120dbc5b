"""A canary: a synthetic person who is planted everywhere, erased through the normal road, and looked for afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from retention.model.ids import CaseId, DatasetId

CanaryId = NewType("CanaryId", str)
"""One canary: `K-20261123-7f3k2q`; says nothing of its keys."""


class CanaryState(Enum):
    """What became of it."""

    PLANTED = "planted"
    """Its rows stand, or are being written."""
    ABSENT = "absent"
    """Erased, and nowhere to be found at the last look."""
    SURVIVED = "survived"
    """Found where it should be gone: the cascade has a hole."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One canary as the ledger keeps it: only whoever has the canary key can tell its rows from others'."""

    canary_id: CanaryId
    case_id: CaseId
    """The request by which it is erased; its keys lie in that case's vault until the case is sealed."""
    planted_at: datetime
    rows: Mapping[DatasetId, int]
    """How many rows were planted where."""
    digests: frozenset[str] = field(repr=False)
    """HMAC-SHA-256 (hex) under the canary key of each of its keys."""
    state: CanaryState = CanaryState.PLANTED
    looked_at: datetime | None = None
