"""Orders as files: put once, answered by a file, taken away when answered or when their time is over.

Each request is made once: who tries again, and when, is for the case to say. "Come back in ten minutes"
would not be kept by a client that repeats by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NoReturn

import botocore.exceptions
import httpx

from connectors import aws
from connectors.processor.drop.settings import DropSettings
from connectors.processor.drop.sheet import Sheet, make_sheet, read_answer
from connectors.processor.looking import knows
from connectors.processor.sending import retry_at
from connectors.processor.trust import trusted
from retention.errors import TerminalFailure, TransientFailure
from retention.model.answer import AtWork, Proof
from retention.model.copies import Order, Receipt
from retention.ports.connector import Capabilities, SystemKind

_CSV, _JSON = "text/csv; charset=utf-8", "application/json"
_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_TEMPORARY = frozenset({"RequestTimeout", "SlowDown", "OperationAborted"})
"""Codes that S3 gives, some with a status of the caller's fault, and that pass."""


class DropProcessor:
    """Puts lists for one processor."""

    def __init__(self, settings: DropSettings, client: Any, http: httpx.Client) -> None:  # noqa: ANN401 -- boto3 has no types of its own
        """Keep settings and clients; the network is not touched. `http` is for the look-up."""
        self._settings = settings
        self._s3 = client
        self._http = http

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Put the list and then its manifest: whoever sees a manifest finds the whole list.

        A repeat finds the answer, or writes the same bytes to the same place: it is one order.

        Raises:
            TransientFailure: the bucket was not reached or is busy.
            TerminalFailure: it refuses, or an answer makes no sense.
            SignatureFailure: an answer is not signed as agreed.

        """
        sheet = self._sheet(order)
        if (receipt := self._answered(order, sheet, now)) is not None:
            return receipt
        for ending, body, kind in (("csv", sheet.rows, _CSV), ("json", sheet.manifest, _JSON)):
            self._call("put_object", now, Key=self._place(order, ending), Body=body, ContentType=kind)
        return _waiting(order, now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Read the answer back; take the list away once it is answered or over.

        Raises:
            TransientFailure, TerminalFailure, SignatureFailure: as `submit`.

        """
        receipt = self._answered(order, self._sheet(order), now)
        if receipt is None and now >= self._expires_at(order):
            self._take_away(order, now)
        return receipt or _waiting(order, now)

    def knows(self, order: Order, *, now: datetime) -> bool:
        """Look whether the processor still knows the person; see `looking.knows`."""
        what = f"processor {self._settings.system_id}"
        return knows(self._http, self._settings.look_up, order, what=what, now=now)

    def check(self, *, now: datetime) -> bool:
        """List the place.

        Raises:
            TransientFailure, TerminalFailure: as `submit`.

        """
        self._call("list_objects_v2", now, Prefix=self._settings.prefix, MaxKeys=1)
        return True

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> NoReturn:
        """Refuse: the answer is a file.

        Raises:
            TerminalFailure: always.

        """
        del headers, body, now
        raise TerminalFailure(f"processor {self._settings.system_id}: does not call us")

    def _answered(self, order: Order, sheet: Sheet, now: datetime) -> Receipt | None:
        """Return the answer if there is one; a list that is answered, or whose time is over, is taken away."""
        try:
            content = self._call("get_object", now, Key=f"{self._settings.prefix}answers/{order.order_id}.json")
        except _Missing:
            return None
        receipt = read_answer(content, order, sheet.digest, self._settings.secret, now)
        if receipt.answer != AtWork() or now >= self._expires_at(order):
            self._take_away(order, now)
        return receipt

    def _take_away(self, order: Order, now: datetime) -> None:
        """Remove list and manifest with every version: who was erased must not stand there either."""
        for ending in ("csv", "json"):
            for key, version in list(self._versions(self._place(order, ending), now)):
                self._call("delete_object", now, Key=key, **({"VersionId": version} if version != "null" else {}))

    def _versions(self, place: str, now: datetime) -> Iterator[tuple[str, str]]:
        marker: dict[str, str] = {}
        while True:
            page = self._call("list_object_versions", now, Prefix=place, **marker)
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

    def _call(self, operation: str, now: datetime, **parts: Any) -> Any:  # noqa: ANN401 -- boto3's own
        """Return the answer; of an object, its content, since that may break off as well."""
        name = self._settings.system_id
        try:
            answer = getattr(self._s3, operation)(Bucket=self._settings.bucket, **parts)
            return answer["Body"].read() if operation == "get_object" else answer
        except botocore.exceptions.ClientError as error:
            raise _failure(name, error, now) from None
        except botocore.exceptions.BotoCoreError as error:
            raise TransientFailure(
                f"processor {name}: the bucket was not reached ({type(error).__name__})", hint="run again later"
            ) from None


def _failure(name: str, error: botocore.exceptions.ClientError, now: datetime) -> Exception:
    """Return what an error answer means: nothing there, come again, or stop."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    told: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    status = int(told.get("HTTPStatusCode", HTTPStatus.BAD_REQUEST))
    if code in _GONE:
        return _Missing()
    if code in _TEMPORARY or status in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        at = retry_at(str(told.get("HTTPHeaders", {}).get("retry-after", "")), now)
        hint = f"run again after {at:%Y-%m-%d %H:%M:%S} UTC" if at else "run again later"
        return TransientFailure(f"processor {name}: the bucket answered {code}", hint=hint, retry_at=at)
    return TerminalFailure(f"processor {name}: the bucket answered {code}", hint="check its policy")


class _Missing(Exception):  # noqa: N818 -- no error: nothing is there yet
    """There is no such object."""


def _waiting(order: Order, now: datetime) -> Receipt:
    digest = hashlib.sha256(json.dumps([order.order_id, "pending"]).encode()).hexdigest()
    return Receipt(order.order_id, AtWork(), now, None, digest, None, Proof.NOBODY)


class DropSystem:
    """The connector: one place in a bucket."""

    def __init__(self, settings: DropSettings) -> None:
        """Make the clients; the network is not touched."""
        self._s3 = aws.make_client("s3", settings.access, attempts=1, read_seconds=settings.timeout)
        self._probes = settings.look_up is not None
        self._http = httpx.Client(timeout=settings.timeout, follow_redirects=False, verify=trusted())
        self._processor = DropProcessor(settings, self._s3, self._http)

    @property
    def capabilities(self) -> Capabilities:
        """Return what can be done with files; they can be asked where a look-up is named."""
        return Capabilities(kind=SystemKind.PROCESSOR, checks=True, probes=self._probes)

    def processor(self) -> DropProcessor:
        """Return the client."""
        return self._processor

    def close(self) -> None:
        """Close the connections."""
        self._s3.close()
        self._http.close()
