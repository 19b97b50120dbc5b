"""OpenDSR 2.0 on the wire."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.processor import opendsr
from connectors.processor.settings import IdentityKind, ProcessorSettings
from retention.errors import TerminalFailure
from retention.model.answer import Completed, PartlyDone, Refused
from retention.model.copies import Order
from retention.model.ids import OrderId, SystemId

SETTINGS = ProcessorSettings(
    system_id=SystemId("analytics"),
    url="https://dsr.example",
    domain="dsr.example",
    fingerprint="ab" * 32,
    certificate=None,
    controller_id="u-next",
    identities={
        "user_id": IdentityKind("controller_customer_id", "raw"),
        "email": IdentityKind("email", "sha256"),
    },
    callback_url=None,
    token=None,
    regulation=None,
    timeout=30,
)
ORDER = Order(
    OrderId("7f6a2f7e-3c1c-4c43-9d5b-1d2f3a4b5c6d"),
    {"user_id": (4711,), "email": ("hanako@example.jp",)},
    datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=9))),
    "appi",
)


def test_request_says_what_it_must_and_no_more() -> None:
    """The request names the order, the law, the time in UTC and the person's mapped keys; nothing else."""
    assert json.loads(opendsr.request_body(ORDER, SETTINGS)) == {
        "regulation": "appi",
        "subject_request_id": ORDER.order_id,
        "subject_request_type": "erasure",
        "submitted_time": "2026-11-23T00:00:00Z",
        "subject_identities": [
            {
                "identity_type": "email",
                "identity_value": hashlib.sha256(b"hanako@example.jp").hexdigest(),
                "identity_format": "sha256",
            },
            {"identity_type": "controller_customer_id", "identity_value": "4711", "identity_format": "raw"},
        ],
        "api_version": "2.0",
    }


def test_request_is_the_same_bytes_each_time() -> None:
    """The same order gives the same bytes, whatever the order of its keys."""
    turned = replace(ORDER, keys=dict(reversed(ORDER.keys.items())))
    assert opendsr.request_body(ORDER, SETTINGS) == opendsr.request_body(turned, SETTINGS)


def test_their_word_for_the_law_and_our_address() -> None:
    """A processor that knows only gdpr and ccpa gets the agreed word; a callback address goes along."""
    settings = replace(SETTINGS, regulation="gdpr", callback_url="https://us.example/c")
    body = json.loads(opendsr.request_body(ORDER, settings))
    assert (body["regulation"], body["status_callback_urls"]) == ("gdpr", ["https://us.example/c"])


def test_key_without_identity_type() -> None:
    """A key that the settings do not map is refused, by its name and without its value."""
    order = replace(ORDER, keys={"device_id": ("secret-device",)})
    with pytest.raises(TerminalFailure) as caught:
        opendsr.request_body(order, SETTINGS)
    assert "device_id" in str(caught.value)
    assert "secret-device" not in str(caught.value)


def test_time_without_offset_is_utc() -> None:
    """Processors in the field leave the offset out; it is read as UTC."""
    body = {"controller_id": 4308, "subject_request_id": "x", "request_status": "pending"}
    said = json.dumps(body | {"expected_completion_time": "2026-12-01T16:27:28.679094"}).encode()
    status = opendsr.read(opendsr.Status, said, what="status")
    assert status.controller_id == "4308"
    assert status.expected_completion_time == datetime(2026, 12, 1, 16, 27, 28, 679094, tzinfo=UTC)


@given(st.one_of(st.binary(), st.dictionaries(st.text(), st.text()).map(lambda each: json.dumps(each).encode())))
def test_anything_but_an_answer_is_terminal(body: bytes) -> None:
    """Whatever arrives, it is an answer or a terminal failure that names fields and shows no content."""
    with pytest.raises(TerminalFailure) as caught:
        opendsr.read(opendsr.Status, body, what="status")
    fields = str(caught.value).split("found it wrong in ")[1].split(" (")[0].split(", ")
    assert set(fields) <= {"the whole", "controller_id", "subject_request_id", "request_status"}


def test_status_of_another_word_is_not_guessed() -> None:
    """A status the specification does not know ("done") is refused."""
    body = b'{"controller_id":"u","subject_request_id":"x","request_status":"done"}'
    with pytest.raises(TerminalFailure, match="request_status"):
        opendsr.read(opendsr.Status, body, what="status")


def test_every_status_has_a_state() -> None:
    """Every status that can be read has an answer, and only completed is completed, whatever else is said."""
    words = opendsr.Status.model_json_schema()["properties"]["request_status"]["enum"]
    said = {"dsr.example": {"partial": True, "reason": "kept-by-law"}, "other.example": {"reason": "x"}}
    answers = {
        word: opendsr.answer_of(
            opendsr.Status(controller_id="u", subject_request_id="x", request_status=word, extensions=more),
            "dsr.example",
        )
        for word in words
        for more in (None, said)
    }
    assert answers == {
        "pending": PartlyDone("kept-by-law"),
        "in_progress": PartlyDone("kept-by-law"),
        "completed": Completed(),
        "cancelled": Refused("kept-by-law"),
    }


def test_version_three_names_identities_by_type() -> None:
    """In 3.0 each identity stands under its type, with its encoding; two of one type do not fit."""
    three = replace(SETTINGS, api_version="3.0")
    body = json.loads(opendsr.request_body(ORDER, three))
    assert body["api_version"] == "3.0"
    assert body["subject_identities"]["controller_customer_id"] == {"value": "4711", "encoding": "raw"}
    with pytest.raises(TerminalFailure, match="one identity of each type"):
        opendsr.request_body(replace(ORDER, keys={"user_id": (1, 2)}), three)


def test_order_shows_no_identity_in_repr() -> None:
    """An order can be logged: it shows no key."""
    assert "hanako" not in repr(ORDER)
