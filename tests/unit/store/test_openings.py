from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retention.errors import StateError, TerminalFailure, UnknownNameError
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger

AT = datetime(2032, 1, 1, tzinfo=UTC)
CASE, OTHER = CaseId("C-20261123-7f3k2q"), CaseId("C-20261124-7f3k2q")
TARO, JIRO = SubjectKey("email", "taro@example.jp"), SubjectKey("email", "jiro@example.jp")


def test_a_person_is_found_by_whoever_knows_him(ledger: Ledger) -> None:
    """Openings are found by the key in any letter case, per epoch, and for nobody else."""
    ledger.openings.begin("2026", AT)
    ledger.openings.put("2026", CASE, [(TARO, b"one"), (JIRO, b"two")])
    ledger.openings.put("2026", OTHER, [(TARO, b"three")])
    assert ledger.openings.find("2026", SubjectKey("email", " TARO@example.jp")) == ((CASE, b"one"), (OTHER, b"three"))
    assert ledger.openings.find("2026", JIRO) == ((CASE, b"two"),)
    assert ledger.openings.find("2026", SubjectKey("user_id", "taro@example.jp")) == ()


def test_repeats_keep_one_opening_and_the_first_date(ledger: Ledger) -> None:
    """A repeat after a crash replaces the opening; the date once promised stays."""
    first = ledger.openings.begin("2026", AT)
    ledger.openings.put("2026", CASE, [(TARO, b"one")])
    ledger.openings.put("2026", CASE, [(TARO, b"again")])
    assert ledger.openings.begin("2026", AT + timedelta(days=400)) == first
    assert ledger.openings.find("2026", TARO) == ((CASE, b"again"),)


def test_a_destroyed_epoch_stays_destroyed(ledger: Ledger, keys: FileKeyStore) -> None:
    """Its key and rows are gone, nothing can be asked or added, no second key is made, and its check value stays."""
    epoch = ledger.openings.begin("2026", AT)
    ledger.openings.put("2026", CASE, [(TARO, b"one")])
    ledger.openings.put_receipt("2026", CASE, b"receipt", AT)
    gone = ledger.openings.destroy("2026", AT)
    assert (gone.key_check, gone.destroyed_at) == (epoch.key_check, AT)
    assert ledger.openings.destroy("2026", AT + timedelta(days=1)) == gone
    assert ledger.openings.receipt(CASE) is None
    assert keys.read("epoch/2026") is None
    for refused in (
        lambda: ledger.openings.find("2026", TARO),
        lambda: ledger.openings.put("2026", CASE, [(TARO, b"one")]),
        lambda: ledger.openings.put_receipt("2026", CASE, b"receipt", AT),
        lambda: ledger.openings.begin("2026", AT),
    ):
        with pytest.raises(StateError, match="destroyed"):
            refused()
    assert keys.read("epoch/2026") is None


def test_a_death_after_the_shredding_is_made_good(ledger: Ledger, keys: FileKeyStore) -> None:
    """The key is gone and the rows are not: nobody can ask, and a repeat removes the rest."""
    ledger.openings.begin("2026", AT)
    ledger.openings.put("2026", CASE, [(TARO, b"one")])
    keys.shred("epoch/2026")
    with pytest.raises(StateError, match="destroyed"):
        ledger.openings.find("2026", TARO)
    assert ledger.openings.destroy("2026", AT).destroyed_at == AT


def test_receipts_expire(ledger: Ledger) -> None:
    """The first content stays until its day, and is gone from then on."""
    ledger.openings.begin("2026", AT)
    ledger.openings.put_receipt("2026", CASE, b"receipt", AT)
    ledger.openings.put_receipt("2026", CASE, b"another", AT + timedelta(days=9))
    assert ledger.openings.expire_receipts(AT - timedelta(seconds=1)) == 0
    assert ledger.openings.receipt(CASE) == b"receipt"
    assert ledger.openings.expire_receipts(AT) == 1
    assert ledger.openings.receipt(CASE) is None
    assert ledger.openings.receipt(OTHER) is None


def test_unknown_epochs_and_foreign_keys_are_told_apart(ledger: Ledger, keys: FileKeyStore) -> None:
    """An epoch that never was is unknown; another key in its place is no destruction but a fault."""
    with pytest.raises(UnknownNameError):
        ledger.openings.find("2025", TARO)
    ledger.openings.begin("2026", AT)
    keys.shred("epoch/2026")
    keys.create("epoch/2026")
    with pytest.raises(TerminalFailure, match="another key"):
        ledger.openings.find("2026", TARO)


def test_nothing_of_a_destroyed_epoch_is_left_in_the_file(tmp_path: Path) -> None:
    """SQLite's file and its write-ahead log hold neither look-up digest nor ciphertext afterwards."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", FileKeyStore(tmp_path / "keys"))
    ledger.openings.begin("2026", AT)
    ledger.openings.put("2026", CASE, [(TARO, b"one")])

    def content() -> bytes:
        return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("ledger.db*")))

    assert CASE.encode() in content()
    assert b"taro" not in content()
    ledger.openings.destroy("2026", AT)
    assert CASE.encode() not in content()
    ledger.close()
