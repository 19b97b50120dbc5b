"""Path patterns of the data map: `viewing/dt=*/*.parquet`, where `*` does not cross a `/`; all of it, or a shard."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from retention.model.volume import Shard


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of full keys."""

    text: str
    after: str = ""
    """Keys up to this one are left out."""
    until: str | None = None
    """Keys behind this one as well; None: none."""
    _matcher: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compile the text once."""
        parts = (re.escape(part) for part in self.text.split("*"))
        object.__setattr__(self, "_matcher", re.compile("[^/]*".join(parts)))

    @property
    def prefix(self) -> str:
        """Return the part before the first star: what a listing can be asked for."""
        return self.text.split("*", 1)[0]

    def matches(self, key: str) -> bool:
        """Whether the whole key has this shape and lies in the shard."""
        return key > self.after and not self.is_past(key) and self._matcher.fullmatch(key) is not None

    def is_past(self, key: str) -> bool:
        """Whether no later key matches either: a store lists keys by their code points."""
        return self.until is not None and key > self.until

    def within(self, shard: Shard) -> Pattern:
        """Return the pattern of those keys that lie in the shard."""
        return replace(self, after=shard.after, until=shard.until)
