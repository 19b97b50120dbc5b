"""People whom only some datasets know: staff, applicants and shareholders beside customers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retention.errors import UnreachableDataError

DATAMAP = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: traces, identifies: directly}}}
  app.staff: {system: app, table: staff, primary_key: [id], subject: {email: email},
    fields: {email: {category: account, identifies: directly}}}
"""
RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P30D, after: session.ended},
     then: erase, source: policy}
"""


@pytest.fixture
def firm(box):
    """A customer whom only a number knows, and one of the staff whom only an address knows."""
    return box(
        {"customers": [{"id": "c1", "name": "N"}], "staff": [{"id": 1, "email": "s@x.example"}]},
        RULES,
        datamap=DATAMAP,
    )


def test_a_clock_asks_only_for_the_data_it_is_about(firm):
    """What no key of hers leads to does not stop a sweep that is not about it."""
    firm.event("account.closed", "s@x.example", firm.world().now - timedelta(days=60), key="email")
    firm.carry_out(firm.sweep())
    assert firm.rows("staff") == []
    assert len(firm.rows("customers")) == 1


def test_a_clock_about_data_that_cannot_be_reached_is_refused(firm):
    """Nobody may say that her visits are gone when no key of hers leads to them."""
    firm.event("session.ended", "s@x.example", firm.world().now - timedelta(days=60), key="email")
    with pytest.raises(UnreachableDataError):
        firm.sweep()
