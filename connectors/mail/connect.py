"""What the entry points `smtp` and `folder` of `retention.carriers`, and `smtp` of `retention.alerters`, name."""

from __future__ import annotations

from connectors.mail.alerts import MailAlerter
from connectors.mail.folder import MailRoom
from connectors.mail.settings import read_alerts, read_folder, read_smtp
from connectors.mail.smtp import SmtpCarrier
from retention.ports.alerts import AlerterSettings
from retention.ports.letters import CarrierSettings


def connect_smtp(settings: CarrierSettings) -> SmtpCarrier:
    """Return the carrier of mails; raises SettingsError with every problem."""
    return SmtpCarrier(read_smtp(settings))


def connect_folder(settings: CarrierSettings) -> MailRoom:
    """Return the mail room's folder; raises SettingsError with every problem."""
    return MailRoom(read_folder(settings))


def connect_alerts(settings: AlerterSettings) -> MailAlerter:
    """Return who tells the desk by mail; raises SettingsError with every problem."""
    smtp, desk = read_alerts(settings)
    return MailAlerter(SmtpCarrier(smtp), desk)
