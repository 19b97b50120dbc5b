"""The shop behind the HTTP API, in this process: one workspace a module, tokens of every role, a clock to be moved."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from retention.api.application import make_api
from retention.api.limits import Rate
from retention.model.access import Role, Token, TokenId
from tests.e2e.conftest import Shop, make_shop_in

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
UNLIMITED = Rate(burst=10**9, a_minute=10**9)
MONTH = timedelta(days=30)
PERSON = "c3@mail.example"


@dataclass
class Door:
    """The API as those who hold tokens see it."""

    shop: Shop
    now: datetime = NOW
    rate: Rate = UNLIMITED
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Issue a token of every role, and make the application."""
        with self.shop.app() as app:
            for role in Role:
                name = "crm" if role is Role.PROCESSOR else f"{role.value}@shop"
                secret = f"rtn_{role.value}-{name}-0123456789"  # as if issued: only its digest is kept
                digest = hashlib.sha256(secret.encode()).hexdigest()
                number = TokenId(f"T-20261123-{role.value}")
                app.context.ledger.access.add(Token(number, name, role, digest, self.now, self.now + MONTH))
                self.tokens[role.value] = secret
        self.api = make_api(self.shop.app, lambda: self.now, self.rate)
        self.client = TestClient(self.api, raise_server_exceptions=True)

    def issue(self, known_as: str, role: Role, name: str) -> str:
        """Issue a token; return its number."""
        with self.shop.app() as app:
            token, self.tokens[known_as] = app.access.issue(name, role, self.now, self.now + MONTH)
        return token.token_id

    def ask(
        self, method: str, path: str, body: Any = None, *, by: str | None = "operator", key: str = "", **headers: str
    ) -> Response:
        """Call as the holder of a token; a POST has a key of its own unless one is given."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if by is not None:
            sent["Authorization"] = f"Bearer {self.tokens[by]}"
        if method == "POST":
            sent["Idempotency-Key"] = key or str(uuid.uuid4())
        return self.client.request(method, path, json=body, headers=sent)

    def done(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """Call, and return what was answered; it went well."""
        said = self.ask(method, path, body, **how)
        assert said.status_code in {200, 201}, said.text
        return said.json()

    def opened(self, person: str = PERSON, **how: Any) -> str:
        """Open a request; return the case's number."""
        body = {"subject": {"key": "email", "value": person}, "channel": "post"}
        return str(self.done("POST", "/v1/requests", body, **how)["case_id"])

    def planned(self, person: str = PERSON) -> tuple[str, str, str]:
        """Bring a request as far as its plan; return case, plan and digest."""
        case = self.opened(person)
        self.done("POST", f"/v1/requests/{case}/identity", {"document": "passport"})
        self.done("POST", f"/v1/requests/{case}/decision", {"decision": "accept"})
        plan = self.done("POST", f"/v1/requests/{case}/plan")["plan"]
        return case, plan, self.done("GET", f"/v1/plans/{plan}")["digest"]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """A shop of its own behind the API."""
    return Door(make_shop_in(tmp_path))


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """A shop that the module's tests share."""
    return Door(make_shop_in(tmp_path_factory.mktemp("api")))
