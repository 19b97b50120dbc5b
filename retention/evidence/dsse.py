"""DSSE envelopes: a payload, its type and an Ed25519 signature over both (secure-systems-lab DSSE v1.0)."""

from __future__ import annotations

import base64

from retention.evidence.canonical import canonical
from retention.evidence.note import Signer

STATEMENT_TYPE = "application/vnd.in-toto+json"


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: exactly what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload: bytes, signer: Signer, payload_type: str = STATEMENT_TYPE) -> bytes:
    """Return the signed envelope as canonical JSON."""
    signature = signer.sign(pae(payload_type, payload))
    # put together by hand: the names stand in their order, and base64 needs no escapes
    return b'{"payload":"%b","payloadType":%b,"signatures":[{"keyid":"%b","sig":"%b"}]}' % (
        base64.b64encode(payload),
        canonical(payload_type),
        signer.verifier.fingerprint.encode(),
        base64.b64encode(signature),
    )
