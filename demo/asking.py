"""Four people write: by an agent, refused with a promise, shown what is held, and one whose data rests for a while.

Everything goes by post: the product writes the letters, its mail room prints them, and posting one destroys it. So that
what a person receives can be looked at, we copy each into WORKSPACE/letters before it is posted. The console tells
states, numbers and file names, and nothing of a person.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from demo import telling
from demo.systems import Systems
from demo.unsealing import rows_inside
from demo.world import Customer, World
from demo.writers import Writers, choose, in_use, sign_up
from retention.app import App
from retention.app.notices import Notice, Recipient
from retention.app.requesting import Arrival
from retention.errors import FoundError
from retention.grammar import RESTRICTION_LIFT
from retention.model.ids import CaseId, CategoryId
from retention.model.letter import Happens, LetterKind, Reach, Value, Way
from retention.model.request_moves import Measure, Refused, Wait
from retention.model.subject import SubjectKey
from retention.model.terms import Filer, Refusal, Right
from retention.wiring import open_app

LETTERS = "letters"
"""The folder of the workspace with copies of what people receive."""
_MAIL_ROOM = "mailroom"
_DESK, _OFFICE, _APPROVER = "desk", "privacy-office", "operator"
_TRAVELLED = timedelta(days=2)
"""How long their letters took."""
_TOLD_BEFORE = timedelta(days=7)
"""How long before her data is used again she is told; the lift is carried out as of that day."""
_AGENT = "代理人 見本 太郎\n〒100-0000\n東京都千代田区見本町0-0-0"
_PHRASE = re.compile(r"\b[2-9a-z]{5}(?:-[2-9a-z]{5}){4}\b")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests are answered."""

    workspace: Path
    console: Console
    systems: Systems
    app: App
    now: datetime

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line as it stands."""
        self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Asks:
    """What one of them asks for, and how he is answered."""

    customer: Customer = field(repr=False)
    right: Right
    language: Literal["ja", "en"] = "ja"
    address: str | None = field(default=None, repr=False)
    """None: the customer's own."""
    filer: Filer = Filer.PERSON
    items: tuple[CategoryId, ...] = ()


def prepare(workspace: Path) -> None:
    """Let the company write letters by post, and stop the use of a customer's data by a flag on the customer."""
    with (workspace / "retention.yaml").open("a", encoding="utf-8") as file:
        file.write(f"\nletters:\n  post: {{carrier: folder, path: {_MAIL_ROOM}}}\n")
    path = workspace / "datamap.yaml"
    text = path.read_text(encoding="utf-8")
    flag = "    suspend: {flag: {column: is_suspended, value: true}}\n"
    along = "    suspend: {parent: the service comes to these rows by way of the customer only}\n"
    text = text.replace("    table: customers\n", f"    table: customers\n{flag}", 1)
    path.write_text(re.sub(r"(?m)^    parent: .*\n", lambda found: found[0] + along, text), encoding="utf-8")


def four_people(workspace: Path, console: Console, systems: Systems, world: World, now: datetime) -> None:
    """Tell the chapter."""
    with open_app(workspace, now) as app:
        desk = Desk(workspace, console, systems, app, now)
        writers = choose(world, now)
        _by_an_agent(desk, writers)
        _refused(desk, writers)
        _shown(desk, writers)
        _stopped(desk, writers)
    waiting = sorted(path.name for path in (workspace / _MAIL_ROOM).glob("*.pdf"))
    if waiting:
        raise FoundError(f"the mail room still holds {waiting[0]}")
    console.print(f"posted, and gone from the mail room; our copies, to look at: {workspace / LETTERS}", soft_wrap=True)


def _by_an_agent(desk: Desk, writers: Writers) -> None:
    desk.say(
        "a) An agent writes for a customer: for what purposes is the data used? The letter of attorney is missing."
    )
    asks = Asks(writers.ward, Right.PURPOSE_NOTIFICATION, address=_AGENT, filer=Filer.MANDATED_AGENT)
    case_id = _received(desk, asks)
    app, now = desk.app, desk.now
    app.ask(case_id, [Wait.AUTHORITY], now, by=_DESK)
    _post(desk, case_id)
    app.keep_paper(case_id, "authority", "委任状（見本）".encode(), now, by=_DESK)
    app.supply(case_id, [Wait.AUTHORITY], now, by=_DESK)
    app.identify(case_id, "drivers-licence", now, by=_DESK, authority="power-of-attorney")
    _state(desk, case_id, "the letter of attorney came")
    app.accept(case_id, now, by=_OFFICE)
    app.write_letter(case_id, LetterKind.DONE, {"explanation": _purposes(app, writers.ward, now)}, now)
    _post(desk, case_id)


