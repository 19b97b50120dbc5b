"""Warnings to the desk by webhook (alerter `webhook`), signed as https://www.standardwebhooks.com describes.

settings   the options of retention.yaml, checked
sender     one signed POST: no redirect is followed, nothing but ids goes out
"""

from __future__ import annotations

from connectors.webhook.connect import connect

__all__ = ["connect"]
