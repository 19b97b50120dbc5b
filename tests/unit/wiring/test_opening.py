from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from retention.errors import InputError, SettingsError
from retention.packs import pack_names, read_pack
from retention.ports.connector import SystemKind
from retention.ports.tiles import ObjectLock, TileSettings
from retention.store import FolderTiles
from retention.wiring import open_app, read_settings, read_workspace
from retention.wiring.quiet import TALKATIVE, keep_data_out_of_logs
from retention.wiring.systems import connect_all
from retention.wiring.tiles import connect_tiles

SYSTEMS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
systems:
  app: {connector: memory, url: "memory:unit"}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A workspace made of the blank pack, over an SQLite file."""
    for name, text in read_pack("blank").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("APP_DATABASE_URL", f"sqlite:///{tmp_path / 'app.sqlite'}")
    return tmp_path


@pytest.mark.parametrize("pack", pack_names())
def test_every_pack_reads(tmp_path, pack):
    """Each ready policy is a workspace that reads and fits together."""
    for name, text in read_pack(pack).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert read_workspace(tmp_path).policy.rules


def test_opening_makes_what_is_missing_and_finds_it_again(folder):
    """Ledger, keys and pinned verifier key come into being inside the workspace; a second opening finds them."""
    with open_app(folder) as app:
        vkey = app.context.log.vkey
        assert list(app.context.stores) == ["app"]
    assert (folder / "ledger.db").is_file()
    assert (folder / "evidence.vkey").read_text(encoding="utf-8").strip() == vkey
    with open_app(folder) as again:
        assert again.context.log.vkey == vkey


def test_another_signing_key_is_noticed(folder):
    """If the key store was swapped, the workspace does not open: its evidence would not fit the published key."""
    open_app(folder).close()
    (folder / "keys").rename(folder / "old-keys")
    with pytest.raises(SettingsError, match="another key"):
        open_app(folder)


def test_a_workspace_that_is_none_says_how_to_make_one(tmp_path):
    """Opening a folder without retention.yaml is wrong input, with the command that makes one."""
    with pytest.raises(SettingsError, match="retention init"):
        open_app(tmp_path / "nowhere")


def test_data_in_an_undeclared_system_is_refused(folder):
    """A data map that places data where retention.yaml names no system is refused."""
    path = folder / "datamap.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("system: app", "system: elsewhere"), encoding="utf-8")
    with pytest.raises(InputError, match="elsewhere"):
        read_workspace(folder)


def test_data_in_a_backup_is_refused(folder):
    """A data map that places data in a system of backups is refused, not a defect later on."""
    settings, datamap = folder / "retention.yaml", folder / "datamap.yaml"
    nightly = "  nightly: {connector: backups, url: 's3://nightly', expire: P35D, copies: [app]}\n"
    settings.write_text(settings.read_text(encoding="utf-8") + nightly, encoding="utf-8")
    datamap.write_text(datamap.read_text(encoding="utf-8").replace("system: app", "system: nightly"), encoding="utf-8")
    with pytest.raises(SettingsError, match="nightly, which holds no live data"):
        open_app(folder)


def test_an_unknown_connector_names_the_nearest(folder):
    """A misspelt connector is refused with the nearest one that is installed."""
    settings = read_settings(SYSTEMS.replace("memory", "memroy", 1), "retention.yaml", folder)
    with pytest.raises(SettingsError, match="did you mean memory"):
        connect_all(settings)


def test_a_connector_stands_where_its_capabilities_say(folder):
    """A store is found among the stores, whatever its name."""
    settings = read_settings((folder / "retention.yaml").read_text(encoding="utf-8"), "retention.yaml", folder)
    renamed = replace(settings.systems["app"], system_id="other")
    systems = connect_all(replace(settings, systems={"other": renamed}))
    assert systems.stores["other"].capabilities.kind is SystemKind.STORE
    assert not systems.copies
    assert not systems.processors
    systems.stores["other"].close()


@pytest.mark.parametrize("name", TALKATIVE)
def test_libraries_do_not_log_data(name):
    """A process that logs at DEBUG gets no rows and requests from libraries; a stricter level stays."""
    logger = logging.getLogger(name)
    before = logger.level
    try:
        logger.setLevel(logging.DEBUG)
        keep_data_out_of_logs()
        assert logger.level == logging.INFO
        logger.setLevel(logging.ERROR)
        keep_data_out_of_logs()
        assert logger.level == logging.ERROR
    finally:
        logger.setLevel(before)


def versioned(folder, before="versions/2025.yaml"):
    """Turn the blank policy into the second of two versions; the days of both are in 2030."""
    first = (folder / "policy.yaml").read_text(encoding="utf-8")
    line = "version: {{id: {id}, announced: {day}, effective: {day}, reductions: announcement{before}}}\n"
    (folder / "versions").mkdir()
    old = line.format(id="one", day="2030-01-01", before="") + first
    (folder / "versions" / "2025.yaml").write_text(old, encoding="utf-8")
    new = line.format(id="two", day="2030-02-01", before=f", before: {before}") + first
    (folder / "policy.yaml").write_text(new, encoding="utf-8")


def test_the_version_in_force_is_what_plans_are_made_from(folder):
    """On its date the new version takes the old one's place, and the digest that plans carry changes with it."""
    versioned(folder)
    digests = []
    for day in (datetime(2030, 1, 15, tzinfo=UTC), datetime(2030, 2, 15, tzinfo=UTC)):
        with open_app(folder, day) as app:
            digests.append(app.context.policy.digest)
            assert hashlib.sha256(app.context.policy_text.encode()).hexdigest() == digests[-1]
    workspace = read_workspace(folder, datetime(2030, 1, 15, tzinfo=UTC))
    assert digests == [written.policy.digest for written in workspace.chain]
    assert workspace.policy.version.version_id == "two"


def test_a_version_before_that_is_not_there_is_said(folder):
    """The message names the file that is missing."""
    versioned(folder, before="versions/2024.yaml")
    with pytest.raises(InputError) as caught:
        read_workspace(folder)
    assert "versions/2024.yaml" in caught.value.problems[0].found


def test_a_store_of_tiles_is_found_by_its_address(tmp_path):
    """A folder is ours, s3:// is found by entry point, and options that nobody would read are refused."""
    assert isinstance(connect_tiles(TileSettings("evidence", workspace=tmp_path)), FolderTiles)
    assert type(connect_tiles(TileSettings("s3://bucket/log"))).__name__ == "S3Tiles"
    with pytest.raises(SettingsError, match="ftp://"):
        connect_tiles(TileSettings("ftp://host/log"))
    for locked in (TileSettings("evidence", ObjectLock.COMPLIANCE), TileSettings("evidence", options={"region": "x"})):
        with pytest.raises(SettingsError, match="belong to a bucket"):
            connect_tiles(locked)


def test_a_workspace_may_keep_its_log_in_a_bucket(folder, monkeypatch):
    """`evidence.store: s3://…` opens without reaching the network; its secrets are references."""
    file = folder / "retention.yaml"
    more = "s3://evidence/log, object_lock: governance, retain: P10Y, access_key: env:AK, secret_key: env:SK"
    file.write_text(re.sub(r"store: evidence", f"store: {more}", file.read_text("utf-8")), "utf-8")
    with pytest.raises(SettingsError, match="AK"):
        open_app(folder)
    monkeypatch.setenv("AK", "a")
    monkeypatch.setenv("SK", "s")
    with open_app(folder) as app:
        assert type(app.context.log.tiles).__name__ == "S3Tiles"
