"""Key patterns with named parts: `thumbs/{user_id}-*.png`.

A star and a named part stay within one folder. A named part ends at the first sign that the pattern has after it, so
each key has one reading; a person's key that holds that sign cannot be told from the rest and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.lake.pattern import Pattern
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.subject import Key

MODIFIED = "modified_at"
_PART = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class KeyPattern:
    """A pattern of full keys."""

    text: str
    _matcher: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _ends: Mapping[str, str] = field(init=False, repr=False, compare=False)
    """Of each named part, the sign at which it ends."""

    def __post_init__(self) -> None:
        """Compile the text once.

        Raises:
            TerminalFailure: a part is named twice, none is named, or one ends where nobody can tell.

        """
        pieces = _PART.split(self.text)
        names = pieces[1::2]
        if not names or len(set(names)) != len(names):
            raise TerminalFailure(
                f"path {self.text}: expected each part of the key in braces once, found none or one twice",
                hint="write uploads/{user_id}/*",
            )
        shape, ends = "", {}
        for literal, name, after in zip(pieces[0::2], names, pieces[2::2], strict=False):
            ends[name] = after[:1] or "/"
            if ends[name] == "*":
                raise TerminalFailure(f"path {self.text}: nobody can tell where {{{name}}} ends before a star")
            shape += _literal(literal) + f"(?P<{name}>[^/{re.escape(ends[name])}]+)"
        object.__setattr__(self, "_matcher", re.compile(shape + _literal(pieces[-1])))
        object.__setattr__(self, "_ends", ends)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the named parts, as they come."""
        return tuple(self._ends)

    def read(self, key: str) -> dict[str, str] | None:
        """Return the named parts of a key; None if it has another shape."""
        match = self._matcher.fullmatch(key)
        return match.groupdict() if match else None

    def all(self) -> Pattern:
        """Return the pattern of all such keys."""
        return Pattern(_PART.sub("*", self.text))

    def of(self, name: str, key: Key) -> Pattern:
        """Return the pattern of one person's keys.

        Raises:
            KeyTypeError: the person's key holds a sign that ends the part.

        """
        text = str(key)
        if not text or {"/", "*", self._ends[name]} & set(text):
            raise KeyTypeError(
                f"column {name}: a key holds `/`, `*` or `{self._ends[name]}`, and objects of it cannot be told apart",
                hint="let the pattern have another sign after the key, as in uploads/{user_id}/*",
            )
        return Pattern(_PART.sub(lambda part: text if part[1] == name else "*", self.text))

    def key_of(self, parts: Mapping[str, str], star: str) -> str:
        """Return a key of this shape."""
        return _PART.sub(lambda part: parts[part[1]], self.text).replace("*", star)


def _literal(text: str) -> str:
    return "[^/]*".join(map(re.escape, text.split("*")))
