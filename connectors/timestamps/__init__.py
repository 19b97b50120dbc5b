"""Time-stamping authorities over HTTP (RFC 3161, section 3.4).

connect   address → client
client    one request, bounded in bytes and in time
"""

from __future__ import annotations

from connectors.timestamps.connect import connect

__all__ = ["connect"]
