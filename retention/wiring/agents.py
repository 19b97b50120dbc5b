"""drp.yaml: who we are as a business of the Data Rights Protocol, and which agents may send us requests.

business: UNEXT                              # our id in the service directory
channel: drp                                 # as which of the policy's channels such requests count
agents:
  CONSUMER_AGENT:                            # its id there
    verify_key: 6kp2XJXHgWdKlvJRX…           # its public key there (Ed25519, base64)
    claims: {email: email, phone_number: phone}   # its claims and the keys they are
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from retention.errors import SettingsError
from retention.grammar import Cell, Document
from retention.model.agent import Agent
from retention.model.datamap import DataMap

FILE = "drp.yaml"
CLAIMS = ("email", "phone_number", "name")
"""What of section 3.04 a key can be; an address has parts and is none."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Business:
    """drp.yaml, read."""

    name: str
    agents: Mapping[str, Agent]
    """By id."""


def read_agents(folder: Path, datamap: DataMap) -> Business:
    """Read drp.yaml of a workspace.

    Raises:
        SettingsError: there is no such file, or with every problem of it.

    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"{path} cannot be read", hint="docs/api.md shows what stands in it") from None
    document = Document(text, FILE)
    file = Cell.root(document).record(["business", "channel", "agents"])
    channel = file["channel"].text("a channel of the policy")
    cells = file["agents"].entries("agents by id")
    business = Business(
        name=file["business"].text("our id in the service directory"),
        agents={name: _agent(name, cell, channel, datamap) for name, cell in cells.items()},
    )
    document.refuse_problems(SettingsError)
    return business


def _agent(name: str, cell: Cell, channel: str, datamap: DataMap) -> Agent:
    if not _NAME.fullmatch(name):
        cell.complain("an id of letters, digits, `_` and `-`", repr(name))
    record = cell.record(["verify_key", "claims"])
    known = sorted({key for dataset in datamap.datasets.values() for key in dataset.subject})
    claims: dict[str, str] = {}
    for claim, key in record["claims"].entries("claims and the keys they are").items():
        if claim not in CLAIMS:
            key.complain(f"one of {', '.join(CLAIMS)}", f"the claim `{claim}`")
        claims[claim] = key.word(known)
    return Agent(name, _verify_key(record["verify_key"]), claims, channel)


def _verify_key(cell: Cell) -> bytes:
    text = cell.text("a public key")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if text and len(key) != _KEY_BYTES:
        cell.complain("32 bytes of an Ed25519 public key, in base64", "something else")
    return key
