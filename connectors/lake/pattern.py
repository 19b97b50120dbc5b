"""Path patterns of the data map: `viewing/dt=*/*.parquet`, where `*` does not cross a `/`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of full keys."""

    text: str
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
        """Whether the whole key has this shape."""
        return self._matcher.fullmatch(key) is not None
