"""HTTP with the standard library, bounded: so many connections, so many bytes, so many seconds.

    bounded   the server; what answers is given to it
    asgi      the same answers under somebody else's server

Run it behind a TLS proxy where the network is not trusted.
"""

from __future__ import annotations

from retention.serving.asgi import Asgi
from retention.serving.bounded import Answering, BoundedServer, Reply

__all__ = ["Answering", "Asgi", "BoundedServer", "Reply"]
