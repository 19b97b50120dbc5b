from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from retention.wiring import open_app


@pytest.fixture
def published(shop, cli):
    """A workspace with one entry in its published log."""
    assert cli("hold", "place", "--subject", "user_id=u1", "--reason", "litigation", folder=shop.folder).code == 0
    assert cli("evidence", "publish", folder=shop.folder).code == 0
    return shop.folder


def test_publish_audit_and_compare(published, cli):
    """One entry is published, audited in the workspace and as a copy, and continues what was kept."""
    said = cli("evidence", "publish", "--json", folder=published)
    assert (json.loads(said.out)["size"], json.loads(said.out)["origin"]) == (1, "shop.example/log")
    for more in ([], ["--log", published / "evidence"]):
        said = cli("evidence", "audit", "--json", *more, folder=published)
        assert (said.code, json.loads(said.out)["size"]) == (0, 1)
    kept = published / "kept"
    kept.write_bytes((published / "evidence" / "checkpoint").read_bytes())
    assert cli("hold", "place", "--subject", "user_id=u2", "--reason", "dispute", folder=published).code == 0
    assert cli("evidence", "publish", folder=published).code == 0
    said = cli("evidence", "consistency", kept, "--json", folder=published)
    assert (said.code, json.loads(said.out)["old_size"], json.loads(said.out)["new_size"]) == (0, 1, 2)
    assert cli("evidence", "consistency", published / "evidence" / "checkpoint", kept, folder=published).code == 1


def test_a_changed_file_is_named(published, cli):
    """One byte of an entry changed: exit 1, and the file is named."""
    entries = published / "evidence" / "tile" / "entries" / "000.p" / "1"
    content = bytearray(entries.read_bytes())
    content[100] ^= 1
    entries.write_bytes(content)
    said = cli("evidence", "audit", folder=published)
    assert (said.code, "tile/0/000.p/1" in said.err) == (1, True)


def test_wrong_input_is_said(published, cli, tmp_path):
    """No such file, no such folder, no key, a key that is none: exit 2, with what to do."""
    assert cli("evidence", "consistency", tmp_path / "nothing", folder=published).code == 2
    assert cli("evidence", "audit", "--log", tmp_path / "nothing", folder=published).code == 2
    assert cli("evidence", "audit", "--log", published / "evidence", "--key", "x", folder=published).code == 2
    said = cli("evidence", "audit", "--log", published / "evidence", folder=tmp_path / "elsewhere")
    assert (said.code, "--key" in said.err) == (2, True)


def test_one_publishes_at_a_time(published, cli):
    """While someone holds the lease, `publish` is safe to repeat (exit 4); sealing and exporting do not wait for it."""
    with open_app(published) as app:
        now = datetime.now(UTC)
        assert app.context.ledger.lease("evidence/publish", "another", now, now + timedelta(hours=1))
        assert cli("evidence", "publish", folder=published).code == 4
        assert app.context.log.publish().size == 1
        app.context.ledger.give_back("evidence/publish", "another")
    assert cli("evidence", "publish", folder=published).code == 0
