"""The HTTP side: OpenDSR 2.0, and `/health`, `/faults` and `/settle` for the demo and tests.

The specification wants the major version in front (`/v2/requests`); the same is served
without it.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import UUID4, AwareDatetime, BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from demo.analytics.erasing import Worker, status_body
from demo.analytics.faults import Faults
from demo.analytics.records import Identity, OrderRecord, Records
from demo.analytics.signing import Signer

_FULFILLED_AFTER = timedelta(days=3)
"""What it promises."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the program was started."""

    folder: Path
    address: str
    """Where it is reached: `http://127.0.0.1:9000`."""
    domain: str = "127.0.0.1"
    controller_id: str = "demo"
    """Its customer: the one controller it works for."""
    token: str | None = field(default=None, repr=False)
    """The bearer token it asks for; None asks for none."""
    delay: float = 0.2
    """Seconds before each change of an order's status."""
    faults_allowed: bool = False
    faults: Faults = field(default_factory=Faults)


class SubjectIdentity(BaseModel):
    """A person, as far as this processor knows people."""

    identity_type: Literal["controller_customer_id"]
    identity_value: str
    identity_format: Literal["raw", "sha256"]


class ErasureRequest(BaseModel):
    """The body of `POST /requests` (7.1); `appi` is agreed with the demo's customer."""

    regulation: Literal["gdpr", "ccpa", "appi"]
    subject_request_id: UUID4
    subject_request_type: Literal["erasure"]
    subject_identities: Annotated[list[SubjectIdentity], Field(min_length=1)]
    submitted_time: AwareDatetime
    status_callback_urls: list[str] = []


