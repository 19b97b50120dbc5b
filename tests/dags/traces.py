"""Where a person might be left behind in Airflow: every file below its home, every cell of its database.

`traces_of(home, planted)` looks for each planted string as it is and in every disguise that Airflow, its libraries or
a careless line of ours could give it; what is packed is unpacked first. No planted string, no trace: `[]`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import sqlite3
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Bytes: what is shorter would be found in numbers and digests by chance."""
_DEPTH = 4
"""How often something packed is unpacked again."""
_LARGEST = 64 * 1024 * 1024
"""Bytes out of one packed member."""
_PIECE = 8
"""Bytes unpacked at once: after an error those of the piece are lost, not those before."""
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP = re.compile(rb"\x1f\x8b\x08")
_RUN = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_WEB = bytes.maketrans(b"-_", b"+/")
_BETWEEN = b"\n\x00\n"
_BEGINNING = 6
Needles: TypeAlias = Mapping[bytes, tuple[str, str]]
"""Bytes → the planted string and its disguise."""


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """One place where a planted string was found."""

    where: str
    """A file below the home, or table.column of the database."""
    what: str
    disguise: str


def traces_of(home: Path, planted: Iterable[str]) -> list[Trace]:
    """Search all that Airflow has written below its home; the database cell by cell besides.

    Raises:
        ValueError: a planted string is too short to be told from chance.

    """
    needles = _by_beginning(disguises(planted))
    found: set[Trace] = set()
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        found |= _in_blob(path.relative_to(home).as_posix(), path.read_bytes(), needles)
    for database in sorted(home.rglob("*.db")):
        for where, cells in columns(database):
            found |= _in_blob(where, _BETWEEN.join(cells), needles)
    return sorted(found)


def columns(database: Path) -> Iterator[tuple[str, list[bytes]]]:
    """Yield every column of every table: its name, and what its cells hold."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.text_factory = bytes
    try:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f'SELECT * FROM "{table.decode()}"')
            names = [column[0] for column in rows.description]
            cells = list(zip(*rows.fetchall(), strict=True)) or [()] * len(names)
            for name, column in zip(names, cells, strict=True):
                yield f"{table.decode()}.{name}", [_bytes(cell) for cell in column if cell is not None]
    finally:
        connection.close()


def disguises(planted: Iterable[str]) -> Needles:
    """Return every form in which a planted string could stand somewhere."""
    needles: dict[bytes, tuple[str, str]] = {}
    for text in planted:
        if len(text.encode()) < SHORTEST:
            message = f"a planted string has {SHORTEST} bytes or more: {text!r}"
            raise ValueError(message)
        for spelling in _spellings(text):
            for disguise, needle in _disguised(spelling):
                needles.setdefault(needle, (text, disguise))
        for bare in (text, text.lower()):
            for disguise, needle in _digested(bare):
                needles.setdefault(needle, (text, disguise))
    return needles


def _by_beginning(needles: Needles) -> Mapping[bytes, Needles]:
    """Put together those that begin alike: where none begins, none is, and a blob is searched a tenth as often."""
    grouped: dict[bytes, dict[bytes, tuple[str, str]]] = {}
    for needle, meaning in needles.items():
        grouped.setdefault(needle[:_BEGINNING], {})[needle] = meaning
    return grouped


def _spellings(text: str) -> set[str]:
    """As it was planted, and as something that normalises would write it."""
    digits = re.sub(r"[\s()+-]", "", text)
    joined = {digits, digits.removeprefix("0")} if digits.isdigit() and len(digits) > SHORTEST else set()
    forms = {unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC")}
    return {text, text.lower(), text.upper(), text.replace(" ", ""), *forms, *joined}


def _disguised(text: str) -> Iterator[tuple[str, bytes]]:
    raw, escaped = text.encode(), json.dumps(text)[1:-1]
    yield "utf-8", raw
    yield "utf-16-le", text.encode("utf-16-le")
    yield "utf-16-be", text.encode("utf-16-be")
    yield "json", escaped.encode()
    yield "json, capital digits", re.sub(r"u[0-9a-f]{4}", lambda m: "u" + m[0][1:].upper(), escaped).encode()
    yield "json in json", json.dumps(escaped)[1:-1].encode()
    yield "repr", ascii(text)[1:-1].encode()
    yield "repr of bytes", repr(raw)[2:-1].encode()
    yield "html", html.escape(text).encode("ascii", "xmlcharrefreplace")
    for quoted in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield "url", quoted.encode()
        yield "url, small digits", re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), quoted).encode()
    for shift in range(3):
        yield f"base64 + {shift}", _middle(raw, shift)
        yield f"base64 of the web + {shift}", _middle(raw, shift).translate(bytes.maketrans(b"+/", b"-_"))
    yield "hex", raw.hex().encode()
    yield "hex, capital digits", raw.hex().upper().encode()


def _digested(text: str) -> Iterator[tuple[str, bytes]]:
    """Digests without a key, by which whoever knows the text could find the person."""
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        found = digest(text.encode())
        yield found.name, found.hexdigest().encode()
        yield f"{found.name}, bytes", found.digest()


def _middle(raw: bytes, shift: int) -> bytes:
    """Return those characters of its base64, `shift` bytes into a longer text, that its neighbours do not change."""
    first = (shift * 8 + 5) // 6
    last = (shift + len(raw)) * 8 // 6
    return base64.b64encode(bytes(shift) + raw)[first:last]


def _in_blob(where: str, blob: bytes, needles: Mapping[bytes, Needles]) -> set[Trace]:
    found = set()
    for how, layer in _layers(blob, _DEPTH):
        begun = [alike for beginning, alike in needles.items() if beginning in layer]
        for needle, (what, disguise) in (each for alike in begun for each in alike.items()):
            if needle in layer:
                found.add(Trace(where, what, disguise + how))
    return found


def _layers(blob: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield the blob, then whatever is packed in it."""
    yield "", blob
    if depth:
        for how, packed in _packed(blob):
            for deeper, layer in _layers(packed, depth - 1):
                yield f", {how}{deeper}", layer


def _packed(blob: bytes) -> Iterator[tuple[str, bytes]]:
    for magic, how, width in ((_ZLIB, "zlib", zlib.MAX_WBITS), (_GZIP, "gzip", zlib.MAX_WBITS | 16)):
        for start in (match.start() for match in magic.finditer(blob)):
            if member := _inflated(blob[start:], width):
                yield how, member
    for match in _RUN.finditer(blob):
        run = match[0].rstrip(b"=").translate(_WEB)
        decoded = base64.b64decode(run[: len(run) - (len(run) % 4 == 1)] + b"==")
        if _ZLIB.match(decoded) or _GZIP.match(decoded):
            yield "base64", decoded


def _inflated(packed: bytes, width: int) -> bytes:
    """Return what is packed here; as much as can be read, if its end is missing or something else."""
    unpacking, pieces, size = zlib.decompressobj(width), [], 0
    try:
        for start in range(0, len(packed), _PIECE):
            pieces.append(unpacking.decompress(packed[start : start + _PIECE]))
            size += len(pieces[-1])
            if unpacking.eof or size > _LARGEST:
                break
    except zlib.error:
        pass  # what came before it is kept
    return b"".join(pieces)


def _bytes(cell: object) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()
