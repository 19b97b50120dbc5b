"""What a processor can do: take orders. It has no rows that we could touch."""

from __future__ import annotations

from retention.ports.connector import Capabilities, SystemKind

CAPABILITIES = Capabilities(kind=SystemKind.PROCESSOR)
