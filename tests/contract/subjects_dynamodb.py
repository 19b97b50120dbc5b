"""DynamoDB on moto's server: one attribute found by an index, another by a scan."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from connectors import dynamodb
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import SystemId
from retention.model.transform import Value
from retention.ports.connector import Store, SystemSettings

Row = dict[str, Value]


def _server() -> ModuleType:
    name = "dynamodb_server"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "dynamodb" / "server.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


class DynamoDb:
    """`user_id` has an index, `account_no` has none; a null is an attribute that is not there."""

    name: ClassVar[str] = "dynamodb"
    many: ClassVar[int] = 200

    def __init__(self, folder: Path) -> None:
        """Start a server."""
        self.prefix = folder.name
        self.server = _server().DynamoServer()
        self.made: set[str] = set()

    def connect(self) -> Store:
        """Return a store on the server itself: nothing is to go wrong here."""
        host, port = self.server.upstream
        return dynamodb.connect(self.server.system(endpoint=f"http://{host}:{port}"))

    def unreachable(self) -> Store:
        """Return a store at a port where nobody listens."""
        options = self.server.options(endpoint="http://127.0.0.1:9")
        return dynamodb.connect(SystemSettings(SystemId("items"), "dynamodb", options))

    def location(self, table: str) -> str:
        """Return the table's name."""
        return f"{self.prefix}-{table}"

    def load(self, dataset: Dataset, rows: Sequence[Row], schema: Mapping[str, ColumnType]) -> None:
        """Empty the table, if need be by making it anew, and fill it."""
        del schema
        old = self.server.items(dataset.location) if dataset.location in self.made else None
        if old is None or len(old) > 25:
            self.made.add(self.server.table(dataset.location, indexed=("user_id",)))
        elif old:
            requests = [{"DeleteRequest": {"Key": {"id": item["id"]}}} for item in old]
            self.server.direct.batch_write_item(RequestItems={dataset.location: requests})
        filled = ({name: value for name, value in row.items() if value is not None} for row in rows)
        self.server.put(dataset.location, [{name: _stored(value) for name, value in row.items()} for row in filled])

    def rows(self, dataset: Dataset) -> list[Row]:
        """Scan around the proxy."""
        return [{name: _read(value) for name, value in item.items()} for item in self.server.items(dataset.location)]

    def close(self) -> None:
        """Stop the server."""
        self.server.close()


def _stored(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    return {"S": value.isoformat() if isinstance(value, date) else value}


def _read(value: dict[str, Any]) -> Value:
    if "N" in value:
        number = Decimal(value["N"])
        return int(number) if "." not in value["N"] else float(number)
    found: Value = next(iter(value.values()))
    return found


SUBJECTS = (DynamoDb,)
