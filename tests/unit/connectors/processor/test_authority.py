"""A certificate that an authority issued, in place of one that is pinned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors.processor.signature import check_chain
from retention.errors import SignatureFailure

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
Issue = Callable[..., x509.Certificate]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _issued(
    subject: str, key: RSAPrivateKey, issuer: str, by: RSAPrivateKey, *, names: list[Any] | None = None, days: int = 30
) -> x509.Certificate:
    is_authority = names is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + days * DAY)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if names is None:
        usage = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        ) | {"encipher_only": False, "decipher_only": False}
        signs = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage)
        builder = builder.add_extension(signs, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(by, SHA256())


@pytest.fixture(scope="module")
def keys() -> dict[str, RSAPrivateKey]:
    """Keys of an authority, another one, one between, and a processor."""
    return {name: generate_private_key(65537, 2048) for name in ("root", "other", "between", "leaf")}


def test_chain_counts_up_to_the_authority_for_the_domain_and_the_day(keys: dict[str, RSAPrivateKey]) -> None:
    """Issued through one between: right for its names while it is valid, and for nothing else."""
    root = _issued("root", keys["root"], "root", keys["root"])
    other = _issued("root", keys["other"], "root", keys["other"])
    between = _issued("between", keys["between"], "root", keys["root"])
    names = [x509.DNSName("dsr.example"), x509.IPAddress(ip_address("127.0.0.1"))]
    leaf = _issued("leaf", keys["leaf"], "between", keys["between"], names=names)
    served = b"".join(each.public_bytes(Encoding.PEM) for each in (leaf, between))
    for domain in ("dsr.example", "127.0.0.1"):
        check_chain(served, (root,), domain, now=NOW)
    wrong = [
        (served, (other,), "dsr.example", NOW),
        (served, (root,), "else.example", NOW),
        (served, (root,), "dsr.example", NOW + 31 * DAY),
        (leaf.public_bytes(Encoding.PEM), (root,), "dsr.example", NOW),
    ]
    for chain, authority, domain, now in wrong:
        with pytest.raises(SignatureFailure, match="was not issued"):
            check_chain(chain, authority, domain, now=now)
