"""Microaggregation."""

from __future__ import annotations

import numpy as np

from retention.deidentify.microaggregation import (
    improved,
    in_blocks,
    information_loss,
    mdav,
    means,
    standardized,
)


def blobs() -> np.ndarray:
    """Return 60 points in 12 tight groups of five, shuffled."""
    rng = np.random.default_rng(3)
    centres = np.repeat(rng.normal(0, 10, (12, 3)), 5, axis=0)
    return rng.permutation(centres + rng.normal(0, 0.01, (60, 3)))


def test_tight_groups_are_found() -> None:
    """Twelve far groups of five: with k 5 next to nothing is lost, and every group has five."""
    points = standardized(blobs())
    group = mdav(points, 5)
    assert np.bincount(group).tolist() == [5] * 12
    assert information_loss(points, group) < 0.01


def test_every_group_has_k_rows() -> None:
    """For sizes that do not divide, in one piece, in blocks and improved: at least k, below 2k from MDAV."""
    rng = np.random.default_rng(4)
    for rows, k in ((3, 3), (7, 3), (100, 7), (1_000, 3)):
        points = rng.normal(size=(rows, 2))
        sizes = np.bincount(mdav(points, k))
        assert k <= sizes.min() <= sizes.max() < 2 * k
        assert np.bincount(improved(points, mdav(points, k), k)).min() >= k
    assert np.bincount(in_blocks(rng.normal(size=(4_000, 2)), 10)).min() >= 10


def test_improvement_loses_less() -> None:
    """On points without any structure the improved groups lose clearly less than MDAV's."""
    points = np.random.default_rng(6).normal(size=(400, 4))
    first = mdav(points, 3)
    assert information_loss(points, improved(points, first, 3)) < 0.97 * information_loss(points, first)


def test_means_by_hand() -> None:
    """Groups {1, 3} and {10, 20}: means 2 and 15; lost 2 + 50 of 241, around 8.5."""
    numbers, group = np.array([[1.0], [10.0], [3.0], [20.0]]), np.array([0, 1, 0, 1])
    assert means(numbers, group).ravel().tolist() == [2, 15, 2, 15]
    assert np.isclose(information_loss(numbers, group), 100 * 52 / 221)


def test_a_column_of_one_value_weighs_nothing() -> None:
    """Standardizing does not divide by a deviation of zero."""
    assert standardized(np.array([[1.0, 5.0], [3.0, 5.0]])).tolist() == [[-1, 0], [1, 0]]
