"""Recipes: what is called anonymous or pseudonymous is, for any data; counted here without the product's measures."""

from __future__ import annotations

import io
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.deidentify import apply
from retention.deidentify.hierarchy import Listed, Numbers
from retention.deidentify.produced import leaks
from retention.deidentify.recipe import (
    Aim,
    Closeness,
    Column,
    Demands,
    Distinct,
    DropCells,
    DropItem,
    Generalize,
    GlobalRecoding,
    KeepFormat,
    LocalRecoding,
    Recipe,
    Role,
    Token,
)
from retention.deidentify.tokens import Domain, Keys
from retention.deidentify.verdict import Anonymous, Pseudonymous, Refused

TOWNS = Listed((("a", "north"), ("b", "north"), ("c", "south"), ("d", "south")))
SCHEMA = pa.schema({"mail": pa.string(), "age": pa.int64(), "town": pa.string(), "illness": pa.string()})
ROWS = st.lists(
    st.tuples(
        st.integers(100_000, 999_999).map("person{}@example.jp".format),
        st.none() | st.integers(0, 40),
        st.none() | st.sampled_from("abcd"),
        st.none() | st.sampled_from("xyz"),
    ),
    min_size=8,
    max_size=60,
)
Row = tuple[str, int | None, str | None, str | None]
ROOT = bytes(range(32))


def keys(recipient: str) -> Keys:
    return Keys(ROOT, Domain("research", recipient, "clinic.visits", "1"))


def table_of(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def written(table: pa.Table) -> bytes:
    """Return the table as a Parquet file whose bytes can be read without unpacking."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="none")
    return sink.getvalue()


@settings(max_examples=40)
@given(ROWS, st.integers(2, 4), st.sampled_from([None, 2]), st.sampled_from([None, 0.3]), st.booleans())
def test_anonymous_means_k_l_t_and_nobody_named(
    rows: list[Row],
    k: int,
    l: int | None,  # noqa: E741 -- the measure's own letter
    t: float | None,
    one_level: bool,  # noqa: FBT001 -- drawn, not passed
) -> None:
    """Every class has k rows, l illnesses and is within t of the whole, and no address is left; or no row goes out."""
    recipe = Recipe(
        Aim.ANONYMOUS,
        {
            "mail": Column(Role.IDENTIFIER, (DropItem(),)),
            "age": Column(Role.QUASI, (Generalize(Numbers((5, 20))),)),
            "town": Column(Role.QUASI, (Generalize(TOWNS),)),
            "illness": Column(Role.SENSITIVE, (DropCells(fewer_than=2 * k),)),
        },
        Demands(k, None if l is None else Distinct(l), None if t is None else Closeness(t)),
        GlobalRecoding(0.2) if one_level else LocalRecoding(),
    )
    table, verdict = apply(table_of(rows), recipe, None, 1)
    if isinstance(verdict, Refused):
        assert table.num_rows == 0
        assert verdict.reasons
        return
    assert isinstance(verdict, Anonymous)
    held: dict[object, Counter[str | None]] = defaultdict(Counter)
    for row in table.to_pylist():
        held[row["age"], row["town"]][row["illness"]] += 1
    whole = sum(held.values(), Counter[str | None]())
    assert min(each.total() for each in held.values()) >= k
    assert min(len(each) for each in held.values()) >= (l or 1)
    assert all(count >= k for value, count in whole.items() if value is not None)
    far = max(
        sum(abs(each[value] / each.total() - count / whole.total()) for value, count in whole.items()) / 2
        for each in held.values()
    )
    assert far <= (t or 1) + 1e-9
    assert b"@example.jp" not in written(table)


NOTED = st.lists(
    st.tuples(
        st.integers(0, 10**9).map("花子{}@example.jp".format),
        st.integers(0, 10**8 - 1).map("090{:08d}".format),
        st.integers(10**6, 10**9).map("A/{}".format),
        st.text("ab ", max_size=6),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=40)
@given(NOTED, st.sampled_from(["mail", "phone", "passport", None]))
def test_pseudonymous_bytes_hold_no_identifier(
    rows: list[tuple[str, str, str, str, bool]], planted: str | None
) -> None:
    """No address, number or code of the original stands anywhere in the file; one hidden in a note stops it."""
    names = ("mail", "phone", "passport", "note", "hide")
    records = [dict(zip(names, row, strict=True)) for row in rows]
    for record in records:
        hide = record.pop("hide")
        record["note"] += f"<{record[planted]}>" if hide and planted else ""
    original = pa.Table.from_pylist(records)
    recipe = Recipe(
        Aim.PSEUDONYMOUS,
        {
            "mail": Column(Role.IDENTIFIER, (Token(),)),
            "phone": Column(Role.IDENTIFIER, (KeepFormat(),)),
            "passport": Column(Role.CODE, (Token(),)),
            "note": Column(Role.OTHER),
        },
    )
    table, verdict = apply(original, recipe, keys("partner"), 1)
    hidden = planted is not None and any(row[4] for row in rows)
    assert isinstance(verdict, Refused if hidden else Pseudonymous)
    file = written(table)
    assert not [value for record in records for value in record.values() if len(value) > 6 and value.encode() in file]
    assert leaks(file, original, recipe) == ()


@settings(max_examples=20)
@given(st.lists(st.integers(0, 50).map("person{}@example.jp".format), min_size=1, max_size=60))
def test_two_recipients_share_no_token(mails: list[str]) -> None:
    """The same people, handed to two: equal inside one file, and nothing in common between the two."""
    recipe = Recipe(Aim.PSEUDONYMOUS, {"mail": Column(Role.IDENTIFIER, (Token(),))})
    made = [apply(pa.table({"mail": mails}), recipe, keys(each), 1)[0]["mail"].to_pylist() for each in "ab"]
    assert not set(made[0]) & set(made[1])
    for tokens in made:
        assert sorted(Counter(tokens).values()) == sorted(Counter(mails).values())
