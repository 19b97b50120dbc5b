"""Orders by mail. The server's "250" means that the mail was taken, and nothing about the data: a person answers."""

from __future__ import annotations

import hashlib
import json
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from typing import NoReturn

from connectors.processor.mail.letter import order_mail, reminder_mail
from connectors.processor.mail.settings import MailSettings
from retention.errors import TerminalFailure, TransientFailure
from retention.model.answer import ByHand, Proof
from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId
from retention.ports.connector import Capabilities, SystemKind

TASK = "mail-acknowledgement"
_TEMPORARY = range(400, 500)


class MailProcessor:
    """Writes to one processor."""

    def __init__(self, settings: MailSettings) -> None:
        """Keep the settings; the network is not touched."""
        self._settings = settings

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Send the order. A second mail with the same number is the same order, and says so.

        Raises:
            TransientFailure: the mail server was not reached or is busy.
            TerminalFailure: it does not take the mail.

        """
        if not any(order.keys.values()):
            raise TerminalFailure(f"order {order.order_id}: expected at least one key of the person, found none")
        self._send(order_mail(self._settings, order, now))
        return _waiting(order.order_id, now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Say that a person has the next word: mail tells nothing by itself."""
        return _waiting(order.order_id, now)

    def remind(self, order_id: OrderId, due_at: datetime, *, late: bool, now: datetime) -> None:
        """Send a reminder.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        del late
        self._send(reminder_mail(self._settings, order_id, due_at, now))

    def check(self, *, now: datetime) -> bool:
        """Greet the mail server, sign in and leave.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        del now
        self._talk(None)
        return True

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> NoReturn:
        """Refuse: the answer comes by the token of the mail.

        Raises:
            TerminalFailure: always.

        """
        del headers, body, now
        raise TerminalFailure(f"processor {self._settings.system_id}: does not call us")

    def _send(self, mail: EmailMessage) -> None:
        self._talk(mail)

    def _talk(self, mail: EmailMessage | None) -> None:
        name = self._settings.system_id
        # `from None`: smtplib's errors carry addresses
        try:
            with smtplib.SMTP(self._settings.host, self._settings.port, timeout=self._settings.timeout) as server:
                if not self._settings.is_here:
                    server.starttls(context=ssl.create_default_context())
                if self._settings.user and self._settings.password:
                    server.login(self._settings.user, self._settings.password)
                if mail is not None:
                    server.send_message(mail)
                _leave(server)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise _failure(name, min(codes, default=550)) from None
        except smtplib.SMTPResponseException as error:
            raise _failure(name, error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise TerminalFailure(
                f"processor {name}: the mail server does not do what is demanded", hint="it must offer TLS"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            raise TransientFailure(
                f"processor {name}: the mail server was not reached ({type(error).__name__})", hint="run again later"
            ) from None


def _leave(server: smtplib.SMTP) -> None:
    """Take leave, whatever it says to that: a mail that was taken is not sent again for an unkind goodbye."""
    with suppress(smtplib.SMTPException, OSError):
        server.docmd("QUIT")
    server.close()


def _failure(name: str, code: int) -> TransientFailure | TerminalFailure:
    what = f"processor {name}: the mail server answered {code}"
    return TransientFailure(what, hint="run again later") if code in _TEMPORARY else TerminalFailure(what)


def _waiting(order_id: OrderId, now: datetime) -> Receipt:
    digest = hashlib.sha256(json.dumps([order_id, TASK]).encode()).hexdigest()
    return Receipt(order_id, ByHand(TASK), now, None, digest, None, Proof.NOBODY)


class MailSystem:
    """The connector."""

    def __init__(self, settings: MailSettings) -> None:
        """Keep the settings."""
        self._processor = MailProcessor(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what can be done by mail."""
        return Capabilities(kind=SystemKind.PROCESSOR, checks=True, reminds=True)

    def processor(self) -> MailProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Do nothing: each mail has a connection of its own."""
