"""Adds a canary's object: small, and somebody's by its key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from connectors.lake.keyed.finder import pattern_of
from connectors.lake.objects import Bucket
from retention.errors import TerminalFailure
from retention.model.datamap import Dataset
from retention.model.transform import Value


class KeyedPlanter:
    """The planting side; see `retention.ports.planter.Planter`."""

    def __init__(self, bucket: Bucket) -> None:
        """Write to this bucket."""
        self._bucket = bucket

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one object whose key has the row's values; a part that the row does not name is made up.

        Raises:
            TerminalFailure: a value does not fit into the pattern.

        """
        shape = pattern_of(self._bucket, dataset)
        token = secrets.token_hex(4)
        parts = {name: str(row[name]) if row.get(name) is not None else token for name in shape.names}
        key = shape.key_of(parts, token)
        if shape.read(key) != parts:
            raise TerminalFailure(f"dataset {dataset.dataset_id}: a canary's key does not fit into the path")
        self._bucket.create(key, b"canary")
