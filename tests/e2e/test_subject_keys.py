"""Keys of people on the road and on the command line: what is refused, found, told and never shown."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import FoundError
from retention.model.case import CaseState
from retention.model.ids import CategoryId, SystemId
from retention.model.subject import SubjectKey
from retention.model.subject_keys import KeyOwner
from retention.ports.subject_keys import KeySystemSettings
from retention.wiring import open_subject_keys
from tests.doubles.naming import names

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


AWAY = 'provider: aws-kms, region: x, attempts: "1", endpoint: "http://127.0.0.1:1", access_key: a, secret_key: b'


def owner(user: str) -> KeyOwner:
    """Return whose key it is."""
    return KeyOwner(SubjectKey("user_id", user), CategoryId("account"))


@pytest.fixture
def keys(shop):
    """The shop's application keeps the names of its customers under their own keys."""
    datamap = shop.folder / "datamap.yaml"
    line = "    subject: {user_id: id, email: email}\n"
    text = datamap.read_text(encoding="utf-8")
    encrypted = line + "    encrypted: {keys: members, by: user_id, fields: [name]}\n"
    datamap.write_text(text.replace(line, encrypted), encoding="utf-8")
    settings = KeySystemSettings(
        SystemId("members"), "sqlite:///wrapped.db", "file", {"path": "keks"}, workspace=shop.folder
    )
    made = open_subject_keys(settings)
    for user in ("c3", "c7"):
        sealed = made.encrypt(owner(user), f"Name {user}".encode()).hex()
        shop.change(f"UPDATE customers SET name = '{sealed}' WHERE id = '{user}'")
    yield made
    made.close()


def shreds(app, plan) -> list[str]:
    """Return the plan's steps on keys."""
    return [step.step_id for step in app.plan(plan)[0].steps if "-shred-" in step.step_id]


def test_a_row_that_came_in_meanwhile_keeps_its_key(shop, keys):
    """After the rows went, another of hers came: the key is not shredded, the case is partial, a new plan ends it."""
    app, case, plan = shop.approved_request("user_id=c3")
    with app:
        rest = [step.step_id for step in app.plan(plan)[0].steps if step.step_id not in shreds(app, plan)]
        app.apply_steps(plan, rest, NOW)
        sealed = keys.encrypt(owner("c3"), b"late")
        shop.change(f"INSERT INTO customers VALUES ('c3', '{sealed.hex()}', 'late@mail.example')")
        report = app.apply(plan, NOW)
        assert [failed.transient for failed in report.failed.values()] == [False]
        assert report.state is CaseState.PARTIAL
        assert keys.decrypt(owner("c3"), sealed) == b"late"
        again = app.plan_request(case, NOW)
        app.approve(again.plan_id, again.digest, "office", NOW)
        assert not app.apply(again.plan_id, NOW).failed
        app.verify(again.plan_id, NOW)
    assert keys.shelf.find(keys.ref(owner("c3"))).shredded_at == NOW


def test_a_key_that_came_back_is_found_by_verification(shop, keys):
    """Someone restores the store of wrapped keys after the shred: verification opens her key, and nothing is done."""
    store, old = shop.folder / "wrapped.db", shop.folder / "old.db"
    with sqlite3.connect(store) as connection:
        connection.execute("VACUUM INTO ?", (str(old),))
    app, case, plan = shop.approved_request("user_id=c3")
    with app:
        assert not app.apply(plan, NOW).failed
        keys.close()
        app.context.subject_keys["members"].close()
        for leftover in shop.folder.glob("wrapped.db-*"):
            leftover.unlink()
        shutil.copy(old, store)
        with pytest.raises(FoundError, match=r"members\.account: opens, residual"):
            app.verify(plan, NOW)
        assert app.context.ledger.cases.get(case).state is CaseState.PARTIAL


def test_the_command_line_counts_keys_and_names_nobody(shop, keys, cli):
    """`keys show` and the plan say how many and until when; after the road the count is one less."""
    shown = json.loads(cli("keys", "show", "--json", folder=shop.folder).out)
    assert [(one["epoch"]["number"], one["living"], one["shredded"]) for one in shown[0]["epochs"]] == [(1, 2, 0)]
    _, _, plan = shop.approved_request("user_id=c3")
    said = cli("plan", "show", plan, folder=shop.folder)
    assert "shred 1 keys; old copies of them are worthless from" in said.out
    assert cli("apply", plan, folder=shop.folder).code == 0
    after = cli("keys", "show", folder=shop.folder)
    assert after.code == 0
    assert "current" in after.out
    ref = keys.ref(owner("c3"))
    assert not [word for word in ("c3", "Name c3", ref, ref[:8]) if names(said.out + after.out, word)]
    rotated = cli("keys", "rotate", "members", folder=shop.folder)
    assert (rotated.code, "epoch 1 ended" in rotated.out) == (0, True)
    assert "nothing to replace" in cli("keys", "rotate", "members", "--due", folder=shop.folder).out
    counts = json.loads(cli("keys", "show", "--json", folder=shop.folder).out)[0]["epochs"]
    assert [(one["living"], one["shredded"]) for one in counts] == [(0, 1), (1, 0)]


def test_a_key_that_should_have_been_replaced_is_found(shop, keys, cli):
    """Exit 1 and the command to run: until then old copies of shredded keys can be opened."""
    long_ago = datetime.now(UTC) - timedelta(days=31)
    with sqlite3.connect(shop.folder / "wrapped.db") as connection:
        connection.execute("UPDATE subject_key_epochs SET made_at = ?", (f"{long_ago:%Y-%m-%d %H:%M:%S.%f}",))
    said = cli("keys", "show", folder=shop.folder)
    assert said.code == 1
    assert "retention keys rotate members" in said.err
    with shop.app() as app:  # as the DAG `expiries` does, for every system
        assert [len(ended) for ended in app.rotate_due_keys(datetime.now(UTC)).values()] == [1]
    assert cli("keys", "rotate", "members", "--due", folder=shop.folder).code == 0
    assert cli("keys", "show", folder=shop.folder).code == 0
    assert keys.decrypt(owner("c7"), bytes.fromhex(shop.rows("SELECT name FROM customers WHERE id = 'c7'")[0][0]))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("members: {", "others: {"), (2, "members, which retention.yaml does not name")),
        (("members: {", "shop: {"), (2, "a name that no entry of `systems` has")),
        (("path: keks", "path: keks, rotate_after: P1M"), (2, "days, like P30D")),
        (('store: "sqlite:///wrapped.db", ', ""), (2, "the key `store`")),
        (("provider: file, path: keks", AWAY), (4, "KMS")),
    ],
)
def test_keys_that_cannot_be_used_are_told(shop, keys, cli, change, told):
    """Wrong entries are wrong input, by place; a KMS that is away is safe to ask again."""
    file = shop.folder / "retention.yaml"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    assert keys.shelf.find(keys.ref(owner("c3")))
    case = cli("request", "open", "--subject", "user_id=c3", "--json", folder=shop.folder)
    if case.code == 0:
        name = json.loads(case.out)["case_id"]
        for words in (("identify", name, "--document", "passport"), ("decide", name, "accept")):
            assert cli("request", *words, folder=shop.folder).code == 0
        case = cli("plan", "request", name, folder=shop.folder)
    assert case.code == told[0], case.all
    assert told[1] in case.err


def test_no_system_of_that_name(shop, cli):
    """Exit 2, and what there is."""
    said = cli("keys", "rotate", "nobody", folder=shop.folder)
    assert said.code == 2
    assert "known: members" in said.err
