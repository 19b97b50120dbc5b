"""Witnesses over HTTP (C2SP tlog-witness): send a checkpoint, receive cosignatures.

connect   address → client
client    one request, bounded in bytes and in time
"""

from __future__ import annotations

from connectors.witness.connect import connect

__all__ = ["connect"]
