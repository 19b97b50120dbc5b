"""What answering a person needs: where exports are put, keys behind their pass phrases, what is told beside rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from retention.disclosure import ROUNDS, Story
from retention.model.disclosure import DeliverExport, Export
from retention.model.plan import Plan
from retention.ports.disclosures import Disclosures
from retention.ports.exports import ExportStore
from retention.ports.keys import KeyStore


@dataclass(frozen=True, slots=True)
class HandingOut:
    """Where people are answered."""

    exports: ExportStore
    disclosures: Disclosures
    keys: KeyStore = field(repr=False)
    story: Callable[[Plan, DeliverExport, datetime], Story] = field(repr=False)
    """What the answer tells beside the rows, as of a moment."""
    sender: Mapping[str, str]
    """The company's name by language, which stands on the page before it is opened."""
    rounds: int = ROUNDS
    """Of the pass phrase's derivation."""

    def clear(self, export: Export) -> None:
        """Destroy the file, then the key that its pass phrase is drawn from; harmless if they are gone.

        Raises:
            TransientFailure, TerminalFailure: from the store of exports or of keys.

        """
        self.exports.remove(export.path)
        self.keys.shred(export.key_name)
