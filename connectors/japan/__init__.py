"""Telephone numbers and postal codes of Japan. Start at `gazetteer.py`."""

from connectors.japan.gazetteer import connect

__all__ = ["connect"]
