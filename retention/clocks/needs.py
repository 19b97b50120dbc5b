"""What must have happened before data of a rule may go, in a form that a fold and SQL can both answer.

A rule is due for a person when **every** need is met, and a need is met when **any** of its
triggers has run out:

* a rule that starts with an event needs that event's clock to have run out (an event that names
  purposes, such as a withdrawal of consent: for each purpose of the category); beside it, each
  purpose of the category that declares its own end must have ended;
* a rule that starts with `purposes.ended` needs, for each purpose of the category, one of the
  purpose's ends to lie back as long as the rule asks.

"No longer needed" means: for none of the purposes (APPI art. 22; guideline 3-8-5-1, and note 4
on several purposes). The ends of a purpose: those it declares; for consent, its withdrawal; for
legitimate interest, an objection; for any, that it was accomplished.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from retention.clocks.catalogue import stops_of
from retention.grammar import ABOUT, AGREED, LIFTED, NOTIFIED, PLACED, PREFERENCE, About
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Basis, Keep, Policy, Purpose, Rule

_AT_ONCE = Period()


@dataclass(frozen=True, slots=True)
class Trigger:
    """One clock: `keep` after an event of the kind that `about` admits."""

    kind: str
    about: str | None
    """Only events about this, or about nothing in particular; None: whatever the event is about."""
    keep: Keep
    """`keep.start` is the event; `plus` runs first, then `keep_for`."""
    preference: bool
    """Whether a person's preference may shorten `keep.keep_for`."""

    def admits(self, about: str | None) -> bool:
        """Whether an event about this moves the clock, be it a start or a stop."""
        return self.about is None or about is None or about == self.about


Need: TypeAlias = tuple[Trigger, ...]
"""Met when any of its triggers has run out; never, if it has none."""


def needs_of(rule: Rule, policy: Policy) -> tuple[Need, ...]:
    """Return what must be met for the rule; empty for a row clock, which the store answers.

    The first need of a rule that starts with an event is that event's clock.
    """
    purposes = [policy.purposes[name] for name in policy.categories[rule.category].purposes]
    match rule.keep.start:
        case AfterEvent(event):
            if rule.authority is Authority.TENANT:  # purposes end with events about people
                return ((Trigger(event, None, rule.keep, rule.preference),),)
            own = tuple((Trigger(event, about, rule.keep, rule.preference),) for about in _abouts(event, purposes))
            return (*own, *(_ends(purpose, _AT_ONCE, preference=False) for purpose in purposes if purpose.ends))
        case AfterPurposes():
            return tuple(_ends(purpose, rule.keep.keep_for, preference=rule.preference) for purpose in purposes)
        case _:
            return ()


def _abouts(event: str, purposes: Sequence[Purpose]) -> Sequence[str | None]:
    """Return what the starting event must be about: each purpose of the category, if such events name purposes.

    Somebody who withdraws his consent to letters has not withdrawn it to what else he agreed to.
    """
    if ABOUT.get(event) is About.PURPOSE:
        return [purpose.purpose_id for purpose in purposes]
    return [None]


def kinds_that_move(rule: Rule, policy: Policy) -> frozenset[str]:
    """Return the kinds of events that can change what the rule says for a person: what to ask the ledger for."""
    triggers = [trigger for need in needs_of(rule, policy) for trigger in need]
    kinds = {kind for trigger in triggers for kind in (trigger.kind, *stops_of(trigger.kind, trigger.about))}
    return frozenset({*kinds, AGREED, PREFERENCE, PLACED, LIFTED, NOTIFIED}) if triggers else frozenset()


def _ends(purpose: Purpose, keep_for: Period, *, preference: bool) -> Need:
    """Return each way the purpose can end, as a clock that then runs `keep_for`."""
    declared = [(end.event, None, end.keep_for) for end in purpose.ends]
    implied = [(kind, purpose.purpose_id, _AT_ONCE) for kind in _implied(purpose.basis)]
    return tuple(
        Trigger(kind, about, Keep(keep_for, AfterEvent(kind), plus=plus), preference)
        for kind, about, plus in (*declared, *implied)
    )


def _implied(basis: Basis) -> tuple[str, ...]:
    match basis:
        case Basis.CONSENT:
            return ("consent.withdrawn", "purpose.accomplished")
        case Basis.LEGITIMATE_INTEREST:
            return ("objection", "purpose.accomplished")
        case _:
            return ("purpose.accomplished",)
