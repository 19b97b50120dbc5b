"""Format-preserving encryption FF1."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from retention.deidentify.ff1 import decrypt, encrypt, keep_format
from retention.errors import InputError

NUMERALS = "0123456789abcdefghijklmnopqrstuvwxyz"
KEY_128 = "2B7E151628AED2A6ABF7158809CF4F3C"
KEY_192 = KEY_128 + "EF4359D8D580AA4F"
KEY_256 = KEY_192 + "7F036D6F04FC6A94"
TWEAK_10, TWEAK_36 = "39383736353433323130", "3737373770717273373737"
SAMPLES = [
    (KEY_128, "", "0123456789", "2433477484"),
    (KEY_128, TWEAK_10, "0123456789", "6124200773"),
    (KEY_128, TWEAK_36, "0123456789abcdefghi", "a9tv40mll9kdu509eum"),
    (KEY_192, "", "0123456789", "2830668132"),
    (KEY_192, TWEAK_10, "0123456789", "2496655549"),
    (KEY_192, TWEAK_36, "0123456789abcdefghi", "xbj3kv35jrawxv32ysr"),
    (KEY_256, "", "0123456789", "6657667009"),
    (KEY_256, TWEAK_10, "0123456789", "1001623463"),
    (KEY_256, TWEAK_36, "0123456789abcdefghi", "xs8a0azh2avyalyzuwd"),
]
"""NIST's samples for FF1 (FF1samples.pdf of the cryptographic standards' examples)."""
KEY = bytes(range(32))
WIDE = str.maketrans("0123456789-", "".join(chr(0xFEE0 + ord(sign)) for sign in "0123456789-"))
"""Full-width forms, as people type them in Japanese."""


@pytest.mark.parametrize(("key", "tweak", "plain", "expected"), SAMPLES)
def test_nist_samples(key: str, tweak: str, plain: str, expected: str) -> None:
    """All nine samples of NIST come out, and back."""
    radix = 36 if "a" in plain else 10
    row = np.array([[NUMERALS.index(numeral) for numeral in plain]], np.uint8)
    made = encrypt(bytes.fromhex(key), row, radix, bytes.fromhex(tweak))
    assert "".join(NUMERALS[numeral] for numeral in made[0]) == expected
    assert (decrypt(bytes.fromhex(key), made, radix, bytes.fromhex(tweak)) == row).all()


def test_many_rows_are_each_encrypted_as_if_alone() -> None:
    """A column longer than what is worked on at once: every row as it is alone, and no two alike."""
    rows = np.random.default_rng(1).integers(0, 10, (40_000, 11), np.uint8)
    made = encrypt(KEY, rows, 10)
    for at in (0, 16_383, 16_384, 39_999):
        assert (encrypt(KEY, rows[at : at + 1], 10) == made[at]).all()
    assert len(np.unique(made, axis=0)) == len(np.unique(rows, axis=0))
    assert (decrypt(KEY, made, 10) == rows).all()


def test_formats_stay() -> None:
    """Digits change, lengths and separators stay, null stays, and equal numbers stay equal."""
    given = ["090-1234-5678", None, "0312345678", "+81 90 1234 5678", "09012345678"]
    made = keep_format(pa.array(given), KEY, "phone").to_pylist()
    shape = [None if text is None else "".join("0" if c.isdigit() else c for c in text) for text in given]
    assert [None if text is None else "".join("0" if c.isdigit() else c for c in text) for text in made] == shape
    assert made[0].replace("-", "") == made[4]
    assert not set(made) & set(given) - {None}


@pytest.mark.parametrize("value", ["12345", "AB1234567", "09012345678".translate(WIDE), "", "1" * 33])
def test_what_would_go_out_as_it_is_is_refused(value: str) -> None:
    """Too few digits to hide among, letters, full-width digits, nothing, too many: an error, without the value."""
    with pytest.raises(InputError, match="phone") as raised:
        keep_format(pa.array(["0312345678", value]), KEY, "phone")
    assert not value or value not in str(raised.value)
