"""What a change would move, and a dataset cut by bytes: by listings and footers, never by rows."""

from __future__ import annotations

from connectors.lake import weight
from connectors.lake.formats import format_of, opened
from connectors.lake.objects import Bucket, Stored
from connectors.lake.pipeline import side_by_side
from connectors.lake.weight import Weight
from retention.model.datamap import Dataset
from retention.model.predicate import Selection
from retention.model.volume import Estimate, Moved, Shard, cut

MOST = 256
"""Shards of a dataset at most."""
_PACKED = (".gz", ".zst")


class LakeGauge:
    """The measuring side; see `retention.ports.volume.Gauge`."""

    def __init__(self, bucket: Bucket, shard: int) -> None:
        """Measure this bucket; cut it into parts of about so many bytes."""
        self._bucket, self._shard = bucket, shard

    def estimate(self, dataset: Dataset, selection: Selection, rows: int) -> Estimate:
        """Weigh every live object; what is there of older versions comes on top."""
        live = self._bucket.live(self._bucket.pattern(dataset.location))
        weights = list(side_by_side(lambda stored: self._weigh(stored, selection), live))
        return weight.estimate(weights, rows, self._bucket.least_part)

    def shards(self, dataset: Dataset) -> tuple[Shard, ...]:
        """Cut the keys, of live objects and of older versions alike, by the bytes of all of them."""
        histories = self._bucket.histories(self._bucket.pattern(dataset.location))
        return cut([(key, sum(each.size for each in versions)) for key, versions in histories], self._shard, MOST)

    @property
    def moved(self) -> Moved:
        """Return what went to and fro through this store object so far."""
        return self._bucket.meter.moved

    def _weigh(self, stored: Stored, selection: Selection) -> Weight:
        if format_of(stored.key).line_by_line:
            return weight.of_text(stored.size, packed=stored.key.endswith(_PACKED))
        with opened(self._bucket, stored) as source:
            return weight.of_parquet(self._bucket.title(stored), source, selection)
