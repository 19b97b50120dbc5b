"""Whose certificates are believed, read once a process: reading them took 50 ms for every client that was made."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx


def trusted() -> ssl.SSLContext:
    """Return what checks a server's certificate: the usual authorities, or those that the environment names."""
    return _read(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _read(*_named: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()
