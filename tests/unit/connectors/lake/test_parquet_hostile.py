"""Parquet files that are damaged, that lie, or that are encrypted: a clear error, and nothing is written."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import parquet
from connectors.lake.change import Erase, Redact
from connectors.lake.surgery.footer import DamagedParquetError, EncryptedParquetError
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.thrift import (
    BINARY,
    I32,
    I64,
    LIST,
    STRUCT,
    TRUE,
    Struct,
    get,
    items,
    read_struct,
    write_struct,
)
from retention.errors import RetentionError
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet

NAME = "s3://lake/a.parquet"
PERSON = "person-7-secret"


def sample(**options: Any) -> bytes:
    """Return a small file with a dictionary, a list and several pages."""
    table = pa.table(
        {
            "user": [f"person-{i % 10}-secret" for i in range(400)],
            "n": list(range(400)),
            "tags": [[f"t{i % 3}", None] if i % 4 else None for i in range(400)],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, **{"row_group_size": 200, "data_page_size": 300, "max_rows_per_page": 50, **options})
    return sink.getvalue()


def erase(content: bytes) -> bytes:
    """Erase one person's rows and return the new file."""
    selection = Selection(Among("user", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({PERSON})})
    sink = io.BytesIO()
    parquet.rewrite(NAME, Held(content), sink, selection, Erase())
    return sink.getvalue()


def with_footer(content: bytes, change: Callable[[Struct], None]) -> bytes:
    """Return the file with another footer."""
    length = int.from_bytes(content[-8:-4], "little")
    tree, _ = read_struct(content[-8 - length : -8])
    change(tree)
    footer = write_struct(tree)
    return content[: -8 - length] + footer + len(footer).to_bytes(4, "little") + b"PAR1"


def _chunk(tree: Struct) -> Struct:
    chunk: Struct = items(items(tree, 4)[0], 1)[0]
    return chunk


def _lies() -> dict[str, Callable[[Struct], None]]:
    def meta(tree: Struct) -> Struct:
        found: Struct = get(_chunk(tree), 3)
        return found

    def group(tree: Struct) -> Struct:
        found: Struct = items(tree, 4)[0]
        return found

    return {
        "more rows than its groups have": lambda tree: tree.update({3: (I64, 10**15)}),
        "a group of more rows than there are values": lambda tree: group(tree).update({3: (I64, 10**12)}),
        "a chunk beyond the file": lambda tree: meta(tree).update({7: (I64, 10**12)}),
        "a chunk before the file": lambda tree: meta(tree).update({9: (I64, -4)}),
        "a codec that nobody knows": lambda tree: meta(tree).update({4: (I32, 99)}),
        "more values than rows": lambda tree: meta(tree).update({5: (I64, 10**9)}),
        "another type than its schema": lambda tree: meta(tree).update({1: (I32, 5)}),
        "no metadata of a chunk": lambda tree: _chunk(tree).pop(3) and None,
        "a chunk in another file": lambda tree: _chunk(tree).update({1: (8, b"elsewhere.parquet")}),
        "an index outside": lambda tree: _chunk(tree).update({4: (I64, 10**12), 5: (I32, 9)}),
        "a filter outside": lambda tree: meta(tree).update({14: (I64, 10**12)}),
        "fewer chunks than columns": lambda tree: group(tree).update({1: (9, (12, items(group(tree), 1)[:1]))}),
        "chunks that overlap": lambda tree: group(tree).update({1: (9, (12, items(group(tree), 1)[:1] * 3))}),
        "a schema with children that are not there": lambda tree: items(tree, 2)[0].update({5: (I32, 10**8)}),
    }


@pytest.mark.parametrize("lie", sorted(_lies()))
def test_a_footer_that_lies_is_refused(lie: str) -> None:
    """Whatever it claims, nothing is read by it and nothing is written."""
    with pytest.raises(DamagedParquetError, match=r"a\.parquet.*not touched"):
        erase(with_footer(sample(), _lies()[lie]))


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", b"PAR1" + b"\xff" * 8 + b"PAR1", b"PK\x03\x04" + b"0" * 40, b"PAR1\x00\x00\xff\xff\xff\x7fPAR1"],
)
def test_what_is_no_parquet_file_is_refused(content: bytes) -> None:
    """Empty, too short, of another kind, or with a footer longer than the file."""
    with pytest.raises(DamagedParquetError, match="whole Parquet file"):
        erase(content)


def test_an_encrypted_footer_is_refused() -> None:
    """It ends in PARE."""
    with pytest.raises(EncryptedParquetError, match="encrypted"):
        erase(b"PARE" + sample()[4:-4] + b"PARE")


def test_one_encrypted_column_is_refused() -> None:
    """A chunk's place is bound into its encryption, so no other chunk could move either."""
    with pytest.raises(EncryptedParquetError, match="encrypted"):
        erase(with_footer(sample(), lambda tree: _chunk(tree).update({8: (12, {1: (12, {})})})))


