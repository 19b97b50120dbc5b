"""One value of a file with its place, and the typed ways to read it.

Reading never raises: what is wrong is kept in the document, and the method returns a
placeholder (an empty text, 0, P0D …). `Document.refuse_problems` stands between a
placeholder and anyone who could use it.

A value is shown in a problem only where a word, number, period or date was expected. Where a
text, list or mapping was expected, the value might be a secret, and only its kind is named.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import yaml

from retention.grammar.document import Document, did_you_mean, nearest
from retention.model.period import Period

_TAG = "tag:yaml.org,2002:"
_KINDS = {"bool": "a truth value", "int": "a number", "float": "a number", "timestamp": "a date"}
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_MONTHS = 200 * 12
_MAX_DAYS = 200 * 366


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of the file, or the place where one is missing (reported already)."""

    document: Document
    node: yaml.Node | None
    line: int
    path: str

    @classmethod
    def root(cls, document: Document) -> Cell:
        """Return the whole file as one value."""
        return cls(document, document.root, 1, "")

    @property
    def is_missing(self) -> bool:
        """Whether nothing can be read here; reads return placeholders and stay silent."""
        return self.node is None

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single value, neither list nor mapping."""
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.node, yaml.SequenceNode)

    def is_word(self, word: str) -> bool:
        """Whether it is this word."""
        return isinstance(self.node, yaml.ScalarNode) and self.node.value == word

    def complain(self, expected: str, found: str | None = None, hint: str = "") -> None:
        """Keep a problem with this value, and show the value unless `found` says what to show."""
        shown = self._shown() if found is None else found
        self.document.complain(self.line, self.path, expected, shown, hint)

    def text(self, what: str = "text") -> str:
        """Read a text that is not empty."""
        if self.node is None:
            return ""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != f"{_TAG}str" or not self.node.value.strip():
            quoting = self.is_scalar and self._kind() in _KINDS
            self.complain(what, self._kind_of_value(), "put it in quotes" if quoting else "")
            return ""
        return str(self.node.value)

    def matching(self, pattern: re.Pattern[str], what: str) -> str:
        """Read a plain value that the whole pattern describes."""
        value = self._plain(what)
        if value and not pattern.fullmatch(value):
            self.complain(what)
            return ""
        return value

    def word(self, words: Collection[str], what: str = "") -> str:
        """Read one of the words."""
        expected = what or f"one of {_listed(words)}"
        value = self._plain(expected)
        if value and value not in words:
            self.complain(expected, hint=nearest(value, words))
            return ""
        return value

    def integer(self, minimum: int, what: str = "a whole number") -> int:
        """Read a whole number of at least `minimum`."""
        expected = f"{what} of at least {minimum}"
        value = self._plain(expected)
        if not value:
            return minimum
        if not _INTEGER.fullmatch(value) or int(value) < minimum:
            self.complain(expected)
            return minimum
        return int(value)

    def fraction(self, what: str = "a number above 0 and up to 1") -> float:
        """Read a share: above 0, at most 1."""
        value = self._plain(what)
        if not value:
            return 1.0
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0 < number <= 1:
            self.complain(what)
            return 1.0
        return number

    def period(self, *, may_be_zero: bool = True) -> Period:
        """Read a period of at most 200 years, as ISO 8601; `P0D` is the way to say "at once"."""
        expected = "a period like P12M, P7Y or P35D"
        value = self._plain(expected)
        if not value:
            return Period()
        try:
            period = Period.parse(value)
        except ValueError:
            self.complain(expected)
            return Period()
        if period.years * 12 + period.months > _MAX_MONTHS or period.days > _MAX_DAYS:
            self.complain("a period of at most 200 years")
        elif period.is_zero and not may_be_zero:
            self.complain("a period of at least a day")
        return period

    def date(self) -> date:
        """Read a day, as ISO 8601."""
        expected = "a date like 2017-12-01"
        value = self._plain(expected)
        if not value:
            return date.min
        try:
            if _DATE.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass  # reported below: a date such as 2026-02-30
        self.complain(expected)
        return date.min

    def items(self, what: str = "a list", *, may_be_empty: bool = False) -> tuple[Cell, ...]:
        """Read a list."""
        if self.node is None:
            return ()
        if not isinstance(self.node, yaml.SequenceNode):
            self.complain(what, self._kind_of_value())
            return ()
        if not self.node.value and not may_be_empty:
            self.complain(what, "an empty list")
        return tuple(
            Cell(self.document, node, node.start_mark.line + 1, f"{self.path}[{index}]")
            for index, node in enumerate(self.node.value)
        )

    def entries(self, what: str = "a mapping", *, may_be_empty: bool = False) -> Mapping[str, Cell]:
        """Read a mapping whose keys are the writer's own names; a repeated key is a problem."""
        found: dict[str, Cell] = {}
        for key, cell in self._pairs(what):
            if key in found:
                cell.complain("each key once", f"`{key}` again (first in line {found[key].line})", "remove one")
            else:
                found[key] = cell
        if not found and not may_be_empty and isinstance(self.node, yaml.MappingNode) and not self.node.value:
            self.complain(what, "an empty mapping")
        return found

    def record(self, required: Sequence[str], optional: Sequence[str] = ()) -> Record:
        """Read a mapping with known keys; unknown and missing keys are problems."""
        allowed = (*required, *optional)
        what = f"a mapping with {_listed(allowed)}"
        cells = dict(self.entries(what, may_be_empty=True))
        misspelt = set()
        for key in [key for key in cells if key not in allowed]:
            hint = nearest(key, allowed)
            misspelt.add(hint)
            cells.pop(key).complain(f"one of {_listed(allowed)}", f"the unknown key `{key}`", hint)
        if isinstance(self.node, yaml.MappingNode):
            for key in required:
                # one mistake, one problem: a misspelt key is not reported as missing too
                if key not in cells and did_you_mean(key) not in misspelt:
                    self.complain(f"the key `{key}`", "no such key")
        return Record(self, cells)

    def child(self, key: str, node: yaml.Node | None, line: int) -> Cell:
        """Return the value under the key."""
        return Cell(self.document, node, line, f"{self.path}.{key}" if self.path else key)

    def _pairs(self, what: str) -> Iterator[tuple[str, Cell]]:
        if self.node is None:
            return
        if not isinstance(self.node, yaml.MappingNode):
            self.complain(what, self._kind_of_value())
            return
        for key, value in self.node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.value:
                yield key.value, self.child(key.value, value, line)
            else:
                self.document.complain(line, self.path, "a plain word as key", "something else")

    def _plain(self, what: str) -> str:
        """Read the characters as written: `no` stays `no`, whatever YAML makes of it."""
        if self.node is None:
            return ""
        if isinstance(self.node, yaml.ScalarNode) and self.node.value:
            return str(self.node.value)
        self.complain(what)
        return ""

    def _kind(self) -> str:
        return "" if self.node is None else self.node.tag.removeprefix(_TAG)

    def _shown(self) -> str:
        if isinstance(self.node, yaml.ScalarNode) and self.node.value:
            return repr(self.node.value)
        return self._kind_of_value()

    def _kind_of_value(self) -> str:
        match self.node:
            case yaml.ScalarNode() as node if node.value and self._kind() != "null":
                return _KINDS.get(self._kind(), "a text")
            case yaml.SequenceNode() as node:
                return f"a list of {len(node.value)}"
            case yaml.MappingNode():
                return "a mapping"
            case _:
                return "nothing"


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys."""

    cell: Cell
    cells: Mapping[str, Cell]

    def __getitem__(self, key: str) -> Cell:
        """Return the value under the key; a missing one reads as placeholders, silently."""
        found = self.cells.get(key)
        return self.cell.child(key, None, self.cell.line) if found is None else found

    def __contains__(self, key: str) -> bool:
        """Whether the file has the key."""
        return key in self.cells


def _listed(words: Collection[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