def _purposes(app: App, customer: Customer, now: datetime) -> str:
    """Say for what the categories are used of which the customer has rows."""
    policy = app.context.policy
    held = {line.category for line in app.explain(f"user_id={customer.id}", now).lines}
    used = {purpose for name in held for purpose in policy.categories[name].purposes}
    titles = [purpose.title["ja"] for name, purpose in policy.purposes.items() if name in used]
    return f"お預かりしている情報の利用目的をお知らせします。{'、'.join(titles)}。"


def _refused(desk: Desk, writers: Writers) -> None:
    desk.say("b) A customer wants his payments erased; the tax law keeps them. A person refuses, and promises.")
    payer = writers.payer
    asks = Asks(payer, Right.ITEM_DELETION, "en", items=(CategoryId("billing"),), address=writers.payers_address)
    case_id = _received(desk, asks)
    desk.app.identify(case_id, "residence-record", desk.now, by=_DESK)
    _state(desk, case_id, "identified")
    instead = Measure.ERASE_WHEN_PERIOD_ENDS
    request = desk.app.refuse(case_id, [Refusal.OTHER_LAW], desk.now, by=_OFFICE, instead=instead)
    decision = request.decision
    if not isinstance(decision, Refused) or decision.alternative is None:
        raise FoundError(f"{case_id} was to be refused with another measure")
    promised = decision.alternative
    desk.say(
        f"   refused by {_OFFICE}: {', '.join(reason.value for reason in decision.reasons)}; instead: "
        f"{promised.measure.value} ({', '.join(promised.holds)}), promised for {promised.until}",
        "yellow",
    )
    _post(desk, case_id)


def _shown(desk: Desk, writers: Writers) -> None:
    desk.say("c) A customer wants to see what is held of her: 1,000 yen, paid; then an encrypted page.")
    case_id = _received(desk, Asks(writers.reader, Right.DISCLOSURE))
    app, now = desk.app, desk.now
    app.identify(case_id, "passport", now, by=_DESK)
    app.charge(case_id, 1000, "JPY", now, by=_DESK)
    payment = {"payment": "同封の払込取扱票による郵便振替（手数料は当社負担）"}
    app.write_letter(case_id, LetterKind.NEED_FEE, payment, now)
    _post(desk, case_id)
    app.settle_fee(case_id, now, by=_DESK)
    _state(desk, case_id, "paid")
    app.accept(case_id, now, by=_OFFICE)
    _road(desk, case_id)
    page, phrase = _hand_out(desk, case_id)
    _inside(desk, rows_inside(page, phrase))


def _hand_out(desk: Desk, case_id: CaseId) -> tuple[bytes, str]:
    """Send the page and, in another envelope, its phrase; return both."""
    app, copies = desk.app, desk.workspace / LETTERS
    export, page = app.fetch_disclosure(case_id)
    (copies / f"{case_id}.your-data.html").write_bytes(page)
    app.write_phrase(case_id, copies / f"{case_id}.passphrase")
    told = (copies / f"{case_id}.passphrase" / "letter.ja.html").read_text(encoding="utf-8")
    phrase = _PHRASE.search(told)
    if phrase is None:
        raise FoundError(f"the letter of {case_id} tells no pass phrase")
    given: dict[str, Value] = {
        "where": "この封筒に同封したUSBメモリのファイル your-data.html",
        "opens": "ブラウザーで開き、別の封筒でお届けするパスフレーズを入力してください",
        "until": (export.until - timedelta(seconds=1)).astimezone(app.context.zone).date(),
        "fingerprint": export.file_digest,
        "masked": False,
    }
    app.write_letter(case_id, LetterKind.DISCLOSURE, given, desk.now)
    _post(desk, case_id)
    return page, phrase[0]


def _inside(desk: Desk, found: Mapping[str, tuple[int, int]]) -> None:
    """Show how much is in the page, and no value."""
    table = Table(title="Opened with the phrase of the letter, as she does; inside", title_justify="left")
    for column in ("dataset", "columns", "rows"):
        table.add_column(column)
    for dataset, (columns, rows) in found.items():
        table.add_row(dataset, str(columns), str(rows))
    desk.console.print(table)


