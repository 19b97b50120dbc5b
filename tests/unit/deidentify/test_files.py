from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from retention.deidentify.files import as_files, count_tokens, tokens_of, without
from retention.deidentify.tokens import Domain, Keys
from retention.verification.shared import look_at_files

KEYS = Keys(b"k" * 32, Domain("J2", "holdings", "lake.viewing", "1"))


def made(part_rows=2):
    """Files of four rows of two people, their columns dictionary-coded as they come from recipes."""
    (one,), (two,) = (tokens_of([name], KEYS, "user") for name in ("u1", "u2"))
    table = pa.table({"user": [one, two, one, two], "area": ["east", "west", "east", "east"]})
    coded = pa.table({name: table.column(name).combine_chunks().dictionary_encode() for name in table.column_names})
    return as_files(coded, {"label": "pseudonymous"}, part_rows), one


def test_sets_are_plain_columns_in_parts_that_carry_the_label():
    """Whoever reads a part gets text, and sees by its metadata what it may be called."""
    files, _ = made()
    assert sorted(files) == ["part-00000.parquet", "part-00001.parquet"]
    for content in files.values():
        read = pq.read_table(io.BytesIO(content))
        assert read.schema.types == [pa.string(), pa.string()]
        assert read.schema.metadata[b"retention.label"] == b"pseudonymous"


def test_a_person_goes_from_a_file_and_the_rest_stays_as_it_was():
    """Her rows go, the label stays, and a file without her stays byte by byte."""
    files, her = made(part_rows=4)
    (content,) = files.values()
    assert count_tokens(content, "user", frozenset({her})) == 2
    kept, gone, left = without(content, "user", frozenset({her}))
    assert (gone, left) == (2, 2)
    assert without(kept, "user", frozenset({her})) == (kept, 0, 2)
    seen = look_at_files({"part": kept}, frozenset({"east"}), "user", frozenset({her}))
    assert (seen.rows, seen.labels, seen.held, seen.identifiers) == (2, ("pseudonymous",), 0, 1)


def test_a_part_holds_only_its_own_values():
    """A value of another part stands nowhere in the bytes, and no least or greatest value is written."""
    table = pa.table({"user": pa.array(["token-of-one", "token-of-two"]).dictionary_encode()})
    first, second = as_files(table, {}, part_rows=1).values()
    assert (b"token-of-one" in first, b"token-of-two" in first) == (True, False)
    assert (b"token-of-one" in second, b"token-of-two" in second) == (False, True)
    assert not pq.ParquetFile(io.BytesIO(first)).metadata.row_group(0).column(0).is_stats_set


def test_types_come_back_as_they_were():
    """Time zones, long texts, nulls and dictionaries of numbers: what is read is what was given, plain."""
    at = datetime(2026, 11, 26, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
    table = pa.table(
        {
            "at": pa.array([at, None], pa.timestamp("us", "Asia/Tokyo")),
            "note": pa.array(["a", None], pa.large_string()),
            "count": pa.array([7, None]).dictionary_encode(),
            "word": pa.array([None, "w"]).dictionary_encode(),
        }
    )
    (content,) = as_files(table, {"label": "masked"}).values()
    read = pq.read_table(io.BytesIO(content))
    assert read.schema.types == [*table.schema.types[:2], pa.int64(), pa.string()]
    assert read.to_pydict() == table.to_pydict()
