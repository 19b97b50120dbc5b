"""A descriptor's file → Descriptor. Every problem at once, each with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from connectors.processor.rest.descriptor import Descriptor
from retention.errors import InputError, Problem

READY = Path(__file__).parent / "ready"
"""Descriptors that come with the product."""


def ready() -> tuple[str, ...]:
    """Return the names of the descriptors that come with the product."""
    return tuple(sorted(path.stem for path in READY.glob("*.yaml")))


def read_descriptor(name: str, workspace: Path) -> Descriptor:
    """Read a ready descriptor by name, or a file of the workspace.

    Raises:
        InputError: there is no such file, or something in it is wrong; all problems at once.

    """
    path = READY / f"{name}.yaml" if name in ready() else workspace / name
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem(
            where=name,
            expected=f"a descriptor's file, or one of {', '.join(ready())}",
            found=f"no readable file ({type(error).__name__})",
        )
        raise InputError(f"{name} is no descriptor", problems=(problem,)) from None
    return parse(text, path.name)


def parse(text: str, label: str) -> Descriptor:
    """Read a descriptor's text; `label` names the file in problems.

    Raises:
        InputError: with every problem.

    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        told: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        problem = Problem(where=f"{label}:{line}", expected="YAML", found="text that is not YAML")
        raise InputError(f"{label} has 1 problem", problems=(problem,)) from None
    try:
        return Descriptor.model_validate(_plain(told))
    except ValidationError as error:
        problems = tuple(_problems(error, root, label))
        noun = "problem" if len(problems) == 1 else "problems"
        raise InputError(f"{label} has {len(problems)} {noun}", problems=problems) from None


def _plain(value: Any) -> Any:  # noqa: ANN401 -- any YAML
    """Return lists as tuples where pydantic wants them; dates stay dates."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | date) else str(value)


def _problems(error: ValidationError, root: yaml.Node | None, label: str) -> Iterator[Problem]:
    found = error.errors(include_input=False, include_url=False)
    for each in found:
        deeper = [other for other in found if other is not each and other["loc"][: len(each["loc"])] == each["loc"]]
        if each["type"] == "too_short" and deeper:
            continue  # pydantic counts only the right items; what is wrong with the others is said beneath
        place = [part for part in each["loc"] if part not in ("bearer", "basic", "header", "oauth2")]
        line = _line(root, place)
        where = f"{label}:{line} {'.'.join(map(str, place))}".rstrip()
        message = each["msg"].removeprefix("Value error, ")
        yield Problem(where=where, expected=_EXPECTED.get(each["type"], "what docs/processors.md says"), found=message)


_EXPECTED = {
    "missing": "this key",
    "extra_forbidden": "a key that docs/processors.md names",
    "literal_error": "one of the words",
    "union_tag_invalid": "bearer, basic, header or oauth2",
    "string_pattern_mismatch": "text of the pattern",
    "value_error": "a descriptor that holds together",
}


def _line(node: yaml.Node | None, place: Sequence[int | str]) -> int:
    """Return the line of the deepest part of the place that stands in the file."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part not in pairs:
                break
            key, node = pairs[part]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
