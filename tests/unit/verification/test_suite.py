"""What Great Expectations is told about, it forgets: one context serves every look of a process."""

from __future__ import annotations

import sqlite3

import pyarrow as pa
import pytest

from retention.errors import TransientFailure
from retention.ports.inspector import SqlAddress
from retention.verification import suite


def test_a_look_leaves_nothing_behind_and_the_next_sees_its_own(tmp_path):
    """Two looks in a row, at a table and at a frame, count their own rows; then neither address nor rows are kept."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executescript("CREATE TABLE people (id TEXT); INSERT INTO people VALUES ('u1'), ('u2')")
    connection.close()
    address = SqlAddress(f"sqlite:///{tmp_path / 'shop.db'}", "people")
    column = {"id": pa.chunked_array([["u1", "u2", "u3"]])}
    for _ in range(2):
        (at_store,) = suite.at_store(address, [suite.RowCount(2)])
        (at_frame,) = suite.at_frame(column, 3, [suite.RowCount(3)])
        assert (at_store.success, at_frame.success) == (True, True)
        assert not suite._context().data_sources.all()
    (wrong,) = suite.at_frame(column, 3, [suite.RowCount(2)])
    assert not wrong.success


def test_a_look_that_reached_nothing_is_forgotten_too(tmp_path):
    """Its address may hold a password."""
    with pytest.raises(TransientFailure):
        suite.at_store(SqlAddress(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}", "people"), [suite.RowCount(0)])
    assert not suite._context().data_sources.all()
