"""What a new version of a policy changes for people: which data changes fate, and whose consent that needs.

Reducing is what takes something from people: longer retention, weaker disposal, a start of the
clock that nobody can show to be earlier, a further purpose, a later answer. A change of which
both readings are possible counts as reducing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain

from retention.model.ids import CategoryId
from retention.model.policy import (
    AfterEvent,
    AfterFiscalYear,
    AfterPurposes,
    Authority,
    ClockStart,
    Disposal,
    FieldHold,
    Keep,
    Policy,
    Purpose,
    Rule,
    SinceDate,
)
from retention.policy.change import Change, Effect
from retention.policy.lengths import Length, compare
from retention.policy.term_changes import request_changes

_STRENGTH = {fate: fate.strength for fate in Disposal}


def changes(old: Policy, new: Policy, day: date) -> tuple[Change, ...]:
    """Return every difference that matters to people, as both versions would stand on the day."""
    return tuple(
        chain(
            _categories(old, new, day),
            _holds(old.holds, new.holds),
            request_changes(old, new),
            _processors(old, new),
        )
    )


def rules_on(policy: Policy, day: date) -> Mapping[CategoryId, tuple[Rule, ...]]:
    """Return the rules in force on the day, by category."""
    found: dict[CategoryId, tuple[Rule, ...]] = {}
    for rule in policy.rules:
        if rule.in_force(day):
            found[rule.category] = (*found.get(rule.category, ()), rule)
    return found


def _categories(old: Policy, new: Policy, day: date) -> Iterator[Change]:
    before, after = rules_on(old, day), rules_on(new, day)
    for category in (*old.categories, *(name for name in new.categories if name not in old.categories)):
        if category not in new.categories:
            yield Change("CATEGORY_REMOVED", category, category, "named", "not named", Effect.NEUTRAL)
        elif category not in old.categories:
            yield Change("CATEGORY_ADDED", category, category, "not named", "named", Effect.NEUTRAL)
        else:
            yield from rule_changes(category, before.get(category, ()), after.get(category, ()))
            yield from purpose_changes(old, new, category)


def rule_changes(category: CategoryId, old: tuple[Rule, ...], new: tuple[Rule, ...]) -> Iterator[Change]:
    """Yield how the rules of one category differ: those for individuals' data, then those for tenants'."""
    if len(old) == len(new) == 1:
        yield from _rule(old[0], new[0])
        return
    for authority in Authority:
        yield from _of_authority(category, for_authority(old, authority), for_authority(new, authority))


def for_authority(rules: tuple[Rule, ...], authority: Authority) -> tuple[Rule, ...]:
    """Return the rules for individuals' data, or for tenants'."""
    return tuple(rule for rule in rules if rule.authority is authority)


def _of_authority(category: CategoryId, old: tuple[Rule, ...], new: tuple[Rule, ...]) -> Iterator[Change]:
    """Yield how rules for the same data differ; several a side are for different people."""
    if not old and new:
        yield Change("RULE_ADDED", new[0].rule_id, category, "kept until asked", describe(new[0]), Effect.EXTENDING)
    elif old and not new:
        yield Change("RULE_REMOVED", old[0].rule_id, category, describe(old[0]), "kept until asked", Effect.REDUCING)
    else:
        yield from dict.fromkeys(change for before in old for after in new for change in _rule(before, after))


def _rule(old: Rule, new: Rule) -> Iterator[Change]:
    name, category = new.rule_id, new.category
    if old.then is not new.then:
        effect = Effect.REDUCING if _STRENGTH[new.then] < _STRENGTH[old.then] else Effect.EXTENDING
        yield Change("OTHER_DISPOSAL", name, category, old.then.value, new.then.value, effect)
    elif old.k != new.k:
        effect = Effect.REDUCING if new.k < old.k else Effect.EXTENDING
        yield Change("OTHER_K", name, category, f"k={old.k}", f"k={new.k}", effect)
    by_law = new.statute is not None and new.source.value == "statute"
    if old.keep.start != new.keep.start:
        before, after = start_of(old.keep.start), start_of(new.keep.start)
        yield Change("OTHER_START", name, category, before, after, Effect.REDUCING, by_law)
    yield from _length(name, category, old.keep, new.keep, by_law=by_law)
    if old.preference != new.preference:
        effect = Effect.REDUCING if old.preference else Effect.EXTENDING
        yield Change("PREFERENCE", name, category, _may(old.preference), _may(new.preference), effect)
    if old.authority is not new.authority:
        effect = Effect.REDUCING if new.authority is Authority.TENANT else Effect.EXTENDING
        yield Change("OTHER_AUTHORITY", name, category, old.authority.value, new.authority.value, effect)


def _length(name: str, category: CategoryId | None, old: Keep, new: Keep, *, by_law: bool) -> Iterator[Change]:
    before, after, what = length_of(old), length_of(new), "" if category else "HOLD_"
    match compare(new, old):
        case Length.LONGER:
            yield Change(f"{what}LONGER", name, category, before, after, Effect.REDUCING, by_law)
        case Length.SHORTER:
            yield Change(f"{what}SHORTER", name, category, before, after, Effect.EXTENDING)
        case Length.EITHER:
            yield Change(f"{what}OTHER_PERIOD", name, category, before, after, Effect.REDUCING, by_law)
        case Length.SAME:
            pass


def purpose_changes(old: Policy, new: Policy, category: CategoryId) -> Iterator[Change]:
    """Yield which purposes a category gains or loses, and which of them end otherwise."""
    before, after = old.categories[category].purposes, new.categories[category].purposes
    for name in (name for name in after if name not in before):
        yield Change("PURPOSE_ADDED", category, category, "", name, Effect.REDUCING)
    for name in (name for name in before if name not in after):
        yield Change("PURPOSE_REMOVED", category, category, name, "", Effect.EXTENDING)
    for name in (name for name in after if name in before):
        if _ending(old.purposes[name]) != _ending(new.purposes[name]):
            was, becomes = f"{name}: {_ending(old.purposes[name])}", f"{name}: {_ending(new.purposes[name])}"
            yield Change("PURPOSE_ENDS_OTHERWISE", category, category, was, becomes, Effect.REDUCING)


def _ending(purpose: Purpose) -> str:
    ends = ", ".join(f"{end.keep_for} after {end.event}" for end in purpose.ends)
    return f"{purpose.basis.value}; {ends}" if ends else purpose.basis.value


def _holds(old: Iterable[FieldHold], new: Iterable[FieldHold]) -> Iterator[Change]:
    before, after = {hold.hold_id: hold for hold in old}, {hold.hold_id: hold for hold in new}
    for name, hold in after.items():
        if name not in before:
            yield Change("HOLD_ADDED", name, None, "", _held(hold), Effect.REDUCING, by_law=True)
            continue
        if set(before[name].fields) != set(hold.fields):
            was, becomes = ", ".join(before[name].fields), ", ".join(hold.fields)
            more = set(hold.fields) - set(before[name].fields)
            effect = Effect.REDUCING if more else Effect.EXTENDING
            yield Change("HOLD_FIELDS", name, None, was, becomes, effect, by_law=bool(more))
        yield from _length(name, None, before[name].keep, hold.keep, by_law=True)
    for name, hold in before.items():
        if name not in after:
            yield Change("HOLD_REMOVED", name, None, _held(hold), "", Effect.EXTENDING)


def _processors(old: Policy, new: Policy) -> Iterator[Change]:
    before, after = ({p.system: set(p.categories) for p in policy.processors} for policy in (old, new))
    for system in sorted({*before, *after}):
        gained = after.get(system, set()) - before.get(system, set())
        lost = before.get(system, set()) - after.get(system, set())
        for category in sorted(gained):
            yield Change("PROCESSOR_GAINS", f"processors.{system}", category, "", system, Effect.NEUTRAL)
        for category in sorted(lost):
            yield Change("PROCESSOR_LOSES", f"processors.{system}", category, system, "", Effect.NEUTRAL)


def describe(rule: Rule) -> str:
    """Return the rule's fate in one line: `P12M after account.closed, then erase`."""
    return f"{length_of(rule.keep)} {start_of(rule.keep.start)}, then {rule.then.value}"


def length_of(keep: Keep) -> str:
    """Return how long: `P7Y`, or `P2M + P7Y` with a filing deadline before it."""
    return str(keep.keep_for) if keep.plus.is_zero else f"{keep.plus} + {keep.keep_for}"


def start_of(start: ClockStart) -> str:
    """Return what starts the clock, in the policy file's words."""
    match start:
        case AfterEvent(event):
            return f"after {event}"
        case AfterPurposes():
            return "after purposes.ended"
        case SinceDate(name):
            return f"since {name}"
        case AfterFiscalYear(name):
            return f"after fiscal_year.closed of {name}"


def _held(hold: FieldHold) -> str:
    return f"{', '.join(hold.fields)}: {length_of(hold.keep)} {start_of(hold.keep.start)}"


def _may(preference: bool) -> str:  # noqa: FBT001 -- private, one meaning
    return "a person may shorten it" if preference else "fixed"
