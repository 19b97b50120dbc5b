"""Letters by mail. The server's "250" after the text means that it took the letter; before that, nothing is sure.

A connection that breaks after the text and before the "250" leaves open whether the letter went out. It is sent
again (at least once, never lost), with the same Message-ID, and the failure says so: UnheardFailure.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from connectors.mail.message import message
from connectors.mail.settings import SmtpSettings, is_address
from retention.errors import AddressFailure, TerminalFailure, TransientFailure, UnheardFailure
from retention.model.letter import LetterId
from retention.ports.letters import Outgoing

_TEMPORARY = range(400, 500)


class SmtpCarrier:
    """Hands letters to one mail server; each has a connection of its own."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Keep the settings; the network is not touched."""
        self._settings = settings

    @property
    def delivers(self) -> bool:
        """Whether a letter that it took is sent: as far as anybody can know who sends a mail."""
        return True

    def carry(self, outgoing: Outgoing, *, now: datetime) -> None:
        """Send the letter.

        Raises:
            TransientFailure: the server was not reached, is busy, or greylists; UnheardFailure: it may have been taken.
            TerminalFailure: the server refuses it, or cannot do TLS; AddressFailure: nobody is at that address.

        """
        if len(outgoing.to) != 1 or not is_address(outgoing.to[0]):
            raise AddressFailure(f"letter {outgoing.letter_id}: what is kept is not one mail address", why="no-address")
        mail = message(outgoing, self._settings.sender, now)
        with self._explained(outgoing.letter_id), self._connected() as server:
            code, _ = server.mail(self._settings.sender)
            _refuse_unless(code)
            code, _ = server.rcpt(outgoing.to[0])
            if code not in (250, 251):
                raise _RecipientError(code)
            self._data(server, mail.as_bytes())

    def forget(self, letter_id: LetterId) -> None:
        """Do nothing: no mail is kept here."""

    def _data(self, server: smtplib.SMTP, content: bytes) -> None:
        """Send the text; from its last line to the answer, nobody knows whether it was taken."""
        code, _ = server.docmd("DATA")
        if code != 354:  # noqa: PLR2004 -- "start mail input" (RFC 5321, 4.2.3)
            raise _RefusedError(code)
        stuffed = re.sub(rb"(?m)^\.", b"..", content)  # RFC 5321, 4.5.2
        try:
            server.send(stuffed.removesuffix(b"\r\n") + b"\r\n.\r\n")
            code, _ = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise _SilentError(type(error).__name__) from None
        _refuse_unless(code)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        settings = self._settings
        safe = ssl.create_default_context()
        if settings.is_implicit:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout, context=safe
            )
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout)
        try:
            if not (settings.is_here or settings.is_implicit):
                server.starttls(context=safe)
            if settings.user and settings.password:
                server.login(settings.user, settings.password)
            server.ehlo_or_helo_if_needed()
            yield server
            with suppress(smtplib.SMTPException, OSError):  # an unkind goodbye sends no letter twice
                server.docmd("QUIT")
        finally:
            server.close()

    @contextmanager
    def _explained(self, letter_id: LetterId) -> Iterator[None]:
        """Turn what the server says into our errors; `from None`: smtplib's carry addresses."""
        who = f"letter {letter_id}: the mail server"
        try:
            yield
        except _SilentError as error:
            raise UnheardFailure(f"{who} fell silent after the text ({error}): it may have taken the letter") from None
        except _RecipientError as error:
            if error.code in _TEMPORARY:
                raise TransientFailure(f"{who} answered {error.code}", hint="run again later") from None
            raise AddressFailure(f"{who} takes nothing for that address", why=f"smtp-{error.code}") from None
        except _RefusedError as error:
            raise _failure(who, error.code) from None
        except smtplib.SMTPResponseException as error:
            raise _failure(who, error.smtp_code) from None
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError):
            raise TerminalFailure(
                f"{who} offers no TLS that can be trusted", hint="letters go out encrypted or not at all"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransientFailure(f"{who} was not reached ({type(error).__name__})", hint="run again later") from None


class _RefusedError(Exception):
    """The server answered with a code that is no yes."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class _RecipientError(_RefusedError):
    """The same, about whom the letter is to."""


class _SilentError(Exception):
    """The connection broke when the text was out and no answer in."""


def _refuse_unless(code: int) -> None:
    if code != 250:  # noqa: PLR2004 -- "completed" (RFC 5321, 4.2.3)
        raise _RefusedError(code)


def _failure(who: str, code: int) -> TransientFailure | TerminalFailure:
    if code in _TEMPORARY:
        return TransientFailure(f"{who} answered {code}", hint="run again later")
    return TerminalFailure(f"{who} answered {code}", hint="see the server's log; the letter waits")
