"""Key-encryption keys that never leave AWS KMS.

connect   settings → the holder; the entry point `aws-kms`
settings  the options of an entry of `subject_keys`
wrapper   keys made, data keys wrapped and unwrapped, keys scheduled for deletion
client    boto3 and its errors in our words
"""

from __future__ import annotations

from connectors.kms.connect import connect
from connectors.kms.wrapper import KmsWrapper

__all__ = ["KmsWrapper", "connect"]
