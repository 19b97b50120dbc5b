"""Amazon's services, for connectors: clients from one session a process, and their errors in our words.

No connector itself: it lies below them. Whoever speaks to S3, KMS, RDS, AWS Backup, SQS or DynamoDB takes
the client from here, and says with a `Words` what the service's answers mean to it.
"""

from __future__ import annotations

from connectors.aws.clients import Access, AccessOf, make_client
from connectors.aws.words import Words, code_of

__all__ = ["Access", "AccessOf", "Words", "code_of", "make_client"]
