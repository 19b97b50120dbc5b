"""uvicorn: one process, no access log of its own, connections and time bounded."""

from __future__ import annotations

import logging

import uvicorn
from starlette.types import ASGIApp

_CONNECTIONS = 64
_KEEP_ALIVE_SECONDS = 10


def serve(api: ASGIApp, host: str, port: int) -> None:
    """Answer until interrupted; put a TLS proxy in front where others can listen."""
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("retention.api").setLevel(logging.INFO)
    uvicorn.run(
        api,
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        date_header=True,
        log_level="warning",
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        proxy_headers=False,
    )
