"""No personal data in any evidence: unmistakable people go down every road, and every byte of evidence is searched."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import random
import re
import shutil
import unicodedata
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from retention.app import App
from retention.errors import UnknownSubjectError
from retention.model.answer import Completed
from retention.model.copies import Copy, Order, Receipt, Registered
from retention.model.ids import CopyId, SystemId
from retention.model.period import Period
from retention.ports.connector import Capabilities, SystemKind

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
APPROVER = "Quillon Vantreight"
PROCESSORS = "processors:\n  analytics: {categories: [account], key: user_id, answer_within: P30D}\n"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{16,}={0,2}")
_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
KANJI = "亜唖娃阿哀愛挨逢葵茜穐悪握渥旭葦芦鯵梓圧斡扱宛姐虻飴絢綾鮎或粟袷安庵按暗案闇鞍杏"


@dataclass(frozen=True)
class Person:
    """Everything that is known of somebody, each value like no other."""

    user: str
    name: str
    mail: str
    phone: str

    @property
    def values(self) -> tuple[str, ...]:
        """All of it."""
        return self.user, self.name, self.mail, self.phone


class Analytics:
    """A processor in this process: it completes whatever it is told, and signs with a digest of the order's id."""

    capabilities = Capabilities(SystemKind.PROCESSOR)

    def __init__(self) -> None:
        self.told: list[str] = []

    def processor(self) -> Analytics:
        """Return itself."""
        return self

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Complete the order."""
        self.told += [str(key) for keys in order.keys.values() for key in keys]
        return self.status(order, now=now)

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Say that it is completed."""
        digest = hashlib.sha256(order.order_id.encode()).hexdigest()
        return Receipt(order.order_id, Completed(), now, None, digest, digest)

    def close(self) -> None:
        """Nothing to give back."""


class Nightly:
    """A backup system with one copy of the shop."""

    capabilities = Capabilities(SystemKind.COPIES)

    def keeper(self) -> Nightly:
        """Return itself."""
        return self

    def copies(self) -> tuple[Copy, ...]:
        """Return the copy."""
        shop = (SystemId("shop"),)
        taken = NOW - timedelta(days=1)
        return (Copy(CopyId("nightly/2026-11-22"), SystemId("nightly"), shop, taken, taken + timedelta(days=35)),)

    def examine(self) -> Registered:
        """Return the copy, with nothing that does not fit."""
        expire = Period(days=35)
        return Registered(SystemId("nightly"), "folders", expire, None, "job", None, None, self.copies(), ())

    def exists(self, _: CopyId) -> bool:
        """It is still there."""
        return True

    def close(self) -> None:
        """Nothing to give back."""


def people(seed: int, count: int) -> list[Person]:
    """Return people whose values are random: Japanese and English names, wide and narrow letters."""
    draw = random.Random(seed)  # noqa: S311 -- sample data

    def word() -> str:
        return "".join(draw.choices("bcdfghjklmnpqrstvwxz", k=9))

    found = []
    for number in range(count):
        tail = f"{draw.randrange(10**8):08d}"
        japanese = "".join(draw.sample(KANJI, 4)) + "　" + "".join(draw.sample(KANJI, 4))
        name = japanese if number % 2 else f"{word().title()} {word().title()}"
        mail = f"{word()}.{word()}@{word()}.example"
        mail = mail.upper() if number % 3 == 1 else mail
        found.append(Person(f"uid-{word()}{number}", name, mail, f"090-{tail[:4]}-{tail[4:]}"))
    return found


def forms(value: str) -> set[str]:
    """Return what to look for, in compared form: the value, its parts, and its unkeyed digests."""
    same = compared(value)
    digits = re.sub(r"\D", "", value)
    parts = {same, urllib.parse.quote(value).casefold(), *re.split(r"[@\s]", same)}
    parts |= {digits} if len(digits) > 9 else set()
    hashed = {value, same, digits} if len(digits) > 9 else {value, same}
    for text in hashed:
        for algorithm in ("md5", "sha1", "sha256"):
            parts.add(hashlib.new(algorithm, text.encode()).hexdigest())
    return {part for part in parts if len(part) > 7}


def compared(text: str) -> str:
    """Return the text without differences of width and case, escapes undone."""
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return unicodedata.normalize("NFKC", unescaped).casefold()


def readings(content: bytes, depth: int = 4) -> Iterator[str]:
    """Yield the content as text, and whatever is base64 in it, and in that, and so on."""
    yield compared(content.decode(errors="replace"))
    for text in _BASE64.findall(content) if depth else ():
        usable = text[: len(text) // 4 * 4]
        try:
            decoded = base64.b64decode(usable, validate=True)
        except ValueError:
            continue
        yield from readings(decoded, depth - 1)


def named(material: Iterable[bytes], persons: Iterable[Person]) -> set[str]:
    """Return every planted value that stands anywhere in the material, in whatever form."""
    wanted = {form: value for person in persons for value in person.values for form in forms(value)}
    wanted |= dict.fromkeys(forms(APPROVER), APPROVER)
    pattern = re.compile("|".join(map(re.escape, sorted(wanted))))
    return {wanted[found] for content in material for text in readings(content) for found in pattern.findall(text)}


def prepared(shop, persons: list[Person]) -> App:
    """Plant the people, and open the shop with a processor and backups."""
    for person in persons:
        shop.change(
            f"INSERT INTO customers VALUES ('{person.user}', '{person.name}', '{person.mail}')",
            f"INSERT INTO orders (customer_id, amount, paid_at) VALUES ('{person.user}', 7, '2024-05-10 00:00:00.0')",
            "INSERT INTO notes (customer_id, body, written_at) VALUES "
            f"('{person.user}', 'call {person.phone} {person.name}', '2026-10-01 00:00:00.000000')",
        )
    policy = shop.folder / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + PROCESSORS, encoding="utf-8")
    app = shop.app()
    app.context = dataclasses.replace(
        app.context,
        processors={SystemId("analytics"): Analytics()},
        copies={SystemId("nightly"): Nightly()},
        copied={SystemId("nightly"): (SystemId("shop"),)},
    )
    return app


