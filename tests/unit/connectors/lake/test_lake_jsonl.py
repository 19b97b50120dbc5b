"""Rewriting JSON Lines: every line parsed, lines that stay unchanged byte for byte."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import jsonl
from connectors.lake.change import Anonymize, Counts, Erase, Redact
from connectors.lake.draft import Draft
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Before, Everything, Selection
from retention.model.subject import Key, KeySet
from retention.model.transform import Drop, ToMonth

NAME = "s3://lake/a.jsonl"


def among(*keys: Key, column: str = "user_id") -> Selection:
    """Return the selection of rows whose member is one of the keys."""
    return Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(keys)})


class Memory:
    """A source of bytes in memory."""

    def __init__(self, content: bytes) -> None:
        """Hold the bytes."""
        self._content = content

    @property
    def size(self) -> int:
        """Return how many there are."""
        return len(self._content)

    def read(self, start: int, stop: int) -> bytes:
        """Return some of them."""
        return self._content[start:stop]


def rewritten(content: bytes, selection: Selection, change: Any = None, least: int = 64) -> tuple[bytes, Counts]:
    """Return the new content and the counts."""
    source = Memory(content)
    with Draft(source) as draft:
        counts = draft.fill(jsonl.rewrite(NAME, source, selection, change or Erase(), least))
        return draft.read(0, draft.size) if counts.touched else content, counts


@pytest.mark.parametrize(
    "line",
    [
        b'{"user_id": 424242}',
        b'{"user\\u005fid": 424242}',
        b'{"user_id": 4.24242e5}',
        b'{"user_id": "424242"}',
        b'{"user_id": "42\\u0034242"}',
        b'{"user_id"\t:\t424242.0 , "x": null}\r',
        b'{"User_ID": 424242}',
        b'{"x":{"user_id":1},"USER\\u005FID":"424242"}',
        b'\xef\xbb\xbf{"user_id": 424242}',
    ],
    ids=[
        "plain",
        "escaped name",
        "exponent",
        "text",
        "escaped digits",
        "spaces",
        "other case",
        "escaped in other case",
        "byte order mark",
    ],
)
@pytest.mark.parametrize("key", [424242, "424242"])
def test_every_spelling_is_found(line: bytes, key: Key) -> None:
    """A missed spelling is a failed erasure."""
    assert rewritten(line + b'\n{"user_id": 1}\n', among(key)) == (b'{"user_id": 1}\n', Counts(rows=2, gone=1))


def test_lines_that_stay_keep_their_bytes() -> None:
    """Spacing, order, escapes, blank lines, line ends and a missing last line end are as they were."""
    stays = b'{ "b":1.10 ,"user_id":"\\u3042" }\r\n', b"\n", b'{"user_id":null}\n', b'{"x":1e400,"user_id":"z"}'
    content = stays[0] + b'{"user_id":"gone"}\n' + b"".join(stays[1:])
    assert rewritten(content, among("gone"))[0] == b"".join(stays)


def test_members_that_stay_keep_their_bytes() -> None:
    """In a line that changes, only the new values differ."""
    line = '{ "n":1.10e+0 , "na\\u006de" : "太郎", "deep":{"name":"x", "l":[1 ,2]},"big":12345678901234567890 }\r\n'
    new, counts = rewritten(line.encode(), Selection(Everything()), Redact(("name", "absent")))
    assert new.decode() == line.replace('"太郎"', "null")
    assert counts == Counts(rows=1, altered=1)
    assert rewritten(new, Selection(Everything()), Redact(("name",))) == (new, Counts(rows=1))


def test_anonymize_keeps_text_and_removes_rare() -> None:
    """Dates stay ISO text; a row of a rare class goes."""
    content = b'{"user_id":"a","at":"2026-11-23T10:00:00+09:00"}\n{"user_id":"a","at":"2026-12-24"}\n'
    change = Anonymize({"user_id": Drop(), "at": ToMonth()}, ("at",), frozenset({'["2026-12-01"]'}))
    new, counts = rewritten(content, among("a"), change)
    assert [json.loads(line) for line in new.splitlines()] == [{"user_id": None, "at": "2026-11-01T00:00:00+09:00"}]
    assert counts == Counts(rows=2, gone=1, altered=1, suppressed=1)


def test_gzip_in_gzip_out() -> None:
    """Compressed content is known by its first bytes, and written compressed."""
    new, _ = rewritten(gzip.compress(b'{"user_id":1}\n{"user_id":2}\n'), among(1))
    assert gzip.decompress(new) == b'{"user_id":2}\n'


@pytest.mark.parametrize(
    "line",
    [b"{broken-secret", b'["secret"]', b'"secret"', b'{"a":"secret","a":1}', b'{"a":"secret\xff"}', b'{"a":1} secret'],
)
def test_a_line_that_is_not_clear_stays_and_is_named(line: bytes) -> None:
    """It is neither dropped nor taken for another's: it stays, its number is told, and the rest is done."""
    content = b'{"a":1}\n' + line + b'\n{"a":2}\n'
    assert rewritten(content, Selection(Everything())) == (line + b"\n", Counts(rows=3, gone=2, unclear=(2,)))


