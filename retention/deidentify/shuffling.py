"""Rows in random order: an order is a link to where they came from."""

from __future__ import annotations

import numpy as np

from retention.deidentify.classes import Codes, row_numbers
from retention.deidentify.pieces import side_by_side


def shuffled(rows: int, rng: np.random.Generator) -> Codes:
    """Return the numbers of so many rows in random order.

    Each row falls to one of two sides by a coin, and each side is sorted by random numbers (Rao, 1961;
    Sandelius, 1962): on ten million rows a third of the time that exchanging them one by one takes.
    """
    coin = rng.integers(0, 2, rows, np.int8).astype(bool)
    numbers = row_numbers(rows)
    sides = zip((numbers[coin], numbers[~coin]), rng.spawn(2), strict=True)
    return np.concatenate(side_by_side(_sorted_at_random, [*sides], rows))


def _sorted_at_random(side: tuple[Codes, np.random.Generator]) -> Codes:
    """Sort by random numbers in whose low bits the row's number stands; it decides where the rest is equal."""
    numbers, rng = side
    bits = np.uint64(int(numbers[-1]).bit_length() if len(numbers) else 0)
    keys = rng.integers(0, 1 << 64, len(numbers), np.uint64)
    keys <<= bits
    keys |= numbers.astype(np.uint64)
    keys.sort()
    keys &= (np.uint64(1) << bits) - np.uint64(1)
    return keys.astype(numbers.dtype)
