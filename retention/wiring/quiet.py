"""What libraries may log. At DEBUG some print what passes through them, which is people's data."""

from __future__ import annotations

import logging

TALKATIVE = ("sqlalchemy.engine", "botocore")
"""Loggers that print rows, requests and answers at DEBUG and none of them at INFO."""


def keep_data_out_of_logs() -> None:
    """Let the talkative loggers say no more than INFO, whatever level the whole process logs at."""
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.getEffectiveLevel(), logging.INFO))