def test_a_broken_line_that_names_the_person_is_named() -> None:
    """Searched by bytes, a line that cannot be parsed is found if the person's key may stand in it, and only then."""
    broken = b'{"user_id":"gone", oops\n', b'{"user_id":"gon\\u0065", oops\n', b'{"user_id":"other", oops\n'
    content = b'{"user_id":"gone"}\n' + b"".join(broken)
    assert rewritten(content, among("gone")) == (b"".join(broken), Counts(rows=4, gone=1, unclear=(2, 3)))


def test_a_cut_gzip_file_stops_it() -> None:
    """Half a file is not the file."""
    with pytest.raises(TerminalFailure, match=r"a\.jsonl"):
        rewritten(gzip.compress(b'{"user_id":1}\n' * 1000)[:-9], among(2))


def test_a_number_never_meets_a_key_that_is_none() -> None:
    """Asking a column of numbers for other text is an error, not "no rows"; a truth value is no number."""
    with pytest.raises(KeyTypeError, match="user_id"):
        rewritten(b'{"user_id":1}\n', among("one"))
    with pytest.raises(KeyTypeError, match="user_id"):
        rewritten(b'{"user_id":true}\n', among(1))


def test_before_reads_iso_text_only() -> None:
    """Dates, zoned and zoneless instants compare as the model says; other text stops it without being shown."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    lines = [b'{"t":"2026-01-01"}', b'{"t":"2026-01-02"}', b'{"t":"2026-01-02T08:59:59+09:00"}', b'{"t":null}', b"{}"]
    _, counts = rewritten(b"\n".join(lines), Selection(Before("t", at)))
    assert counts == Counts(rows=5, gone=2)
    with pytest.raises(TerminalFailure, match="column t") as caught:
        rewritten(b'{"t":"some day"}', Selection(Before("t", at)))
    assert "some day" not in str(caught.value)


def test_describe_joins_types() -> None:
    """Every member of every line, with the type all its values share."""
    content = b'{"a":1,"d":"2026-01-01","t":"x","o":[1],"m":1}\n{"a":1.5,"b":true,"m":"x","d":"2026-01-01T00:00:00Z"}\n'
    assert jsonl.describe(NAME, Memory(content)) == {
        "a": ColumnType.NUMBER,
        "b": ColumnType.BOOLEAN,
        "d": ColumnType.TEXT,
        "t": ColumnType.TEXT,
        "o": ColumnType.OTHER,
        "m": ColumnType.OTHER,
    }


_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_ROW = st.builds(
    lambda user, more: {**more, **user},
    st.sampled_from([{}, {"user_id": None}, {"user_id": "a"}, {"user_id": "b"}, {"user_id": ""}]),
    st.dictionaries(st.text(max_size=4), _VALUE, max_size=4),
)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(st.tuples(_ROW, st.booleans()), max_size=12), keys=st.frozensets(st.sampled_from(["a", "", "z"])))
def test_it_erases_and_redacts_what_a_plain_loop_does(rows: list[Any], keys: frozenset[str]) -> None:
    """Whatever the values and escapes: the same rows are touched, and the rest keeps its bytes."""
    lines = [json.dumps(row, ensure_ascii=escaped).encode() + b"\n" for row, escaped in rows]
    chosen = [row.get("user_id") in keys for row, _ in rows]
    erased, counts = rewritten(b"".join(lines), among(*keys))
    assert erased == b"".join(line for line, gone in zip(lines, chosen, strict=True) if not gone)
    assert counts == Counts(rows=len(rows), gone=sum(chosen))
    redacted, _ = rewritten(b"".join(lines), among(*keys), Redact(("user_id",)))
    expected = [row | {"user_id": None} if hit else row for (row, _), hit in zip(rows, chosen, strict=True)]
    assert [json.loads(line) for line in redacted.split(b"\n") if line] == expected
    total: Counter[Any] = sum(jsonl.tally(NAME, Memory(redacted), ("user_id",), among(*keys)), Counter())
    assert not total
