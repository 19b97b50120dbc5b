"""Versions of a policy: the chain of files, and what holds for whom on a day.

A version is announced, then takes effect; until then the one before holds. What a version takes
from people (`changes`) reaches them as it says itself (`reductions`):

* by announcement: everybody, on its date, but for purposes that did not grow out of earlier ones, and
  never when another company takes over;
* by notice: those who were notified of it, from then on; the others keep what they were promised;
* by consent: those who agreed to it; the others keep what they were promised.

So on some days two rules stand beside each other for one category, each for its audience. Where
people cannot be told apart (a clock that starts from a date of the row, purposes, terms of
requests, a second parting of the same category) what was promised before stays for everybody, and a finding says so.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from retention.errors import PolicyError, Problem
from retention.grammar import Finding
from retention.model.ids import CategoryId, RuleId
from retention.model.policy import (
    AfterEvent,
    AfterPurposes,
    Agreed,
    Authority,
    Category,
    Everyone,
    NotAgreed,
    Policy,
    PreApproval,
    Purpose,
    Reductions,
    Rule,
    Version,
)
from retention.model.statute import Statutes
from retention.policy.changes import for_authority, purpose_changes, rule_changes, rules_on
from retention.policy.reader import read_policy
from retention.policy.term_changes import request_changes

CONSENT_NOT_SEPARABLE = "CONSENT_NOT_SEPARABLE"
NOT_YET_IN_FORCE = "NOT_YET_IN_FORCE"
PURPOSE_UNRELATED = "PURPOSE_UNRELATED"
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Written:
    """One version as its file says it."""

    label: str
    text: str
    policy: Policy

    @property
    def version(self) -> Version | None:
        """Which version it says it is."""
        return self.policy.version

    @property
    def effective_from(self) -> date:
        """The first day on which it holds; a file that does not say has always held."""
        return self.version.effective_from if self.version else date.min


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds on a day."""

    policy: Policy
    text: str
    """The files it comes from, one after the other; the policy's digest is this text's."""
    findings: tuple[Finding, ...]


def read_chain(
    text: str, label: str, load: Callable[[str], str], statutes: Statutes | None = None
) -> tuple[Written, ...]:
    """Read a policy file and the versions before it; oldest first.

    Args:
        text: The newest file's text.
        label: Its name.
        load: Returns the text of a file named by `version.before`, relative to where `label` lies.
        statutes: What may be cited; None: codes of statutes are taken as they are.

    Raises:
        PolicyError: a file is wrong, the chain has a circle, or the dates do not ascend.

    """
    found = [Written(label, text, read_policy(text, label, statutes))]
    while (version := found[-1].version) and version.before is not None:
        before = posixpath.normpath(posixpath.join(posixpath.dirname(found[-1].label), version.before))
        if before in {written.label for written in found} or len(found) > _LONGEST:
            raise _wrong(found[-1], "before", "a file that is not in the chain yet", f"`{before}` again")
        text = load(before)
        found.append(Written(before, text, read_policy(text, before, statutes)))
    chain = tuple(reversed(found))
    for older, newer in pairwise(chain):
        _check(older, newer)
    return chain


def _check(older: Written, newer: Written) -> None:
    """Refuse two versions that cannot follow each other."""
    version = newer.version
    assert version is not None  # noqa: S101 -- narrows the type: only a version names one before it
    if newer.policy.policy_id != older.policy.policy_id:
        raise _wrong(newer, "before", f"a version of `{newer.policy.policy_id}`", f"`{older.policy.policy_id}`")
    if older.version is None:
        return
    if older.version.version_id == version.version_id:
        raise _wrong(newer, "id", f"another name than {older.label} has", f"`{version.version_id}`")
    if version.effective_from <= older.version.effective_from:
        expected = f"a day after {older.version.effective_from}, on which {older.label} took effect"
        raise _wrong(newer, "effective", expected, str(version.effective_from))
    if version.reductions is Reductions.ANNOUNCEMENT and newer.policy.controller.name != older.policy.controller.name:
        raise _wrong(newer, "reductions", "`notice` or `consent`: another company takes over", "`announcement`")
    if version.announced_on < older.version.announced_on:
        expected = f"a day on or after {older.version.announced_on}, on which {older.label} was announced"
        raise _wrong(newer, "announced", expected, str(version.announced_on))


