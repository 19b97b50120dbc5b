"""Whether bytes were signed by the processor: RSA with SHA-256 over the raw body.

The certificate is the one pinned in retention.yaml, or one that an authority named there has issued
for the processor's domain (4.1). What discovery serves is taken only if it is that: whoever controls
the network cannot bring a key of his own. Revocation lists are not asked for.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from retention.errors import SignatureFailure

_SMALLEST_KEY = 2048
"""Bits; FIPS 186-4 allows no shorter RSA key."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A processor's certificate, and the key it holds."""

    fingerprint: str
    """SHA-256 (hex) of the certificate's DER bytes."""
    key: RSAPublicKey
    names: frozenset[str]
    """The domains and addresses it is for."""
    valid_from: datetime
    valid_until: datetime


def read_certificate(pem: bytes) -> Certificate:
    """Read a PEM certificate.

    Raises:
        ValueError: it is none, or its key is not RSA of at least 2048 bits.

    """
    certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY:
        raise ValueError(f"expected a certificate with an RSA key of at least {_SMALLEST_KEY} bits")
    return Certificate(
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        key=key,
        names=_names(certificate),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def verify(certificate: Certificate, signature: str | None, body: bytes, *, now: datetime) -> None:
    """Check a base64 signature over the body.

    Raises:
        SignatureFailure: there is none, it does not verify, or the certificate is not valid at `now`.

    """
    if signature is None:
        raise SignatureFailure("the processor's answer carries no signature", hint="it does not count; ask them why")
    if not certificate.valid_from <= now <= certificate.valid_until:
        raise SignatureFailure(
            f"the processor's certificate is valid from {certificate.valid_from:%Y-%m-%d} to "
            f"{certificate.valid_until:%Y-%m-%d}, and it is {now:%Y-%m-%d}",
            hint="get the processor's new certificate by a road you trust and pin it",
        )
    try:
        raw = base64.b64decode(signature, validate=True)
        certificate.key.verify(raw, body, PKCS1v15(), SHA256())
    except (binascii.Error, InvalidSignature, ValueError):
        raise SignatureFailure(
            "the signature on the processor's answer does not verify with the processor's certificate",
            hint="it does not count; if they changed their certificate, pin the new one",
        ) from None


def check_chain(served: bytes, authority: tuple[x509.Certificate, ...], domain: str, *, now: datetime) -> None:
    """Check that the first of the certificates served was issued for the domain by an authority that we trust.

    Raises:
        SignatureFailure: it was not, or a certificate on the way is not valid at `now` (RFC 5280, 6).

    """
    leaf, *between = x509.load_pem_x509_certificates(served)
    name: x509.DNSName | x509.IPAddress = x509.DNSName(domain)
    with suppress(ValueError):
        name = x509.IPAddress(ip_address(domain))
    verifier = PolicyBuilder().store(Store(list(authority))).time(now).build_server_verifier(name)
    try:
        verifier.verify(leaf, between)
    except VerificationError:
        raise SignatureFailure(
            f"the certificate that is served was not issued for {domain} by an authority that is trusted here",
            hint="it does not count; ask them by a road you trust",
        ) from None


def _names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset([*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))])
