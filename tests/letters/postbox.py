"""A real mail server on this machine that can be down, greylist, refuse, or die between the text and its answer."""

from __future__ import annotations

import socket
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


class Postbox:
    """What aiosmtpd asks at each step; `mails` are those that it took."""

    def __init__(self) -> None:
        """Be in a good mood."""
        self.mails: list[EmailMessage] = []
        self.says: str | None = None
        """What it says to a recipient in place of yes."""
        self.dies_after_text = False

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take the address, or not."""
        if self.says:
            return self.says
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take the mail; then say so, or be gone."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.dies_after_text:
            self.dies_after_text = False
            server.transport.abort()
        return "250 OK"


def serve() -> tuple[Controller, Postbox]:
    """Start a server on a free port."""
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    return controller, box


def free_port() -> int:
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


def body(mail: EmailMessage) -> str:
    """Return the mail's plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())
