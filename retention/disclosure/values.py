"""A store's value as JSON has it, the same whichever store it came from."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

MASKED: Final = "[masked]"
"""Stands where a value speaks of somebody else."""


def plain(value: object) -> object:
    """Return the value as JSON has it: instants and dates in ISO 8601 (UTC where a zone is known), bytes in Base64."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return _number(value)
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case Mapping():
            return {str(name): plain(part) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(part) for part in value]
        case _:
            return str(value)


def _number(value: float | Decimal) -> object:
    """Return the number by value: 1.0 is 1; one that a float cannot hold exactly stays text."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value if abs(value) < float("inf") else str(value)
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)
