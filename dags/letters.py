"""Letters to people: what is due is written, what is written is sent, what was not taken is tried again."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from pools import REQUESTS
from task_errors import opened, refuse_unsent

DOC = """
### Letters

Writes every letter that the moves of people's requests ask for, and hands over what is written: mail to the mail
server, paper to the mail room.

* A server that is down or greylists is no failure: the letter is tried again by a later run, at first after a quarter
  of an hour, then at longer intervals.
* A letter that nobody will take, that was given up, or that lacks something the desk has to say, fails the run:
  `retention letters list` and `retention letters write` say which and what.
* Nothing but counts is logged; no letter passes through Airflow.
"""


@dag(
    schedule="*/15 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "letters"],
    doc_md=DOC,
)
def letters() -> None:
    """Write and send."""
    send()


@task
def send() -> int:
    """Send what is due; return how many went out."""
    with opened() as app:
        return refuse_unsent(app.send_letters(datetime.now(UTC)))


post = letters()