def walk(app: App, shop, persons: list[Person], tmp_path: Path) -> list[str]:
    """Go down every road, one person each; return the cases."""
    asked, swept, held, denied, refused, lost = persons
    shutil.copy(shop.database, tmp_path / "restored.sqlite")
    request = _identified(app, f"email={asked.mail}")
    _carried_out(app, app.plan_request(request, NOW))
    closed = NOW - timedelta(days=60)
    for person in (swept, held):
        app.record_event(
            f"user_id={person.user}", "account.closed", event_id=f"e-{person.phone}", occurred_at=closed, now=NOW
        )
    hold = app.place_hold(f"email={held.mail}", "litigation", NOW)
    sweep = app.plan_sweep(NOW)
    assert sweep is not None
    _carried_out(app, sweep)
    app.release_hold(hold.hold_id, NOW)
    refusal = app.open_request(f"email={denied.mail}", "post", NOW).case_id
    app.identify(refusal, "passport", NOW)
    app.deny(refusal, "other-law", NOW)
    rejection = _identified(app, f"user_id={refused.user}")
    app.reject(app.plan_request(rejection, NOW).plan_id, APPROVER, "too-much", NOW)
    shop.change(
        f"DELETE FROM notes WHERE customer_id = '{lost.user}'", f"DELETE FROM orders WHERE customer_id = '{lost.user}'"
    )
    shop.change(f"DELETE FROM customers WHERE id = '{lost.user}'")
    unknown = _identified(app, f"email={lost.mail}")
    with pytest.raises(UnknownSubjectError):
        app.plan_request(unknown, NOW)
    app.deny(unknown, "not-retained-data", NOW)
    restore = app.plan_restore(SystemId("shop_restored"), NOW)
    assert restore is not None
    _carried_out(app, restore)
    return [request, sweep.case_id, refusal, rejection, unknown, restore.case_id]


def _identified(app: App, subject: str) -> str:
    case = app.open_request(subject, "post", NOW).case_id
    app.identify(case, "passport", NOW)
    app.accept(case, NOW)
    return case


def _carried_out(app: App, plan) -> None:
    for approver in (APPROVER, "someone else"):
        if app.approval_state(plan.plan_id) == "waiting":
            app.approve(plan.plan_id, plan.digest, approver, NOW)
    app.apply(plan.plan_id, NOW)
    app.verify(plan.plan_id, NOW)
    app.seal(plan.plan_id, NOW)


def test_no_evidence_names_anybody(shop, tmp_path):
    """Log, tiles, checkpoint, bundles with their attachments, reports, certificates and receipts name nobody."""
    persons = people(1, 6)
    app = prepared(shop, persons)
    planted = shop.database.read_bytes()
    with app:
        cases = walk(app, shop, persons, tmp_path)
        analytics = app.context.processors[SystemId("analytics")]
        assert persons[0].user in analytics.told, "the processor was told of the person"
        entries = [entry.envelope for entry in app.context.log.sequence.entries()]
        bundles = [app.bundle(case) for case in cases]
        report = app.audit_report(date(2026, 11, 1), date(2026, 11, 30), tmp_path / "report", NOW)
        answer = app.certificate(cases[0], tmp_path / "answer")
        receipt = app.receipt(cases[0])
    tiles = [path for path in sorted((shop.folder / "evidence").rglob("*")) if path.is_file()]
    kinds = {json.loads(base64.b64decode(json.loads(entry)["payload"]))["predicate"]["kind"] for entry in entries}
    assert kinds >= {
        *("planned", "approval", "rejection", "deletion", "verification", "kept", "denial"),
        *("processorAck", "copyRemains", "keyDestroyed", "subjectsCommitted", "holdPlaced", "holdReleased"),
        "restoreReplayed",
    }
    assert {value for person in persons for value in person.values} <= named([planted], persons), "the search finds"
    files = [path.read_bytes() for path in (*tiles, *report, *answer)]
    assert named([*entries, *bundles, *files, receipt], persons) == set()
    assert not any(_salts(receipt) & set(re.findall(rb"[A-Za-z0-9+/]{43}=", part)) for part in bundles)


def _salts(receipt: bytes) -> set[bytes]:
    """Return the salts of a receipt: what makes guessing possible and belongs to the person alone."""
    return {line.split(b" ")[4] for line in receipt.split(b"\n") if line.startswith(b"opening ")}


@pytest.mark.parametrize(
    "hidden",
    [
        lambda value: value.encode(),
        lambda value: value.swapcase().encode(),
        lambda value: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value).encode(),
        lambda value: base64.b64encode(b'{"a": "' + value.encode() + b'"}'),
        lambda value: base64.b64encode(b'{"p": "' + base64.b64encode(b"leads: " + value.encode() + b" and on") + b'"}'),
        lambda value: json.dumps(value).encode(),
        lambda value: hashlib.sha256(value.encode()).hexdigest().encode(),
        lambda value: urllib.parse.quote(value).encode(),
    ],
)
def test_the_search_finds_what_is_hidden(hidden):
    """Control: a value is found in the clear, in other letters, in base64 of base64, escaped, hashed, quoted."""
    persons = people(3, 4)
    for person in persons:
        for value in person.values:
            assert value in named([b'{"body": "' + hidden(value) + b'"}'], persons)
