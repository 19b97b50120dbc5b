"""Copies of other systems: which exist, until when and why. Start reading at `connect`.

connect       settings → the system; the entry point
settings      options of retention.yaml
capabilities  what the planner may ask of it
keeper        copies in a bucket: folders, replicas, dumps, noncurrent versions, archives
files         copies in a folder of this machine
snapshots     snapshots of RDS
vault         recovery points of AWS Backup
horizons      the ends of a copy put together, and what does not fit
lifecycle     what a bucket's rules do, and when
expiry        when a period after a moment is over, as stores count it
objects       histories, rules and locks of a bucket
names         ids of copies
aws           clients, and what their errors mean

All are readers: copies expire by their own schedule.
"""

from __future__ import annotations

from connectors.backups.connect import Backups, connect

__all__ = ["Backups", "connect"]
