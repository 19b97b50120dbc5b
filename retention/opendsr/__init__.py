"""We as a processor: clients send requests to erase over OpenDSR, versions 2.0 and 3.0.

    endpoint   method, path, headers and body → signed reply; start reading here
    reading    a request's body, checked; both versions
    saying     the bodies of our answers and calls
    sealing    our RSA key and certificate; every answer is signed
    office     who we are to clients, and who they are
    calling    clients are told when something has changed

The specification: github.com/opengdpr/OpenDSR, `specification.md`, version 2.0 (section numbers are its);
3.0 as mParticle documents it: identities by type (docs.mparticle.com/developers/apis/dsr-api/v3, read 2026-11-26).
"""

from __future__ import annotations

from retention.opendsr.calling import call_clients
from retention.opendsr.endpoint import LARGEST_REQUEST, Endpoint
from retention.opendsr.office import Office
from retention.opendsr.sealing import Seal, make_certificate, read_seal

__all__ = [
    "LARGEST_REQUEST",
    "Endpoint",
    "Office",
    "Seal",
    "call_clients",
    "make_certificate",
    "read_seal",
]
