"""opendsr.yaml: who we are to clients as their processor, and who they are.

domain: dsr.umu.example                      # in whose name we sign; the certificate names it
address: https://dsr.umu.example             # where clients reach us
key: opendsr/key.pem
certificate: opendsr/certificate.pem         # with the chain below it
clients:
  acme:                                      # its controller id
    tenant: company_id=acme                  # its rows: it may move these and no others
    token: env:ACME_TOKEN                    # the bearer token it shows
    identities: {controller_customer_id: user_id, email: email}
    callbacks: [https://acme.example/dsr]    # the only addresses that are called
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from retention.errors import SettingsError
from retention.grammar import Cell, Document
from retention.model.client import IDENTITY_TYPES, Client
from retention.model.datamap import DataMap
from retention.model.subject import SubjectKey
from retention.planning.authority import tenant_key_names
from retention.wiring.secrets import resolve

FILE = "opendsr.yaml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_REFERENCE = re.compile(r"(env|file):.+")
_SHORTEST_TOKEN = 24
"""Characters: 128 bits, however it is written."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Desk:
    """opendsr.yaml, read."""

    domain: str
    address: str
    """Without a slash at the end."""
    key: Path
    certificate: Path
    clients: Mapping[str, Client]
    """By controller id."""


def read_clients(folder: Path, datamap: DataMap) -> Desk:
    """Read opendsr.yaml of a workspace.

    Raises:
        SettingsError: there is no such file, or with every problem of it; a token's reference leads nowhere.

    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read", hint="docs/opendsr.md shows what stands in it") from None
    document = Document(text, FILE)
    file = Cell.root(document).record(["domain", "address", "key", "certificate", "clients"])
    cells = file["clients"].entries("clients by controller id")
    desk = Desk(
        domain=file["domain"].text("a domain"),
        address=_web_address(file["address"]).rstrip("/"),
        key=folder / file["key"].text("a file"),
        certificate=folder / file["certificate"].text("a file"),
        clients={name: _client(name, cell, folder, datamap) for name, cell in cells.items()},
    )
    _check_apart(file["clients"], desk.clients)
    document.refuse_problems(SettingsError)
    return desk


def _client(name: str, cell: Cell, folder: Path, datamap: DataMap) -> Client:
    if not _NAME.fullmatch(name):
        cell.complain("a controller id of letters, digits, `.`, `-` and `_`", repr(name))
    record = cell.record(["tenant", "token", "identities"], ["callbacks"])
    callbacks = record["callbacks"].items("a list of addresses") if "callbacks" in record else ()
    return Client(
        name=name,
        tenant=_tenant(record["tenant"], datamap),
        identities=_identities(record["identities"], datamap),
        callbacks=tuple(_web_address(each) for each in callbacks),
        token=_token(record["token"], folder, name),
    )


def _tenant(cell: Cell, datamap: DataMap) -> SubjectKey:
    name, _, value = cell.text("KEY=VALUE of a tenant").partition("=")
    known = tenant_key_names(datamap)
    if not cell.is_missing and (name not in known or not value):
        names = ", ".join(sorted(known)) or "none: the data map names no `tenant`"
        cell.complain(f"KEY=VALUE with a tenant's key of the data map ({names})", "another")
    return SubjectKey(name, value)


def _identities(cell: Cell, datamap: DataMap) -> dict[str, str]:
    known = {key for dataset in datamap.datasets.values() for key in dataset.subject}
    found: dict[str, str] = {}
    for name, key in cell.entries("OpenDSR's identity types and the keys they are").items():
        if name not in IDENTITY_TYPES:
            key.complain(f"one of {', '.join(sorted(IDENTITY_TYPES))}", f"the identity type `{name}`")
        found[name] = key.word(sorted(known))
    return found


def _token(cell: Cell, folder: Path, client: str) -> str:
    reference = cell.text("a reference env:NAME or file:PATH")
    if cell.is_missing or not reference:
        return ""
    if not _REFERENCE.fullmatch(reference):
        cell.complain("a reference env:NAME or file:PATH", "a value", "secrets never stand in a settings file")
        return ""
    token = resolve(reference, folder, f"{FILE} clients.{client}.token")
    if len(token) < _SHORTEST_TOKEN:
        cell.complain(f"a token of at least {_SHORTEST_TOKEN} characters", f"one of {len(token)}")
    return token


def _check_apart(cell: Cell, clients: Mapping[str, Client]) -> None:
    """Refuse two clients with one token: nobody could say who asks."""
    tokens = [client.token for client in clients.values() if client.token]
    if len(set(tokens)) < len(tokens):
        cell.complain("a token of its own for each client", "one that two clients share")


def _web_address(cell: Cell) -> str:
    value = cell.text("an https address")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port  # a port that is no number raises here
    except ValueError:
        cell.complain("an https address", "something else")
        return ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if value and (not host or not secure or parts.username or parts.fragment):
        cell.complain(
            "an https address without user and fragment (http on this machine only)", f"scheme {parts.scheme!r}"
        )
    return value
