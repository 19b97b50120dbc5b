"""Rewriting CSV: records that stay keep every byte, quoting and line ends are as they were, nothing is missed."""

from __future__ import annotations

import csv
import gzip
import io
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import delimited
from connectors.lake.change import Anonymize, Counts, Erase, Redact
from connectors.lake.draft import Draft
from connectors.lake.surgery.held import Held
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Everything, Selection
from retention.model.subject import Key, KeySet
from retention.model.transform import Band, Drop, ToMonth

NAME = "s3://lake/a.csv"
HEAD = b"id,user_id,note\r\n"


def among(*keys: Key, column: str = "user_id") -> Selection:
    """Return the selection of records whose cell is one of the keys."""
    return Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(keys)})


def rewritten(content: bytes, selection: Selection, change: Any = None, name: str = NAME) -> tuple[bytes, Counts]:
    """Return the new content and the counts."""
    source = Held(content)
    with Draft(source) as draft:
        counts = draft.fill(delimited.rewrite(name, source, selection, change or Erase(), 64))
        return draft.read(0, draft.size) if counts.touched else content, counts


@pytest.mark.parametrize(
    "record",
    [
        b"1,424242,x\r\n",
        b'1,"424242",x\n',
        b"1,4.24242e5,x\r\n",
        b"1,424242.0,x\r\n",
        b'"1",424242,"two\r\nlines, and a "" quote"\r\n',
        b"1,424242,",
    ],
    ids=["plain", "quoted", "exponent", "fraction", "embedded line end", "no last line end"],
)
@pytest.mark.parametrize("key", [424242, "424242"])
def test_every_spelling_is_found(record: bytes, key: Key) -> None:
    """A missed spelling is a failed erasure; the other records keep their bytes."""
    before = HEAD + b'2,7,"a, ""b""\nc"\r\n3,,\n'
    assert rewritten(before + record, among(key)) == (before, Counts(rows=3, gone=1))


def test_other_cells_keep_their_bytes() -> None:
    """In a record that changes, only the emptied cells differ; an empty text is not null; a repeat does nothing."""
    content = b'\xef\xbb\xbf"ID",User_ID,note\n"1",u1,"x, ""y"""\n2,u2,""\n3,u1,\n'
    redacted, counts = rewritten(content, among("u1", "u2"), Redact(("note",)))
    assert redacted == b'\xef\xbb\xbf"ID",User_ID,note\n"1",u1,\n2,u2,\n3,u1,\n'
    assert counts == Counts(rows=3, altered=2)
    assert rewritten(redacted, among("u1", "u2"), Redact(("note",)))[1] == Counts(rows=3)


def test_anonymize_writes_what_readers_take_for_the_same_type() -> None:
    """Numbers stay numbers, dates dates; a record of a rare class goes."""
    content = b"user_id,n,at\nu1,47,2026-11-23\nu1,12,2026-12-24\nu2,1,2026-12-24\n"
    change = Anonymize({"user_id": Drop(), "n": Band(10), "at": ToMonth()}, ("n",), frozenset({'["10"]'}))
    new, counts = rewritten(content, among("u1"), change)
    assert new == b"user_id,n,at\n,40,2026-11-01\nu2,1,2026-12-24\n"
    assert counts == Counts(rows=3, gone=1, altered=1, suppressed=1)


def test_packed_in_packed_out() -> None:
    """gzip, in several members, and zstd are known by their first bytes and written packed."""
    parts = HEAD, b"1,gone,x\r\n2,stays,y\r\n"
    left = HEAD + b"2,stays,y\r\n"
    assert gzip.decompress(rewritten(b"".join(map(gzip.compress, parts)), among("gone"))[0]) == left
    packed = pa.Codec("zstd").compress(b"".join(parts), asbytes=True)
    new, _ = rewritten(packed, among("gone"))
    assert pa.CompressedInputStream(io.BytesIO(new), "zstd").read() == left


def test_tabs_delimit_a_tsv() -> None:
    """The key's end tells the delimiter."""
    content = b"id\tuser_id\n1\tgone\n2\ta,b\n"
    assert rewritten(content, among("gone"), name="s3://lake/a.tsv")[0] == b"id\tuser_id\n2\ta,b\n"


def test_a_record_that_may_be_meant_and_is_not_clear_stays_and_is_named() -> None:
    """One cell too many, or bytes that are no UTF-8: neither dropped nor taken for another's."""
    content = HEAD + b"1,u1,x\n2,shifted,u1,x\n3,other,shifted,x\n4,u1,\xff\n"
    left, counts = rewritten(content, among("u1"))
    assert (left, counts) == (content.replace(b"1,u1,x\n", b"", 1), Counts(rows=4, gone=1, unclear=(3, 5)))


@pytest.mark.parametrize("record", [b'1,u1,5" disk\n', b'1,"u1"x,y\n', b'1,"u1,y\n'])
def test_a_stray_quote_stops_it(record: bytes) -> None:
    """Where a quote makes it unclear where records end, nothing is changed, and the message shows no cell."""
    with pytest.raises(TerminalFailure, match=r"a\.csv: .*quote") as caught:
        rewritten(HEAD + record, among("u1"))
    assert "u1" not in str(caught.value)


def test_whole_numbers_never_meet_a_key_that_is_none() -> None:
    """Asking a column of whole numbers for other text is an error, not "no rows"."""
    with pytest.raises(KeyTypeError, match="user_id"):
        rewritten(HEAD + b"1,7,x\n", among("seven"))


def test_describe_and_columns() -> None:
    """Each column has the type all its cells have; names are compared without regard to case."""
    content = b"A,b,c,d,e\n1,1.5,true,2026-01-01,007\n2,,false,2026-01-01T00:00:00Z,x\n"
    assert delimited.describe(NAME, Held(content)) == {
        "A": ColumnType.INTEGER,
        "b": ColumnType.NUMBER,
        "c": ColumnType.BOOLEAN,
        "d": ColumnType.TEXT,
        "e": ColumnType.TEXT,
    }
    assert delimited.columns(NAME, Held(content), frozenset({"a", "z"})) == {"a"}


_CELL = st.sampled_from(["", "gone", "other", 'a"b', "x,y", "two\nlines", "\r\n", "あ", "4 2"])


@settings(max_examples=60)
@given(st.lists(st.tuples(_CELL, _CELL), max_size=10), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_it_erases_what_a_plain_reader_would(rows: list[tuple[str, str]], quoting: Any) -> None:
    """Whatever cells hold and however they are quoted: the same records go, and the rest keeps its bytes."""

    def text(chosen: list[tuple[str, str]]) -> bytes:
        sink = io.StringIO(newline="")
        csv.writer(sink, quoting=quoting, lineterminator="\n").writerows([("user_id", "note"), *chosen])
        return sink.getvalue().encode()

    left, counts = rewritten(text(rows), among("gone"))
    assert left == text([row for row in rows if row[0] != "gone"])
    assert counts.rows == len(rows)


def test_everything_goes() -> None:
    """A selection that needs no key looks at every record."""
    assert rewritten(HEAD + b"1,a,b\n\n2,c,d\n", Selection(Everything()))[1] == Counts(rows=2, gone=2)
