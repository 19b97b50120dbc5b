"""What a draft says: datasets as the map's reader would read them, with a reason beside each line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retention.model.datamap import Dataset, Reference


@dataclass(frozen=True, slots=True)
class Proposal:
    """One dataset, to be reviewed by a person."""

    dataset: Dataset
    is_path: bool
    why: Mapping[str, str] = field(default_factory=dict)
    """Column → rule and share of values; never a value."""
    notes: tuple[str, ...] = ()
    """What the reviewer must decide about the dataset as a whole."""
    mentions: tuple[Reference, ...] = ()
    """References that do not make a row the other's: whoever goes there does not take this row along."""
