"""Our RSA key and certificate: made, read, used. RSA PKCS #1 v1.5 with SHA-256 over the raw body (FIPS 186-5)."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

from retention.errors import SettingsError

DOMAIN_HEADER = "X-OpenDSR-Processor-Domain"
SIGNATURE_HEADER = "X-OpenDSR-Signature"
_KEY_BITS = 3072
"""NIST SP 800-57: 128 bits of security, beyond 2030."""
_SMALLEST_KEY = 2048
_PROVISIONAL_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Seal:
    """What makes an answer ours."""

    domain: str
    certificate: bytes
    """PEM as it is published, with the chain if there is one."""
    key: RSAPrivateKey = field(repr=False)

    def headers(self, body: bytes) -> dict[str, str]:
        """Return the two headers that go with the body (8.3)."""
        signature = base64.b64encode(self.key.sign(body, PKCS1v15(), SHA256())).decode("ascii")
        return {DOMAIN_HEADER: self.domain, SIGNATURE_HEADER: signature}


def read_seal(domain: str, key_file: Path, certificate_file: Path, now: datetime) -> Seal:
    """Read key and certificate and see that they belong together, to the domain, and to this moment.

    Raises:
        SettingsError: a file is missing or wrong, or they do not.

    """
    key, published = _key(key_file), _read(certificate_file)
    try:
        certificate = x509.load_pem_x509_certificate(published)
    except ValueError:
        raise SettingsError(f"{certificate_file.name}: expected a certificate in PEM, found something else") from None
    if certificate.public_key() != key.public_key():
        raise SettingsError(
            f"{certificate_file.name} is for another key than {key_file.name}",
            hint="put the certificate there that was issued for this key",
        )
    if domain not in _names(certificate):
        raise SettingsError(f"{certificate_file.name}: expected the domain {domain} among its names, found others")
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise SettingsError(
            f"{certificate_file.name} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} to "
            f"{certificate.not_valid_after_utc:%Y-%m-%d}, and it is {now:%Y-%m-%d}",
            hint="renew it, and tell the clients who pinned it",
        )
    return Seal(domain, published, key)


def make_certificate(domain: str, folder: Path, now: datetime) -> tuple[Path, Path, Path]:
    """Make a key, a request for a certificate authority, and a provisional certificate; return the three files.

    The provisional certificate is self-signed and good for 90 days: the specification wants a certificate
    authority's (4.1). Put that in its place when it has come; the key stays.

    Raises:
        SettingsError: there is a key already; it is never replaced.

    """
    files = folder / "key.pem", folder / "request.csr", folder / "certificate.pem"
    if files[0].exists():
        raise SettingsError(f"{files[0]} exists already; clients may rely on it", hint="move it away to make another")
    folder.mkdir(parents=True, exist_ok=True)
    key = generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    names = x509.SubjectAlternativeName([x509.DNSName(domain)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _PROVISIONAL_FOR)
        .add_extension(names, critical=False)
        .add_extension(_signs_only(), critical=True)
        .sign(key, SHA256())
    )
    files[1].write_bytes(request.sign(key, SHA256()).public_bytes(Encoding.PEM))
    files[2].write_bytes(certificate.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(files[0], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
    return files


def _signs_only() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def _key(file: Path) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(_read(file), password=None)
    except (ValueError, TypeError):
        raise SettingsError(
            f"{file.name}: expected a private key in PEM without password, found something else"
        ) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise SettingsError(f"{file.name}: expected an RSA key of at least {_SMALLEST_KEY} bits, found another kind")
    return key


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be read ({error.strerror})", hint="retention opendsr certificate --domain DOMAIN makes one"
        ) from None
