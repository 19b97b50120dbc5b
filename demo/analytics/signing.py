"""The processor's RSA key and certificate, made at the first start.

The specification wants a certificate authority's certificate; a company of the demo has
none, so its certificate is self-signed and its customers pin it.
"""

from __future__ import annotations

import base64
import os
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

KEY_FILE = "signing-key.pem"
CERTIFICATE_FILE = "certificate.pem"
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC))
"""Long: the demo's clock is moved about."""


class Signer:
    """Signs what the processor says."""

    def __init__(self, folder: Path, domain: str) -> None:
        """Read the key, or make it at the first start."""
        if not (folder / CERTIFICATE_FILE).exists():
            _make(folder, domain)
        key = load_pem_private_key((folder / KEY_FILE).read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{KEY_FILE}: expected an RSA key, found {type(key).__name__}")
        self._key = key
        self.certificate = (folder / CERTIFICATE_FILE).read_bytes()
        """PEM, for `/certificate.pem`."""

    def sign(self, body: bytes) -> str:
        """Return the base64 signature (RSA, PKCS #1 v1.5, SHA-256) over the body."""
        return base64.b64encode(self._key.sign(body, padding.PKCS1v15(), SHA256())).decode("ascii")


def _make(folder: Path, domain: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID[0])
        .not_valid_after(_VALID[1])
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(folder / KEY_FILE, secret)
    # The certificate last: where it stands, the key stands.
    _write(folder / CERTIFICATE_FILE, certificate.public_bytes(Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    part = path.with_suffix(".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)