def _wrong(written: Written, key: str, expected: str, found: str) -> PolicyError:
    problem = Problem(where=f"{written.label} version.{key}", expected=expected, found=found)
    return PolicyError(f"{written.label} does not follow the version before it", problems=(problem,))


def in_force(chain: tuple[Written, ...], day: date) -> InForce:
    """Return what holds on the day: one policy, in which a rule may be for some people only.

    Before the first version's date nothing is due by it. The answer is for this day only: ask
    again on another.
    """
    standing = [written for written in chain if written.effective_from <= day]
    if not standing:
        first = chain[0]
        when = f"takes effect on {first.effective_from}; until then nothing is due"
        return InForce(_waiting(first), first.text, (Finding(NOT_YET_IN_FORCE, first.label, when),))
    result = InForce(standing[0].policy, standing[0].text, ())
    for written in standing[1:]:
        result = _succeed(result, written, day)
    return result


def _waiting(first: Written) -> Policy:
    start = first.effective_from
    rules = tuple(replace(rule, effective_from=max(rule.effective_from, start)) for rule in first.policy.rules)
    return replace(
        first.policy, rules=tuple(r for r in rules if r.effective_until is None or r.effective_until > start)
    )


def _succeed(before: InForce, written: Written, day: date) -> InForce:
    """Put a version in the place of what held before it, as far as it reaches people."""
    version, new = written.version, written.policy
    if version is None:
        return InForce(new, written.text, ())
    if version.reductions is Reductions.ANNOUNCEMENT:
        policy, waiting = _announced(before.policy, new)
        needs_before = bool(waiting)
    else:
        merged = _Merge(before.policy, new, version, day)
        policy, waiting, needs_before = merged.policy, merged.findings, merged.keeps_something
    findings = [*before.findings, *waiting] if needs_before else []
    over = _over(before.policy, policy, version)
    if not (needs_before or over):
        return InForce(policy, written.text, ())
    text = f"{before.text.rstrip()}\n---\n{written.text}"
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return InForce(replace(policy, rules=(*policy.rules, *over), digest=digest), text, tuple(findings))


def _over(old: Policy, new: Policy, version: Version) -> tuple[Rule, ...]:
    """Return the rules that ended with the version: a restore may bring back what they disposed of."""
    names = {rule.rule_id for rule in new.rules}
    gone = (rule for rule in old.rules if rule.rule_id not in names)
    end = version.effective_from
    return tuple(replace(rule, effective_until=min(rule.effective_until or end, end)) for rule in gone)


def _announced(old: Policy, new: Policy) -> tuple[Policy, list[Finding]]:
    """Let a version hold for everybody, but for purposes that no announcement can add (APPI 17(2), 18(1))."""
    categories, purposes = dict(new.categories), dict(new.purposes)
    findings = []
    for name in (name for name in new.categories if name in old.categories):
        served, asked = old.categories[name].purposes, new.categories[name].purposes
        unrelated = [p for p in asked if p not in served and new.purposes[p].related_to not in served]
        if unrelated:
            kept = tuple(purpose for purpose in asked if purpose not in unrelated) or served
            categories[name] = replace(new.categories[name], purposes=kept)
            purposes |= {purpose: old.purposes[purpose] for purpose in kept if purpose not in purposes}
            text = f"{', '.join(unrelated)} is `related_to` none of {', '.join(served)}: it needs consent, and waits"
            findings.append(Finding(PURPOSE_UNRELATED, name, text))
    return replace(new, categories=categories, purposes=purposes), findings


