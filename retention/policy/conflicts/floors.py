"""Disposal before a law allows it, and laws that are cited out of their time."""

from __future__ import annotations

from collections.abc import Iterator

from retention.grammar import Severity
from retention.model.policy import Rule
from retention.model.statute import Retain, Statute
from retention.policy.conflicts.view import Conflict, View
from retention.policy.floors import comparable, may_end_before, worded


def disposed_below_floor(view: View) -> Iterator[Conflict]:
    """Find data that goes although a law keeps it: no hold names a field of the category and such a law."""
    for rule in view.policy.rules:
        if not rule.in_force(view.day):
            continue
        for statute, floor in _floors(view, rule):
            fields = _fields(view, rule)
            if _is_below(rule, floor, is_mapped=bool(fields)) and not _held(view, fields, floor):
                kinds = ", ".join(kind for kind in floor.data if kind in view.policy.categories[rule.category].kinds)
                yield Conflict(
                    code="STATUTE_FLOOR",
                    where=f"rules.{rule.rule_id}",
                    says=f"{rule.then.value} {worded(rule.keep)}; no hold keeps any field of {rule.category}",
                    articles=(statute.statute_id,),
                    law=f"{kinds or 'the data'} must be kept {worded(floor.keep)}",
                    instead="nothing by itself: add a hold that names the fields and the statute",
                    severity=Severity.ERROR,
                )


def cited_out_of_force(view: View) -> Iterator[Conflict]:
    """Find rules and holds that rest on a law that does not bind today."""
    cited = [(f"rules.{rule.rule_id}", rule.statute) for rule in view.policy.rules if rule.in_force(view.day)]
    cited += [(f"holds.{hold.hold_id}", hold.statute) for hold in view.policy.holds]
    for where, code in cited:
        if code is not None and not view.statutes.binds(code, view.day):
            says = f"it rests on {view.statutes.article(code)}, which is not in force on {view.day}"
            yield Conflict("STATUTE_NOT_IN_FORCE", where, says, (), "", "the period is kept as it is written")


RULES = (disposed_below_floor, cited_out_of_force)


def _floors(view: View, rule: Rule) -> Iterator[tuple[Statute, Retain]]:
    """Yield the duties to keep that reach the rule's category by the kinds of data it has."""
    kinds = set(view.policy.categories[rule.category].kinds)
    for statute in view.statutes.by_id.values():
        if statute.in_force(view.day):
            yield from ((statute, floor) for floor in statute.retains if kinds & set(floor.data))


def _is_below(rule: Rule, floor: Retain, *, is_mapped: bool) -> bool:
    """Whether the rule can dispose earlier; of mapped data, clocks that nobody can compare count as earlier."""
    return may_end_before(rule.keep, floor.keep) or (is_mapped and not comparable(rule.keep, floor.keep))


def _fields(view: View, rule: Rule) -> set[str]:
    datasets = view.datamap.datasets.values()
    return {f"{d.short_name}.{f.name}" for d in datasets for f in d.fields.values() if f.category == rule.category}


def _held(view: View, fields: set[str], floor: Retain) -> bool:
    """Whether some hold keeps at least one of the fields for at least that long."""
    return any(fields & set(hold.fields) and not may_end_before(hold.keep, floor.keep) for hold in view.policy.holds)
