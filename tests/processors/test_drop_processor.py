"""Lists in a bucket, over moto's server: least data, one order, answers read back, lists that go away."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.processor import connect
from connectors.processor.drop.sheet import sign
from retention.errors import SettingsError, SignatureFailure, TerminalFailure, TransientFailure
from retention.model.answer import AtWork, Completed, PartlyDone, Proof, Refused
from retention.model.copies import Order
from retention.model.ids import OrderId, SystemId
from retention.ports.connector import SystemSettings

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PERSON = "hanako-4711"
SECRET = "a secret of the contract"  # noqa: S105 -- the test's
ORDER = Order(OrderId("7f6a2f7e-3c1c-4c43-9d5b-1d2f3a4b5c6d"), {"user_id": (PERSON,)}, NOW, "appi")
LIST = f"from-shop/2026-11-26/{ORDER.order_id}.csv"
ANSWER = f"from-shop/answers/{ORDER.order_id}.json"


@pytest.fixture(scope="module")
def server():
    """One server for the file."""
    path = Path(__file__).parent.parent / "s3" / "server.py"
    if "s3_server" not in sys.modules:
        spec = importlib.util.spec_from_file_location("s3_server", path)
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    running = sys.modules["s3_server"].S3Server()
    yield running
    running.close()


class Place:
    """A versioned bucket, our side and theirs."""

    def __init__(self, server, **options):
        self.server, self.bucket = server, server.bucket(versioned=True)
        self.secret = options.get("secret")
        known = {"protocol": "drop", **server.settings(self.bucket, "drop", url=f"s3://{self.bucket}/from-shop")}
        self.processor = connect(SystemSettings(SystemId("partner"), "processor", known | options)).processor()

    def text(self, key):
        """Return an object's text."""
        return self.server.get(self.bucket, key).decode()

    def answer(self, *, secret=None, **told):
        """Answer as the processor does."""
        manifest = json.loads(self.text(LIST.replace(".csv", ".json")))
        said = {"order": ORDER.order_id, "list_sha256": manifest["list_sha256"], "outcome": "completed"} | told
        if secret:
            said["signature"] = sign(said, secret)
        self.server.put(self.bucket, ANSWER, json.dumps(said).encode())


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("plain", PERSON),
        ("sha256", hashlib.sha256(PERSON.encode()).hexdigest()),
        ("keyed", hmac.new(SECRET.encode(), PERSON.encode(), hashlib.sha256).hexdigest()),
    ],
)
def test_the_list_holds_what_the_contract_says_and_no_more(server, form, value):
    """One key in the agreed form; the manifest names order, digest and the day by which it goes, and nobody."""
    place = Place(server, form=form, secret=SECRET)
    assert place.processor.submit(ORDER, now=NOW).answer == AtWork()
    assert place.text(LIST) == f"key,value\r\nuser_id,{value}\r\n"
    manifest = json.loads(place.text(LIST.replace(".csv", ".json")))
    assert (manifest["rows"], manifest["taken_away_at"]) == (1, "2026-12-10T03:00:00+00:00")
    assert PERSON not in json.dumps(manifest)
    assert manifest.pop("signature") == sign(manifest, SECRET)


def test_the_same_order_twice_is_one_list(server):
    """A repeat writes the same bytes to the same place; where the answer is there already, it writes nothing."""
    place = Place(server)
    for _ in range(2):
        place.processor.submit(ORDER, now=NOW)
    assert len(server.keys(place.bucket)) == 2
    place.answer()
    again = Order(ORDER.order_id, ORDER.keys, NOW, "appi", may_have_arrived=True)
    assert place.processor.submit(again, now=NOW + DAY).answer == Completed()


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        ({}, Completed()),
        ({"outcome": "refused", "reason": "Kept by law"}, Refused("kept-by-law")),
        ({"outcome": "partial", "reason": "Frau Müller's file is sealed"}, PartlyDone("as-they-wrote")),
        ({"outcome": "pending"}, AtWork()),
    ],
)
def test_an_answer_means_what_it_says(server, told, answer):
    """Completed, partial, refused, pending; free text of a reason stays outside; an answered list is gone for good."""
    place = Place(server)
    place.processor.submit(ORDER, now=NOW)
    place.answer(**told)
    receipt = place.processor.status(ORDER, now=NOW + DAY)
    assert (receipt.answer, receipt.proof, receipt.key_id) == (answer, Proof.CHANNEL, None)
    left = {key for key, _ in server.versions(place.bucket)}
    assert (LIST in left) == (answer == AtWork())


