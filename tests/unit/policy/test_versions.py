"""Versions: which holds when, and for whom; what a new one takes from people."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.clocks import addressed
from retention.errors import PolicyError
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import AfterEvent, Agreed, Everyone, Keep, NotAgreed
from retention.policy import Effect, changes, in_force, read_chain, read_policy
from retention.policy.lengths import Length, compare

FILE = """\
policy: p
version: {{id: "{id}", announced: {announced}, effective: {effective}, reductions: {reductions}{before}}}
controller: {{name: {{en: Shop}}, address: Tokyo, responsible: Office}}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {{title: {{en: A}}, purposes: [{purposes}]}}
  traces: {{title: {{en: T}}, purposes: [P1]}}
rules:
  - {{id: account, category: account, effective: {{from: 2020-01-01}}, keep: {{for: {account}, after: account.closed}},
      then: {then}, source: policy}}
  - {{id: traces, category: traces, effective: {{from: 2020-01-01}}, keep: {{for: {traces}, since: at}},
      then: erase, source: policy}}
{holds}requests: {{answer_within: {answer}, channels: [post], identity_documents: [passport]}}
preapproved: {{sweep: {{by: Office, rules: [account]}}}}
"""
OLD = {
    "id": "1",
    "announced": "2020-01-01",
    "effective": "2020-01-01",
    "reductions": "announcement",
    "before": "",
    "purposes": "P1",
    "account": "P30D",
    "then": "erase",
    "traces": "P12M",
    "holds": "",
    "answer": "P14D",
}
NEW = OLD | {
    "id": "2",
    "announced": "2026-06-01",
    "effective": "2026-11-01",
    "reductions": "consent",
    "before": ", before: old.yaml",
}
AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY, EVE = date(2026, 11, 1), date(2026, 10, 31)


def chain(*files):
    """Read versions given oldest first; each file is named after its place."""
    texts = {f"{place}.yaml": FILE.format(**values) for place, values in enumerate(files)}
    names = list(texts)
    for older, newer in pairwise(names):
        texts[newer] = texts[newer].replace("old.yaml", older)
    return read_chain(texts[names[-1]], names[-1], texts.__getitem__)


def policy(**values):
    """Read one file."""
    return read_policy(FILE.format(**(OLD | values)), "p.yaml")


def found(old, new):
    """Return code and effect of each change between two policies."""
    return {change.code: change.effect for change in changes(old, new, DAY)}


def test_until_its_date_the_version_before_holds():
    """The eve belongs to the old version, the day itself to the new one; the digest says which."""
    versions = chain(OLD, NEW | {"account": "P10D", "reductions": "announcement"})
    eve, day = in_force(versions, EVE), in_force(versions, DAY)
    assert eve.policy.rules[0].keep.keep_for == Period(days=30)
    assert day.policy.rules[0].keep.keep_for == Period(days=10)
    assert (eve.policy.digest, day.policy.digest) == (versions[0].policy.digest, versions[1].policy.digest)


def test_before_the_first_version_nothing_is_due_by_it():
    """A policy that takes effect later has no rule in force before."""
    standing = in_force(chain(NEW | {"before": ""}), EVE)
    assert not [rule for rule in standing.policy.rules if rule.in_force(EVE)]
    assert [rule for rule in standing.policy.rules if rule.in_force(DAY)]
    assert [finding.code for finding in standing.findings] == ["NOT_YET_IN_FORCE"]


def test_what_needs_consent_reaches_those_who_agreed():
    """Two rules stand beside each other: the longer one for those who agreed, the promised one for the others."""
    standing = in_force(chain(OLD, NEW | {"account": "P60D"}), DAY)
    rules = [rule for rule in standing.policy.rules if rule.category == "account"]
    assert {(str(rule.keep.keep_for), rule.audience) for rule in rules} == {
        ("P30D", NotAgreed("2")),
        ("P60D", Agreed("2")),
    }
    assert len({rule.rule_id for rule in rules}) == 2
    assert set(standing.policy.preapproved.rules) == {rule.rule_id for rule in rules}
    assert standing.policy.digest == hashlib.sha256(standing.text.encode()).hexdigest()
    assert "P30D" in standing.text
    assert "P60D" in standing.text


def test_what_needs_notice_reaches_those_who_were_notified():
    """The same two rules, told apart by another kind of event."""
    standing = in_force(chain(OLD, NEW | {"account": "P60D", "reductions": "notice"}), DAY)
    audiences = {rule.audience for rule in standing.policy.rules if rule.category == "account"}
    assert audiences == {Agreed("2", "notice.delivered"), NotAgreed("2", "notice.delivered")}


def test_nobody_is_parted_twice():
    """A third version that asks again for the same category leaves everybody with what the first two say."""
    third = NEW | {"id": "3", "announced": "2026-11-01", "effective": "2026-11-01", "account": "P90D"}
    standing = in_force(chain(OLD, NEW | {"account": "P60D", "effective": "2026-10-01"}, third), DAY)
    assert {str(rule.keep.keep_for) for rule in standing.policy.rules if rule.category == "account"} == {"P30D", "P60D"}
    assert [finding.code for finding in standing.findings] == ["CONSENT_NOT_SEPARABLE"]


def test_a_rule_answers_to_whom_its_version_has_reached():
    """Before the notice the old rule speaks to the person, after it the new one; an agreement is no notice."""
    told = Event("e", "notice.delivered", "user_id", "aa", AT, AT, None, "2")
    for audience, before, after in ((Agreed("2", told.kind), False, True), (NotAgreed("2", told.kind), True, False)):
        assert addressed(audience, [], AT) is before
        assert addressed(audience, [told], AT) is after
        assert addressed(audience, [replace(told, kind="policy.agreed")], AT) is before


def test_what_people_gain_reaches_everybody_at_once():
    """A shorter period asks for nobody's consent, even in a version that reduces by consent."""
    standing = in_force(chain(OLD, NEW | {"account": "P10D"}), DAY)
    assert [rule.audience for rule in standing.policy.rules] == [Everyone(), Everyone()]
    assert standing.policy.rules[0].keep.keep_for == Period(days=10)


