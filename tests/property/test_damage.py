"""Workspaces for all kinds of damage: whatever stands in a pack's files, the answer is a clear one."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.cli import main
from retention.packs import pack_names, read_pack

PACKS = {name: dict(read_pack(name)) for name in pack_names()}
TESTS = """\
tests:
  - name: nothing has happened
    at: 2026-11-25
    category: CATEGORY
    events: [{kind: account.closed, at: 2026-01-10, id: a}, {kind: withdrawn, at: 2026-01-11, corrects: a}]
    dates: {}
    holds: [suit]
    expect: {fate: kept}
"""
FILES = ("policy.yaml", "datamap.yaml", "retention.yaml", "policy.tests.yaml")
for files in PACKS.values():
    first = next(iter(yaml.safe_load(files["policy.yaml"])["categories"]))
    files.setdefault("policy.tests.yaml", TESTS.replace("CATEGORY", first))

CHARACTERS = st.sampled_from([*"{}[]:,-&*!|>'\"#%@`?\\ \t\n0aあ~", "\x00", "\x07", "\x85", "\ufeff", "\U0001f600"])
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**30,
        1.5,
        "",
        "x",
        "P0D",
        "P9999Y",
        "9999-12-31",
        "0001-01-01",
        "2026-02-30",
        "-",
        "{",
        "{x}",
    ]
) | st.sampled_from([[], {}, [[]], [{}], {"": None}, {"a": {"b": []}}, ["x", "x"], "y" * 5000])
TOKEN = re.compile(r"[\w.-]+|\s+|.")

damage = settings(max_examples=25, derandomize=True, deadline=None)


def checked(files: dict[str, str]) -> tuple[int, str]:
    """Return exit code and output of `retention policy check` in a workspace of these files."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(said), redirect_stderr(said):
        for name, text in files.items():
            (Path(folder) / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            main(["-w", folder, "policy", "check"])
        except SystemExit as stop:
            return int(stop.code or 0), said.getvalue()
    return 0, said.getvalue()


def assert_clear(files: dict[str, str]) -> None:
    """Whatever the files say: it is read, or refused with a place and a reason."""
    code, said = checked(files)
    assert code in {0, 1, 2}, said
    assert "Traceback" not in said
    assert "RET-500" not in said
    assert code == 0 or said.strip()
    if code == 1:
        assert "Must be mended" in said
    if code == 2:
        assert re.search(r"RET-2\d\d: ", said), said


def damaged(pack: str, file: str, text: str) -> dict[str, str]:
    """Return the pack's files with one replaced."""
    return {**PACKS[pack], file: text}


places = st.tuples(st.sampled_from(sorted(PACKS)), st.sampled_from(FILES))


@damage
@given(places, st.data())
def test_changed_characters_are_read_or_refused(place: tuple[str, str], data: st.DataObject) -> None:
    """A few characters that were lost, added or changed."""
    pack, file = place
    text = PACKS[pack][file]
    for _ in range(data.draw(st.integers(1, 4), "times")):
        at = data.draw(st.integers(0, len(text)), "at")
        lost = data.draw(st.integers(0, 3), "lost")
        text = text[:at] + data.draw(st.lists(CHARACTERS, max_size=3).map("".join), "new") + text[at + lost :]
    assert_clear(damaged(pack, file, text))


@damage
@given(places, st.data())
def test_changed_words_are_read_or_refused(place: tuple[str, str], data: st.DataObject) -> None:
    """Words that stand where other words of the file belong, twice, or not at all."""
    pack, file = place
    tokens = TOKEN.findall(PACKS[pack][file])
    for _ in range(data.draw(st.integers(1, 4), "times")):
        at = data.draw(st.integers(0, len(tokens) - 1), "at")
        other = tokens[data.draw(st.integers(0, len(tokens) - 1), "other")]
        tokens[at : at + 1] = data.draw(st.sampled_from([[other], [], [tokens[at]] * 2, [tokens[at], " ", other]]))
    assert_clear(damaged(pack, file, "".join(tokens)))


@damage
@given(places, st.data())
def test_changed_structure_is_read_or_refused(place: tuple[str, str], data: st.DataObject) -> None:
    """Values of another shape, keys that are missing, entries twice, parts that changed places."""
    pack, file = place
    root = yaml.safe_load(PACKS[pack][file])
    for _ in range(data.draw(st.integers(1, 3), "times")):
        holders = list(_holders(root))
        holder, key = holders[data.draw(st.integers(0, len(holders) - 1), "place")]
        _damage(holder, key, data)
        if not root:
            break
    assert_clear(damaged(pack, file, yaml.safe_dump(root, allow_unicode=True, sort_keys=False)))


def _holders(node: object) -> Iterator[tuple[Any, Any]]:
    """Yield every place of the tree as its holder and the key in it."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _holders(node[key])  # type: ignore[index]


def _damage(holder: Any, key: Any, data: st.DataObject) -> None:
    match data.draw(st.sampled_from(["lose", "replace", "repeat", "rename", "swap"]), "damage"):
        case "lose":
            del holder[key]
        case "replace":
            holder[key] = data.draw(STRANGE, "value")
        case "repeat" if isinstance(holder, list):
            holder.append(holder[key])
        case "rename" if isinstance(holder, dict):
            holder[data.draw(st.sampled_from(["x", "id", "for", "after", str(key)[:-1]]))] = holder.pop(key)
        case _:
            other = data.draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
            holder[key], holder[other] = holder[other], holder[key]


def test_the_packs_themselves_are_clear() -> None:
    """What is damaged above is sound before."""
    for files in PACKS.values():
        assert checked(files)[0] == 0
