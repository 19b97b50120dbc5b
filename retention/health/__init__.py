"""What is well and what is not: from what was seen to findings. Pure; the looking is done in `wiring.doctor`.

checks   the closed list of checks, and what they find
judging  one judgement for each kind of thing that is seen
"""

from __future__ import annotations

from retention.health.checks import Check, Examined
from retention.health.judging import judge

__all__ = ["Check", "Examined", "judge"]
