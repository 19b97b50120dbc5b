"""Orders as files: put once, answered by a file, taken away when answered or when their time is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

import boto3
import botocore.exceptions
from botocore.config import Config

from connectors.processor.drop.settings import DropSettings
from connectors.processor.drop.sheet import Sheet, make_sheet, read_answer
from retention.errors import TerminalFailure, TransientFailure
from retention.model.answer import AtWork, Proof
from retention.model.copies import Order, Receipt
from retention.ports.connector import Capabilities, SystemKind

_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
_TEMPORARY = frozenset({"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "503", "500"})


class DropProcessor:
    """Puts lists for one processor."""

    def __init__(self, settings: DropSettings, client: Any) -> None:  # noqa: ANN401 -- boto3 has no types of its own
        """Keep settings and client; the network is not touched."""
        self._settings = settings
        self._s3 = client

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Put the list and then its manifest: whoever sees a manifest finds the whole list.

        A repeat writes the same bytes to the same place, or finds the answer: it is one order.

        Raises:
            TransientFailure: the bucket was not reached or is busy.
            TerminalFailure: it refuses, or an answer makes no sense.
            SignatureFailure: an answer is not signed as agreed.

        """
        sheet = self._sheet(order)
        if order.may_have_arrived and (receipt := self._answered(order, sheet, now)) is not None:
            return receipt
        self._put(self._place(order, "csv"), sheet.rows, "text/csv; charset=utf-8")
        self._put(self._place(order, "json"), sheet.manifest, "application/json")
        return _waiting(order, now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Read the answer back; take the list away once it is answered or over.

        Raises:
            TransientFailure, TerminalFailure, SignatureFailure: as `submit`.

        """
        receipt = self._answered(order, self._sheet(order), now)
        if (receipt is not None and receipt.answer != AtWork()) or now >= self._expires_at(order):
            self._take_away(order)
        return receipt or _waiting(order, now)

    def check(self, *, now: datetime) -> bool:
        """List the place.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        del now
        self._call("list_objects_v2", Prefix=self._settings.prefix, MaxKeys=1)
        return True

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> NoReturn:
        """Refuse: the answer is a file.

        Raises:
            TerminalFailure: always.

        """
        del headers, body, now
        raise TerminalFailure(f"processor {self._settings.system_id}: does not call us")

    def _answered(self, order: Order, sheet: Sheet, now: datetime) -> Receipt | None:
        try:
            found = self._call("get_object", Key=f"{self._settings.prefix}answers/{order.order_id}.json")
        except _Missing:
            return None
        return read_answer(found["Body"].read(), order, sheet.digest, self._settings.secret, now)

    def _take_away(self, order: Order) -> None:
        """Remove list and manifest with every version: who was erased must not stand there either."""
        for ending in ("csv", "json"):
            for key, version in list(self._versions(self._place(order, ending))):
                self._call("delete_object", Key=key, **({"VersionId": version} if version != "null" else {}))

    def _versions(self, place: str) -> Iterator[tuple[str, str]]:
        marker: dict[str, str] = {}
        while True:
            page = self._call("list_object_versions", Prefix=place, **marker)
            for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                yield each["Key"], each["VersionId"]
            if not page.get("IsTruncated"):
                return
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def _sheet(self, order: Order) -> Sheet:
        return make_sheet(order, self._settings.form, self._settings.secret, self._expires_at(order))

    def _expires_at(self, order: Order) -> datetime:
        period = self._settings.expire
        # a list goes rather too early than too late: months count as 30 days here
        return order.submitted_at + timedelta(days=period.years * 365 + period.months * 30 + period.days)

    def _place(self, order: Order, ending: str) -> str:
        return f"{self._settings.prefix}{order.submitted_at:%Y-%m-%d}/{order.order_id}.{ending}"

    def _put(self, key: str, body: bytes, kind: str) -> None:
        self._call("put_object", Key=key, Body=body, ContentType=kind)

    def _call(self, operation: str, **parts: Any) -> Any:  # noqa: ANN401 -- boto3's own
        name = self._settings.system_id
        try:
            return getattr(self._s3, operation)(Bucket=self._settings.bucket, **parts)
        except botocore.exceptions.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _GONE:
                raise _Missing from None
            if code in _TEMPORARY:
                raise TransientFailure(f"processor {name}: the bucket answered {code}") from None
            raise TerminalFailure(f"processor {name}: the bucket answered {code}", hint="check its policy") from None
        except botocore.exceptions.BotoCoreError as error:
            raise TransientFailure(
                f"processor {name}: the bucket was not reached ({type(error).__name__})", hint="run again later"
            ) from None


class _Missing(Exception):  # noqa: N818 -- no error: nothing is there yet
    """There is no such object."""


def _waiting(order: Order, now: datetime) -> Receipt:
    digest = hashlib.sha256(json.dumps([order.order_id, "pending"]).encode()).hexdigest()
    return Receipt(order.order_id, AtWork(), now, None, digest, None, Proof.NOBODY)


class DropSystem:
    """The connector: one place in a bucket."""

    def __init__(self, settings: DropSettings) -> None:
        """Make the client; the network is not touched."""
        given = settings.client
        self._s3 = boto3.client(
            "s3",
            region_name=given.get("region", "us-east-1"),
            endpoint_url=given.get("endpoint"),
            aws_access_key_id=given.get("access_key"),
            aws_secret_access_key=given.get("secret_key"),
            config=Config(retries={"mode": "standard", "max_attempts": 2}),
        )
        self._processor = DropProcessor(settings, self._s3)

    @property
    def capabilities(self) -> Capabilities:
        """Return what can be done with files."""
        return Capabilities(kind=SystemKind.PROCESSOR, checks=True)

    def processor(self) -> DropProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()
