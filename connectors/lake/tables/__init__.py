"""Open table formats, Iceberg and Delta: rows go, and then the files of old snapshots that still hold them.

connect       settings → the store; the entry point
settings      options of retention.yaml
capabilities  what the planner may ask of it
store         finder, eraser and inspector, the same for both formats
iceberg       one of: rewritten data files, branches, tags, expired snapshots
delta         the other: a rewritten table, vacuum, a log without statistics of the erased
files         removing files for good: on a disk, or on S3 with all versions
"""

from __future__ import annotations

from connectors.lake.tables.connect import connect

__all__ = ["connect"]
