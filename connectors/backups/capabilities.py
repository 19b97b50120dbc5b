"""What a backup system can do: tell which copies there are."""

from __future__ import annotations

from retention.ports.connector import Capabilities, SystemKind

CAPABILITIES = Capabilities(kind=SystemKind.COPIES, versioned=True)
