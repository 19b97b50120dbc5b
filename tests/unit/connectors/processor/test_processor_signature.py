"""Whether bytes were signed by the processor."""

from __future__ import annotations

import base64
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.processor.signature import read_certificate, verify
from demo.analytics.signing import CERTIFICATE_FILE, KEY_FILE, Signer
from retention.errors import SignatureFailure

NOW = datetime(2026, 11, 23, tzinfo=UTC)
BODY = b'{"request_status":"completed"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a processor's key and certificate."""
    made = tmp_path_factory.mktemp("processor")
    Signer(made, "dsr.example")
    return made


def test_signature_made_by_openssl_verifies(folder: Path, tmp_path: Path) -> None:
    """A signature that OpenSSL made over the raw body verifies; over any other body it does not."""
    file = tmp_path / "body"
    file.write_bytes(BODY)
    made = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(folder / KEY_FILE), str(file)], check=True, capture_output=True
    ).stdout
    certificate = read_certificate((folder / CERTIFICATE_FILE).read_bytes())
    signature = base64.b64encode(made).decode()
    verify(certificate, signature, BODY, now=NOW)
    with pytest.raises(SignatureFailure):
        verify(certificate, signature, BODY + b"\n", now=NOW)


@pytest.mark.parametrize("signature", [None, "", "not base64!", "AAAA", "é"])
def test_no_signature_at_all(folder: Path, signature: str | None) -> None:
    """No signature, an empty one and nonsense are refused alike."""
    certificate = read_certificate((folder / CERTIFICATE_FILE).read_bytes())
    with pytest.raises(SignatureFailure):
        verify(certificate, signature, BODY, now=NOW)


@pytest.mark.parametrize("year", [2019, 2051])
def test_outside_the_certificates_days(folder: Path, year: int) -> None:
    """A right signature does not count before the certificate's first day or after its last."""
    certificate = read_certificate((folder / CERTIFICATE_FILE).read_bytes())
    with pytest.raises(SignatureFailure, match=str(year)):
        verify(certificate, Signer(folder, "").sign(BODY), BODY, now=datetime(year, 6, 1, tzinfo=UTC))


def test_fingerprint_is_what_openssl_says(folder: Path) -> None:
    """The fingerprint to pin is the one that `openssl x509 -fingerprint -sha256` prints."""
    path = folder / CERTIFICATE_FILE
    command = ["openssl", "x509", "-in", str(path), "-noout", "-fingerprint", "-sha256"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert read_certificate(path.read_bytes()).fingerprint == said.strip().split("=")[1].replace(":", "").lower()


def test_another_kind_of_key() -> None:
    """A certificate without an RSA key is refused, since the protocol signs with RSA."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW).sign(key, SHA256())
    with pytest.raises(ValueError, match="RSA"):
        read_certificate(built.public_bytes(Encoding.PEM))