def test_an_announced_reduction_reaches_everybody():
    """A policy that says so changes by announcement."""
    standing = in_force(chain(OLD, NEW | {"account": "P60D", "reductions": "announcement"}), DAY)
    assert [str(rule.keep.keep_for) for rule in standing.policy.rules] == ["P60D", "P12M"]


@pytest.mark.parametrize(
    ("change", "where"),
    [({"traces": "P24M"}, "traces"), ({"purposes": "P1, P2"}, "account"), ({"answer": "P30D"}, "requests")],
)
def test_where_people_cannot_be_told_apart_the_old_promise_stays(change, where):
    """Row clocks, purposes and terms of requests stay as promised for everybody, and a finding says so."""
    standing = in_force(chain(OLD, NEW | change), DAY)
    assert [(f.code, f.where) for f in standing.findings] == [("CONSENT_NOT_SEPARABLE", where)]
    old, new = in_force(chain(OLD), DAY).policy, standing.policy
    assert (new.rules, new.categories, new.requests) == (old.rules, old.categories, old.requests)
    assert new.digest != old.digest


def test_a_statutory_hold_reaches_everybody():
    """What a law asks for needs nobody's consent."""
    hold = "holds: [{id: books, fields: [orders.amount], keep: {for: P7Y, since: at}, statute: jp.tax}]\n"
    standing = in_force(chain(OLD, NEW | {"holds": hold}), DAY)
    assert [hold.hold_id for hold in standing.policy.holds] == ["books"]
    assert not standing.findings


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        ({"effective": "2019-01-01", "announced": "2019-01-01"}, "version.effective"),
        ({"id": "1"}, "version.id"),
        ({"announced": "2019-12-31"}, "version.announced"),
    ],
)
def test_a_chain_whose_dates_or_names_do_not_ascend_is_refused(newer, said):
    """Nobody could say which version holds."""
    with pytest.raises(PolicyError) as caught:
        chain(OLD, NEW | newer)
    assert said in caught.value.problems[0].where


def test_a_version_in_force_before_it_was_announced_is_refused():
    """No version without an announcement."""
    with pytest.raises(PolicyError, match="announcement"):
        chain(NEW | {"announced": "2026-11-02"})


def test_a_circle_of_versions_is_refused():
    """Two files that name each other end with an error, not never."""
    text = FILE.format(**(NEW | {"before": ", before: a.yaml"}))
    with pytest.raises(PolicyError, match="follow"):
        read_chain(text, "a.yaml", lambda _: text)


