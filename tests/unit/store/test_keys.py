from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retention.errors import InputError, KeyGoneFailure, TerminalFailure, TransientFailure
from retention.model.ids import SystemId
from retention.store import FileKeyStore, FileWrapper, WrapperBox
from retention.store import keys as keys_module

MAKER = """
import sys
from pathlib import Path
from retention.store.keys import FileKeyStore
sys.stdin.readline()
store = FileKeyStore(Path(sys.argv[1]))
print([store.create(f"case/{number}").hex() for number in range(30)])
"""


def test_a_key_is_made_once_and_read_back(keys: FileKeyStore) -> None:
    """`create` makes 32 bytes and returns the same ever after; `read` makes nothing."""
    assert keys.read("signing") is None
    key = keys.create("signing")
    assert len(key) == 32
    assert keys.create("signing") == keys.read("signing") == key
    assert keys.create("lookup") != key


def test_names_do_not_share_files(keys: FileKeyStore) -> None:
    """A name may be the beginning of another; each has its own key."""
    assert len({keys.create(name) for name in ("case", "case/a", "case/a/b", "case-a")}) == 4


def test_only_the_owner_can_read(tmp_path: Path) -> None:
    """Files are 0600 in a 0700 folder, also if the folder stood open before; nothing passing is left."""
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    FileKeyStore(folder).create("case/c-1")
    assert folder.stat().st_mode & 0o777 == 0o700
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_shredded_key_is_gone_and_shredding_repeats(keys: FileKeyStore) -> None:
    """After `shred` the key reads as None; shredding again, or before any key, is harmless."""
    keys.shred("signing")
    key = keys.create("signing")
    keys.shred("signing")
    keys.shred("signing")
    assert keys.read("signing") is None
    assert keys.create("signing") != key


def test_shredding_overwrites_the_file_in_its_place(tmp_path: Path) -> None:
    """Another name of the same file (left by a crash) does not hold the key after the shredding."""
    store = FileKeyStore(tmp_path / "keys")
    key = store.create("signing")
    left_over = tmp_path / "keys" / ".left-over"
    os.link(tmp_path / "keys" / "signing.key", left_over)
    store.shred("signing")
    assert left_over.read_bytes() != key


@pytest.mark.parametrize("name", ["", "../x", "a//b", "/a", "a/", "A", "a.b", "a\n", "é"])
def test_other_names_are_refused(keys: FileKeyStore, name: str) -> None:
    """Names outside the alphabet are refused by every method."""
    for method in (keys.create, keys.read, keys.shred):
        with pytest.raises(InputError):
            method(name)


def test_a_damaged_key_is_an_error_never_a_new_key(tmp_path: Path) -> None:
    """A key file of another length is a TerminalFailure: a new key would lose what the old encrypted."""
    store = FileKeyStore(tmp_path)
    store.create("signing")
    (tmp_path / "signing.key").write_bytes(b"short")
    with pytest.raises(TerminalFailure):
        store.create("signing")


def test_an_unusable_folder_is_transient(tmp_path: Path) -> None:
    """If the folder cannot be used, the error is a TransientFailure."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TransientFailure):
        FileKeyStore(tmp_path / "file").create("signing")


def test_the_first_of_two_makers_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that finds another's key when putting its own in place returns the other's."""
    store = FileKeyStore(tmp_path)
    first = []
    write = keys_module.write_beside

    def beaten(path: Path, content: bytes, mode: int) -> Path:
        monkeypatch.setattr(keys_module, "write_beside", write)
        first.append(FileKeyStore(tmp_path).create("signing"))
        return write(path, content, mode)

    monkeypatch.setattr(keys_module, "write_beside", beaten)
    assert [store.create("signing")] == first
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def test_processes_get_the_same_keys(tmp_path: Path) -> None:
    """Three processes that make the same keys at the same time get the same keys."""
    command = [sys.executable, "-c", MAKER, str(tmp_path / "keys")]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    assert len({process.communicate()[0] for process in running}) == 1


@pytest.fixture
def boxed(tmp_path: Path) -> FileKeyStore:
    """A key store whose files another holder wraps."""
    return FileKeyStore(tmp_path / "keys", WrapperBox(FileWrapper(FileKeyStore(tmp_path / "kek"), SystemId("ledger"))))


def test_wrapped_files_hold_no_key_and_open_by_their_name_only(boxed: FileKeyStore, tmp_path: Path) -> None:
    """Another process with the holder reads the same key; a file moved to another name does not open."""
    key = boxed.create("signing")
    assert (len(key), boxed.read("signing"), boxed.create("signing")) == (32, key, key)
    (file,) = (tmp_path / "keys").iterdir()
    assert key not in file.read_bytes()
    again = FileKeyStore(tmp_path / "keys", WrapperBox(FileWrapper(FileKeyStore(tmp_path / "kek"), SystemId("ledger"))))
    assert again.create("signing") == key
    file.rename(file.with_name("lookup.key"))
    with pytest.raises(KeyGoneFailure):
        again.read("lookup")


def test_without_its_holder_a_wrapped_file_is_worthless(boxed: FileKeyStore, tmp_path: Path) -> None:
    """The holder's key is gone: nothing opens, and nobody is given another key in its place."""
    boxed.create("signing")
    FileKeyStore(tmp_path / "kek").shred("ledger/1")
    again = FileKeyStore(tmp_path / "keys", WrapperBox(FileWrapper(FileKeyStore(tmp_path / "kek"), SystemId("ledger"))))
    for use in (again.read, again.create):
        with pytest.raises(KeyGoneFailure):
            use("signing")


def test_a_wrapped_key_that_was_shredded_is_gone_at_once(boxed: FileKeyStore, tmp_path: Path) -> None:
    """Whoever had unwrapped it before does not hand it out any more, and the file was overwritten to its end."""
    boxed.create("case/c-1")
    (file,) = (tmp_path / "keys").iterdir()
    other = tmp_path / "left-by-a-crash"
    os.link(file, other)
    before = other.read_bytes()
    FileKeyStore(tmp_path / "keys").shred("case/c-1")
    assert boxed.read("case/c-1") is None
    assert not any(before[at : at + 8] in other.read_bytes() for at in range(0, len(before) - 8, 8))