class Analytics:
    """The company behind the interface."""

    def __init__(self, settings: Settings) -> None:
        """Open its folder; make its key at the first start."""
        self._settings = settings
        self._records = Records(settings.folder)
        self._signer = Signer(settings.folder, settings.domain)
        self._faults = settings.faults
        self._worker = Worker(self._records, self._seal, settings.delay)

    def resume(self) -> None:
        """Take up what a former process left."""
        for request_id in self._records.outstanding():
            self._worker.start(request_id, self._faults)

    async def close(self) -> None:
        """Give connections back; what is outstanding is taken up at the next start."""
        await self._worker.close()

    async def discovery(self, _: Request) -> Response:
        """GET /discovery (6)."""
        formats = ("raw", "sha256")
        body = {
            "api_version": "2.0",
            "supported_identities": [
                {"identity_type": "controller_customer_id", "identity_format": each} for each in formats
            ],
            "supported_subject_request_types": ["erasure"],
            "processor_certificate": f"{self._settings.address}/certificate.pem",
        }
        return JSONResponse(body)

    async def certificate(self, _: Request) -> Response:
        """GET /certificate.pem."""
        return Response(self._signer.certificate, media_type="application/x-pem-file")

    async def health(self, _: Request) -> Response:
        """GET /health: alive, and how much there is."""
        return JSONResponse({"status": "ok", "people": self._records.people(), "orders": self._records.orders()})

    async def post_request(self, request: Request) -> Response:
        """POST /requests (7)."""
        body = await request.body()
        try:
            order = ErasureRequest.model_validate_json(body)
        except ValidationError as error:
            return _refusal(400, "wrong in " + ", ".join(sorted({str(each["loc"][:1]) for each in error.errors()})))
        now = datetime.now(UTC)
        record = OrderRecord(
            str(order.subject_request_id), "pending", self._settings.controller_id, _text(now + _FULFILLED_AFTER)
        )
        identities = [
            Identity(each.identity_value, each.identity_format == "sha256") for each in order.subject_identities
        ]
        if not self._records.add_order(record, identities, order.status_callback_urls):
            return _refusal(self._faults.duplicate_status, "this request is known already")
        self._worker.start(record.request_id, self._faults)
        if self._faults.take("drop"):
            return _Broken()
        return self._signed(201, self._receipt(record, body, now))

    async def get_request(self, request: Request) -> Response:
        """GET /requests/{id} (8.1)."""
        order = self._records.order(request.path_params["request_id"])
        if order is None:
            return _refusal(404, "unknown request")
        more: dict[str, object] = {"reason": self._faults.reason} if self._faults.reason else {}
        if self._faults.partial and order.status == "in_progress":
            more["partial"] = True
        said = status_body(order)
        return self._signed(200, said | ({"extensions": {self._settings.domain: more}} if more else {}))

    async def delete_request(self, request: Request) -> Response:
        """DELETE /requests/{id} (9): while it is pending."""
        order = self._records.order(request.path_params["request_id"])
        if order is None or order.status != "pending":
            return _refusal(400, "unknown, or not pending any more")
        self._records.cancel(order.request_id)
        said = {"controller_id": order.controller_id, "subject_request_id": order.request_id}
        return self._signed(202, said | {"received_time": _text(datetime.now(UTC)), "api_version": "2.0"})

    async def get_person(self, request: Request) -> Response:
        """GET /people/{user_id}: whether it knows somebody, for customers who look again."""
        return Response(status_code=200 if self._records.knows(request.path_params["user_id"]) else 404)

    async def put_faults(self, request: Request) -> Response:
        """PUT /faults: from now on do these things wrong, and no others."""
        self._faults = Faults.model_validate_json(await request.body())
        return Response(status_code=204)

    async def post_settle(self, _: Request) -> Response:
        """POST /settle: carry out what is outstanding, and answer when it is done."""
        await self._worker.work_all(self._faults)
        return Response(status_code=204)

    def guarded(self, endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Ask for the token, and fail where told to, before the endpoint is reached."""

        async def answer(request: Request) -> Response:
            token = self._settings.token
            if token is not None and request.headers.get("Authorization") != f"Bearer {token}":
                return _refusal(401, "unknown customer")
            if self._faults.take("silent"):
                await asyncio.sleep(self._faults.silence)
            if self._faults.take("errors"):
                after = self._faults.retry_after
                return Response(status_code=self._faults.error_status, headers={"Retry-After": after} if after else {})
            return await endpoint(request)

        return answer

    def _receipt(self, order: OrderRecord, body: bytes, now: datetime) -> dict[str, object]:
        said = b"{}" if self._faults.forget_identity else body
        return {
            "controller_id": order.controller_id,
            "expected_completion_time": order.expected_at,
            "received_time": _text(now),
            "encoded_request": base64.b64encode(said).decode("ascii"),
            "subject_request_id": order.request_id,
        }

    def _signed(self, status: int, content: Mapping[str, object]) -> Response:
        if self._faults.other_order:
            content = {**content, "subject_request_id": str(uuid4())}
        body = json.dumps(content).encode()
        if self._faults.malformed:
            body = body[: len(body) // 2]
        return Response(body, status, self._seal(body), "application/json")

    def _seal(self, body: bytes) -> dict[str, str]:
        domain = "elsewhere.example" if self._faults.wrong_domain else self._settings.domain
        headers = {"X-OpenDSR-Processor-Domain": domain}
        if not self._faults.unsigned:
            signed = body + b" " if self._faults.wrong_signature else body
            headers["X-OpenDSR-Signature"] = self._signer.sign(signed)
        return headers


def make_app(settings: Settings) -> Starlette:
    """Return the processor as an ASGI application."""
    company = Analytics(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        company.resume()
        yield
        await company.close()

    protocol = [
        Route("/discovery", company.discovery),
        Route("/requests", company.guarded(company.post_request), methods=["POST"]),
        Route("/requests/{request_id}", company.guarded(company.get_request)),
        Route("/requests/{request_id}", company.guarded(company.delete_request), methods=["DELETE"]),
        Route("/people/{user_id}", company.guarded(company.get_person)),
    ]
    rest = [Route("/certificate.pem", company.certificate), Route("/health", company.health)]
    if settings.faults_allowed:
        rest += [
            Route("/faults", company.put_faults, methods=["PUT"]),
            Route("/settle", company.post_settle, methods=["POST"]),
        ]
    return Starlette(routes=[Mount("/v2", routes=protocol), *protocol, *rest], lifespan=lifespan)


class _Broken(Response):
    """Promises a body and hangs up: the caller cannot know what became of his request."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- ASGI's signature
        headers = [(b"content-length", b"1000"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"error": {"code": status, "message": message}}, status)


def _text(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
