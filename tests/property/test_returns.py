"""Whoever was erased is never back unnoticed beyond the next re-scan; whoever may be back is never erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.memory import connect, make
from retention.datamap import read_datamap
from retention.model.copies import Suppression
from retention.model.datamap import ColumnType
from retention.model.event import Event
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning.assemble import Header, plan_return
from retention.planning.limits import Limits
from retention.planning.pausing import Pauses
from retention.planning.spotting import Telling, erasures_of, readmitted, scopes_of, spot
from retention.planning.world import World
from retention.policy import read_policy
from retention.ports.connector import SystemSettings
from tests.doubles.inbox import Inbox, digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ERASED = NOW - timedelta(days=7)
POLICY = read_policy(
    """
policy: p
controller: {name: {en: C}, address: a, responsible: r}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories: {account: {title: {en: A}, purposes: [P]}}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "policy.yaml",
)
DATAMAP = read_datamap(
    """
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields: {name: {category: account, identifies: directly}, email: {category: account, identifies: directly}}
""",
    "datamap.yaml",
)
COLUMNS = dict.fromkeys(("id", "email", "name"), ColumnType.TEXT)
ERASURES = erasures_of(
    Suppression(name, digest(SubjectKey(name, value)), "request", "C-1", ERASED, None)
    for name, value in (("user_id", "her"), ("email", "hers"))
)
ROWS = {
    "her row": ("her", "hers"),
    "her row without address": ("her", None),
    "her new account": ("new", "hers"),
    "somebody": ("somebody", "his"),
}
OPENED = {"before": ("her", -1), "again": ("her", 1), "new": ("new", 2), "somebody": ("somebody", 3)}


class Company(Inbox):
    """Rows in memory, and a ledger that knows one erasure."""

    def __init__(self) -> None:
        super().__init__()
        self.database = make("returns")
        self.store = connect(SystemSettings("app", "memory", {"url": "memory:returns"}))
        self.rows: dict[str, str | None] = {}
        self.put()

    def put(self) -> None:
        """Write the rows."""
        rows = [{"id": user, "email": email, "name": "n"} for user, email in self.rows.items()]
        self.database.put("customers", COLUMNS, rows)

    def rescan(self) -> None:
        """Look, and erase again."""
        world = World(
            POLICY, DATAMAP, {"app": self.store.finder()}, {"app": self.store.capabilities.actions}, {}, {}, NOW
        )
        spotted = spot(world, ERASURES, digest, Telling())
        back = readmitted(world, spotted, ERASURES, self, digest)
        keys: dict[str, set[str]] = {}
        for each in spotted:
            if each.who not in back:
                keys.setdefault(each.key.name, set()).add(str(each.key.value))
        if not keys:
            return
        header = Header("P-1", "C-2", b"s" * 32, "h", Limits())
        found = {scopes_of(next(iter(ERASURES.values()))): {name: frozenset(v) for name, v in keys.items()}}
        draft = plan_return(world, header, found, {}, Pauses((), self, digest))
        assert draft is not None, "somebody is here and nothing keeps him"
        for step in draft.plan.steps:
            self.store.eraser().erase_rows(DATAMAP.datasets[step.dataset], Selection(step.where, draft.keys))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([*ROWS, *OPENED, "rescan"]), max_size=8))
def test_after_a_re_scan_only_those_are_here_who_may_be(happened: list[str]) -> None:
    """In whatever order rows come back, accounts are opened and somebody looks."""
    company, opened = Company(), set[str]()
    for what in (*happened, "rescan"):
        if what in ROWS:
            user, email = ROWS[what]
            company.rows[user] = email
            company.put()
        if what in OPENED:
            user, days = OPENED[what]
            at = ERASED + timedelta(days=days)
            company.events.append(
                Event(f"{user}{days}", "account.opened", "user_id", digest(SubjectKey("user_id", user)), at, at)
            )
            opened |= {user} if days > 0 else set()
        if what == "rescan":
            expected = {user: email for user, email in company.rows.items() if _may(user, company.rows, opened)}
            company.rescan()
            company.rows = {row["id"]: row["email"] for row in company.database.rows("customers")}
            assert company.rows == expected


def _may(user: str, rows: dict[str, str | None], opened: set[str]) -> bool:
    """Say who may be here: a stranger, whoever opened an account since, and what is tied to it by her address."""
    if user == "new":
        return "new" in opened or ("her" in opened and rows.get("her") == "hers")
    return user == "somebody" or user in opened
