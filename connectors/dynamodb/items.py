"""Attribute values → ours, and back. Absent and NULL are the same nothing; whole numbers are integers."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.transform import Value

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

Attributes: TypeAlias = "Mapping[str, AttributeValueTypeDef]"
"""An item as the store gives it; writes are conditional on these very values."""
Item: TypeAlias = dict[str, Value]
"""An item's attributes that are not null."""


def decoded(attributes: Attributes) -> Item:
    """Return the item's values; lists, maps and sets as their JSON text."""
    found = {name: _value(value) for name, value in attributes.items()}
    return {name: value for name, value in found.items() if value is not None}


def encoded(value: Value) -> AttributeValueTypeDef:
    """Return the value as the store takes it; dates and instants in ISO 8601.

    Raises:
        TerminalFailure: a number that the store cannot hold (infinite, or not a number).

    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case date():
            return {"S": value.isoformat()}
        case int() | float() | Decimal():
            number = Decimal(str(value))
            if not number.is_finite():
                raise TerminalFailure("a number that DynamoDB cannot hold: expected a finite one")
            return {"N": format(number, "f") if number == number.to_integral_value() else str(number)}


def kind_of(value: Value) -> ColumnType:
    """Return the type as planning needs to know it."""
    match value:
        case bool():
            return ColumnType.BOOLEAN
        case int():
            return ColumnType.INTEGER
        case Decimal() | float():
            return ColumnType.NUMBER
        case str():
            return ColumnType.TEXT
        case _:
            return ColumnType.OTHER


def _value(value: Any) -> Value:  # noqa: ANN401 -- one attribute of the store's JSON
    ((kind, content),) = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(content)
        case "S" | "BOOL" | "B":
            found: Value = content
            return found
        case _:
            return json.dumps(_nested(kind, content), ensure_ascii=False, sort_keys=True)


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def _nested(kind: str, content: Any) -> Any:  # noqa: ANN401 -- same
    match kind:
        case "L":
            return [_nested(*next(iter(part.items()))) for part in content]
        case "M":
            return {name: _nested(*next(iter(part.items()))) for name, part in content.items()}
        case "SS" | "NS":
            return sorted(content)
        case "BS":
            return sorted(base64.b64encode(part).decode() for part in content)
        case "B":
            return base64.b64encode(content).decode()
        case "NULL":
            return None
        case "N":
            return str(Decimal(content).normalize())
        case _:
            return content
