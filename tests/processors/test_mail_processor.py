"""Orders by mail, over a real SMTP server: nothing of the person in the clear, answered once by the token."""

from __future__ import annotations

import re
import socket
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from connectors.memory import forget, make
from connectors.processor import connect
from retention.errors import RefusedError, SettingsError, TerminalFailure, TransientFailure
from retention.execution.links import make_token, read_token
from retention.model.answer import ByHand, Completed, Proof, Refused
from retention.model.case import CaseState
from retention.model.copies import Order
from retention.model.datamap import ColumnType
from retention.model.ids import OrderId, SystemId
from retention.ports.connector import SystemSettings
from retention.wiring import open_app
from tests.processors.test_rest_states import DATAMAP, NOW, POLICY, SETTINGS

DAY = timedelta(days=1)
PERSON = "hanako-4711"
SECRET = "a secret of the contract"  # noqa: S105 -- the test's


class Postbox:
    """Takes mail, or answers with a code."""

    def __init__(self):
        self.mails, self.say = [], None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 -- aiosmtpd's
        """Take the address, or refuse."""
        del server, session, options
        if self.say:
            return self.say
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 -- aiosmtpd's
        """Keep the mail."""
        del server, session
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture(scope="module")
def smtp():
    """A mail server of this process, started once."""
    controller = Controller(Postbox(), hostname="127.0.0.1", port=0)
    controller.server_hostname = "127.0.0.1"
    controller.port = free_port()
    controller.start()
    yield controller
    controller.stop()


def free_port():
    """Return a port that nobody listens on."""
    with closing(socket.socket()) as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


@pytest.fixture
def box(smtp):
    """The postbox, empty."""
    smtp.handler.mails.clear()
    smtp.handler.say = None
    return smtp.handler


def options(server, **more):
    """Return options of the connector."""
    return {
        "protocol": "mail",
        "to": "privacy@archive.example",
        "from": "office@shop.example",
        "smtp": f"127.0.0.1:{server.port}",
        "secret": SECRET,
        "language": "en",
        **more,
    }


def system(server, **more):
    """Return the connector."""
    return connect(SystemSettings(SystemId("archive"), "processor", options(server, **more)))


def order():
    """Return an order."""
    number = OrderId("7f6a2f7e-3c1c-4c43-9d5b-1d2f3a4b5c6d")
    return Order(number, {"user_id": (PERSON,)}, NOW, "appi", acknowledgement="t0ken")