def test_a_list_nobody_answers_goes_when_its_time_is_over(server):
    """After its time no version and no marker of it is left, and the order still waits."""
    place = Place(server, expire="P7D")
    place.processor.submit(ORDER, now=NOW)
    assert place.processor.status(ORDER, now=NOW + 6 * DAY).answer == AtWork()
    assert LIST in server.keys(place.bucket)
    assert place.processor.status(ORDER, now=NOW + 7 * DAY).answer == AtWork()
    assert server.versions(place.bucket) == []


def test_where_a_secret_is_agreed_only_a_signed_answer_counts(server):
    """Unsigned or signed with another secret: refused; signed right it is a signature, and its key is named."""
    place = Place(server, secret=SECRET)
    place.processor.submit(ORDER, now=NOW)
    for secret in (None, "another secret altogether"):
        place.answer(secret=secret)
        with pytest.raises(SignatureFailure):
            place.processor.status(ORDER, now=NOW)
    place.answer(secret=SECRET)
    receipt = place.processor.status(ORDER, now=NOW)
    assert (receipt.answer, receipt.proof, len(receipt.key_id)) == (Completed(), Proof.SIGNATURE, 64)


@pytest.mark.parametrize("told", [{"order": "another"}, {"list_sha256": "0" * 64}, {"outcome": "fine"}])
def test_an_answer_about_something_else_is_terminal(server, told):
    """Another order, another list, another word: an error that repeats nothing of it."""
    place = Place(server)
    place.processor.submit(ORDER, now=NOW)
    place.answer(**told)
    with pytest.raises(TerminalFailure) as caught:
        place.processor.status(ORDER, now=NOW)
    assert PERSON not in str(caught.value)


def test_an_answer_that_breaks_off_is_read_again_later(server):
    """Half an answer is no answer and no broken one: transient, and the whole of it counts at the next look."""
    place = Place(server)
    place.processor.submit(ORDER, now=NOW)
    place.answer()
    server.faults.cut_reads = True
    try:
        with pytest.raises(TransientFailure):
            place.processor.status(ORDER, now=NOW)
    finally:
        server.faults.cut_reads = False
    assert place.processor.status(ORDER, now=NOW).answer == Completed()


def test_a_bucket_that_is_not_there_is_told_from_one_that_cannot_be_reached(server):
    """No such bucket is terminal; nobody listening is transient."""
    place = Place(server)
    gone = place.server.settings("no-such-bucket", "drop", url="s3://no-such-bucket/x") | {"protocol": "drop"}
    with pytest.raises(TerminalFailure):
        connect(SystemSettings(SystemId("p"), "processor", gone)).processor().submit(ORDER, now=NOW)
    away = gone | {"endpoint": "http://127.0.0.1:9"}
    with pytest.raises(TransientFailure):
        connect(SystemSettings(SystemId("p"), "processor", away)).processor().check(now=NOW)


def test_wrong_options_are_all_said_at_once():
    """No bucket, an unknown form, a short secret, no seconds, no period, a look-up without a place for the key."""
    wrong = {"protocol": "drop", "url": "https://x", "form": "rot13", "secret": "short", "expire": "soon"}
    wrong |= {"timeout": "long", "look_up": "https://x"}
    with pytest.raises(SettingsError) as caught:
        connect(SystemSettings(SystemId("partner"), "processor", wrong))
    assert [p.where.rpartition(".")[2] for p in caught.value.problems] == [
        "url",
        "form",
        "secret",
        "timeout",
        "expire",
        "look_up",
    ]
