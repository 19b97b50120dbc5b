"""A letter as a mail (RFC 5322): plain text, the same as a page, and the paper attached."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from retention.ports.letters import Outgoing


def message(outgoing: Outgoing, sender: str, now: datetime) -> EmailMessage:
    """Return the mail. Sent again it has the same Message-ID: a server or a reader that sees it twice can tell."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, outgoing.to[0], outgoing.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{outgoing.letter_id.lower()}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer to this
    mail["Content-Language"] = outgoing.language
    mail.set_content(outgoing.text, cte="base64")
    mail.add_alternative(outgoing.html, subtype="html", cte="base64")
    if outgoing.paper is not None:
        name = f"{outgoing.letter_id}.pdf"
        mail.add_attachment(outgoing.paper, maintype="application", subtype="pdf", filename=name)
    return mail