def test_the_mail_holds_number_and_token_and_the_person_only_sealed(smtp, box, tmp_path):
    """No value in subject, headers or text; OpenSSL opens the attachment with the secret of the contract."""
    receipt = system(smtp).processor().submit(order(), now=NOW)
    assert (receipt.answer, receipt.proof) == (ByHand("mail-acknowledgement"), Proof.NOBODY)
    [raw] = box.mails
    assert PERSON.encode() not in raw
    mail = message_from_bytes(raw, policy=policy.default)
    text = mail.get_body().get_content()
    assert order().order_id in mail["Subject"]
    assert "t0ken" in text
    [attachment] = mail.iter_attachments()
    (tmp_path / "order.enc").write_bytes(attachment.get_content())
    command = re.search(r"openssl enc .*order\.enc", text)[0].split()
    opened = subprocess.run(
        [*command, "-pass", f"pass:{SECRET}"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert opened.stdout == f'{{"user_id": ["{PERSON}"]}}'


@pytest.mark.parametrize(("say", "error"), [("451 later", TransientFailure), ("550 no such box", TerminalFailure)])
def test_what_the_server_says_decides_whether_to_try_again(smtp, box, say, error):
    """4xx is tried again, 5xx is not; neither names an address."""
    box.say = say
    with pytest.raises(error) as caught:
        system(smtp).processor().submit(order(), now=NOW)
    assert "privacy@" not in f"{caught.value!r}{caught.value.__cause__}"


def test_a_server_that_is_not_there_is_transient(smtp):
    """Nobody listens: run again later."""
    gone = system(smtp, smtp=f"127.0.0.1:{free_port()}", timeout="2").processor()
    with pytest.raises(TransientFailure):
        gone.submit(order(), now=NOW)


def test_wrong_options_are_all_said_at_once(smtp):
    """An address that is none, a short secret, half a login: said together, the secret is not shown."""
    wrong = {"to": "nobody", "secret": "short-1", "user": "u", "smtp": "here"}
    with pytest.raises(SettingsError) as caught:
        system(smtp, **wrong)
    assert [p.where.rpartition(".")[2] for p in caught.value.problems] == ["to", "smtp", "secret", "user"]
    assert "short-1" not in str(caught.value)


def test_a_token_is_good_for_its_order_its_time_and_its_key():
    """One changed sign, another key, a day too late: refused."""
    number = order().order_id
    token = make_token(b"k", number, NOW + DAY)
    assert read_token(b"k", f" {token}\n", NOW) == number
    for key, text, at in ((b"other", token, NOW), (b"k", token[:-1] + "~", NOW), (b"k", token, NOW + DAY)):
        with pytest.raises(RefusedError):
            read_token(key, text, at)


@pytest.fixture
def desk(tmp_path, smtp, box):
    """A request whose order went out by mail."""
    del box
    make("rest").put("customers", {"id": ColumnType.TEXT, "name": ColumnType.TEXT}, [{"id": PERSON, "name": "n"}])
    crm = ", ".join(f'{name}: "{value}"' for name, value in options(smtp).items())
    settings = re.sub(r"  crm: .*", f"  crm: {{connector: processor, {crm}}}", SETTINGS.format(url=""))
    for name, text in (("retention", settings), ("policy", POLICY), ("datamap", DATAMAP)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with open_app(tmp_path) as app:
        case = app.open_request(f"user_id={PERSON}", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        assert app.apply(plan.plan_id, NOW).state is CaseState.APPLIED
        app.verify(plan.plan_id, NOW)
        yield app, plan.plan_id
    forget("rest")


def token_of(box):
    """Return the token of the first mail."""
    text = message_from_bytes(box.mails[0], policy=policy.default).get_body().get_content()
    return re.search(r"Answer: (\S+)", text)[1]


def test_the_case_waits_for_the_answer_and_the_token_is_good_once(desk, box):
    """Not sealed before somebody answers; the answer counts once, and who gave it stands as `link`."""
    app, plan_id = desk
    assert "acknowledge" in app.tasks(NOW)[0].to_do
    with pytest.raises(TransientFailure):
        app.seal(plan_id, NOW)
    assert len(box.mails) == 1
    with pytest.raises(RefusedError, match="reason"):
        app.acknowledge(token_of(box), "refused", None, NOW)
    placed = app.acknowledge(token_of(box), "done", None, NOW)
    assert (placed.receipt.answer, placed.receipt.proof) == (Completed(), Proof.LINK)
    with pytest.raises(RefusedError, match="used before"):
        app.acknowledge(token_of(box), "done", None, NOW)
    assert app.seal(plan_id, NOW + DAY).state is CaseState.CLOSED
    assert app.tasks(NOW)[0].to_do == ""


def test_a_refusal_by_mail_makes_the_case_partial(desk, box):
    """An answer that it was not erased, and why, is no end: the case is PARTIAL with the reason."""
    app, plan_id = desk
    app.acknowledge(token_of(box), "refused", "kept-by-law", NOW)
    with pytest.raises(TerminalFailure, match="kept-by-law"):
        app.seal(plan_id, NOW + DAY)
    [order_] = app.context.ledger.copies.orders()
    assert order_.receipt.answer == Refused("kept-by-law")
    assert app.context.ledger.cases.get(order_.case_id).state is CaseState.PARTIAL


def test_whoever_is_late_is_reminded_and_escalated(desk, box):
    """Three days before its day once, after it every week; each is a mail without the person, and is recorded."""
    app, _ = desk
    due = app.tasks(NOW)[0].due_at
    said = [
        [(each.kind.value, each.sent) for each in app.remind_processors(at)]
        for at in (NOW, due - 3 * DAY, due - 2 * DAY, due, due + DAY, due + 7 * DAY)
    ]
    reminded, escalated = [("reminded", True)], [("escalated", True)]
    assert said == [[], reminded, [], escalated, [], escalated]
    assert len(box.mails) == 4
    assert not any(PERSON.encode() in mail for mail in box.mails)
    assert [note.kind.value for note in app.context.ledger.processing.notes()] == ["reminded", "escalated", "escalated"]


def test_where_no_mail_goes_out_somebody_is_told_to_write(desk, box):
    """A reminder that cannot be sent is listed, and recorded all the same."""
    app, _ = desk
    box.say = "451 later"
    due = app.tasks(NOW)[0].due_at
    assert [each.sent for each in app.remind_processors(due)] == [False]


def test_contracts_that_lapse_are_found(desk):
    """A year after the last look supervision is overdue (APPI 25); the harmless call greets the mail server."""
    app, _ = desk
    assert app.check_processors(datetime(2026, 12, 1, tzinfo=UTC), only=None, call=True).is_well
    found = app.check_processors(datetime(2027, 4, 5, tzinfo=UTC), only="crm", call=False)
    assert [(lapse.code, lapse.statute) for lapse in found.lapses] == [("SUPERVISION_OVERDUE", "jp.appi.25")]
