"""Whose keys a plan shreds: those that open nothing that stays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from retention.datamap import read_datamap
from retention.errors import DataMapError
from retention.model.copies import Copy
from retention.model.hold import PlacedHold
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.plan import ExpireCopies
from retention.model.subject import SubjectKey
from retention.model.subject_keys import ShreddedKey, WrappedKey
from retention.planning.assemble import Asked, Header, plan_request, plan_sweep
from retention.planning.codec import decode, encode
from retention.planning.limits import Limits
from tests.doubles.inbox import digest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GONE = NOW + timedelta(days=37)
EXPIRES = NOW + timedelta(days=35)
_HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())

DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    encrypted: {keys: members, by: user_id}
    fields:
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    subject: {user_id: customer_id}
    encrypted: {keys: members, by: user_id, fields: [amount, note]}
    dates: {at: at}
    fields:
      amount: {category: billing, identifies: "no", anonymize: drop}
      note: {category: traces, identifies: directly}
"""
RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
"""
HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"


@dataclass
class Finder:
    """Keys of people, as planning sees them; whoever is not named never had one."""

    living: set[tuple[str, str]] = field(default_factory=set)
    shredded: set[tuple[str, str]] = field(default_factory=set)

    def standing(self, owners):
        """Return what stands, by owner."""
        found = {}
        for owner in owners:
            who = (owner.subject.value, owner.category)
            if who in self.living:
                found[owner] = WrappedKey("r", 1, b"w", "k")
            elif who in self.shredded:
                found[owner] = ShreddedKey("r", 1, "k", NOW)
        return found

    def horizon(self, now):
        """Return a fixed horizon."""
        assert now == NOW
        return GONE


class Keeper:
    """One copy."""

    def copies(self):
        """Return it."""
        return (Copy("nightly/1", "nightly", ("app",), NOW, EXPIRES),)

    def exists(self, _):
        """Nothing is asked."""
        raise AssertionError


@pytest.fixture
def shop(box, rows):
    """Two customers; c1 has an old order and a new one, c2 one."""
    _, order = rows
    tables = {
        "customers": [{"id": who, "name": f"sealed {who}"} for who in ("c1", "c2")],
        "orders": [
            order(1, "c1", date(2024, 1, 1)),
            order(2, "c1", date(2026, 11, 1)),
            order(3, "c2", date(2026, 11, 1)),
        ],
    }

    def made(holds="", *, datamap=DATAMAP, newer=True):
        kept = [row for row in tables["orders"] if newer or row["id"] != 2]
        shop = box(tables | {"orders": kept}, RULES, holds, datamap)
        shop.policy = replace(
            shop.policy, categories=shop.policy.categories | {"billing": shop.policy.categories["account"]}
        )
        shop.finder = Finder({(who, what) for who in ("c1", "c2") for what in ("account", "billing", "traces")})
        return shop

    return made


def world(shop):
    """What planning sees, keys and one backup included."""
    seen = shop.world(NOW)
    return replace(
        seen, subject_keys={"members": shop.finder}, keepers={"nightly": Keeper()}, copied={"nightly": ("app",)}
    )


def requested(shop, who="c1"):
    """Plan the person's request."""
    return plan_request(world(shop), _HEADER, Asked(SubjectKey("user_id", who)), shop.pauses())


def shredded(draft):
    """Return (category, people) of each step on keys."""
    steps = [step for step in draft.plan.steps if isinstance(step, ShredKeys)]
    return {step.category: set(draft.keys[step.keys.keyset_id]) for step in steps}


def test_a_request_shreds_every_key_of_the_person_after_the_rows(shop):
    """Each category's key goes, after the last row and before backups are looked at; the plan survives its bytes."""
    draft = requested(shop())
    assert shredded(draft) == {"account": {"c1"}, "billing": {"c1"}, "traces": {"c1"}}
    kinds = [type(step).__name__ for step in draft.plan.steps]
    assert kinds == ["EraseRows", "EraseRows", "ShredKeys", "ShredKeys", "ShredKeys", "LeaveUnreadable"]
    assert decode(encode(draft.plan)) == draft.plan
    assert draft.plan.steps[2].until == GONE
    assert draft.plan.steps[2].because.request


