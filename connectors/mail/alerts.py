"""Warnings to the desk by mail: one short mail each, ids and dates only, under the alert's own Message-ID."""

from __future__ import annotations

from datetime import datetime

from connectors.mail.smtp import SmtpCarrier
from retention.model.alert import Alert
from retention.model.letter import LetterId
from retention.ports.letters import Outgoing


class MailAlerter:
    """Writes to the desk's one address."""

    def __init__(self, carrier: SmtpCarrier, desk: str) -> None:
        """Keep whom to write to; the network is not touched."""
        self._carrier = carrier
        self._desk = desk

    def alert(self, alert: Alert, *, now: datetime) -> None:
        """Send it; see `SmtpCarrier.carry`."""
        subject = f"{alert.case_id}: {alert.warned.value} ({alert.regime})"
        day = alert.told_from.isoformat()
        text = f"{subject}\n\nTold from {day} on. What to do: retention request show {alert.case_id}\n"
        outgoing = Outgoing(
            letter_id=LetterId(alert.alert_id),
            language="en",
            to=(self._desk,),
            subject=subject,
            text=text,
            html=f"<pre>{text}</pre>",
            paper=None,
        )
        self._carrier.carry(outgoing, now=now)
