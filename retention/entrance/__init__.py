"""Events by HTTP: `POST /events`, CloudEvents 1.0 in JSON, one or a batch.

endpoint    what a sender may ask, and the reply; no sockets: any server can stand in front
signatures  who is calling: a signature over time and body, or a bearer token
"""

from __future__ import annotations

from retention.entrance.endpoint import LARGEST_CALL, Entrance
from retention.entrance.signatures import SIGNATURE_HEADER, sign

__all__ = ["LARGEST_CALL", "SIGNATURE_HEADER", "Entrance", "sign"]
