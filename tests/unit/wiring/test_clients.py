"""opendsr.yaml: every problem at once, and no secret in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention.datamap import read_datamap
from retention.errors import SettingsError
from retention.wiring import read_clients

DATAMAP = """\
datasets:
  app.notes: {system: app, table: notes, subject: {user_id: who, email: mail}, tenant: {company_id: company},
    fields: {body: {category: notes, identifies: directly}}}
"""
GOOD = """\
domain: dsr.umu.example
address: https://dsr.umu.example/
key: key.pem
certificate: certificate.pem
clients:
  acme:
    tenant: company_id=acme
    token: env:ACME_TOKEN
    identities: {email: email}
    callbacks: [https://acme.example/dsr?x=1]
"""


def read(folder: Path, text: str) -> object:
    """Read opendsr.yaml with this text."""
    (folder / "opendsr.yaml").write_text(text, encoding="utf-8")
    return read_clients(folder, read_datamap(DATAMAP, "datamap.yaml"))


@pytest.fixture(autouse=True)
def token(monkeypatch):
    """The client's token."""
    monkeypatch.setenv("ACME_TOKEN", "a-token-of-24-characters")


def test_what_is_right_is_read(tmp_path):
    """A client with its tenant, keys and addresses; the token shows nowhere."""
    desk = read(tmp_path, GOOD)
    assert desk.address == "https://dsr.umu.example"
    client = desk.clients["acme"]
    assert (client.tenant.name, client.tenant.value, dict(client.identities)) == (
        "company_id",
        "acme",
        {"email": "email"},
    )
    assert client.callbacks == ("https://acme.example/dsr?x=1",)
    assert "a-token" not in repr(desk)


def test_every_problem_at_once(tmp_path):
    """Each wrong line is named with what was expected."""
    text = (
        GOOD.replace("https://dsr.umu.example/", "http://dsr.umu.example/")
        .replace("company_id=acme", "user_id=acme")
        .replace("{email: email}", "{mail: email, email: emial}")
        .replace("https://acme.example/dsr?x=1", "ftp://acme.example/x")
        .replace("env:ACME_TOKEN", "a-token-of-24-characters")
    )
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    where = {problem.where.split()[-1] for problem in caught.value.problems}
    assert where == {
        "address",
        "clients.acme.tenant",
        "clients.acme.token",
        "clients.acme.identities.mail",
        "clients.acme.identities.email",
        "clients.acme.callbacks[0]",
    }
    assert "a-token-of-24" not in str(caught.value)


def test_short_and_shared_tokens_are_refused(tmp_path, monkeypatch):
    """A token that can be guessed, or that two clients have, opens nothing."""
    other = GOOD.split("clients:\n")[1].replace("acme", "other").replace("other_TOKEN", "ACME_TOKEN")
    with pytest.raises(SettingsError, match="two clients share"):
        read(tmp_path, GOOD + other)
    monkeypatch.setenv("ACME_TOKEN", "short")
    with pytest.raises(SettingsError, match="at least 24"):
        read(tmp_path, GOOD)


def test_no_file_says_what_to_do(tmp_path):
    """A workspace without the file is told where to look."""
    with pytest.raises(SettingsError, match=r"docs/opendsr\.md"):
        read_clients(tmp_path, read_datamap(DATAMAP, "datamap.yaml"))
