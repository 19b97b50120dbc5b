"""Keys → the shapes of files: `viewing/dt=*/*.parquet`. What may be a value in a key becomes a star."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

_SIBLINGS: Final = 20
"""Above so many different words in one place they are values, not names."""
_WORD: Final = re.compile(r"[A-Za-z_\-\u3040-\u30ff\u4e00-\u9fff]+")
_END: Final = re.compile(r"\.[a-z0-9]{1,8}(?:\.(?:gz|zst|bz2))?$")
_PARTITION: Final = re.compile(r"(\w+)=.*")


def shapes(keys: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return shape → its keys, both sorted.

    A partition (`dt=2026-01-01`), a name with a digit or a sign, and one of very many siblings
    become a star; so a person's address in a key shows in no message.
    """
    found: dict[tuple[str, ...], list[str]] = {(): sorted(keys)}
    done: dict[str, list[str]] = defaultdict(list)
    while found:
        shape, members = found.popitem()
        below, files = _split(members, len(shape))
        for name, those in _named(files, _file_name).items():
            done["/".join((*shape, name))].extend(those)
        found |= {(*shape, name): those for name, those in _named(below, _folder_name).items()}
    return {shape: tuple(sorted(done[shape])) for shape in sorted(done)}


def _split(keys: Iterable[str], depth: int) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return keys by the folder they have at that depth, and those that end there by their name."""
    below: dict[str, list[str]] = defaultdict(list)
    files: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        parts = key.split("/")
        (files if len(parts) == depth + 1 else below)[parts[depth]].append(key)
    return below, files


def _named(members: Mapping[str, list[str]], name_of: object) -> dict[str, list[str]]:
    assert callable(name_of)  # noqa: S101 -- narrows the type
    names = {part: str(name_of(part)) for part in members}
    plain = {name for name in names.values() if "*" not in name}
    merged: dict[str, list[str]] = defaultdict(list)
    for part, keys in members.items():
        name = names[part]
        if len(plain) > _SIBLINGS and "*" not in name:
            name = f"*{_ending(part)}" if name_of is _file_name else "*"
        merged[name].extend(keys)
    return merged


def _folder_name(part: str) -> str:
    partition = _PARTITION.fullmatch(part)
    if partition:
        return f"{partition[1]}=*"
    return part if _WORD.fullmatch(part) else "*"


def _file_name(part: str) -> str:
    end = _ending(part)
    stem = part.removesuffix(end)
    return part if _WORD.fullmatch(stem) and stem not in {"part", "data"} else f"*{end}"


def _ending(part: str) -> str:
    found = _END.search(part)
    return found.group() if found else ""
