"""Under a real `airflow standalone`: events on SQS are folded once each, whoever dies and whatever is merged."""

from __future__ import annotations

import json
import logging
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from retention.clocks import EVENT_KINDS
from retention.grammar import WITHDRAWN
from retention.model.parcel import ParcelState
from tests.dags.standalone import Standalone
from tests.doubles.mail import body
from tests.e2e.conftest import Shop, make_shop_in

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "not-a-real-secret"}
EVENTS = """
events:
  queues:
    crm: {{connector: sqs, url: "{queue}", endpoint: "{endpoint}", region: us-east-1,
          access_key: AKIDEXAMPLE, secret_key: not-a-real-secret}}
  urgent: {{objection: suspension, consent.withdrawn: sweep}}
"""
PEOPLE = [f"user_id=planted-{number:03}" for number in range(90)]
"""Nobody whom the shop knows: their keys would be found wherever they went."""
URGENT = 3
OLD = "2026-09-01T12:00:00+09:00"


class Queue:
    """A queue of moto's server over HTTP."""

    def __init__(self) -> None:
        """Start the server and make the queue."""
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # moto's own access log
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        self._client = boto3.client("sqs", region_name="us-east-1", endpoint_url=self.endpoint, **KEYS)
        self.url = self._client.create_queue(QueueName="crm")["QueueUrl"]

    def send(self, bodies: list[bytes]) -> None:
        """Send, ten a call."""
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": b.decode()} for n, b in enumerate(bodies[start : start + 10])]
            self._client.send_message_batch(QueueUrl=self.url, Entries=entries)

    def left(self) -> int:
        """Return how many messages are in it, hidden ones too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(map(int, found.values()))

    def close(self) -> None:
        """Stop the server."""
        self._server.stop()


@pytest.fixture(scope="module")
def queue() -> Iterator[Queue]:
    made = Queue()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, queue: Queue) -> Shop:
    made = make_shop_in(tmp_path_factory.mktemp("shop"))
    with (made.folder / "retention.yaml").open("a", encoding="utf-8") as settings:
        settings.write(EVENTS.format(queue=queue.url, endpoint=queue.endpoint))
    with made.app():
        pass  # the ledger is made before several processes ask for it
    return made


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[Standalone]:
    files = (
        *("event_intake", "doorbell", "subject_request", "carry_out"),
        *("plan_road", "dataset_assets", "findings", "mapped", "pools", "task_errors"),
    )
    environment = {
        "RETENTION_WORKSPACE": str(shop.folder),
        "RETENTION_INTAKE_CRON": "*/2 * * * *",
        "RETENTION_DOORBELL_SECONDS": "12",
        "RETENTION_RETRY_SECONDS": "1",
    }
    started = Standalone(tmp_path_factory.mktemp("standalone"), files, environment)
    yield started
    started.close()


def two_hundred() -> list[bytes]:
    """Return 200 events in disorder: a correction may come before what it corrects."""
    sent = [body(f"closed-{n}", "account.closed", PEOPLE[n % 90], time=OLD) for n in range(150)]
    sent += [body(f"known-{n}", "account.closed", f"user_id=c{n}", time=OLD) for n in range(2)]
    sent += [body(f"objection-{n}", "objection", f"user_id=c{5 + n}") for n in range(URGENT)]
    sent += [body("withdrawn-0", "consent.withdrawn", PEOPLE[0])]
    sent += [body(f"undo-{n}", WITHDRAWN, PEOPLE[n], corrects=f"closed-{n}") for n in range(200 - len(sent))]
    random.Random(9).shuffle(sent)  # noqa: S311 -- an order, not a secret
    return sent


def folded(shop: Shop) -> int:
    """Return how many parcels are folded; asked often, so the ledger's file is asked."""
    connection = sqlite3.connect(f"file:{shop.folder / 'ledger.db'}?mode=ro", uri=True)
    (number,) = connection.execute("SELECT count(*) FROM ledger_parcels WHERE state = 'folded'").fetchone()
    connection.close()
    return int(number)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_each_of_two_hundred_events_is_folded_once_though_the_triggerer_dies(
    airflow: Standalone, queue: Queue, shop: Shop
) -> None:
    """Some come twice, some out of order, one run at a time; once the triggerer is dead, the clock alone sees to it."""
    sent = two_hundred()
    again = sent[::10]
    airflow.unpause("event_intake")
    rest = ring(airflow, queue, shop, sent[:100])
    airflow.kill("triggerer")
    queue.send(rest + sent[100:] + again)
    airflow.wait_until(lambda: folded(shop) == 200, 400, "the run by the clock")
    airflow.wait_until(lambda: len(airflow.runs("subject_request")) == URGENT, 300, "the runs that cannot wait")
    airflow.wait_until(lambda: airflow.runs("carry_out"), 300, "the sweep that cannot wait")
    check_ledger(shop)
    assert queue.left() == 0
    assert airflow.traces_of(person.partition("=")[2] for person in PEOPLE) == []
    types = Counter(run["run_type"] for run in airflow.runs("event_intake"))
    assert set(types) == {"asset_triggered", "scheduled"}
    numbers = f"200 events in {200 + len(again)} messages; intake runs: {dict(types)}"
    spent = f"{airflow.cpu_seconds():.0f} s of CPU, {airflow.wall_seconds():.0f} s"
    print(f"\n{numbers}; 200 folded once, {URGENT} cases of people, 1 sweep; {spent}")  # noqa: T201 -- with -s, for the note


def ring(airflow: Standalone, queue: Queue, shop: Shop, bodies: list[bytes]) -> list[bytes]:
    """Send until the doorbell has rung, which a run by the clock may forestall; return what is left to be sent."""
    for start in range(0, len(bodies), 20):
        queue.send(bodies[start : start + 20])
        sent = start + 20
        airflow.wait_until(lambda sent=sent: rung(airflow) or folded(shop) >= sent, 180, "a run")
        if rung(airflow):
            return bodies[sent:]
    message = f"every run was forestalled by the clock\n{airflow.tail()}"
    raise AssertionError(message)


def rung(airflow: Standalone) -> bool:
    """Whether the doorbell has set a run going."""
    return any(run["run_type"] == "asset_triggered" for run in airflow.runs("event_intake"))


def check_ledger(shop: Shop) -> None:
    """Every event once; one case a person who objected, one for the sweep; what was taken back does not stand."""
    with shop.app() as app:
        found = list(app.context.ledger.events.of_kinds(sorted(EVENT_KINDS | {WITHDRAWN})))
        assert Counter(event.event_id for event in found) == Counter(f"/crm#{name}" for name in names())
        cases = Counter(case.kind.value for case in app.context.ledger.cases.all())
        assert cases == {"request": URGENT, "sweep": 1}
        assert app.parcels() == {ParcelState.FOLDED: 200}
        assert len(app.started().requests) == URGENT
        assert len(app.started().plans) == 1


def names() -> list[str]:
    """Return the ids of all that was sent."""
    return [json.loads(each)["id"] for each in two_hundred()]
