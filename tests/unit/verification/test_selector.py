from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from retention.errors import KeyTypeError, TerminalFailure, UnknownNameError
from retention.model.ids import KeySetId
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    tuple_key,
)
from retention.model.subject import KeySet
from retention.verification.selector import Selector

TOKYO = timezone(timedelta(hours=9))
AT = datetime(2025, 3, 1, 0, 0, tzinfo=TOKYO)
SET = KeySet(KeySetId("k"), 1, "")
PERSON = "ya-42x-person"


def selected(where: Predicate, values: list[Any], kind: pa.DataType, *keys: str | int) -> list[bool]:
    batch = pa.record_batch({"c": pa.array(values, kind)})
    return list(Selector({SET.keyset_id: frozenset(keys)}).mask(where, batch).to_pylist())


def test_null_is_among_nothing_and_not_turns_it_round() -> None:
    """A null is not among the keys, so `Not` selects it: two-valued."""
    among = Among("c", SET)
    assert selected(among, ["a", None, "b"], pa.string(), "a") == [True, False, False]
    assert selected(Not(among), ["a", None, "b"], pa.string(), "a") == [False, True, True]


@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.float64(), pa.decimal128(6, 2)])
def test_integer_literals_are_compared_as_numbers(kind: pa.DataType) -> None:
    """A key written `42` finds 42 in any numeric column; one that does not fit finds nothing."""
    assert selected(Among("c", SET), [42, 7, None], kind, "42", 10**30) == [True, False, False]


@pytest.mark.parametrize("key", ["042", "4 2", "42.0", PERSON, "٤٢"])
def test_text_that_is_no_exact_integer_is_refused(key: str) -> None:
    """Against a column of numbers such a key raises, and the error does not quote it."""
    with pytest.raises(KeyTypeError) as caught:
        selected(Among("c", SET), [42], pa.int64(), key)
    assert key not in str(caught.value)


def test_number_against_text_is_its_literal() -> None:
    """A number among keys finds its decimal literal in a text column, and nothing looser."""
    assert selected(Among("c", SET), ["42", "042", "42.0"], pa.string(), 42) == [True, False, False]


def test_keys_against_booleans_are_refused() -> None:
    """A column that cannot hold keys raises."""
    with pytest.raises(KeyTypeError):
        selected(Among("c", SET), [True], pa.bool_(), 1)


def test_missing_key_set_is_an_error() -> None:
    """A predicate whose keys were not given never selects silently nothing."""
    with pytest.raises(UnknownNameError):
        Selector({}).mask(Among("c", SET), pa.record_batch({"c": ["a"]}))


def test_dictionary_coded_columns_are_read() -> None:
    """Dictionary coding does not hide a key."""
    batch = pa.record_batch({"c": pa.array(["a", "b", None, "a"]).dictionary_encode()})
    mask = Selector({SET.keyset_id: frozenset({"a"})}).mask(Among("c", SET), batch)
    assert mask.to_pylist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (
            [datetime(2025, 2, 28, 14, 59, 59, tzinfo=UTC), datetime(2025, 2, 28, 15, 0, tzinfo=UTC)],
            pa.timestamp("us", "UTC"),
        ),
        ([datetime(2025, 2, 28, 14, 59, 59, tzinfo=UTC), AT], pa.timestamp("s", "Asia/Tokyo")),
        ([datetime(2025, 2, 28, 23, 59, 59), datetime(2025, 3, 1)], pa.timestamp("ms")),  # noqa: DTZ001 -- no zone is the case
        ([date(2025, 2, 28), date(2025, 3, 1)], pa.date32()),
        ([date(2025, 2, 28), date(2025, 3, 1)], pa.date64()),
        (["2025-02-28", "2025-03-01"], pa.string()),
        (["2025-02-28T14:59:59Z", "2025-02-28T15:00:00Z"], pa.string()),
        (["2025-02-28 23:59:59.5", "2025-03-01T00:00:00"], pa.string()),
    ],
)
def test_before_reads_every_kind_of_date(values: list[Any], kind: pa.DataType) -> None:
    """Dates by the local date, instants by the instant, zoneless ones in `at`'s zone; `at` itself is not before."""
    assert selected(Before("c", AT), [*values, None], kind) == [True, False, False]
    assert selected(Not(Before("c", AT)), [*values, None], kind) == [False, True, True]


def test_text_that_is_no_date_stops_the_look() -> None:
    """Nobody can say when such a row is due: an error without the text, not a silent no."""
    with pytest.raises(TerminalFailure) as caught:
        selected(Before("c", AT), [PERSON], pa.string())
    assert PERSON not in str(caught.value)


def test_parts_are_combined() -> None:
    """All, any, populated and everything mean what they say; an absent column is null."""
    batch = pa.record_batch({"a": ["x", None, "x"], "b": [None, None, "y"]})
    ask = Selector({SET.keyset_id: frozenset({"x"})}).mask
    among = Among("a", SET)
    assert ask(AllOf((among, Populated(("b",)))), batch).to_pylist() == [False, False, True]
    assert ask(AnyOf((among, Populated(("b", "gone")))), batch).to_pylist() == [True, False, True]
    assert ask(Populated(("gone",)), batch).to_pylist() == [False, False, False]
    assert ask(Everything(), batch).to_pylist() == [True, True, True]


def test_decimal_keys_need_the_exact_number() -> None:
    """A fraction beside a whole number is another key."""
    assert selected(Among("c", SET), [Decimal("42.00"), Decimal("42.50")], pa.decimal128(6, 2), 42) == [True, False]


def test_keys_of_several_columns_are_pairs() -> None:
    """A row is selected by both values together; a null makes no key; whole decimals are their digits."""
    batch = pa.record_batch(
        {
            "hall": ["a", "a", "b", None],
            "seat": pa.array([Decimal(1), Decimal(2), Decimal(1), Decimal(1)], pa.decimal128(10, 0)),
        }
    )
    keys = {KeySetId("k"): frozenset({tuple_key(["a", 1]), tuple_key(["b", 2])})}
    where = AmongTuples(("hall", "seat"), KeySet(KeySetId("k"), 2, ""))
    assert Selector(keys).mask(where, batch).to_pylist() == [True, False, False, False]
    assert Selector(keys).mask(Not(where), batch).to_pylist() == [False, True, True, True]
    with pytest.raises(UnknownNameError, match="k"):
        Selector({}).mask(where, batch)
