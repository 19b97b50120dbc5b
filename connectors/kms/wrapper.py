"""Data keys wrapped by a KMS key that never leaves KMS; one such key an epoch, found by its alias.

What a data key is bound to travels as the encryption context, which KMS authenticates: it is a
keyed digest, so that nothing personal stands in CloudTrail.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from connectors.kms.client import AlreadyThere, make_client, translated
from connectors.kms.settings import KmsSettings
from retention.errors import KeyGoneFailure

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_CONTEXT = "retention"
_PENDING = "PendingDeletion"


class KmsWrapper:
    """Implements `retention.ports.subject_keys.KeyWrapper`."""

    def __init__(self, settings: KmsSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> KMSClient:
        return make_client(self._settings)

    @property
    def waits(self) -> timedelta:
        """How long KMS keeps a key that is to be deleted; until then its deletion can be cancelled."""
        return timedelta(days=self._settings.wait_days)

    def make(self, epoch: int) -> str:
        """Return the ARN of the epoch's key, made if there is none.

        The alias makes it one: who loses the race, or died between key and alias, leaves a key that wraps nothing.
        """
        alias = f"alias/retention/{self._settings.system}/{epoch}"
        standing = self._found(alias)
        if standing is not None:
            return standing
        with translated(f"make the key of {alias}"):
            made = self._client.create_key(
                Description=f"retention: subject keys {self._settings.system}, epoch {epoch}",
                Tags=[{"TagKey": "retention", "TagValue": f"{self._settings.system}/{epoch}"}],
            )["KeyMetadata"]
        try:
            with translated(f"name {alias}"):
                self._client.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
        except AlreadyThere:
            self._schedule(made["KeyId"])
            return self.make(epoch)
        return made["Arn"]

    def wrap(self, kek: str, plain: bytes, bound_to: str) -> bytes:
        """Encrypt a data key.

        Raises:
            KeyGoneFailure: the key is gone, or is not to be used.

        """
        with translated(f"wrap by {kek}"):
            answer = self._client.encrypt(KeyId=kek, Plaintext=plain, EncryptionContext={_CONTEXT: bound_to})
        return answer["CiphertextBlob"]

    def unwrap(self, kek: str, wrapped: bytes, bound_to: str) -> bytes:
        """Decrypt a data key.

        Raises:
            KeyGoneFailure: the key is gone, is not to be used, or did not wrap this.

        """
        with translated(f"unwrap by {kek}"):
            answer = self._client.decrypt(KeyId=kek, CiphertextBlob=wrapped, EncryptionContext={_CONTEXT: bound_to})
        return answer["Plaintext"]

    def destroy(self, kek: str, now: datetime) -> datetime:
        """Schedule the key's deletion: nobody can use it from now on; return when it is deleted.

        A key that is gone already was so at `now` at the latest.
        """
        try:
            with translated(f"look at {kek}"):
                found = self._client.describe_key(KeyId=kek)["KeyMetadata"]
        except KeyGoneFailure:
            return now
        if found["KeyState"] == _PENDING and "DeletionDate" in found:
            return found["DeletionDate"]
        return self._schedule(kek)

    def is_gone(self, kek: str) -> bool:
        """Whether KMS has deleted the key: while it is only pending, somebody may still cancel that."""
        try:
            with translated(f"look at {kek}"):
                self._client.describe_key(KeyId=kek)
        except KeyGoneFailure:
            return True
        return False

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def _found(self, alias: str) -> str | None:
        try:
            with translated(f"look for {alias}"):
                return self._client.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
        except KeyGoneFailure:
            return None

    def _schedule(self, kek: str) -> datetime:
        with translated(f"schedule the deletion of {kek}"):
            answer = self._client.schedule_key_deletion(KeyId=kek, PendingWindowInDays=self._settings.wait_days)
        return answer["DeletionDate"]
