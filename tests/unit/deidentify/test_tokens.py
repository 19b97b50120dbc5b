"""Keyed tokens."""

from __future__ import annotations

import hmac
from dataclasses import replace

import pyarrow as pa
import pytest

from retention.deidentify.tokens import Domain, Keys, derive, tokenize

ROOT = bytes(range(32))
DOMAIN = Domain("research", "partner-a", "app.customers", "2026-11", "email")
KEY = derive(ROOT, DOMAIN)


def test_a_token_is_the_hmac_of_the_text() -> None:
    """HMAC-SHA256 of the UTF-8 bytes, the first 16 bytes in hexadecimal; null stays null."""
    given = ["a@example.jp", None, "東京都", ""]
    expected = [None if t is None else hmac.new(KEY, t.encode(), "sha256").hexdigest()[:32] for t in given]
    assert tokenize(pa.array(given), KEY).to_pylist() == expected


def test_repeated_and_distinct_columns_get_the_same_tokens() -> None:
    """Whether each value is worked on once or each row: the same answer, and a dictionary sorted by token."""
    few = pa.array(["x", None, "y"] * 2_000)
    tokens = tokenize(few, KEY)
    assert pa.types.is_dictionary(tokens.type)
    assert tokens.to_pylist()[:3] == tokenize(pa.array(["x", None, "y"]), KEY).to_pylist()
    assert tokens.dictionary.to_pylist() == sorted(tokens.dictionary.to_pylist())
    assert tokenize(pa.array([7, None, 7]), KEY).to_pylist()[0] == tokenize(pa.array(["7"]), KEY).to_pylist()[0]


@pytest.mark.parametrize("part", ["purpose", "recipient", "dataset", "epoch", "field"])
def test_every_part_of_the_domain_makes_another_key(part: str) -> None:
    """Another purpose, recipient, dataset, epoch or field: no token in common."""
    other = derive(ROOT, replace(DOMAIN, **{part: "other"}))
    values = pa.array([f"person-{number}" for number in range(50)])
    assert not set(tokenize(values, KEY).to_pylist()) & set(tokenize(values, other).to_pylist())


def test_parts_do_not_run_into_each_other() -> None:
    """Two domains whose parts put together read the same have different keys."""
    assert derive(ROOT, Domain("ab", "c", "d", "e", "f")) != derive(ROOT, Domain("a", "bc", "d", "e", "f"))


def test_keys_do_not_show_themselves() -> None:
    """The root is in no representation, and a short one is refused."""
    assert ROOT.hex() not in repr(Keys(ROOT, DOMAIN))
    assert repr(ROOT) not in repr(Keys(ROOT, DOMAIN))
    with pytest.raises(ValueError, match="32 bytes"):
        derive(bytes(16), DOMAIN)
