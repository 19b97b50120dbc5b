"""The search for people left behind finds a planted string in every hiding place, and nothing where nothing is."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import pickle
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.dags.traces import traces_of

NAME, MAIL, PHONE = "高輪 さくら", "Sakura.Takanawa@planted.example", "+81 90-4417-2093"
PLANTED = (NAME, MAIL, PHONE)
AROUND = "told by {} and by nobody else"


def _squeezed(text: str) -> bytes:
    return zlib.compress(b"squeezed: " + text.encode())


HIDING: Mapping[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "json": lambda text: json.dumps({"a": [text]}).encode(),
    "json with capital digits": lambda text: json.dumps(text).upper().replace("\\U", "\\u").encode(),
    "json in json": lambda text: json.dumps(json.dumps({"a": text})).encode(),
    "ascii": lambda text: ascii(text).encode(),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "html": lambda text: html.escape(text).encode("ascii", "xmlcharrefreplace"),
    "url": lambda text: quote(text, safe="").encode(),
    "url of a form": lambda text: quote_plus(text).encode(),
    "url with small digits": lambda text: quote(text).lower().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one byte on": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "base64, two bytes on": lambda text: base64.urlsafe_b64encode(b"xx" + text.encode() + b"y"),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "pickle": lambda text: pickle.dumps({"a": text}),
    "zlib": _squeezed,
    "zlib after something": lambda text: b"\x78\x9c no member " + _squeezed(text),
    "zlib without its end": lambda text: _squeezed(text)[:-5],
    "gzip": lambda text: gzip.compress(text.encode()),
    "zlib in base64": lambda text: json.dumps({"data": base64.b64encode(_squeezed(text)).decode()}).encode(),
    "zlib in base64 in gzip": lambda text: gzip.compress(base64.b64encode(_squeezed(text))),
}
DIGESTS: Mapping[str, Callable[[str], bytes]] = {
    "sha-256": lambda text: hashlib.sha256(text.encode()).hexdigest().encode(),
    "sha-256, bytes": lambda text: b"..." + hashlib.sha256(text.encode()).digest(),
    "md5": lambda text: hashlib.md5(text.encode()).hexdigest().encode(),  # noqa: S324 -- what a leak might use
}
SPELLINGS = {
    "small letters": (MAIL.lower(), MAIL),
    "no blank": (NAME.replace(" ", ""), NAME),
    "digits only": ("819044172093", PHONE),
}


def in_file(home: Path, hidden: bytes) -> None:
    """Leave it in a task's log."""
    path = home / "logs" / "dag_id=x" / "attempt=1.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"before " + hidden + b" after")


def in_cell(home: Path, hidden: bytes) -> None:
    """Leave it in a cell of the database; the file is shut away, so that only the cell can be read."""
    connection = sqlite3.connect(home / "airflow.db")
    with connection:
        connection.execute("CREATE TABLE xcom (id INTEGER, value BLOB, note TEXT)")
        connection.execute("INSERT INTO xcom VALUES (1, ?, NULL)", (hidden,))
        connection.execute("CREATE TABLE empty (id INTEGER)")
    connection.close()


@pytest.mark.parametrize("leave", [in_file, in_cell])
@pytest.mark.parametrize("hiding", [*HIDING, *DIGESTS])
def test_a_planted_string_is_found_in_every_hiding_place(
    tmp_path: Path, hiding: str, leave: Callable[[Path, bytes], None]
) -> None:
    """In a file and in a cell; within other text, or alone where it is a digest."""
    hidden = HIDING[hiding](AROUND.format(NAME)) if hiding in HIDING else DIGESTS[hiding](NAME)
    leave(tmp_path, hidden)
    found = traces_of(tmp_path, PLANTED)
    where = "xcom.value" if leave is in_cell else "logs/dag_id=x/attempt=1.log"
    assert where in {trace.where for trace in found}
    assert {trace.what for trace in found} == {NAME}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_it_is_found_as_another_program_would_spell_it(tmp_path: Path, spelling: str) -> None:
    """Addresses in small letters, names without blanks, numbers without strokes."""
    spelt, planted = SPELLINGS[spelling]
    in_file(tmp_path, spelt.encode())
    assert {trace.what for trace in traces_of(tmp_path, PLANTED)} == {planted}


def test_a_long_text_that_spans_pages_is_found_in_its_cell(tmp_path: Path) -> None:
    """The file holds it in two pieces: 489 bytes of a long row stand on its first page (sqlite.org/fileformat2)."""
    in_cell(tmp_path, f"{'x' * 470}{MAIL}{'x' * 4000}".encode())
    assert {trace.where for trace in traces_of(tmp_path, PLANTED)} == {"xcom.value"}


def test_what_was_deleted_from_the_database_is_found_in_its_file(tmp_path: Path) -> None:
    """A row that is no more is still there for whoever reads the file."""
    in_cell(tmp_path, MAIL.encode())
    connection = sqlite3.connect(tmp_path / "airflow.db")
    with connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM xcom")
    connection.close()
    assert {trace.where for trace in traces_of(tmp_path, PLANTED)} == {"airflow.db"}


def test_nobody_is_found_where_nobody_is(tmp_path: Path) -> None:
    """Numbers of cases, names of tasks and other people are no traces."""
    in_file(tmp_path, "C-20261123-7f3k2q 高輪 さく Sakura@planted.example +81 90-4417".encode())
    in_cell(tmp_path, zlib.compress(b"someone.else@mail.example"))
    assert traces_of(tmp_path, PLANTED) == []


def test_what_could_be_there_by_chance_is_refused_as_planted() -> None:
    """A short string says nothing, whether it is found or not."""
    with pytest.raises(ValueError, match="8 bytes or more"):
        traces_of(Path(), ["c3"])
