"""One KMS client, and its errors in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from connectors import aws
from connectors.kms.settings import KmsSettings
from retention.errors import KeyGoneFailure, TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_READ_SECONDS = 30
_GONE = (
    "DisabledException",
    "IncorrectKeyException",
    "InvalidCiphertextException",
    "KMSInvalidStateException",
    "NotFoundException",
)
"""The key is not there, must not be used, or did not wrap this."""


class AlreadyThere(TerminalFailure):
    """An alias of that name exists."""


def _gone(code: str) -> Callable[[str], KeyGoneFailure]:
    return lambda doing: KeyGoneFailure(f"{doing}: KMS answered {code}", hint="the key is gone, or is not to be used")


translated = aws.Words(
    "KMS",
    meanings={
        "AlreadyExistsException": lambda doing: AlreadyThere(f"{doing}: it is there already"),
        **{code: _gone(code) for code in _GONE},
    },
    hints={
        "AccessDeniedException": "the credentials need kms:CreateKey, kms:CreateAlias, kms:DescribeKey, kms:Encrypt, "
        "kms:Decrypt and kms:ScheduleKeyDeletion",
    },
).translated
"""Raises AlreadyThere, and KeyGoneFailure for a key that is not there, disabled or pending deletion, or did not
wrap this, beside what `aws.Words.translated` raises."""


def make_client(settings: KmsSettings) -> KMSClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    client: KMSClient = aws.make_client("kms", settings, attempts=settings.attempts, read_seconds=_READ_SECONDS)
    return client
