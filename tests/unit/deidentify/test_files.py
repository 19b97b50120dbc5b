from __future__ import annotations

import io

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
