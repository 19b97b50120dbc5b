"""A mail server: does it greet us, and does it encrypt? No letter is sent and nobody logs in."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator

from retention.errors import TransientFailure
from retention.model.seen import MailSeen
from retention.ports.examiner import Place

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_SECONDS = 10.0


def examine_mail(place: Place) -> Iterator[MailSeen]:
    """Greet the server of an address `host:port`; the option `tls: implicit` says that it encrypts at once.

    Raises:
        TransientFailure: it was not reached, or its certificate is not one that can be trusted.

    """
    host, _, port = place.address.rpartition(":")
    implicit = place.options.get("tls") == "implicit"
    try:
        with _greeted(host.strip("[]"), int(port), implicit=implicit) as server:
            server.ehlo_or_helo_if_needed()
            encrypts = implicit or server.has_extn("starttls")
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise TransientFailure(f"{place.where}: not reached ({type(error).__name__})", hint="run again") from None
    yield MailSeen(place.where, encrypts=encrypts, is_here=host in _HERE)


def _greeted(host: str, port: int, *, implicit: bool) -> smtplib.SMTP:
    if implicit:
        return smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=_SECONDS)
