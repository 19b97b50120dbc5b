"""Whatever a client sends is read as one of two things: a request, or a list of what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import InputError
from retention.model.client import Asking, Client
from retention.model.subject import SubjectKey
from retention.opendsr.reading import read_request

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CLIENT = Client("acme", SubjectKey("company", "acme"), {"email": "email"}, ("https://acme.example/dsr",), "t" * 24)
SECRET = "hanako-yamada"  # noqa: S105 -- stands for a person
RIGHT = {
    "regulation": "gdpr",
    "subject_request_id": "a7551968-d5d6-44b2-9831-815ac9017798",
    "subject_request_type": "erasure",
    "submitted_time": "2018-10-02T15:00:00Z",
    "subject_identities": [{"identity_type": "email", "identity_value": SECRET, "identity_format": "raw"}],
    "status_callback_urls": ["https://acme.example/dsr"],
}
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(SECRET) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.just(SECRET) | st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(body: bytes) -> Asking | InputError:
    """Read a body; return what came of it."""
    try:
        return read_request(body, None, CLIENT, "dsr.umu.example", NOW)
    except InputError as error:
        return error


@settings(max_examples=80)
@given(changed=st.dictionaries(st.sampled_from(sorted(RIGHT)), ODD, max_size=2))
def test_a_body_is_a_request_or_every_problem_is_named(changed):
    """No other error, and no message repeats a value that could be the person's, nor a member's name that could."""
    found = read(json.dumps(RIGHT | changed).encode())
    if isinstance(found, InputError):
        assert found.problems
        assert SECRET not in str(found)
    else:
        assert found.identities


@settings(max_examples=40)
@given(order=st.permutations(sorted(RIGHT)), indent=st.sampled_from([None, 1, 4]))
def test_the_same_request_is_the_same_however_it_is_written(order, indent):
    """Order of members, spaces and version do not make another request of it; another person does."""
    body = json.dumps({name: RIGHT[name] for name in order}, indent=indent).encode()
    by_type = RIGHT | {"subject_identities": {"email": {"value": SECRET}}}
    other = RIGHT | {"subject_identities": {"email": {"value": "taro"}}}
    same, also, another = (read(each) for each in (body, json.dumps(by_type).encode(), json.dumps(other).encode()))
    assert isinstance(same, Asking)
    assert isinstance(also, Asking)
    assert isinstance(another, Asking)
    assert same.content == also.content != another.content
