"""What a review of a readable file finds: not wrong, but someone should look."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    code: str
    """A stable code: `NEEDS_LEGAL_REVIEW`."""
    where: str
    """Rule, category, dataset or column; never a personal value."""
    text: str

    def __str__(self) -> str:
        """Return the finding as one line of text."""
        return f"{self.code} {self.where}: {self.text}"
