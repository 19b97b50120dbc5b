from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from retention.errors import StateError, TerminalFailure, UnknownNameError
from retention.model.ids import CaseId
from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger

CASE = CaseId("C-20261123-7f3k2q")
SECRET = b"hanako.yamada@example.jp"


def test_what_is_put_comes_back_and_replaces(ledger: Ledger) -> None:
    """`get` returns what was put last under the name, empty and large values too."""
    for content in (SECRET, b"", b"x" * 300_000):
        ledger.vault.put(CASE, "keys/user_id", content)
        assert ledger.vault.get(CASE, "keys/user_id") == content


def test_unknown_name_and_unknown_case(ledger: Ledger) -> None:
    """A name that was never put raises UnknownNameError, and reading makes no key."""
    with pytest.raises(UnknownNameError):
        ledger.vault.get(CASE, "keys")
    ledger.vault.put(CASE, "other", SECRET)
    with pytest.raises(UnknownNameError):
        ledger.vault.get(CASE, "keys")


def test_key_check_is_the_hmac_of_the_case_key_and_outlives_it(ledger: Ledger, keys: FileKeyStore) -> None:
    """The check value is 16 hex digits of HMAC(case key, "kcv"), the same after the shredding."""
    ledger.vault.put(CASE, "keys", SECRET)
    key = keys.read("case/c-20261123-7f3k2q")
    assert key is not None
    check = ledger.vault.key_check(CASE)
    assert check == hmac.new(key, b"kcv", hashlib.sha256).hexdigest()[:16]
    ledger.vault.destroy(CASE)
    assert ledger.vault.key_check(CASE) == check


def test_destroyed_vault_cannot_be_read_or_written(ledger: Ledger, keys: FileKeyStore) -> None:
    """After `destroy`, twice or before any use, get and put raise StateError and no new key is made."""
    ledger.vault.put(CASE, "keys", SECRET)
    ledger.vault.destroy(CASE)
    ledger.vault.destroy(CASE)
    ledger.vault.destroy(CaseId("C-never-used"))
    for case_id in (CASE, CaseId("C-never-used")):
        with pytest.raises(StateError):
            ledger.vault.get(case_id, "keys")
        with pytest.raises(StateError):
            ledger.vault.put(case_id, "keys", SECRET)
        assert keys.read(f"case/{case_id.lower()}") is None


def test_destroy_leaves_other_cases_alone(ledger: Ledger) -> None:
    """Shredding one case's key leaves the others readable."""
    ledger.vault.put(CASE, "keys", SECRET)
    ledger.vault.put(CaseId("C-2"), "keys", SECRET)
    ledger.vault.destroy(CASE)
    assert ledger.vault.get(CaseId("C-2"), "keys") == SECRET


def test_a_moved_row_does_not_decrypt(url: str, ledger: Ledger) -> None:
    """Ciphertext renamed in the database fails authentication."""
    ledger.vault.put(CASE, "keys", SECRET)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger_vault SET name = 'rare'"))
    engine.dispose()
    with pytest.raises(TerminalFailure):
        ledger.vault.get(CASE, "rare")


def test_another_key_store_is_recognized(url: str, ledger: Ledger, tmp_path: Path) -> None:
    """A ledger opened with a key store that holds another key of that name says so."""
    ledger.vault.put(CASE, "keys", SECRET)
    others = FileKeyStore(tmp_path / "others")
    others.create(f"case/{CASE.lower()}")
    other = open_ledger(url, others)
    with pytest.raises(TerminalFailure, match="another key"):
        other.vault.get(CASE, "keys")
    with pytest.raises(TerminalFailure, match="another key"):
        other.vault.put(CASE, "keys", SECRET)
    other.close()


def test_sqlite_files_hold_no_plaintext_and_after_destroy_no_ciphertext(tmp_path: Path, keys: FileKeyStore) -> None:
    """Neither the database nor its write-ahead log holds what was put; after `destroy` not even encrypted."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'raw.db'}", keys)
    for number in range(20):
        ledger.vault.put(CASE, f"small-{number}", SECRET)
    ledger.vault.put(CASE, "large", SECRET * 2000)
    engine = create_engine(f"sqlite:///{tmp_path / 'raw.db'}")
    with engine.connect() as connection:
        sealed = [bytes(row[0]) for row in connection.execute(text("SELECT ciphertext FROM ledger_vault"))]
    engine.dispose()
    before = _raw(tmp_path)
    assert SECRET not in before
    assert all(piece[:24] in before for piece in sealed)
    ledger.vault.destroy(CASE)
    after = _raw(tmp_path)
    assert not [piece for piece in sealed if piece[:24] in after or piece[-24:] in after]
    ledger.close()


def _raw(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("raw.db*")))
