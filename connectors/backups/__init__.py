"""Dated backup copies on S3: which exist, and until when. Start reading at `keeper`.

connect       settings → the system; the entry point
settings      options of retention.yaml
capabilities  what the planner may ask of it
keeper        the copies; a reader, for copies expire by their own schedule
expiry        when a copy is gone
objects       versions and manifests in the bucket
"""

from __future__ import annotations

from connectors.backups.connect import Backups, connect

__all__ = ["Backups", "connect"]