def test_a_held_category_keeps_its_key_and_no_other(shop):
    """A hold on amounts keeps the key of billing, says why and until when; the row stays tied to whom it belongs."""
    draft = requested(shop(HOLDS))
    assert shredded(draft) == {"account": {"c1"}, "traces": {"c1"}}
    (kept,) = draft.plan.kept_keys
    assert (kept.system, kept.category, kept.keys, kept.hold_id, kept.statute) == (
        "members",
        "billing",
        1,
        "books",
        "jp.tax",
    )
    assert kept.until is not None
    redacted = [step.fields for step in draft.plan.steps if type(step).__name__ == "RedactFields"]
    assert redacted == [("note",)], "without the owner's name nobody could read the amount"


def test_copies_have_the_keys_horizon_when_all_they_hold_goes_with_keys(shop):
    """They are unreadable when the keys are gone for good, and replayed on restore until they have expired."""
    (left,) = (step for step in requested(shop()).plan.steps if isinstance(step, LeaveUnreadable))
    assert (left.until, left.expires_at, left.copies) == (GONE, EXPIRES, ("nightly/1",))


@pytest.mark.parametrize("reason", ["plain field", "no key", "held"])
def test_copies_that_stay_readable_expire(shop, reason):
    """A field in plain text, rows without a key, or a key that stays: such copies are beyond use until they expire."""
    plain = DATAMAP.replace("fields: [amount, note]", "fields: [amount]")
    made = shop(HOLDS if reason == "held" else "", datamap=plain if reason == "plain field" else DATAMAP)
    if reason == "no key":
        made.finder.living.discard(("c1", "account"))
    steps = requested(made).plan.steps
    held_only = reason == "held"
    assert any(isinstance(step, ExpireCopies) for step in steps)
    assert not any(isinstance(step, LeaveUnreadable) for step in steps)
    assert held_only == bool(requested(made).plan.kept_keys)


def test_a_sweep_shreds_only_what_nothing_that_stays_needs(shop):
    """A closed account's key goes; an old order's note goes without its key, since a newer note needs that."""
    made = shop()
    made.event("account.closed", "c2", NOW - timedelta(days=60))
    draft = plan_sweep(world(made), _HEADER, made.pauses())
    assert shredded(draft) == {"account": {"c2"}}
    assert not draft.plan.kept_keys, "what is merely not due needs no word"


def test_the_last_row_that_a_key_opens_takes_the_key_along(shop):
    """Found by its date, not by its person: with his last note goes the key of his notes."""
    made = shop(newer=False)
    draft = plan_sweep(world(made), _HEADER, made.pauses())
    assert shredded(draft) == {"traces": {"c1"}}
    assert not draft.plan.steps[-2].because.request


def test_a_placed_hold_keeps_all_keys_of_the_person(shop):
    """Nobody's rows move, and no key of his is shredded."""
    made = shop()
    for who in ("c1", "c2"):
        made.event("account.closed", who, NOW - timedelta(days=60))
    made.holds.append(PlacedHold("H-1", "dispute", "user_id", digest(SubjectKey("user_id", "c1")), NOW))
    draft = plan_sweep(world(made), _HEADER, made.pauses())
    assert shredded(draft) == {"account": {"c2"}}


def test_a_key_that_is_gone_already_is_not_planned_again(shop):
    """Shredded earlier, or never made: no step; what an earlier plan shredded still makes copies unreadable."""
    made = shop()
    made.finder.living -= {("c1", "account"), ("c1", "traces")}
    made.finder.shredded |= {("c1", "account"), ("c1", "traces")}
    draft = requested(made)
    assert shredded(draft) == {"billing": {"c1"}}
    assert any(isinstance(step, LeaveUnreadable) for step in draft.plan.steps)


KEY_FIELD = ("note: {", "customer_id: {category: traces, identifies: directly}\n      note: {")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ([("by: user_id, fields: [amount, note]", "by: email")], "an identity key of this dataset's `subject`"),
        ([("fields: [amount, note]", "fields: [amount, colour]")], "a field of this dataset"),
        ([(", anonymize: drop", "")], "`anonymize: drop` for encrypted fields"),
        ([KEY_FIELD, ("[amount, note]", "[customer_id]")], "no row is found or tied"),
        ([KEY_FIELD, (", fields: [amount, note]", "")], "no row is found or tied"),
    ],
)
def test_a_map_whose_encryption_cannot_work_is_refused(changes, words):
    """Keys by no key, fields that are not there, key columns, fields that would outlive their key."""
    text = DATAMAP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(DataMapError, match=words):
        read_datamap(text, "datamap.yaml")
