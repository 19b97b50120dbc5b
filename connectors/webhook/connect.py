"""What the entry point `webhook` of `retention.alerters` names."""

from __future__ import annotations

from connectors.webhook.sender import WebhookAlerter
from connectors.webhook.settings import read_options
from retention.ports.alerts import AlerterSettings


def connect(settings: AlerterSettings) -> WebhookAlerter:
    """Return the alerter; raises SettingsError with every problem."""
    return WebhookAlerter(read_options(settings))
