"""Parts of a policy that can never take effect, or that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from retention.grammar import Finding, Severity
from retention.model.datamap import Dataset
from retention.model.policy import (
    AfterEvent,
    AfterFiscalYear,
    AfterPurposes,
    Authority,
    Basis,
    Purpose,
    Rule,
    SinceDate,
)
from retention.policy.conflicts.view import View

NEVER = "RULE_NEVER_FIRES"
_ENDED_BY = {"consent.withdrawn": Basis.CONSENT, "objection": Basis.LEGITIMATE_INTEREST}
"""Events that only mean something for a purpose that rests on this."""


def inconsistencies(view: View) -> tuple[Finding, ...]:
    """Return everything that can never take effect, or that contradicts something else."""
    return tuple(finding for check in _CHECKS for finding in check(view))


def category_without_rule(view: View) -> Iterator[Finding]:
    """Find categories that nothing ever disposes of."""
    ruled = {rule.category for rule in view.policy.rules}
    for category in view.policy.categories:
        if category not in ruled:
            text = "no rule says when it goes; it is kept until someone asks"
            yield _error("CATEGORY_WITHOUT_RULE", f"categories.{category}", text, "add a rule")


def category_without_field(view: View) -> Iterator[Finding]:
    """Find categories whose rules would touch nothing."""
    mapped = {field.category for d in view.datamap.datasets.values() for field in d.fields.values()}
    for category in view.policy.categories.values():
        where = f"categories.{category.category_id}"
        if category.category_id not in mapped and not category.elsewhere:
            instead = "map its fields, or say in `elsewhere` why no connected system holds it"
            yield _error("CATEGORY_WITHOUT_FIELD", where, "no field of the data map belongs to it", instead)
        elif category.category_id in mapped and category.elsewhere:
            text = "`elsewhere` says that no connected system holds it, and the data map has fields of it"
            yield _error("CATEGORY_ELSEWHERE_AND_MAPPED", where, text, "remove `elsewhere`")


def rule_over(view: View) -> Iterator[Finding]:
    """Find categories whose last rule is over, and rules that end before their version begins."""
    begins = None if view.policy.version is None else view.policy.version.effective_from
    last: dict[tuple[str, Authority], Rule] = {}
    for rule in view.policy.rules:
        if rule.effective_until is not None and begins is not None and rule.effective_until <= begins:
            text = f"it ends on {rule.effective_until}, before the policy takes effect on {begins}"
            yield _error(NEVER, f"rules.{rule.rule_id}", text, "remove it, or let it end later")
        of = (rule.category, rule.authority)
        if of not in last or _end(rule) > _end(last[of]):
            last[of] = rule
    for rule in last.values():
        if rule.effective_until is not None and rule.effective_until <= view.day:
            text = f"it ended on {rule.effective_until} and no rule for {rule.category} follows"
            yield _error(NEVER, f"rules.{rule.rule_id}", text, "add the rule that follows")


def purpose_never_ends(view: View) -> Iterator[Finding]:
    """Find rules that wait for the end of purposes of which one says no way to end."""
    for rule in _current(view):
        if isinstance(rule.keep.start, AfterPurposes):
            endless = [p.purpose_id for p in _purposes(view, rule) if not _can_end(p)]
            if endless:
                text = f"it waits for the end of {', '.join(endless)}, and nothing says how that ends"
                instead = "say `ends` (`ends: {after: purpose.accomplished}` if someone will say so)"
                yield _error(NEVER, f"rules.{rule.rule_id}", text, instead)


def event_without_basis(view: View) -> Iterator[Finding]:
    """Find rules that wait for the withdrawal of a consent, or an objection, that nobody can declare."""
    for rule in _current(view):
        if isinstance(rule.keep.start, AfterEvent) and rule.keep.start.event in _ENDED_BY:
            needed = _ENDED_BY[rule.keep.start.event]
            bases = {purpose.basis for purpose in _purposes(view, rule)}
            if not bases & {needed, Basis.UNSTATED}:
                text = f"it waits for {rule.keep.start.event}, and no purpose rests on {needed.value}"
                yield _error(NEVER, f"rules.{rule.rule_id}", text, "start it with another event")


def tenant_without_rows(view: View) -> Iterator[Finding]:
    """Find rules about tenants' data where no dataset says whose rows are a tenant's."""
    for rule in _current(view):
        if rule.authority is Authority.TENANT and not view.policy.categories[rule.category].elsewhere:
            holding = _holding(view, rule)
            if holding and not any(dataset.tenant for dataset in holding):
                text = f"it is about tenants' data, and no dataset with {rule.category} says `tenant`"
                yield _error(NEVER, f"rules.{rule.rule_id}", text, "add `tenant: {key: column}` to the dataset")


def rows_without_rule(view: View) -> Iterator[Finding]:
    """Find categories with rows of tenants and rows of individuals, of which only one kind has a rule."""
    ruled = {(rule.category, rule.authority) for rule in _current(view)}
    categories = {category for category, _ in ruled}
    for dataset in view.datamap.datasets.values():
        if dataset.tenant is None:
            continue
        for category in sorted(categories & {field.category for field in dataset.fields.values()}):
            for authority in Authority:
                if (category, authority) not in ruled:
                    yield Finding(
                        "ROWS_WITHOUT_RULE",
                        f"categories.{category}",
                        f"no rule with `authority: {authority.value}` disposes of its rows in {dataset.dataset_id}",
                        instead="these rows are kept until someone asks, or a tenant instructs",
                    )


def tenant_unnamed(view: View) -> Iterator[Finding]:
    """Find tenants whose people nobody could tell whom to ask, and advice about tenants that hold nothing."""
    holding = {dataset.tenant[0] for dataset in view.datamap.datasets.values() if dataset.tenant}
    told = view.policy.terms.redirects.keys()
    for key in sorted(holding - told):
        text = f"rows are held for a {key}, and nothing says whom its people ask"
        instead = f"say so in `requests.redirects.{key}`; until then their requests wait"
        yield Finding("TENANT_UNNAMED", "requests.redirects", text, instead=instead)
    for key in sorted(told - holding):
        yield _error(NEVER, f"requests.redirects.{key}", "no dataset is held for such a tenant", "remove it")


def purpose_outlives_row_clock(view: View) -> Iterator[Finding]:
    """Find rules that go by a date of the row while a purpose ends with an event about the person."""
    for rule in _current(view):
        if isinstance(rule.keep.start, SinceDate | AfterFiscalYear):
            waiting = [purpose.purpose_id for purpose in _purposes(view, rule) if purpose.ends]
            if waiting:
                yield Finding(
                    "PURPOSE_OUTLIVES_ROW_CLOCK",
                    f"rules.{rule.rule_id}",
                    f"rows go by their date, also while {', '.join(waiting)} has not ended for the person",
                    instead="the date alone decides; start the rule with an event, or declare no end for the purpose",
                )


def hold_loses_its_date(view: View) -> Iterator[Finding]:
    """Find holds whose date may be erased before they end: a row without a date stays held for ever."""
    held = {name for hold in view.policy.holds for name in hold.fields}
    for hold in view.policy.holds:
        if not isinstance(hold.keep.start, SinceDate | AfterFiscalYear):
            continue
        for dataset in view.datamap.datasets.values():
            column = dataset.dates.get(hold.keep.start.date_name)
            name = f"{dataset.short_name}.{column}"
            keeps = any(field.startswith(f"{dataset.short_name}.") for field in hold.fields)
            if keeps and column in dataset.fields and name not in held:
                text = f"it counts from {name}, which is personal and goes first; then nothing says when the hold ends"
                yield _error("HOLD_LOSES_ITS_DATE", f"holds.{hold.hold_id}", text, f"hold {name} as well")


def hold_on_key(view: View) -> Iterator[Finding]:
    """Find holds on columns that tie a row to its person: they are kept, and so the row goes on naming him."""
    for hold in view.policy.holds:
        for dataset in view.datamap.datasets.values():
            for column in dataset.linking_columns:
                if f"{dataset.short_name}.{column}" in hold.fields:
                    text = (
                        f"{dataset.short_name}.{column} ties the row to its person, who stays named until the hold ends"
                    )
                    instead = "hold another column, or give the row a key that is not to be kept"
                    yield Finding("HOLD_ON_KEY", f"holds.{hold.hold_id}", text, Severity.WARNING, instead=instead)


_CHECKS: tuple[Callable[[View], Iterable[Finding]], ...] = (
    category_without_rule,
    category_without_field,
    rule_over,
    purpose_never_ends,
    event_without_basis,
    tenant_without_rows,
    rows_without_rule,
    tenant_unnamed,
    purpose_outlives_row_clock,
    hold_loses_its_date,
    hold_on_key,
)


def _current(view: View) -> Iterator[Rule]:
    """Yield the rules that are in force, or will be."""
    return (rule for rule in view.policy.rules if rule.effective_until is None or rule.effective_until > view.day)


def _purposes(view: View, rule: Rule) -> Iterator[Purpose]:
    return (view.policy.purposes[name] for name in view.policy.categories[rule.category].purposes)


def _holding(view: View, rule: Rule) -> list[Dataset]:
    datasets = view.datamap.datasets.values()
    return [d for d in datasets if any(field.category == rule.category for field in d.fields.values())]


def _can_end(purpose: Purpose) -> bool:
    return bool(purpose.ends) or purpose.basis in _ENDED_BY.values()


def _end(rule: Rule) -> date:
    return rule.effective_until or date.max


def _error(code: str, where: str, text: str, instead: str) -> Finding:
    return Finding(code, where, text, Severity.ERROR, instead=instead)