def in_our_words(content: bytes) -> bytes | None:
    """Return the new file, or None where it was refused, by an error of ours that names the object and no person."""
    try:
        return erase(content)
    except RetentionError as error:
        said = str(error)
    assert "a.parquet" in said
    assert PERSON not in said
    return None


_WHOLE = sample(write_page_checksum=True)
_FOOTER_AT = len(_WHOLE) - 8 - int.from_bytes(_WHOLE[-8:-4], "little")


@settings(max_examples=40, deadline=None)
@given(flips=st.lists(st.tuples(st.integers(4, _FOOTER_AT - 1), st.integers(1, 255)), min_size=1, max_size=3))
def test_damaged_pages_never_lose_a_row_in_silence(flips: list[tuple[int, int]]) -> None:
    """A file with flipped bytes is refused in our words, or exactly the rows go that a reader sees as the person's."""
    content = bytearray(_WHOLE)
    for at, by in flips:
        content[at] ^= by
    new = in_our_words(bytes(content))
    if new is None:
        return
    try:
        before = pq.read_table(io.BytesIO(bytes(content)), columns=["user", "n"])
    except (pa.ArrowException, OSError):
        return  # the damage lies in a chunk that was copied as it is
    stays = before.filter(pc.fill_null(pc.not_equal(before["user"], PERSON), fill_value=True))
    assert pq.read_table(io.BytesIO(new), columns=["user", "n"]).num_rows == stays.num_rows


@settings(max_examples=20, deadline=None)
@given(cut=st.integers(1, len(_WHOLE)))
def test_a_truncated_file_is_refused(cut: int) -> None:
    """Wherever it ends early."""
    with pytest.raises(DamagedParquetError, match="not touched"):
        erase(_WHOLE[:-cut])


def test_a_page_that_lies_is_refused() -> None:
    """A header that claims more values than its page has."""
    selection = Selection(Among("n", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({7})})
    content = sample(use_dictionary=False, compression="none", write_statistics=False)
    start = _page_of_user(content)
    header, stop = read_struct(content, start)
    lying = write_struct({**header, 5: (12, {**get(header, 5), 1: (I32, 60)})})
    assert len(lying) == stop - start
    with pytest.raises(DamagedParquetError, match=r"a\.parquet.*not touched"):
        parquet.rewrite(
            NAME, Held(content[:start] + lying + content[stop:]), io.BytesIO(), selection, Redact(("user",))
        )


def _page_of_user(content: bytes) -> int:
    place = pq.read_metadata(io.BytesIO(content)).row_group(0).column(0).data_page_offset
    return int(place)


_ODD: tuple[tuple[int, Any] | None, ...] = (
    None,
    (I32, -1),
    (I64, 2**62),
    (I64, 7),
    (BINARY, b"x"),
    (STRUCT, {}),
    (LIST, (I32, [1, 2])),
    (LIST, (STRUCT, [{}])),
    (TRUE, True),
)
"""What a field may be instead of what it should; None: it is not there."""


def _fields(found: Any) -> Iterator[tuple[Struct, int]]:
    """Yield every field of a struct and of those within it."""
    if isinstance(found, dict):
        for field, (kind, value) in list(found.items()):
            yield found, field
            yield from _fields(value[1] if kind == LIST else value)
    elif isinstance(found, list):
        for element in found:
            yield from _fields(element)


_SAMPLES = (sample(), sample(write_page_index=True, use_dictionary=False), sample(bloom_filter_options={"user": {}}))


@settings(max_examples=150, deadline=None)
@given(content=st.sampled_from(_SAMPLES), data=st.data())
def test_a_footer_of_other_types_is_refused_or_right(content: bytes, data: st.DataObject) -> None:
    """Any field missing, of another type, or of an odd value: our error or a new file, and the process goes on."""

    def lie(tree: Struct) -> None:
        struct, field = data.draw(st.sampled_from(list(_fields(tree))))
        odd = data.draw(st.sampled_from(_ODD))
        struct.pop(field)
        if odd is not None:
            struct[field] = odd

    hostile = with_footer(content, lie)
    for key in (57, 10**9):
        selection = Selection(Among("n", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({key})})
        with suppress(RetentionError):
            parquet.rewrite(NAME, Held(hostile), io.BytesIO(), selection, Redact(("tags",)))
    in_our_words(hostile)


@pytest.mark.parametrize("field", [5, 6, 16])
def test_what_arrow_ends_the_process_over_is_not_asked_of_it(field: int) -> None:
    """Bounds of another length than a value, histograms of another length: the rows themselves are looked at."""

    def lie(tree: Struct) -> None:
        for number in (0, 1):
            meta = get(items(items(tree, 4)[0], 1)[number], 3)
            if field == 16:  # SizeStatistics
                meta[16] = (STRUCT, {2: (LIST, (I64, [1, 2, 3])), 3: (LIST, (I64, [4, 5, 6]))})
            else:
                get(meta, 12)[field] = (BINARY, b"x")

    content = with_footer(sample(), lie)
    assert erase(content)
    selection = Selection(Among("n", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({57})})
    assert parquet.measure(NAME, Held(content), selection, Erase()).gone == 1
