"""Die before and after every write of keys: the next run ends where an undisturbed one does; no living key is lost."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retention.app import applying
from retention.app.records import stored
from retention.errors import KeyShreddedError
from retention.evidence import verify
from retention.execution.run import run
from retention.model.ids import CategoryId, SystemId
from retention.model.subject import SubjectKey
from retention.model.subject_keys import EpochState, KeyOwner
from retention.ports.subject_keys import KeySystemSettings
from retention.shredding import rotate
from retention.wiring import open_subject_keys
from tests.doubles.dying import Died, Dying, Life

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SHELF = frozenset({"begin", "end", "ended", "add", "rewrap", "shred"})
HOLDER = frozenset({"make", "destroy"})
LEDGER = frozenset({"write", "add_horizon", "suppress", "record", "defer"})


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"shredding_{path.stem}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHOPS = _load(Path(__file__).parents[1] / "e2e" / "conftest.py")


def owner(user: str) -> KeyOwner:
    """Return whose key it is."""
    return KeyOwner(SubjectKey("user_id", user), CategoryId("account"))


def opened(folder: Path, life: Life | None = None):
    """Open the keys as one more process, which may die."""
    keys = open_subject_keys(
        KeySystemSettings(SystemId("members"), f"sqlite:///{folder}/wrapped.db", "file", {"path": str(folder / "keks")})
    )
    if life is not None:
        keys.shelf, keys.wrapper = Dying(keys.shelf, life, SHELF), Dying(keys.wrapper, life, HOLDER)
    return keys


def lives(act, progress) -> int:
    """Do it again and again until it is done, dying before and after each write; return how often it died.

    A death after a write that lasts is followed by one before the next such write.
    """
    deaths, moment = 0, 1
    while True:
        before = progress()
        try:
            act(Life(moment))
        except Died:
            deaths, moment = deaths + 1, moment - 1 if progress() != before else moment + 1
        else:
            return deaths


def test_the_first_message_survives_any_death(tmp_path):
    """Whenever the process died, the next finds one epoch, makes what is missing, and its message opens."""
    for moment in range(1, 9):  # make, begin, add (the index key), add (hers): before and after each
        folder = tmp_path / str(moment)
        folder.mkdir()
        dying = opened(folder, Life(moment))
        with pytest.raises(Died):
            dying.encrypt(owner("ann"), b"x")
        dying.close()
        keys = opened(folder)
        assert keys.decrypt(owner("ann"), keys.encrypt(owner("ann"), b"x")) == b"x"
        assert [epoch.number for epoch in keys.shelf.epochs()] == [1]
        keys.close()


@pytest.mark.parametrize("moment", range(1, 13))
def test_a_rotation_that_died_anywhere_is_ended_by_the_next(moment, tmp_path):
    """Every living key opens at each moment; then one epoch has ended, and one wraps everything."""
    keys = opened(tmp_path)
    sealed = {user: keys.encrypt(owner(user), user.encode()) for user in ("ann", "bob", "eve")}
    keys.shelf.shred([keys.ref(owner("eve"))], NOW)
    dying = opened(tmp_path, Life(moment))
    with pytest.raises(Died):  # make, begin, rewrap, end, destroy, ended: before and after each
        rotate(dying, NOW)
    dying.close()
    other = opened(tmp_path)
    assert [other.decrypt(owner(user), sealed[user]) for user in ("ann", "bob")] == [b"ann", b"bob"]
    if moment < 12:  # after the last write nothing is left to be done, and the next would begin a third epoch
        rotate(other, NOW)
    states = [(epoch.number, epoch.state) for epoch in other.shelf.epochs()]
    assert states == [(1, EpochState.DESTROYED), (2, EpochState.CURRENT)]
    assert len(list((tmp_path / "keks").glob("*.key"))) == 1
    assert [other.decrypt(owner(user), sealed[user]) for user in ("ann", "bob")] == [b"ann", b"bob"]
    with pytest.raises(KeyShreddedError):
        other.decrypt(owner("eve"), sealed["eve"])
    keys.close()
    other.close()


@pytest.fixture
def shop(tmp_path):
    """A shop whose application keeps names under their owners' keys."""
    made = SHOPS.make_shop_in(tmp_path)
    datamap = made.folder / "datamap.yaml"
    line = "    subject: {user_id: id, email: email}\n"
    text = datamap.read_text(encoding="utf-8").replace(
        line, line + "    encrypted: {keys: members, by: user_id, fields: [name]}\n"
    )
    datamap.write_text(text, encoding="utf-8")
    keys = opened(made.folder)
    for user in ("c3", "c7"):
        made.change(
            f"UPDATE customers SET name = '{keys.encrypt(owner(user), user.encode()).hex()}' WHERE id = '{user}'"
        )
    keys.close()
    return made


def test_a_step_on_keys_that_died_anywhere_is_finished_by_the_next_run(shop):
    """Applied again after each death: the key is shredded once, stated once, and its horizon told; another's opens."""
    ours = bytes.fromhex(str(shop.rows("SELECT name FROM customers WHERE id = 'c7'")[0][0]))
    app, case, plan = shop.approved_request("user_id=c3")
    steps = [step.step_id for step in app.plan(plan)[0].steps]
    rest = [step for step in steps if "-shred-" not in step]
    assert len(rest) == len(steps) - 1
    applying.apply(app.context, plan, NOW, only=rest)
    site = applying.site_of(app.context, *stored(app.context, plan))
    system = site.subject_keys["members"]

    def act(life):
        system.keys.shelf = Dying(shelf, life, SHELF)
        ledger, log = Dying(site.ledger, life, LEDGER, ("journal", "copies", "holds")), Dying(site.log, life, LEDGER)
        assert not run(replace(site, ledger=ledger, log=log), NOW, steps).failures

    def progress():
        ledger = app.context.ledger
        return len(ledger.journal.entries(plan)), ledger.copies.horizons(case), ledger.log.size(), shelf.counts()

    shelf = system.keys.shelf
    assert lives(act, progress) >= 14, "intent, shred, done, horizon, two statements, evidence: before and after each"
    system.keys.shelf = shelf
    with app:
        assert not app.apply(plan, NOW).failed
        facts = [fact.kind for fact in verify(app.bundle(case)).facts]
        assert (facts.count("keyDestroyed"), facts.count("copyRemains")) == (1, 1)
        assert len(app.context.ledger.copies.horizons(case)) == 1
    keys = opened(shop.folder)
    assert keys.decrypt(owner("c7"), ours) == b"c7"
    with pytest.raises(KeyShreddedError):
        keys.encrypt(owner("c3"), b"late")
    keys.close()
