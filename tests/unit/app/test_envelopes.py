"""What an envelope must hold, and why one is dead: by code, for whatever is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.app.envelopes import Envelope, content_of, name_of, read_envelope, read_json
from retention.app.late_files import are_objects
from retention.model.parcel import Unfit
from tests.doubles.mail import event

ATOMS = st.sampled_from([None, True, 7, "", "1", "1.0", "/crm", "\ud800", [], {}, [{}], {"subject": 1}])
NAMES = st.sampled_from(["specversion", "id", "source", "type", "time", "data", "Records", "Event"])
JSON = ATOMS | st.dictionaries(NAMES, ATOMS, max_size=8)


def test_an_event_says_who_sent_it_what_happened_and_when():
    """The sender is the source's last name; the person stands in the data."""
    found = read_envelope(event("1", about="mail", corrects="0", source="//shop.example/crm/"))
    assert isinstance(found, Envelope)
    assert (found.sender, found.number, found.kind, found.about, found.corrects) == (
        "crm",
        "1",
        "account.closed",
        "mail",
        "0",
    )
    assert "c1" not in repr(found)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (None, Unfit.NOT_JSON),
        ([], Unfit.NOT_CLOUDEVENT),
        (event("1", specversion="0.3"), Unfit.NOT_CLOUDEVENT),
        (event("1", type=7), Unfit.NOT_CLOUDEVENT),
        (event("1", source="/taro@mail.example"), Unfit.UNKNOWN_SOURCE),
        (event("1", source="/crm/1x"), Unfit.UNKNOWN_SOURCE),
        (event("taro@mail.example"), Unfit.NOT_IDENTIFIABLE),
        (event("1", corrects="taro@mail.example"), Unfit.NOT_IDENTIFIABLE),
        (event("1", time="2026-11-20T12:00:00"), Unfit.NO_ZONE),
        (event("1", time="yesterday"), Unfit.NO_ZONE),
        (event("1", subject=None), Unfit.NO_SUBJECT),
        (event("1", about=7), Unfit.WRONG_ABOUT),
    ],
)
def test_what_is_wrong_has_a_code(sent, reason):
    """And the code says nothing about anybody."""
    assert read_envelope(sent) is reason


@settings(max_examples=40)
@given(JSON, st.binary(max_size=12))
def test_nothing_that_is_sent_breaks_the_reader(sent, raw):
    """Any JSON and any bytes get an answer: a poisonous message cannot stop the queue."""
    for found in (sent, read_json(json.dumps(sent).encode()), read_json(raw)):
        assert isinstance(read_envelope(found), Envelope | Unfit)
        assert are_objects(found) in {True, False}
        assert name_of(found) is None or isinstance(found, dict)


def test_carriers_may_add_attributes_of_their_own():
    """What makes two parcels say the same is what the sender said."""
    sent = event("1")
    assert content_of({**sent, "traceparent": "00-1"}) == content_of(dict(reversed(sent.items())))
    assert content_of({**sent, "time": "2026-11-21T12:00:00+09:00"}) != content_of(sent)
