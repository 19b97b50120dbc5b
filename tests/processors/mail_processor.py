"""A company that is written to: a mail server, and somebody behind it who opens the mail, erases and answers.

The answer is the mail's token with a word; it is told over HTTP, and whoever reads it there types it in.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import socket
import sys
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

sys.path.insert(0, str(Path(__file__).parent))
from faulty import Simulated, serve

SECRET = "a secret of the contract"  # noqa: S105 -- the test's
ROUNDS = 1_000
"""Of drawing the key; with the real number, tests would do little else. `test_mail_processor.py` keeps that one."""


@dataclass
class Mail(Simulated):
    """Orders by number: a mail with a number that was seen is the same order."""

    port: ClassVar[int] = 0
    mails: list[EmailMessage] = field(default_factory=list)
    worked: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Number → what is answered."""
    connections: int = 0

    def extra(self) -> dict[str, Any]:
        """Tell what arrived, and what is answered."""
        return {
            "smtp": f"127.0.0.1:{self.port}",
            "mails": [[mail["Subject"], mail["Message-ID"], _text(mail)] for mail in self.mails],
            "answers": list(self.worked.values()),
            "connections": self.connections,
        }

    def settle(self) -> None:
        """Work every order that was not worked."""
        for mail in self.mails:
            number = re.match(r"\[(\S+)\]", mail["Subject"])[1]  # type: ignore[index] -- it has one, or this breaks
            if number not in self.worked and "order.enc" in _text(mail):
                self.worked[number] = self._work(mail)

    def _work(self, mail: EmailMessage) -> dict[str, Any]:
        token = re.search(r"Answer: (\S+)", _text(mail))[1]  # type: ignore[index] -- likewise
        if self.faults.forge:
            token = token[:-8] + "forgery_"
        if self.faults.refuse:
            return {"token": token, "said": "refused", "reason": "kept-by-law"}
        for person in (each for values in _opened(mail).values() for each in values):
            if person in self.people:
                self.delete(person)
        if self.faults.partial:
            return {"token": token, "said": "partial", "reason": "kept-by-law"}
        return {"token": token, "said": "done", "reason": None}


class Postbox:
    """What aiosmtpd asks at each step."""

    def __init__(self, company: Mail) -> None:
        """Keep whose it is."""
        self._company = company

    async def handle_EHLO(self, server: Any, session: Any, _: Any, hostname: str, says: list[str]) -> list[str]:  # noqa: N802 -- aiosmtpd's
        """Greet back, or not."""
        company = self._company
        company.connections += 1
        session.host_name = hostname
        if company.faults.silent:
            company.faults.silent -= 1
            server.transport.abort()
        if company.faults.hang:
            company.faults.hang -= 1
            await asyncio.Event().wait()  # cancelled when the caller leaves
        return says

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take the address, or refuse."""
        faults = self._company.faults
        if faults.errors:
            faults.errors -= 1
            return f"{faults.status} not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Keep the mail; then say so, or break off."""
        self._company.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self._company.faults.lost:
            self._company.faults.lost -= 1
            server.transport.abort()
        return "250 OK"

    async def handle_QUIT(self, *_: Any) -> str:  # noqa: N802 -- aiosmtpd's
        """Take leave, kindly or not."""
        return self._company.faults.goodbye or "221 Bye"


def _text(mail: EmailMessage) -> str:
    body = mail.get_body()
    assert body is not None
    return str(body.get_content())


def _opened(mail: EmailMessage) -> dict[str, list[str]]:
    """Open the attachment as the `openssl` command of the mail does."""
    [attachment] = mail.iter_attachments()
    sealed = attachment.get_content()
    drawn = hashlib.pbkdf2_hmac("sha256", SECRET.encode(), sealed[8:16], ROUNDS, 48)
    decryptor = Cipher(algorithms.AES(drawn[:32]), modes.CBC(drawn[32:])).decryptor()
    padded = decryptor.update(sealed[16:]) + decryptor.finalize()
    opened: dict[str, list[str]] = json.loads(padded[: -padded[-1]])
    return opened


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


if __name__ == "__main__":
    company = Mail()
    Mail.port = free_port()
    Controller(Postbox(company), hostname="127.0.0.1", port=Mail.port).start()
    serve(company)
