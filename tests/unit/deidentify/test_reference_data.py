"""Figures of the literature and of ARX, on the data they were made with.

The data is not in the repository: RETENTION_REFERENCE_DATA names a folder with `adult/` (as ARX ships
it) and `microaggregation/` (Census, Tarragona, EIA of the CASC project).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.deidentify import EIGHT, LITERATURE, SIX, K, adult, hierarchy, prepared, reference
from retention.deidentify.globally import recode_globally
from retention.deidentify.locally import recode_locally
from retention.deidentify.microaggregation import information_loss, mdav
from retention.deidentify.passing import Passing

DATA = Path(os.environ.get("RETENTION_REFERENCE_DATA", "absent"))
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="RETENTION_REFERENCE_DATA names no folder")


@pytest.mark.parametrize(("quasi", "most"), [(SIX, 0.0532), (EIGHT, 0.0792)])
def test_local_recoding_loses_no_more_than_arx_at_its_best(quasi, most) -> None:
    """ARX, local recoding in steps of 1/10000, k 10: 0.0532 and 0.0792."""
    found = recode_locally(*prepared(adult(DATA), quasi, [hierarchy(DATA, name) for name in quasi]), Passing(K))
    assert round(found.loss, 4) <= most


@pytest.mark.parametrize(
    ("quasi", "share", "loss"), [(SIX, 0.0, 0.5794), (SIX, 0.01, 0.3663), (SIX, 0.05, 0.2335), (EIGHT, 0.05, 0.3444)]
)
def test_global_recoding_finds_arx_optimum(quasi, share, loss) -> None:
    """The losses of the nodes ARX finds as optimal."""
    table, ladders = prepared(adult(DATA), quasi, [hierarchy(DATA, name) for name in quasi])
    found = recode_globally(table, ladders, Passing(K), share)
    assert found is not None
    assert round(found.loss, 4) == loss


@pytest.mark.parametrize("name", LITERATURE)
def test_mdav_loses_what_the_literature_says(name) -> None:
    """Nine values: Tarragona, Census and EIA with groups of 3, 5 and 10."""
    numbers = reference(DATA, name)
    assert {k: round(information_loss(numbers, mdav(numbers, k)), 2) for k in (3, 5, 10)} == LITERATURE[name]
