"""Sets for joint users in a bucket; what is removed goes with all its versions.

connect   settings → the store; the entry point
settings  the entry `exports` of retention.yaml
exports   files put, read, listed and removed for good
client    boto3 and its errors in our words
"""

from __future__ import annotations

from connectors.exports_s3.connect import connect
from connectors.exports_s3.exports import S3Exports

__all__ = ["S3Exports", "connect"]
