"""The evidence log's files in a bucket, locked against change (S3 Object Lock).

connect   settings → the store; the entry point
settings  the entry `evidence` of retention.yaml
tiles     files written once and locked, and the checkpoint, replaced only if it is the one that was read
expiry    until when a file is locked
client    boto3 and its errors in our words
"""

from __future__ import annotations

from connectors.tiles_s3.connect import connect
from connectors.tiles_s3.tiles import S3Tiles

__all__ = ["S3Tiles", "connect"]