def test_a_file_before_is_named_from_where_the_file_lies_that_names_it():
    """`old/2.yaml` names `1.yaml` beside it."""
    texts = {
        "old/2.yaml": FILE.format(**(NEW | {"before": ", before: 1.yaml"})),
        "old/1.yaml": FILE.format(**OLD),
    }
    third = FILE.format(**(NEW | {"id": "3", "effective": "2027-01-01", "before": ", before: old/2.yaml"}))
    assert [written.label for written in read_chain(third, "policy.yaml", texts.__getitem__)] == [
        "old/1.yaml",
        "old/2.yaml",
        "policy.yaml",
    ]


def test_each_change_is_named_and_classified():
    """Longer, weaker, a further purpose and a later answer take something; their opposites give."""
    worse = {"account": "P60D", "then": "anonymize", "purposes": "P1, P2", "answer": "P30D"}
    codes = {"LONGER", "OTHER_DISPOSAL", "PURPOSE_ADDED", "ANSWER_WITHIN"}
    assert found(policy(), policy(**worse)) == dict.fromkeys(codes, Effect.REDUCING)
    back = {"SHORTER", "OTHER_DISPOSAL", "PURPOSE_REMOVED", "ANSWER_WITHIN"}
    assert found(policy(**worse), policy()) == dict.fromkeys(back, Effect.EXTENDING)
    assert found(policy(), policy(account="P30D")) == {}


def test_a_rule_that_ended_can_still_be_replayed():
    """What a rule of an old version disposed of must not come back with a backup: it stays known."""
    third = NEW | {"id": "3", "effective": "2026-12-01", "reductions": "announcement", "account": "P60D"}
    day = date(2026, 12, 1)
    standing = in_force(chain(OLD, NEW | {"account": "P60D"}, third), day)
    names = {rule.rule_id: rule.in_force(day) for rule in standing.policy.rules}
    assert names == {"account": True, "traces": True, "account-before-2": False}
    assert "P30D" in standing.text
    assert standing.policy.digest == hashlib.sha256(standing.text.encode()).hexdigest()


def test_individuals_and_clients_rules_are_compared_with_their_own_kind():
    """A longer period for people says nothing of the client's rule for the same category."""
    client = """\
  - {{id: client, category: account, effective: {{from: 2020-01-01}}, keep: {{for: P60D, after: contract.ended}},
      then: erase, source: policy, authority: tenant}}
{holds}"""
    both = FILE.replace("{holds}", client)
    old, new = (read_policy(both.format(**(OLD | {"account": period})), "p.yaml") for period in ("P30D", "P40D"))
    assert [(change.code, change.where) for change in changes(old, new, DAY)] == [("LONGER", "account")]


def test_a_rule_that_is_gone_takes_the_promise_with_it():
    """Without a rule the data is kept until someone asks: that takes something; a first rule gives."""
    old, new = policy(), policy()
    new = replace(new, rules=new.rules[:1])
    assert found(old, new) == {"RULE_REMOVED": Effect.REDUCING}
    assert found(new, old) == {"RULE_ADDED": Effect.EXTENDING}


periods = st.builds(Period, st.integers(0, 20), st.integers(0, 30), st.integers(0, 400))


@settings(max_examples=30)
@given(periods, periods)
def test_lengths_are_opposite_from_the_other_side(one, other):
    """If one is longer, the other is shorter; nothing is longer than itself."""
    start = AfterEvent("account.closed")
    opposite = {Length.LONGER: Length.SHORTER, Length.SHORTER: Length.LONGER}
    there, back = compare(Keep(one, start), Keep(other, start)), compare(Keep(other, start), Keep(one, start))
    assert back is opposite.get(there, there)
    assert compare(Keep(one, start), Keep(one, start)) is Length.SAME


def test_a_month_and_thirty_days_are_each_longer_at_times():
    """What can be longer for somebody is not called shorter."""
    start = AfterEvent("account.closed")
    assert compare(Keep(Period(months=1), start), Keep(Period(days=30), start)) is Length.EITHER
    assert compare(Keep(Period(years=1), start), Keep(Period(months=12), start)) is Length.SAME
