"""What the lake received since an instant, by the store's own date of each object.

Amazon S3 sets it itself (an object uploaded in parts has the instant at which the upload was begun), so a
writer cannot date an object back; a replica keeps the date of its origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.lake.finder import LakeFinder
from connectors.lake.objects import Bucket
from retention.model.datamap import Dataset
from retention.model.transform import Value


class LakeArrivals:
    """The reading side of what is new; see `retention.ports.arrivals.Arrivals`."""

    def __init__(self, bucket: Bucket) -> None:
        """Read this bucket."""
        self._bucket = bucket
        self._finder = LakeFinder(bucket)

    def arrived(
        self, dataset: Dataset, columns: Sequence[str], since: datetime
    ) -> Iterator[tuple[datetime, Iterator[tuple[Value, ...]]]]:
        """Yield the live objects written at or after `since`; older ones are listed and not read."""
        for stored in self._bucket.live(self._bucket.pattern(dataset.location)):
            if stored.modified_at >= since:
                yield stored.modified_at, self._finder.in_object(stored, columns)