def _stopped(desk: Desk, writers: Writers) -> None:
    desk.say("d) Somebody says she never signed up: the use of her data stops; it was she after all, and it goes on.")
    her, app, now = writers.newcomer, desk.app, desk.now
    sign_up(desk.systems, her, now)
    seen = [in_use(desk.systems, her)]
    case_id = _received(desk, Asks(her, Right.SUSPENSION))
    app.identify(case_id, "passport", now, by=_DESK)
    app.accept(case_id, now, by=_OFFICE)
    _road(desk, case_id)
    seen.append(in_use(desk.systems, her))
    _post(desk, case_id)
    _tell_of_the_lift(desk, her, case_id)
    later = replace(desk, now=now + _TOLD_BEFORE)
    _road(later, app.open_lift(case_id, "unfounded", _OFFICE, later.now).case_id)
    seen.append(in_use(desk.systems, her))
    table = Table(title="What the service finds of her", title_justify="left")
    for column in ("query of the application", "before", "stopped", "lifted"):
        table.add_column(column)
    for query in seen[0]:
        table.add_row(query, *(str(each[query]) for each in seen))
    desk.console.print(table)


def _tell_of_the_lift(desk: Desk, customer: Customer, case_id: CaseId) -> None:
    """She was promised to be told before; that she was is an event about her."""
    given: dict[str, Value] = {
        "lifting": (desk.now + _TOLD_BEFORE).astimezone(desk.app.context.zone).date(),
        "reason": "ご本人によるご登録であることを、ご本人とともに確認できたため",
    }
    happens = Happens("notice.delivered", RESTRICTION_LIFT)
    name, *lines = _address(customer).splitlines()
    whom = Recipient(SubjectKey("user_id", customer.id), Reach(Way.POST, name, tuple(lines), "ja"))
    desk.app.notify(Notice(LetterKind.LIFT_AHEAD, case_id, given, happens), [whom], desk.now)
    _post(desk)


def _received(desk: Desk, asks: Asks) -> CaseId:
    """Let the letter come in by post, and the receipt go out."""
    arrival = Arrival(
        SubjectKey("user_id", asks.customer.id),
        "post",
        asks.right,
        received_at=desk.now - _TRAVELLED,
        filer=asks.filer,
        language=asks.language,
        address=asks.address or _address(asks.customer),
        items=asks.items,
        place="JP",
        letter=f"{asks.right.value}: {asks.customer.id}".encode(),
    )
    case_id = desk.app.receive(arrival, desk.now).case_id
    _post(desk, case_id)
    return case_id


def _address(customer: Customer) -> str:
    return f"{customer.name}\n〒{customer.postal_code}\n{customer.address}"


def _road(desk: Desk, case_id: CaseId) -> None:
    """Plan, approve, apply, verify, seal."""
    app, now = desk.app, desk.now
    made = app.plan_request(case_id, now)
    telling.plan(desk.console, app.plan(made.plan_id)[0])
    for approver in (_APPROVER, _OFFICE) if made.crossings else (_APPROVER,):
        app.approve(made.plan_id, made.digest, approver, now)
    report = app.apply(made.plan_id, now)
    if report.failed:
        raise FoundError(f"{made.plan_id}: {len(report.failed)} steps could not be carried out")
    app.verify(made.plan_id, now)
    app.seal(made.plan_id, now)
    desk.say(f"   {case_id}: approved, carried out, verified, {app.context.ledger.cases.get(case_id).state.value}")


def _post(desk: Desk, case_id: CaseId | None = None) -> None:
    """Write what is due, hand it to the mail room, keep copies for the visitor, and post it."""
    sent = desk.app.send_letters(desk.now)
    # who was erased before gave no address: her certificate is handed out, and her letters stay unwritten
    stuck = [*(letter for letter in sent.lacking if letter.startswith(f"{case_id}.")), *sent.later, *sent.refused]
    if stuck:
        raise FoundError(f"a letter did not go out: {stuck[0]}")
    room, copies = desk.workspace / _MAIL_ROOM, desk.workspace / LETTERS
    copies.mkdir(mode=0o700, exist_ok=True)
    for letter in sent.handed_over:
        shutil.copy(room / f"{letter}.pdf", copies)
    desk.app.note_posted(sent.handed_over, desk.now)
    names = ", ".join(f"{letter}.pdf" for letter in sent.handed_over)
    state = "" if case_id is None else f"; the request is {desk.app.request(case_id).state.value}"
    desk.say(f"   posted: {names}{state}")


def _state(desk: Desk, case_id: CaseId, what: str) -> None:
    desk.say(f"   {what}; the request is {desk.app.request(case_id).state.value}")
