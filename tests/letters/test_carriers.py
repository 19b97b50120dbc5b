"""The carriers by themselves: options, TLS, what a server's words mean, and what the mail room's folder holds."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.mail import connect_folder, connect_smtp
from connectors.mail.settings import SmtpSettings
from connectors.mail.smtp import SmtpCarrier
from retention.errors import AddressFailure, SettingsError, TerminalFailure, TransientFailure, UnheardFailure
from retention.model.letter import LetterId
from retention.ports.letters import CarrierSettings, Outgoing
from tests.letters.conftest import NOW
from tests.letters.postbox import Postbox, free_port

LETTER = LetterId("C-20261123-7f3k2q.receipt.1")
PERSON = "hanako@home.example"


def outgoing(to=(PERSON,), paper=b"%PDF"):
    """Return a letter."""
    return Outgoing(LETTER, "en", to, "Subject", ".a line that begins with a dot\n", "<p>page</p>", paper)


def smtp(tmp_path, **options):
    """Return a carrier with these options."""
    return connect_smtp(CarrierSettings("email", "smtp", {"from": "office@shop.example", **options}, tmp_path))


@pytest.mark.parametrize(
    ("says", "error"),
    [("451 later", TransientFailure), ("550 nobody", AddressFailure), ("554 never", AddressFailure), (None, None)],
)
def test_what_the_server_says_of_a_recipient_decides(box, smtp_server, tmp_path, says, error):
    """4xx later, 5xx never, 250 taken whole; neither error names the address."""
    carrier = smtp(tmp_path, server=f"127.0.0.1:{smtp_server[0]}")
    box.says = says
    if error is None:
        carrier.carry(outgoing(), now=NOW)
        assert box.mails[0].get_body(("plain",)).get_content().startswith(".a line")
        return
    with pytest.raises(error) as caught:
        carrier.carry(outgoing(), now=NOW)
    assert PERSON not in f"{caught.value!r}{caught.value.__cause__}"


def test_silence_after_the_text_is_told_apart_from_a_server_that_is_not_there(box, smtp_server, tmp_path):
    """The one may have taken the letter, the other has not."""
    box.dies_after_text = True
    with pytest.raises(UnheardFailure):
        smtp(tmp_path, server=f"127.0.0.1:{smtp_server[0]}").carry(outgoing(), now=NOW)
    with pytest.raises(TransientFailure) as caught:
        smtp(tmp_path, server=f"127.0.0.1:{free_port()}", timeout="2").carry(outgoing(), now=NOW)
    assert not isinstance(caught.value, UnheardFailure)


def test_what_is_no_mail_address_is_never_handed_over(box, smtp_server, tmp_path):
    """Two addresses, a line break, none: refused before anything is said to the server."""
    carrier = smtp(tmp_path, server=f"127.0.0.1:{smtp_server[0]}")
    for to in (("a@b.example", "c@d.example"), ("a@b.example\nBcc: c@d.example",), ("nobody",), ()):
        with pytest.raises(AddressFailure):
            carrier.carry(outgoing(to), now=NOW)
    assert box.mails == []


def test_wrong_options_are_all_said_at_once(tmp_path):
    """A server without a port, a sender that is none, half a login, an unknown word; the password is not shown."""
    with pytest.raises(SettingsError) as caught:
        smtp(tmp_path, server="here", **{"from": "nobody", "password": "hidden-1", "tls": "maybe", "colour": "red"})
    named = [problem.where.rpartition(".")[2] for problem in caught.value.problems]
    assert named == ["colour", "from", "server", "user", "tls"]
    assert "hidden-1" not in str(caught.value)
    with pytest.raises(SettingsError):
        connect_folder(CarrierSettings("post", "folder", {}, tmp_path))


def _certificate(tmp_path):
    """Make a certificate that nobody trusts; return the server's side."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "server.pem").write_bytes(pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


@pytest.mark.parametrize("offers_tls", [False, True])
def test_no_letter_goes_to_a_server_without_tls_that_can_be_trusted(tmp_path, offers_tls):
    """Elsewhere than on this machine: no STARTTLS, or a certificate of nobody's, and nothing is sent."""
    box = Postbox()
    context = _certificate(tmp_path) if offers_tls else None
    # 127.0.0.2 is this machine as well, but not by the names that need no TLS
    server = Controller(box, hostname="127.0.0.2", port=free_port(), tls_context=context)
    server.start()
    settings = SmtpSettings(
        "email", "127.0.0.2", server.port, "a@shop.example", None, None, is_implicit=False, timeout=5
    )
    try:
        with pytest.raises(TerminalFailure, match="no TLS that can be trusted"):
            SmtpCarrier(settings).carry(outgoing(), now=NOW)
    finally:
        server.stop()
    assert box.mails == []


def test_the_mail_rooms_folder_is_for_the_mail_room_only(tmp_path):
    """Files for nobody else, the same letter once, a list that says what lies there; nothing prints: said."""
    room = connect_folder(CarrierSettings("post", "folder", {"path": "room"}, tmp_path))
    for _ in range(2):
        room.carry(outgoing(), now=NOW)
    folder = tmp_path / "room"
    assert {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()} == {
        f"{LETTER}.pdf": 0,
        "cover-list.csv": 0,
    }
    assert (folder / "cover-list.csv").read_text().count(LETTER) == 1
    for _ in range(2):
        room.forget(LETTER)
    assert [path.name for path in folder.iterdir()] == ["cover-list.csv"]
    with pytest.raises(TerminalFailure, match="nothing prints"):
        room.carry(outgoing(paper=None), now=NOW)
    (tmp_path / "file").write_text("x")
    with pytest.raises(TransientFailure):
        connect_folder(CarrierSettings("post", "folder", {"path": "file"}, tmp_path)).carry(outgoing(), now=NOW)
