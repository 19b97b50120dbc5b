"""The dictionary attack on a sealed case: who has no epoch key any more finds nobody, whatever he tries."""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.dictionary import attack, guesses, numbers, targets
from retention.model.subject import SubjectKey

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = datetime(2032, 6, 1, tzinfo=UTC)
PERSON, TRIED = "09012345678", 10_000
LIVING = ("lookup", "suppression", "staff", "signing")
"""Keys that the company still has when the epoch's is gone."""


@dataclass(frozen=True)
class Loot:
    """All that an attacker holds: the ledger's rows, the log's files, the bundle, and keys."""

    material: tuple[bytes, ...]
    case: str

    def found(self, tried: list[str], keys: tuple[bytes, ...] = ()) -> set[str]:
        """Return whom the attack finds."""
        wanted = targets(self.material)
        return attack(tried, wanted, lambda number: guesses(number, ("phone",), (self.case,), keys))


def rows(ledger: Path) -> bytes:
    """Return every value of every row of the ledger."""
    connection = sqlite3.connect(ledger)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    values = [value for name in names for row in connection.execute(f"SELECT * FROM {name}") for value in row]
    connection.close()
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for value in values)


@pytest.fixture(scope="module")
def tried() -> list[str]:
    """A seeded sample of all mobile numbers, and the true one."""
    return [*numbers(TRIED), PERSON]


@pytest.fixture
def phoned(shop):
    """A shop that knows people by their telephone number."""
    path = shop.folder / "datamap.yaml"
    path.write_text(path.read_text().replace("user_id: id, email: email", "user_id: id, phone: email"))
    shop.change(f"UPDATE customers SET email = '{PERSON}' WHERE id = 'c3'")
    app, case, plan = shop.approved_request(f"phone={PERSON}")
    app.apply(plan, NOW)
    app.verify(plan, NOW)
    app.seal(plan, NOW)
    return shop, app, case


def loot(shop, app, case: str) -> Loot:
    """Take everything that lies around."""
    files = [path.read_bytes() for path in sorted((shop.folder / "evidence").rglob("*")) if path.is_file()]
    ledgers = [path.read_bytes() for path in sorted(shop.folder.glob("ledger.db*"))]
    return Loot((app.bundle(case), rows(shop.folder / "ledger.db"), *files, *ledgers), case)


def test_the_attack_finds_nobody_after_the_epoch(phoned, tried):
    """With the whole ledger, log and bundle, and every key that still lives, 10,001 numbers give no hit."""
    shop, app, case = phoned
    with app:
        app.rescan(LATER)  # until the second looks are taken people are known by digest
        app.follow_up(LATER)
        app.expire_evidence(LATER)
        living = tuple(key for name in LIVING if (key := app.context.keys.read(name)) is not None)
        taken = loot(shop, app, case)
    assert len(living) == len(LIVING)
    assert not any(PERSON.encode() in content for content in taken.material)
    assert taken.found(tried) == set()
    # with keys each number costs ten times as much: the true one and a few thousand others are tried
    assert taken.found(tried[-5000:], living) == set()


def test_the_live_vault_is_what_is_destroyed(phoned, tried):
    """Control: while the epoch's key lives, whoever has it and the ledger finds the person by the same attack."""
    shop, app, case = phoned
    with app:
        taken = loot(shop, app, case)
        key = app.context.keys.read("epoch/2026")
        assert key is not None
        look_up = hmac.digest(key, b"lookup", hashlib.sha256)
        assert taken.found(tried[-5000:], (look_up,)) == {PERSON}
        assert taken.found(tried[-5000:]) == set(), "without the key not even the live vault says anything"
        assert app.context.ledger.openings.find("2026", SubjectKey("phone", PERSON))
        receipt = app.receipt(case)
    held = tuple(targets([receipt]))
    found_paper = Loot((*taken.material, receipt), case)
    assert found_paper.found(tried[-5000:], held) == {PERSON}, "whoever finds a receipt can guess at it"


def test_an_unkeyed_hash_would_name_the_person(phoned, tried):
    """Control: had the log stated SHA-256 of the number, the same attack would find the person, and only him."""
    shop, app, case = phoned
    with app:
        taken = loot(shop, app, case)
    stated = hashlib.sha256(PERSON.encode()).hexdigest().encode()
    assert Loot((*taken.material, stated), case).found(tried) == {PERSON}
