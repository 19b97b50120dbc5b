"""Nothing personal in logs, errors, output, plans or evidence: unmistakable values travel the whole road."""

from __future__ import annotations

import base64
import json
import logging
import re
import traceback
from datetime import UTC, datetime

import pytest

from retention.app.applying import site_of
from retention.errors import RetentionError

USER = "zq-7731-user"
NAME = "Zebulon Quixotic"
MAIL = "zebulon.quixotic@mail.example"
NOTE = "prefers quinces to medlars"
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PLANTED = re.compile(r"zq-7731|zebulon|quixotic|quinces", re.IGNORECASE)


@pytest.fixture
def planted(shop):
    """A shop with one person whose every value is unmistakable."""
    shop.change(
        f"INSERT INTO customers VALUES ('{USER}', '{NAME}', '{MAIL}')",
        f"INSERT INTO orders (customer_id, amount, paid_at) VALUES ('{USER}', 77, '2024-05-10 00:00:00.000000')",
        f"INSERT INTO notes (customer_id, body, written_at) VALUES ('{USER}', '{NOTE}', '2026-10-01 00:00:00.000000')",
    )
    return shop


@pytest.fixture
def logged(caplog):
    """Everything that any library logs, however detailed."""
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy", "great_expectations", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    return caplog


def clean(text: str) -> bool:
    """Whether nothing of the person stands in the text."""
    return PLANTED.search(text) is None


def test_the_search_would_find_something(planted):
    """The planted values stand in the shop's own database, and the pattern finds each of them there."""
    content = planted.database.read_bytes().decode(errors="replace")
    assert {value.lower() for value in PLANTED.findall(content)} == {"zq-7731", "zebulon", "quixotic", "quinces"}


def test_the_whole_road_says_nothing_of_the_person(planted, cli, logged):
    """From the request to the exported bundle: no output, no log record, no file names the person (UNX-38)."""
    said: list[str] = []

    def run(*arguments: object, code: int = 0) -> str:
        answer = cli(*arguments, folder=planted.folder)
        assert answer.code == code, answer.err
        said.append(answer.all)
        return answer.out

    case = json.loads(run("request", "open", "--subject", f"email={MAIL}", "--json"))["case_id"]
    run("request", "identify", case, "--document", "passport")
    run("request", "decide", case, "accept")
    run("event", "record", "account.closed", "--subject", f"user_id={USER}", "--id", "e1")
    hold = run("hold", "place", "--subject", f"email={MAIL}", "--reason", "litigation").split()[0]
    run("plan", "request", case, code=3)
    run("explain", "--subject", f"user_id={USER}", "--lang", "ja")
    run("hold", "release", hold)
    run("explain", "--subject", f"email={MAIL}", "--json")
    planned = json.loads(run("plan", "request", case, "--json"))
    plan = planned["plan"]["plan_id"]
    run("plan", "show", plan)
    run("approve", plan, "--digest", planned["digest"], "--by", "hanako")
    planted.change(f"CREATE TRIGGER no BEFORE DELETE ON customers BEGIN SELECT RAISE(ABORT, '{NAME} {MAIL}'); END")
    run("apply", plan, code=1)
    planted.change("DROP TRIGGER no")
    run("apply", plan)
    run("verify", plan)
    bundle = planted.folder / "case.bundle"
    run("evidence", "export", case, "-o", bundle)
    run("evidence", "verify", bundle)
    run("evidence", "show", case)
    run("request", "list")
    run("backups")

    assert planted.rows(f"SELECT count(*) FROM customers WHERE id = '{USER}'") == [(0,)]
    assert not [text for text in said if not clean(text)]
    assert logged.records
    assert not [record.name for record in logged.records if not clean(logging.Formatter().format(record))]
    leaked = [path.name for path in planted.folder.rglob("*") if path.is_file() and not clean(as_text(path))]
    assert not leaked


def as_text(path) -> str:
    """Return the file's bytes as text, base64 of the bundle's attachments included."""
    content = path.read_bytes()
    if path.suffix != ".bundle":
        return content.decode(errors="replace")
    body = json.loads(content)["body"]
    texts = [part["content"] for part in body["attachments"]] + [entry["envelope"] for entry in body["entries"]]
    decoded = [base64.b64decode(text).decode(errors="replace") for text in texts]
    return content.decode() + "".join(decoded)


@pytest.mark.parametrize(
    "arguments",
    [
        ("request", "open", "--subject", f"emial={MAIL}"),
        ("request", "open", "--subject", MAIL),
        ("request", "open", "--subject", f"email={MAIL}", "--channel", "pigeon"),
        ("hold", "place", "--subject", f"mail={MAIL}", "--reason", "dispute"),
        ("event", "record", "account.closed", "--subject", f"phone={MAIL}", "--id", "e1"),
        ("event", "record", "account.burnt", "--subject", f"email={MAIL}", "--id", "e1"),
        ("event", "record", "account.closed", "--subject", f"email={MAIL}", "--id", "e1", "--at", "long ago"),
    ],
    ids=" ".join,
)
def test_a_refused_key_is_not_repeated(planted, cli, logged, arguments):
    """However a person's key is refused, neither what is said nor what is logged repeats its value."""
    said = cli(*arguments, folder=planted.folder)
    assert said.code in (2, 3)
    assert clean(said.all)
    assert not [record.name for record in logged.records if not clean(record.getMessage())]


def test_errors_and_records_do_not_show_keys(planted):
    """Text, repr and traceback of refusals are free of the person's keys; so is the repr of what holds them."""
    texts = []
    with planted.app() as app:
        for subject, channel in ((f"emial={MAIL}", "post"), (MAIL, "post"), (f"email={MAIL}", "pigeon")):
            with pytest.raises(RetentionError) as raised:
                app.open_request(subject, channel, NOW)
            shown = traceback.format_exception(raised.type, raised.value, None)
            texts += [str(raised.value), repr(raised.value), "".join(shown)]
        case = app.open_request(f"email={MAIL}", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        summary = app.plan_request(case.case_id, NOW)
        plan, _ = app.plan(summary.plan_id)
        kept = app.context.ledger.plans.get(summary.plan_id)
        site = site_of(app.context, kept, plan)
        selections = [site.selection(step) for step in plan.steps if hasattr(step, "where")]
        texts += [repr(case), repr(summary), repr(plan), repr(site), repr(selections), repr(app.context)]
        assert any(USER in values for values in site.keys.values())
    assert not [text for text in texts if not clean(text)]


def test_key_and_value_in_the_wrong_order_are_not_repeated(planted, cli):
    """Whoever types VALUE=KEY instead of KEY=VALUE is corrected without the value."""
    said = cli("request", "open", "--subject", f"{MAIL}=email", folder=planted.folder)
    assert said.code == 2
    assert clean(said.all)