class _Merge:
    """A version that reaches some people only, merged with what the others were promised."""

    def __init__(self, old: Policy, new: Policy, version: Version, day: date) -> None:
        self._old, self._new, self._version, self._day = old, new, version, day
        self._before, self._after = rules_on(old, day), rules_on(new, day)
        self.findings: list[Finding] = []
        self.keeps_something = False
        categories, purposes = self._categories()
        requests, terms = new.requests, new.terms
        if any(change.needs_consent for change in request_changes(old, new)):
            requests, terms = old.requests, old.terms
            self._not_separable("requests", "a request does not say what its sender agreed to")
        rules, variants = self._rules()
        self.policy = replace(
            new,
            rules=rules,
            categories=categories,
            purposes=purposes,
            requests=requests,
            terms=terms,
            preapproved=_preapproved(old, new, variants),
        )

    def _not_separable(self, where: str, why: str) -> None:
        self.keeps_something = True
        text = f"version {self._version.version_id} takes something from people here, and {why}: the old terms stay"
        self.findings.append(Finding(CONSENT_NOT_SEPARABLE, where, text))

    def _categories(self) -> tuple[Mapping[CategoryId, Category], Mapping[str, Purpose]]:
        """Keep the purposes of a category that has gained one, or whose purposes end otherwise."""
        categories, purposes = dict(self._new.categories), dict(self._new.purposes)
        for name in self._new.categories:
            if name not in self._old.categories:
                continue
            if any(change.needs_consent for change in purpose_changes(self._old, self._new, name)):
                served = self._old.categories[name].purposes
                categories[name] = replace(self._new.categories[name], purposes=served)
                purposes |= {purpose: self._old.purposes[purpose] for purpose in served}
                self._not_separable(name, "one category cannot have two sets of purposes")
        return categories, purposes

    def _of_category(
        self, category: CategoryId, old: tuple[Rule, ...], new: tuple[Rule, ...], variants: dict[RuleId, RuleId]
    ) -> tuple[Rule, ...]:
        """Return what stands for the data of one category that one party decides over."""
        if not any(change.needs_consent for change in rule_changes(category, old, new)):
            return new
        self.keeps_something = True
        why = _inseparable(old, new)
        if why:
            self._not_separable(category, why)
            return old
        taken = {rule.rule_id for rule in self._new.rules}
        kept = [self._promised(rule, taken) for rule in old]
        variants |= {there.rule_id: here.rule_id for here, there in zip(old, kept, strict=True)}
        return (*kept, *(replace(rule, audience=Agreed(self._version.version_id, self._by)) for rule in new))

    def _rules(self) -> tuple[tuple[Rule, ...], dict[RuleId, RuleId]]:
        rules: list[Rule] = []
        variants: dict[RuleId, RuleId] = {}
        for category in dict.fromkeys([*self._before, *self._after]):
            for authority in Authority:
                old = for_authority(self._before.get(category, ()), authority)
                new = for_authority(self._after.get(category, ()), authority)
                rules.extend(self._of_category(category, old, new, variants))
        # rules that are not in force today: a restore and tomorrow's question need them
        rules.extend(rule for rule in self._new.rules if not rule.in_force(self._day))
        return tuple(rules), variants

    @property
    def _by(self) -> str:
        """The kind of event by which the version reaches people."""
        return "notice.delivered" if self._version.reductions is Reductions.NOTICE else "policy.agreed"

    def _promised(self, rule: Rule, taken: set[RuleId]) -> Rule:
        """Return the rule as it stays for those whom the version has not reached."""
        name = rule.rule_id
        if name in taken:
            tail = re.sub(r"[^a-z0-9]+", "-", self._version.version_id.lower()).strip("-")
            name = RuleId(f"{name}-before-{tail}")
        return replace(rule, rule_id=name, audience=NotAgreed(self._version.version_id, self._by))


def _inseparable(old: tuple[Rule, ...], new: tuple[Rule, ...]) -> str:
    """Say why nobody can tell for whom which rule is; empty if one can."""
    if not all(isinstance(rule.keep.start, AfterEvent | AfterPurposes) for rule in (*old, *new)):
        return "a date of the row does not tell whom it has reached"
    if any(rule.audience != Everyone() for rule in old):
        return "an earlier version still parts the people of this category"
    return ""


def _preapproved(old: Policy, new: Policy, variants: Mapping[RuleId, RuleId]) -> PreApproval | None:
    """Let a standing approval of both versions cover a rule that goes on under another name."""
    if new.preapproved is None or old.preapproved is None:
        return new.preapproved
    again = tuple(name for name, was in variants.items() if was in old.preapproved.rules)
    return replace(new.preapproved, rules=(*new.preapproved.rules, *again))
