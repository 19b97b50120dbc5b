"""`retention datamap`: draft, import, check and graph as users type them."""

from __future__ import annotations

import importlib.util
import io
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SECRETS = ("Name c", "@mail.example", "note about", "hunter2")
FIDES = """\
dataset:
- fides_key: app
  collections:
  - name: users
    fields:
    - {name: id, data_categories: [user.unique_id], fides_meta: {primary_key: true, identity: user_id}}
    - {name: mail, data_categories: [user.contact.email], retention: one year}
"""


@pytest.fixture
def workspace(shop, cli, monkeypatch, tmp_path) -> Path:
    """A new workspace on the shop's database, as `retention init` makes it."""
    folder = tmp_path / "new"
    assert cli("init", folder, "--pack", "blank").code == 0
    monkeypatch.setenv("APP_DATABASE_URL", f"sqlite:///{shop.database}")
    return folder


def test_a_draft_is_a_map_that_the_check_reads(workspace, cli, shop):
    """Drafted by reference, put in place of the map: every table and column fits; no value is anywhere in it."""
    path = workspace / "drafted.yaml"
    said = cli("datamap", "draft", "env:APP_DATABASE_URL", "--category", "account", "-o", path, folder=workspace)
    assert said.code == 0, said.err
    assert "3 datasets" in said.err
    text = path.read_text(encoding="utf-8")
    assert "parent: {app.customers: {customer_id: id}}" in text
    assert not [secret for secret in SECRETS if secret in text + said.all]
    path.replace(workspace / "datamap.yaml")
    checked = cli("datamap", "check", folder=workspace)
    assert checked.code == 0, checked.all
    shop.change("CREATE TABLE forgotten (mail TEXT)")
    checked = cli("datamap", "check", "--json", folder=workspace)
    assert checked.code == 1
    assert '"where": "app: forgotten"' in checked.out
    assert "datamap draft" in checked.out


def test_a_draft_overwrites_nothing(workspace, cli):
    """What somebody has reviewed stays: exit 2, the file is as it was."""
    before = (workspace / "datamap.yaml").read_bytes()
    said = cli("datamap", "draft", "env:APP_DATABASE_URL", "-o", workspace / "datamap.yaml", folder=workspace)
    assert said.code == 2
    assert "exists" in said.err
    assert (workspace / "datamap.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("source", "code", "word"),
    [
        ("ftp://host/x", 2, "nothing surveys ftp://"),
        ("no-such-file.csv", 2, "does not exist"),
        ("env:NOT_SET_ANYWHERE", 2, "NOT_SET_ANYWHERE is not set"),
        ("postgresql+psycopg://somebody:hunter2@127.0.0.1:1/shop", 4, "cannot be reached"),
        ("sqlite:///no/such/file.db", 4, "run again"),
    ],
)
def test_a_source_that_cannot_be_read_is_told(cli, source, code, word):
    """No traceback, no password: what was wrong, and the exit code of its kind."""
    said = cli("datamap", "draft", source)
    assert said.code == code
    assert word in said.err
    assert "hunter2" not in said.all
    assert "defect" not in said.err


def test_files_of_this_machine_can_be_drafted(cli, tmp_path):
    """A CSV file with Japanese headers, and a database file without an address."""
    (tmp_path / "meibo.csv").write_text("氏名,メール\n山田 太郎,taro@mail.example\n", encoding="utf-8")
    said = cli("datamap", "draft", tmp_path / "meibo.csv", "--system", "lake")
    assert said.code == 0, said.err
    assert "path: meibo.csv" in said.out
    assert "taro" not in said.all
    assert "山田" not in said.all


def test_a_fides_file_is_imported_and_the_rest_is_named(cli, tmp_path):
    """The map goes to standard output; what was left behind to standard error, and into the file's heading."""
    (tmp_path / "fides.yml").write_text(FIDES, encoding="utf-8")
    said = cli("datamap", "import", "--fides", tmp_path / "fides.yml")
    assert said.code == 0, said.err
    assert "subject: {user_id: id}" in said.out
    assert "LEFT_BEHIND app.users.mail retention" in said.err
    assert "app.users.mail retention" in said.out
    (tmp_path / "fides.yml").write_text("dataset: 1\n", encoding="utf-8")
    assert cli("datamap", "import", "--fides", tmp_path / "fides.yml").code == 2
    assert cli("datamap", "import", "--fides", tmp_path / "nowhere.yml").code == 2


def test_the_graph_is_an_svg_in_two_languages(shop, cli):
    """Drawn from the files alone, the same each time."""
    english, again = (cli("datamap", "graph", folder=shop.folder).out for _ in range(2))
    japanese = cli("datamap", "graph", "--lang", "ja", "-o", shop.folder / "map.svg", folder=shop.folder)
    assert english == again
    assert japanese.code == 0
    for text in (english, (shop.folder / "map.svg").read_text(encoding="utf-8")):
        assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 -- our own
        assert "customer_id → customers" in text


@pytest.fixture(scope="module")
def server():
    """An S3."""
    if "s3_server" not in sys.modules:
        path = Path(__file__).parents[1] / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location("s3_server", path)
        assert spec
        assert spec.loader
        sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["s3_server"])
    running = sys.modules["s3_server"].S3Server()
    yield running
    running.close()


def parquet(**columns: list[str]) -> bytes:
    """Return a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_a_lake_is_drafted_and_watched(server, cli, tmp_path, monkeypatch):
    """Drafted from its address; then a new Parquet field and a new prefix each fail the check until they are said."""
    bucket = server.bucket(versioned=True)
    options = server.settings(bucket)
    server.put(bucket, "seen/dt=2026-01-01/a1.parquet", parquet(user_id=["u1"], ip=["192.0.2.1"]))
    monkeypatch.setenv("AWS_ENDPOINT_URL", options["endpoint"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", options["access_key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", options["secret_key"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-1")
    folder = tmp_path / "lake"
    assert cli("init", folder, "--pack", "blank").code == 0
    (folder / "datamap.yaml").unlink()
    arguments = ("--system", "lake", "--category", "account", "-o", folder / "datamap.yaml")
    said = cli("datamap", "draft", f"s3://{bucket}", *arguments, folder=folder)
    assert said.code == 0, said.err
    settings = (folder / "retention.yaml").read_text(encoding="utf-8").partition("systems:")[0]
    lines = "".join(f", {name}: {value!r}" for name, value in options.items() if name != "url")
    (folder / "retention.yaml").write_text(
        f"{settings}systems:\n  lake: {{connector: lake, url: 's3://{bucket}'{lines}}}\n", encoding="utf-8"
    )
    assert cli("datamap", "check", folder=folder).code == 0
    server.put(bucket, "seen/dt=2026-01-02/b1.parquet", parquet(user_id=["u1"], ip=["192.0.2.1"], mail=["x"]))
    server.put(bucket, "copies/u1@mail.example/z1.csv", b"x")
    checked = cli("datamap", "check", folder=folder)
    assert checked.code == 1
    assert "UNMAPPED_COLUMN" in checked.out
    assert "lake.seen.mail" in checked.out
    assert "lake: copies/*/*.csv" in checked.out
    assert "u1@" not in checked.all
    path = folder / "datamap.yaml"
    text = path.read_text(encoding="utf-8").replace(
        "    fields:\n", "    fields:\n      mail: {category: account, identifies: directly}\n"
    )
    path.write_text(f"{text}excluded:\n  lake: {{copies/: made by a test}}\n", encoding="utf-8")
    assert cli("datamap", "check", folder=folder).code == 0
