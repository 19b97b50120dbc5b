"""Limits, approval, codec, key sets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import ApprovalError, LimitError
from retention.model.case import CaseKind
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.period import Period
from retention.model.plan import (
    AnonymizeRows,
    Because,
    Crossing,
    EraseRows,
    ExpireCopies,
    Plan,
    RedactFields,
    Replay,
    TellProcessor,
    Withholding,
)
from retention.model.policy import PreApproval
from retention.model.predicate import AllOf, Among, AnyOf, Before, Everything, Not, Populated
from retention.model.subject import KeySet
from retention.model.transform import Band, Drop, Prefix, ToMonth, ToYear
from retention.planning import codec
from retention.planning.approval import check_approved, check_digest, stands_approved
from retention.planning.keysets import KeySets, commitment
from retention.planning.limits import Limits, crossings
from retention.ports.ledger import Approval

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RULE = Because(("r1",), (), request=False)
names = st.text("abis_", min_size=1, max_size=4)
counts = st.integers(0, 10**9)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- zone beside
keysets = st.builds(KeySet, names, counts, names)
lists = st.lists(names, max_size=3).map(tuple)
predicates = st.recursive(
    st.just(Everything())
    | st.builds(Among, names, keysets)
    | st.builds(Before, names, instants)
    | st.builds(Populated, lists),
    lambda part: (
        st.builds(Not, part)
        | st.builds(AllOf, st.lists(part, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(part, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
reasons = st.builds(Because, lists, lists, request=st.booleans())
transforms = (
    st.just(Drop()) | st.just(ToMonth()) | st.just(ToYear()) | st.builds(Prefix, counts) | st.builds(Band, counts)
)
periods = st.builds(Period, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
steps = (
    st.builds(EraseRows, names, names, predicates, counts, counts, reasons)
    | st.builds(RedactFields, names, names, predicates, lists, counts, counts, reasons)
    | st.builds(
        AnonymizeRows,
        names,
        names,
        predicates,
        st.dictionaries(names, transforms, max_size=3),
        lists,
        counts,
        st.none() | keysets,
        counts,
        counts,
        counts,
        reasons,
    )
    | st.builds(TellProcessor, names, names, names, keysets, periods, reasons)
    | st.builds(ExpireCopies, names, names, lists, st.none() | instants, reasons)
    | st.builds(ShredKeys, names, names, names, names, keysets, instants, reasons)
    | st.builds(LeaveUnreadable, names, names, lists, st.none() | instants, st.none() | instants, reasons)
)
plans = st.builds(
    Plan,
    plan_id=names,
    case_id=names,
    kind=st.sampled_from(CaseKind),
    made_at=instants,
    policy_digest=names,
    datamap_digest=names,
    holds_digest=names,
    subjects=counts,
    steps=st.lists(steps, max_size=5).map(tuple),
    withheld=st.lists(st.builds(Withholding, names, lists, counts, names, names, st.none() | instants), max_size=2).map(
        tuple
    ),
    crossings=st.lists(st.builds(Crossing, names, names, names), max_size=2).map(tuple),
    replays=st.lists(st.builds(Replay, names, keysets, names), max_size=2).map(tuple),
    undated=st.dictionaries(names, counts, max_size=2),
)
EMPTY = Plan("P", "C", CaseKind.SWEEP, NOW, "p", "d", "h", 1, (), (), (), (), {})


@settings(max_examples=40)
@given(plans)
def test_a_plan_survives_the_codec(plan):
    """Every kind of step comes back equal and gives the same bytes again: also where a column is called `is`."""
    body = codec.encode(plan)
    assert codec.decode(body) == plan
    assert codec.encode(codec.decode(body)) == body
    assert codec.digest(body) == hashlib.sha256(body).hexdigest()


@settings(max_examples=40)
@given(plans)
def test_the_vault_gets_every_key_set_of_the_plan(plan):
    """`keysets_of` finds each key set that stands anywhere in the plan's bytes."""
    found: set[str] = set()

    def look(part):
        if isinstance(part, dict):
            if part.get("is") == "KeySet":
                found.add(part["keyset_id"])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(json.loads(codec.encode(plan)))
    assert codec.keysets_of(plan) == found


def erase(rows, of_rows, dataset="app.a", because=RULE):
    """A step that erases."""
    return EraseRows("s", dataset, Everything(), rows, of_rows, because)


def test_a_limit_is_crossed_by_more_than_it_allows():
    """Exactly the limit is allowed; small datasets are not looked at; steps of one dataset add up."""
    limits = Limits(subjects=10, fraction=Fraction(1, 10), rows=5)
    assert crossings(limits, 10, [erase(10, 100), erase(5, 5, "app.b")]) == ()
    found = crossings(limits, 11, [erase(6, 100), erase(5, 100)])
    assert [crossing.limit for crossing in found] == ["subjects", "fraction:app.a"]
    assert found[1].found == "11.0 %, 11 of 100 rows"


def approval(who, digest="d", *, approved=True):
    """Somebody's word."""
    return Approval("P", digest, who, approved=approved, standing=False, decided_at=NOW)


def test_an_approval_counts_for_its_digest_only():
    """Nobody's word, or a word on another digest, is no approval; a rejection outweighs approvals."""
    check_approved(EMPTY, "d", [approval("a")])
    for said in ([], [approval("a", "other")], [approval("a"), approval("b", approved=False)]):
        with pytest.raises(ApprovalError):
            check_approved(EMPTY, "d", said)
    with pytest.raises(ApprovalError):
        check_digest("d", "e")


def test_over_a_limit_two_different_people_are_needed():
    """The same approver twice is one person."""
    crossed = replace(EMPTY, crossings=(Crossing("subjects", "1", "2"),))
    with pytest.raises(LimitError):
        check_approved(crossed, "d", [approval("a"), approval("a"), approval("b", "other")])
    check_approved(crossed, "d", [approval("a"), approval("b")])


def test_a_standing_approval_covers_only_its_rules_in_sweeps_within_limits(box):
    """A further rule, a crossing or a person's request ends it; expiring copies needs no rule."""
    policy = replace(box().policy, preapproved=PreApproval("office", ("r1",)))
    plan = replace(EMPTY, steps=(erase(1, 1), ExpireCopies("s", "b", (), None, Because((), (), request=False))))
    assert stands_approved(policy, plan) == "office"
    other = erase(1, 1, because=Because(("r1", "r2"), (), request=False))
    assert stands_approved(policy, replace(plan, steps=(other,))) is None
    assert stands_approved(policy, replace(plan, kind=CaseKind.REQUEST)) is None
    assert stands_approved(policy, replace(plan, crossings=(Crossing("subjects", "1", "2"),))) is None
    assert stands_approved(replace(policy, preapproved=None), plan) is None


def test_a_commitment_binds_to_the_keys_and_hides_them():
    """Order does not matter; another key, another type or another salt is another commitment; equal sets are one."""
    assert commitment(b"s", ["a", "b"]) == commitment(b"s", ["b", "a"])
    assert (
        len({commitment(b"s", ["a"]), commitment(b"s", ["b"]), commitment(b"t", ["a"]), commitment(b"s", ["ab"])}) == 4
    )
    assert commitment(b"s", [1]) != commitment(b"s", ["1"])
    sets = KeySets(b"s")
    assert sets.of(["a", "b", "a"]) is sets.of({"b", "a"})
    assert sets.of(["a", "b"]).size == 2
    assert "keysets" not in repr(sets.of(["secret"]))
    assert "secret" not in repr(sets.of(["secret"]))
