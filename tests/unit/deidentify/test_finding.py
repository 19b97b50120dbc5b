"""What is looked for in an output: texts, forms of codes, hashes, paths."""

from __future__ import annotations

import base64
import hashlib
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from retention.deidentify.detect import Kind, detect
from retention.deidentify.hashes import looks_hashed, rehashed
from retention.deidentify.occurrence import Needles
from retention.deidentify.produced import leaks
from retention.deidentify.recipe import Aim, Column, DropItem, Recipe, Role, Trajectory
from retention.deidentify.trajectories import singled_out

WIDE = str.maketrans("0123456789-", "".join(chr(0xFEE0 + ord(sign)) for sign in "0123456789-"))
"""Full-width forms, as people type them in Japanese."""


def test_texts_are_found_wherever_they_stand() -> None:
    """At the start, the end and every place between, long ones and short ones; what differs in one byte is not."""
    needles = Needles(["taro@example.jp", "山田太郎", "abcd", "xy"])
    for pad in range(9):
        assert needles.found_in(b"." * pad + b"taro@example.jp") == {b"taro@example.jp"}
        assert needles.found_in(("." * pad + "山田太郎様").encode()) == {"山田太郎".encode()}
        assert needles.found_in(b"." * pad + b"abcd") == {b"abcd"}
    assert needles.found_in(b"taro@example.jq xy abc") == set()
    assert needles.found_in(b"") == set()


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("note", ["call", "taro@example.co.jp please"], Kind.EMAIL),
        ("contact", ["090-1234-5678", "03-1234-5678".translate(WIDE), "+819012345678"], Kind.PHONE),
        ("number", ["123456789018"], Kind.MY_NUMBER),
        ("id", ["TK1234567", "MZ7654321"], Kind.PASSPORT),
        ("card", ["AB12345678CD"], Kind.RESIDENCE_CARD),
        ("license_no", ["305012345678"], Kind.LICENCE),
        ("年金番号", ["1234-567890"], Kind.PENSION),
        ("payment", ["4111 1111 1111 1111", "5500-0000-0000-0004"], Kind.CARD),
    ],
)
def test_forms_are_recognised(column: str, values: list[str], kind: Kind) -> None:
    """Each kind by an example of its form, with the separators and widths people write."""
    assert kind in {found.kind for found in detect(column, values)}


def test_other_numbers_are_not_codes() -> None:
    """Order numbers, prices, dates and numbers with a wrong check digit are nothing."""
    for values in (["20240001", "20240002"], ["1980", "300"], ["2026-11-23"], ["123456789012"], ["4111111111111112"]):
        assert detect("value", values) == ()


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha512"])
def test_hashes_of_known_inputs_are_found(name: str) -> None:
    """Hexadecimal in either case and base64; of the value, its lower case, or a telephone's digits."""
    raws = [hashlib.new(name, text.encode()).digest() for text in ("Taro@Example.jp", "taro@example.jp", "09012345678")]
    texts = [raws[0].hex(), raws[1].hex().upper(), base64.b64encode(raws[2]).decode()]
    assert rehashed(texts, ["Taro@Example.jp", "090-1234-5678"]) == 3
    assert rehashed(texts, ["other@example.jp"]) == 0
    assert looks_hashed(texts)


def test_words_are_no_digests() -> None:
    """Names, numbers and short codes do not look like digests."""
    assert not looks_hashed(["Tokyo", "1050011", "deadbeef", "viewing history of films"])
    assert not looks_hashed([])


def test_paths_that_single_out() -> None:
    """Ten people walk the same way and one another: one in eleven is alone; with k 11 nobody is safe."""
    rows = [(who, hour, "a" if who else f"own-{hour}") for who in range(11) for hour in range(4)]
    table = pa.table(dict(zip(("who", "hour", "place"), zip(*rows, strict=True), strict=True)))
    path = Trajectory(order="hour", places=("place",), known=2)
    rng = np.random.default_rng(1)
    assert singled_out(table, "who", path, 2, rng) == pytest.approx(1 / 11)
    assert singled_out(table, "who", path, 11, rng) == 1.0


def test_a_files_bytes_tell_more_than_its_rows() -> None:
    """A dictionary's unused value, metadata and statistics leak what no row shows; compressed or not."""
    original = pa.table({"name": ["山田太郎", "鈴木花子"]})
    recipe = Recipe(Aim.PSEUDONYMOUS, {"name": Column(Role.IDENTIFIER, (DropItem(),))})
    clean = pa.table({"x": ["a", "b"]})
    unused = pa.table({"x": pa.DictionaryArray.from_arrays([0, 0], ["a", "山田太郎"])})
    noted = clean.replace_schema_metadata({"made from": "鈴木花子"})
    for table, count in ((clean, 0), (unused, 1), (noted, 1), (original, 2)):
        for compression in ("none", "zstd"):
            sink = io.BytesIO()
            pq.write_table(table, sink, compression=compression)
            assert sum(reason.count for reason in leaks(sink.getvalue(), original, recipe)) == count
