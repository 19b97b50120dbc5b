"""Where joint users are handed sets, and the keys that tie tokens to people: taken out only with a note of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from retention.deidentify.recipe import Recipe
from retention.deidentify.tokens import Domain, Keys
from retention.errors import TerminalFailure
from retention.model.plan import ExportSet
from retention.model.sharing import KeyAccess, KeyName, KeyUse, SharedSet
from retention.ports.exports import ExportStore
from retention.ports.keys import KeyStore
from retention.ports.sharing import Sharing


@dataclass(frozen=True, slots=True)
class Counter:
    """Where joint users are handed sets, and what must be known for it."""

    exports: ExportStore
    sharing: Sharing
    keys: KeyStore = field(repr=False)
    recipe: Callable[[ExportSet], Recipe]
    beside: Callable[[ExportSet], Mapping[str, str]]
    """What else the manifest says of a set: items of the columns, the notice's digest, the label's words."""


def token_keys(counter: Counter, shared: SharedSet, use: KeyUse, by: str, now: datetime) -> Keys:
    """Take a set's token key out; who, when and for what is written down first.

    Raises:
        TerminalFailure: the key is destroyed.

    """
    assert shared.key_name is not None  # noqa: S101 -- narrows the type; sets with a person column have a key
    counter.sharing.note_access(KeyAccess(shared.key_name, use, by, now))
    root = counter.keys.read(shared.key_name)
    if root is None:
        raise TerminalFailure(f"the token key of {shared.export_id} is destroyed; nobody can find a person there")
    return Keys(root, Domain(shared.purpose, shared.member, shared.dataset, str(shared.epoch)))


def key_reference(key_name: KeyName) -> str:
    """Return the SHA-256 (hex) of the key's name: the same in all statements about it."""
    return hashlib.sha256(key_name.encode()).hexdigest()
