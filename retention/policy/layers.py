"""Terms of one service or campaign over the company's policy: the more specific wins, the law's floor stays.

    over: webmo
    rules:
      - {id: living-usage, category: usage_information, effective: {from: 2026-01-01},
         keep: {for: P90D, since: last_seen}, then: erase, source: policy}

Terms say other rules for categories of the policy, and nothing else: rights, holds and purposes are
the company's. Evidence names the rule that disposed of something, and each rule stands in one file.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

from retention.errors import PolicyError
from retention.grammar import Cell, Document
from retention.model.policy import Policy, Rule
from retention.model.statute import Statutes
from retention.policy.clauses import read_rule
from retention.policy.versions import InForce


def read_terms(text: str, label: str, policy: Policy, statutes: Statutes | None = None) -> tuple[Rule, ...]:
    """Read the terms that stand over a policy.

    Args:
        text: The file's text.
        label: The file's name, as problems show it.
        policy: The company's, which the terms stand over.
        statutes: What may be cited; None: codes of statutes are taken as they are.

    Raises:
        PolicyError: with every problem of the file.

    """
    document = Document(text, label)
    record = Cell.root(document).record(("over", "rules"))
    record["over"].word((policy.policy_id,), "the policy that these terms stand over")
    cells = record["rules"].items("a list of rules")
    rules = tuple(read_rule(cell, policy.categories, statutes) for cell in cells)
    taken = {rule.rule_id for rule in policy.rules}
    for rule, cell in zip(rules, cells, strict=True):
        if rule.rule_id in taken:
            cell.complain("an id that no rule of the policy has", f"`{rule.rule_id}`")
        if rule.then not in policy.end_states:
            allowed = " or ".join(state.value for state in policy.end_states)
            cell.complain(f"`then: {allowed}`, as `end_states` of the policy says", f"`then: {rule.then.value}`")
    for index, rule in enumerate(rules):
        if any(_same(rule, earlier) for earlier in rules[:index]):
            cells[index].complain(f"one rule for `{rule.category}`", "two")
    document.refuse_problems(PolicyError)
    return rules


def under_terms(standing: InForce, terms: tuple[Rule, ...], text: str, day: date) -> InForce:
    """Return what holds on the day where terms stand over the policy; ask again on another day."""
    speaking = tuple(rule for rule in terms if rule.in_force(day))
    kept = tuple(rule for rule in standing.policy.rules if not any(_same(rule, term) for term in speaking))
    whole = f"{standing.text.rstrip()}\n---\n{text}"
    digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
    return InForce(replace(standing.policy, rules=(*kept, *speaking), digest=digest), whole, standing.findings)


def _same(one: Rule, other: Rule) -> bool:
    return (one.category, one.authority) == (other.category, other.authority)
