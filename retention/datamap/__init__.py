"""The data map: where the data is, read and checked.

    reader   the whole file → `DataMap`, or every problem at once
    fields   fields and what anonymization does to them
    graph    references between datasets: cycles, who can be reached, the erasure order
    drift    a live schema against the map, and what lies beside it
    older    the map, as a store can be read by it that was copied earlier
    showing  what of a row its person may be shown
    suspension  how rows are suspended, and where they stand meanwhile
    detection  which columns are personal
    drafting   a live schema, or another tool's file → a map to be reviewed
    picture    the map as SVG

Start at `reader.read_datamap`.
"""

from __future__ import annotations

from retention.datamap.drift import HIDES_DATA, beside, drift, expiry_drift, telling
from retention.datamap.graph import order
from retention.datamap.older import Absent, absent_of, as_of, blinding, gone, harmless
from retention.datamap.reader import read_datamap
from retention.datamap.showing import is_inferred, is_others, is_secret, of_person
from retention.datamap.suspension import kept_at, kept_id, suspension_drift, view_of
from retention.grammar import Finding

__all__ = [
    "HIDES_DATA",
    "Absent",
    "Finding",
    "absent_of",
    "as_of",
    "beside",
    "blinding",
    "drift",
    "expiry_drift",
    "gone",
    "harmless",
    "is_inferred",
    "is_others",
    "is_secret",
    "kept_at",
    "kept_id",
    "of_person",
    "order",
    "read_datamap",
    "suspension_drift",
    "telling",
    "view_of",
]
