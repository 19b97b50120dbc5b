"""Rewriting Parquet: right rows, same file in every other respect."""

from __future__ import annotations

import base64
import io
import weakref
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import parquet
from connectors.lake.change import Anonymize, Counts, Erase, Redact
from connectors.lake.keys import ValueSets
from connectors.lake.segments import Fresh, Verbatim
from connectors.lake.surgery import rewrite
from connectors.lake.surgery.held import FileSource
from connectors.lake.surgery.make import make
from connectors.lake.surgery.memory import give_back
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.ids import KeySetId
from retention.model.predicate import AllOf, Among, Before, Everything, Not, Populated, Selection
from retention.model.subject import Key, KeySet
from retention.model.transform import Band, Drop, Prefix, ToMonth

NAME = "s3://lake/a.parquet"


def among(column: str, *keys: Key) -> Selection:
    """Return the selection of rows whose column is one of the keys."""
    return Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(keys)})


def file_of(table: pa.Table, **options: Any) -> io.BytesIO:
    """Return the table as a file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    sink.seek(0)
    return sink


def rewritten(source: io.BytesIO, selection: Selection, change: Any) -> tuple[io.BytesIO, Counts]:
    """Return the new file and the counts."""
    sink = io.BytesIO()
    counts = parquet.rewrite(NAME, FileSource(source), sink, selection, change)
    sink.seek(0)
    return sink, counts


def wide() -> pa.Table:
    """Return 40 rows with many types, nested ones too, and metadata."""
    n = range(40)
    table = pa.table(
        {
            "user": pa.array([f"user-{i % 5}" for i in n]),
            "kind": pa.array([f"kind-{i % 5}" for i in n]).dictionary_encode(),
            "at": pa.array([datetime(2026, 1, 1, i % 24, tzinfo=UTC) for i in n], pa.timestamp("ms", "Asia/Tokyo")),
            "nano": pa.array([1_700_000_000_000_000_000 + i for i in n], pa.timestamp("ns")),
            "price": pa.array([Decimal(i) / 4 for i in n], pa.decimal128(9, 2)),
            "tags": pa.array([[f"t{i}", None] if i % 3 else None for i in n], pa.list_(pa.string())),
            "deep": pa.array([{"a": i, "b": [i]} if i % 4 else None for i in n]),
            "small": pa.array([i % 7 for i in n], pa.uint8()),
            "day": pa.array([date(2026, 1, 1 + i % 28) for i in n]),
        }
    )
    return table.replace_schema_metadata({"owner": "team lake"})


def same(one: pa.Table, other: pa.Table) -> bool:
    """Whether types and values are equal, in order; a dictionary may number its values differently."""
    return bool(one.schema.equals(other.schema)) and one.to_pylist() == other.to_pylist()


def test_all_but_the_rows_is_as_it_was() -> None:
    """Schema, metadata, codec of each column, row groups, dictionaries, page index, order survive (UNX-10)."""
    codec = {name: "zstd" if name == "user" else "snappy" for name in wide().column_names}
    codec |= {"tags.list.element": "gzip", "deep.a": "none", "deep.b.list.element": "snappy"}
    options = {"compression": codec, "row_group_size": 10, "write_page_index": True, "use_dictionary": ["user"]}
    source = file_of(wide(), **options)
    sink, counts = rewritten(source, among("user", "user-1", "user-3"), Erase())
    assert counts == Counts(rows=40, gone=16)
    before, after = pq.ParquetFile(source), pq.ParquetFile(sink)
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    assert after.schema.equals(before.schema)
    keep = [user not in {"user-1", "user-3"} for user in wide()["user"].to_pylist()]
    assert same(after.read(), before.read().filter(pa.array(keep)))
    assert [after.metadata.row_group(i).num_rows for i in range(4)] == [6, 6, 6, 6]
    for i in range(before.metadata.num_columns):
        old, new = before.metadata.row_group(0).column(i), after.metadata.row_group(0).column(i)
        assert (new.compression, new.has_dictionary_page) == (old.compression, old.has_dictionary_page)
        assert new.has_offset_index


@pytest.mark.parametrize("column", ["user", "kind"])
def test_no_byte_of_an_erased_value_is_left(column: str) -> None:
    """Neither dictionaries (also of columns that Arrow reads as dictionaries) nor statistics keep it."""
    source = file_of(wide().select([column]), compression="none")
    value = f"{column}-3"
    sink, _ = rewritten(source, among(column, value), Erase())
    assert value.encode() in source.getvalue()
    assert value.encode() not in sink.getvalue()


def test_a_dictionary_inside_a_list_leaks_nothing() -> None:
    """A nested dictionary is written anew as well."""
    inner = pa.ListArray.from_arrays(pa.array([0, 1, 2]), pa.array(["secret", "kept"]).dictionary_encode())
    source = file_of(pa.table({"user": ["a", "b"], "tags": inner}), compression="none")
    sink, _ = rewritten(source, among("user", "a"), Erase())
    assert b"secret" not in sink.getvalue()
    assert pq.read_table(sink)["tags"].to_pylist() == [["kept"]]


@pytest.mark.parametrize("column", wide().column_names)
def test_redact_empties_any_type(column: str) -> None:
    """The field is null in the selected rows, untouched in the others, and a repeat counts nothing."""
    source = file_of(wide(), row_group_size=7)
    chosen = among("small", 1, 2)
    filled = sum(
        v is not None
        for v, s in zip(wide()[column].to_pylist(), wide()["small"].to_pylist(), strict=True)
        if s in {1, 2}
    )
    sink, counts = rewritten(source, chosen, Redact((column,)))
    assert counts == Counts(rows=40, altered=filled)
    small = wide()["small"].to_pylist()
    expected = [None if s in {1, 2} else v for v, s in zip(wide()[column].to_pylist(), small, strict=True)]
    table = pq.read_table(sink)
    assert table[column].to_pylist() == expected
    assert same(table.drop([column]), wide().drop([column]))
    again = Selection(Not(Everything())) if column == "small" else chosen
    assert parquet.measure(NAME, FileSource(sink), again, Redact((column,))).touched == 0


def test_anonymize_changes_only_the_selected() -> None:
    """Transforms keep types; rare classes go; other rows and columns are equal."""
    source = file_of(wide(), row_group_size=7)
    change = Anonymize(
        {"user": Drop(), "kind": Prefix(2), "nano": ToMonth(), "day": ToMonth(), "price": Band(5)},
        ("price",),
        frozenset({'["0.00"]', '["0"]', '["0E+2"]'}),
    )
    sink, counts = rewritten(source, among("user", "user-2"), change)
    table = pq.read_table(sink)
    assert table.schema.equals(wide().schema)
    others = [user != "user-2" for user in wide()["user"].to_pylist()]
    kept = [user is not None for user in table["user"].to_pylist()]
    assert same(table.filter(pa.array(kept)), wide().filter(pa.array(others)))
    new = table.filter(pa.array([not each for each in kept]))
    assert set(new["kind"].to_pylist()) == {"ki"}
    assert set(new["day"].to_pylist()) == {date(2026, 1, 1)}
    assert set(new["nano"].cast(pa.int64()).to_pylist()) == {1_698_796_800_000_000_000}
    assert counts == Counts(rows=40, gone=8 - new.num_rows, altered=new.num_rows, suppressed=8 - new.num_rows)
    assert counts.suppressed > 0


class Watched(FileSource):
    """A source that knows what was read of it."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.read_ranges: list[tuple[int, int]] = []

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes, and remember which."""
        self.read_ranges.append((start, stop))
        return super().read(start, stop)


def test_row_groups_without_a_selected_row_are_not_read() -> None:
    """Statistics rule them out; of the others the key column is read, and all columns only where rows go."""
    numbers = pa.table({"user": list(range(4000)), "text": [f"text number {i}" for i in range(4000)]})
    file = file_of(numbers, row_group_size=1000, compression="none")
    source = Watched(file)
    pieces = list(parquet.segments(NAME, source, among("user", 1500), Erase()))
    group = pq.ParquetFile(file).metadata.row_group(1)
    first = min(group.column(i).dictionary_page_offset for i in range(2))
    inside = [(start, stop) for start, stop in source.read_ranges if stop < source.size]
    assert all(start == 0 or first <= start < stop <= first + group.total_byte_size for start, stop in inside)
    assert any(isinstance(piece, Fresh) for piece in pieces)
    assert sum(piece.stop - piece.start for piece in pieces if isinstance(piece, Verbatim)) > source.size * 0.6


def test_a_row_group_without_rows_stays() -> None:
    """Some writers make one of an empty table: it has chunks without pages, and is copied with the others."""
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, wide().schema) as writer:
        for table in (wide().slice(0, 0), wide(), wide().slice(0, 0)):
            writer.write_table(table)
    new, counts = rewritten(sink, among("user", "user-1"), Erase())
    assert counts == Counts(rows=40, gone=8)
    assert same(pq.read_table(new), wide().filter(pc.not_equal(wide()["user"], "user-1")))
    assert parquet.measure(NAME, FileSource(file_of(wide().slice(0, 0))), Selection(Everything()), Erase()) == Counts()


def test_int96_and_decimals_keep_their_physical_type() -> None:
    """Files of older writers stay what they are."""
    table = wide().select(["user", "nano", "price"])
    source = file_of(table, use_deprecated_int96_timestamps=True, store_decimal_as_integer=True)
    sink, _ = rewritten(source, among("user", "user-1"), Erase())
    kinds = [pq.ParquetFile(sink).schema.column(i).physical_type for i in range(3)]
    assert kinds == ["BYTE_ARRAY", "INT96", "INT32"]


def test_what_cannot_be_read_is_terminal_and_named() -> None:
    """A damaged file stops the step; the message names the object."""
    with pytest.raises(TerminalFailure, match=r"a\.parquet"):
        parquet.measure(
            NAME, FileSource(io.BytesIO(b"PAR1 this is no parquet file PAR1")), Selection(Everything()), Erase()
        )


class _Keys(pe.KmsClient):
    """Keys that nobody keeps."""

    def __init__(self, _: Any) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _: str) -> bytes:
        """Return the key as it is."""
        return base64.b64encode(key)


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_an_encrypted_file_is_terminal_and_named(*, plaintext_footer: bool) -> None:
    """What is encrypted cannot be judged, whether the footer or only the column is."""
    how = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["user"]}, plaintext_footer=plaintext_footer)
    locked = pe.CryptoFactory(_Keys).file_encryption_properties(pe.KmsConnectionConfig(), how)
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, pa.schema([("user", pa.string())]), encryption_properties=locked) as writer:
        writer.write_table(pa.table({"user": ["a"]}))
    with pytest.raises(TerminalFailure, match=r"a\.parquet.*encrypted"):
        parquet.measure(NAME, FileSource(sink), among("user", "a"), Erase())


def test_a_column_name_twice_is_terminal() -> None:
    """Which of two columns holds the key is not guessed."""
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["user", "user"])
    with pytest.raises(TerminalFailure, match="twice"):
        parquet.measure(NAME, FileSource(file_of(table)), among("user", "a"), Erase())


def test_an_object_without_the_key_column_is_refused() -> None:
    """Its rows cannot be judged, so nothing is assumed."""
    with pytest.raises(TerminalFailure, match="user_id"):
        parquet.measure(NAME, FileSource(file_of(wide())), among("user_id", "u"), Erase())


def test_a_required_column_is_not_emptied() -> None:
    """A column that the file says is never null is refused."""
    schema = pa.schema([pa.field("user", pa.string(), nullable=False)])
    with pytest.raises(TerminalFailure, match="required"):
        rewritten(file_of(pa.table({"user": ["a"]}, schema=schema)), among("user", "a"), Redact(("user",)))


def test_metadata_with_a_key_in_it_is_refused() -> None:
    """Metadata is copied, so it must not name the person."""
    table = wide().replace_schema_metadata({"attrs": "made for someone@example.org"})
    with pytest.raises(TerminalFailure, match="attrs") as caught:
        rewritten(file_of(table), among("user", "someone@example.org"), Erase())
    assert "someone@" not in str(caught.value)


def test_text_for_an_integer_column() -> None:
    """Whole numbers as text are numbers; other text is an error, never no rows; too large is simply not there."""
    file = file_of(wide())
    assert parquet.measure(NAME, FileSource(file), among("small", "1", 6, 256, -1), Erase()).gone == 11
    with pytest.raises(KeyTypeError, match="small"):
        parquet.measure(NAME, FileSource(file), among("small", "1.0"), Erase())


def test_describe_and_tally_speak_plain_values() -> None:
    """Dictionaries are text; nanoseconds and nested values become values of the model."""
    file = file_of(wide(), row_group_size=16)
    assert parquet.describe(NAME, FileSource(file))["kind"] is ColumnType.TEXT
    total: Counter[Any] = sum(
        parquet.tally(NAME, FileSource(file), ("kind", "tags"), among("user", "user-0")), Counter()
    )
    assert total["kind-0", None] == 3
    assert total["kind-0", '["t5", null]'] == 1


_CELL = st.tuples(st.none() | st.sampled_from("abc"), st.none() | st.integers(-3, 3), st.none() | st.integers(0, 40))
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(_CELL, min_size=1, max_size=30),
    group=st.integers(1, 7),
    keys=st.frozensets(st.sampled_from("abz")),
    day=st.integers(0, 40),
    unit=st.sampled_from(["s", "ms", "us", "ns"]),
)
def test_it_erases_what_a_plain_loop_does(
    rows: list[Any], group: int, keys: frozenset[str], day: int, unit: str
) -> None:
    """Whatever the rows, keys, instants and row groups: the same rows go and the rest is equal, in order."""
    instants = [None if d is None else _EPOCH.timestamp() + d * 86_400 for _, _, d in rows]
    columns = {
        "user": pa.array([u for u, _, _ in rows], pa.string()),
        "n": pa.array([n for _, n, _ in rows], pa.int16()),
        "at": pa.array(
            [None if i is None else datetime.fromtimestamp(i, UTC) for i in instants], pa.timestamp(unit, "UTC")
        ),
    }
    at = datetime.fromtimestamp(_EPOCH.timestamp() + day * 86_400 + 1e-6, UTC)
    is_user = Among("user", KeySet(KeySetId("k"), 0, ""))
    where = AllOf((Not(AllOf((is_user, Populated(("n",))))), Before("at", at)))
    table = pa.table(columns)
    sink, counts = rewritten(file_of(table, row_group_size=group), Selection(where, {KeySetId("k"): keys}), Erase())
    keep = [not (not (u in keys and n is not None) and d is not None and d <= day) for u, n, d in rows]
    assert counts == Counts(rows=len(rows), gone=keep.count(False))
    assert pq.read_table(sink).equals(pq.read_table(file_of(table)).filter(pa.array(keep, pa.bool_())))


@pytest.mark.parametrize("notes", [["n"] * 4, ["n", None, None, "n"]])
def test_a_column_is_read_before_it_is_emptied_only_if_it_may_have_nulls(notes: list[str | None]) -> None:
    """Where statistics say that every row has a value, whoever is selected has one; else the column is asked."""
    file = file_of(pa.table({"user": ["a", "b", "c", "d"], "note": notes}))
    chunk = pq.ParquetFile(file).metadata.row_group(0).column(1)
    start = min(chunk.dictionary_page_offset, chunk.data_page_offset)
    source = Watched(file)
    counts = parquet.measure(NAME, source, among("user", "a", "b"), Redact(("note",)))
    assert counts.altered == sum(note is not None for note in notes[:2])
    assert ((start, start + chunk.total_compressed_size) in source.read_ranges) is (None in notes)


def test_what_is_made_ahead_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many row groups a file has, few new chunks are in memory before the first is taken."""
    made: list[int] = []
    monkeypatch.setattr(rewrite, "make", lambda *work: made.append(work[1]) or make(*work))
    source = FileSource(file_of(pa.table({"user": ["a", "b"] * 40}), row_group_size=2))
    segments = parquet.segments(NAME, source, among("user", "a"), Erase())
    assert isinstance(next(segments), Verbatim)
    assert isinstance(next(segments), Fresh)
    assert len(made) <= 7
    assert sum(isinstance(segment, Fresh) for segment in segments) >= 39
    assert made == list(range(40))


def test_keys_are_converted_once_and_go_with_their_owner() -> None:
    """Many files share what a key set was converted to; nothing of it outlives the set."""
    keys = frozenset({"1", "2"})
    first = ValueSets({KeySetId("k"): keys}).of("user", pa.int64(), KeySetId("k"))
    assert ValueSets({KeySetId("other"): keys}).of("buyer", pa.int64(), KeySetId("other")) is first
    left = weakref.ref(first)
    del first, keys
    assert left() is None


def test_another_choice_of_allocator_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow uses the one that gives memory back, unless its own variable names one."""
    monkeypatch.setattr(pa, "set_memory_pool", chosen := Mock())
    monkeypatch.setattr(pa, "jemalloc_set_decay_ms", Mock())
    monkeypatch.setenv("ARROW_DEFAULT_MEMORY_POOL", "system")
    give_back.__wrapped__()
    assert not chosen.called
    monkeypatch.delenv("ARROW_DEFAULT_MEMORY_POOL")
    give_back.__wrapped__()
    assert chosen.called == ("jemalloc" in pa.supported_memory_backends())
