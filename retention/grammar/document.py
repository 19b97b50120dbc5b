"""A YAML file as text with positions; every problem found in it is collected here.

Only the plain part of YAML is accepted: one document, no anchors, aliases or tags, no deep
nesting. So what a reviewer sees is what the file says, and no file can make reading explode.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Protocol

import yaml

from retention.errors import InputError, Problem

_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same YAML; written in C it is ten times as fast, and the file of statutes is long."""

_MAX_DEPTH = 20
_MAX_FOUND = 60


class Document:
    """One file: its tree, and the problems found so far."""

    def __init__(self, text: str, label: str) -> None:
        """Parse the text; `label` is the file's name in problems.

        What YAML itself forbids becomes a problem as well, and then `root` is None.
        """
        self.label = label
        self._problems: list[tuple[int, Problem]] = []
        self.root = self._composed(text)
        self.digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        """SHA-256 (hex) of the text's UTF-8 bytes."""

    def complain(self, line: int, path: str, expected: str, found: str, hint: str = "") -> None:
        """Keep one problem at the line."""
        where = f"{self.label}:{line} {path}".rstrip()
        self._problems.append((line, Problem(where=where, expected=expected, found=shortened(found), hint=hint)))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems so far, in the file's order."""
        return tuple(problem for _, problem in sorted(self._problems, key=lambda pair: pair[0]))

    def refuse_problems(self, error: type[InputError]) -> None:
        """Raise one error with every problem, if there is any.

        Raises:
            InputError: of the class given; nothing that was read from the file may be used.

        """
        if found := self.problems:
            noun = "problem" if len(found) == 1 else "problems"
            raise error(f"{self.label} has {len(found)} {noun}", problems=found)

    def _composed(self, text: str) -> yaml.Node | None:
        try:
            root = self._plain(text)
        except yaml.MarkedYAMLError as error:
            self.complain(_line(error.problem_mark), "", "YAML", error.problem or "text that is not YAML")
            return None
        except yaml.reader.ReaderError as error:
            self._refuse_character(text.encode()[: int(error.position)].count(b"\n") + 1)
            return None
        except UnicodeEncodeError as error:
            self._refuse_character(text.count("\n", 0, error.start) + 1)
            return None
        if root is None and not self._problems:
            self.complain(1, "", "keys and values", "an empty file")
        return root

    def _plain(self, text: str) -> yaml.Node | None:
        try:
            return _tree(text)
        except _FancyError:
            for line, expected, found, hint in _fancy(text):
                self.complain(line, "", expected, found, hint)
            return None

    def _refuse_character(self, line: int) -> None:
        self.complain(line, "", "YAML", "a character that YAML does not allow")


_Finding = tuple[int, str, str, str]
"""Line, what was expected, what was found, what to do."""


class _FancyError(Exception):
    """The text is more than the plain part of YAML."""


@lru_cache(maxsize=32)
def _tree(text: str) -> yaml.Node | None:
    """Compose plain YAML; remembered, since who opens a workspace for each task reads it again, and no tree changes."""
    if next(_fancy(text), None) is not None:
        raise _FancyError
    return yaml.compose(text, Loader=_LOADER)


def _fancy(text: str) -> Iterator[_Finding]:
    """Yield what is not plain YAML; looks at events, which do not nest."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            yield _line(event.start_mark), f"at most {_MAX_DEPTH} levels of nesting", "more", ""
            return
        if isinstance(event, yaml.NodeEvent):
            yield from _extras(event)


def _extras(event: yaml.NodeEvent) -> Iterator[_Finding]:
    # the names are not shown: an unquoted secret may begin with *, & or !
    line = _line(event.start_mark)
    if isinstance(event, yaml.AliasEvent):
        yield line, "the value itself", "an alias", "write it out"
    elif event.anchor is not None:
        yield line, "a value without an anchor", "an anchor", "remove it"
    elif isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        yield line, "a value without a tag", "a tag", "remove it"


class _Mark(Protocol):
    @property
    def line(self) -> int:
        """Return the line, counted from 0."""
        ...


def _line(mark: _Mark | None) -> int:
    return 1 if mark is None else mark.line + 1


def shortened(text: str) -> str:
    """Return the text on one line, at most 60 characters long."""
    line = " ".join(text.split())
    return line if len(line) <= _MAX_FOUND else f"{line[: _MAX_FOUND - 1]}…"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the nearest valid word, or nothing if none is near."""
    close = difflib.get_close_matches(word, sorted(words), n=1)
    return did_you_mean(close[0]) if close else ""


def did_you_mean(word: str) -> str:
    """Return the hint that names the word."""
    return f"did you mean `{word}`?"
