"""Who is here again, by keyed digest; who of them may be; and what is read to find out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from retention.model.copies import Suppression
from retention.model.event import Event
from retention.model.subject import SubjectKey
from retention.planning.spotting import Telling, erasures_of, needed_by_holds, readmitted, spot, stays_out
from tests.doubles.inbox import digest
from tests.unit.planning.conftest import NOW

ERASED = NOW - timedelta(days=7)


def erased(name: str, value: str, scope: str = "request") -> Suppression:
    """Return that somebody was erased a week ago."""
    return Suppression(name, digest(SubjectKey(name, value)), scope, "C-1", ERASED, None)


def event(kind: str, days: float, **more: Any) -> Event:
    """Return what happened so many days after the erasure."""
    at = ERASED + timedelta(days=days)
    return Event("e", kind, "user_id", digest(SubjectKey("user_id", "c1")), at, NOW, **more)


class Store:
    """Tells what it received: two days ago the row of c1, yesterday that of c2; counts what is read."""

    def __init__(self) -> None:
        self.read = 0

    def arrived(self, dataset: Any, columns: Any, since: Any) -> Any:
        """Yield what is newer."""
        for days, user in ((30, "c9"), (2, "c1"), (1, "c2")):
            if NOW - timedelta(days=days) >= since and columns == [dataset.subject.get("user_id")]:
                self.read += 1
                yield NOW - timedelta(days=days), iter([(user,)])


@pytest.fixture
def shop(box: Any, rows: Any) -> Any:
    """Two customers."""
    customer, _ = rows
    return box({"customers": [customer("c1"), customer("c2")]})


def test_of_a_store_that_can_tell_only_what_is_new_is_read(shop: Any) -> None:
    """With the instant at which it came; where dates are not believed, everything is read and none is known."""
    erasures, store = erasures_of([erased("user_id", "c1"), erased("user_id", "c9")]), Store()
    (found,) = spot(shop.world(), erasures, digest, Telling({"app": store}, NOW - timedelta(days=8)))
    assert (found.key, found.places, store.read) == (
        SubjectKey("user_id", "c1"),
        {"app.customers": NOW - timedelta(days=2)},
        2,
    )
    (found,) = spot(shop.world(), erasures, digest, Telling({"app": store}))
    assert (found.places, store.read) == ({"app.customers": None}, 2)


@pytest.mark.parametrize(
    ("about", "scope", "out"),
    [
        (event("session.ended", -1), "request", True),
        (event("session.ended", 0), "request", True),
        (event("session.ended", 1), "request", False),
        (event("session.ended", -1), "account", False),
        (event("account.opened", -1), "request", False),
        (event("withdrawn", -1, corrects="e0"), "request", False),
        (event("contract.ended", -1), "request", False),
    ],
    ids=["older", "same", "newer", "by a rule", "an opening", "a correction", "a hold needs it"],
)
def test_late_words_stay_out(about: Event, scope: str, *, out: bool) -> None:
    """Only what is older than the erasure of the whole person, and of use to nobody."""
    assert stays_out(about, [erased("user_id", "c1", scope)], frozenset({"contract.ended"})) is out
    assert not stays_out(about, [], frozenset())


def test_holds_name_the_events_that_they_need(box: Any) -> None:
    """What they count from, and what stops that; no event is needed where the row says when."""
    hold = "holds: [{{id: books, fields: [orders.amount], keep: {{for: P24M, {}}}, statute: jp.tax}}]\n"
    needed = [needed_by_holds(box(holds=hold.format(start)).policy) for start in ("after: contract.ended", "since: at")]
    assert needed == [{"contract.ended", "contract.started"}, frozenset()]


def test_an_opening_before_the_erasure_lets_nobody_in(shop: Any) -> None:
    """It was the very account that was erased; the latest erasure counts."""
    erasures = erasures_of([erased("user_id", "c1")])
    spotted = spot(shop.world(), erasures, digest, Telling())
    for days, back in ((-1, False), (1, True)):
        shop.events[:] = [event("account.opened", days)]
        assert bool(readmitted(shop.world(), spotted, erasures, shop, digest)) is back
