"""In which line of a file each value stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from retention.grammar.document import Document


def lines_of(document: Document) -> Mapping[str, int]:
    """Return path → line; an entry of a list that has an `id` can also be named by it (`rules.account`)."""
    found: dict[str, int] = {}
    for path, line in () if document.root is None else _walked(document.root, ""):
        found.setdefault(path, line)
    return found


def line_at(lines: Mapping[str, int], path: str) -> int | None:
    """Return the line of the path, or of the nearest part above it that stands in the file."""
    while path:
        if path in lines:
            return lines[path]
        path = path.rpartition(".")[0]
    return None


def _walked(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    below = f"{path}.{key.value}" if path else key.value
                    yield below, key.start_mark.line + 1
                    yield from _walked(value, below)
        case yaml.SequenceNode():
            for index, value in enumerate(node.value):
                for below in (f"{path}[{index}]", *(f"{path}.{name}" for name in _named(value))):
                    yield below, value.start_mark.line + 1
                    yield from _walked(value, below)


def _named(node: yaml.Node) -> Iterator[str]:
    if isinstance(node, yaml.MappingNode):
        yield from (value.value for key, value in node.value if key.value == "id" and isinstance(value.value, str))
