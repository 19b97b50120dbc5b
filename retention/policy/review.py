"""What a lawyer or an owner should look at, and what cannot be right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from retention.grammar import Finding
from retention.model.datamap import DataMap
from retention.model.policy import Policy, Source
from retention.model.statute import Statutes
from retention.policy.conflicts import View, conflicts
from retention.policy.consistency import inconsistencies

NEEDS_LEGAL_REVIEW = "NEEDS_LEGAL_REVIEW"


def review(policy: Policy, datamap: DataMap, statutes: Statutes, day: date) -> tuple[Finding, ...]:
    """Return the findings: what cannot be right, then disagreements with statutes, then proposals.

    Args:
        policy: What was promised.
        datamap: Where the data is; the two are known to fit together.
        statutes: What may be cited.
        day: The day for which is asked; a statute speaks only while it is in force.

    """
    view = View(policy, statutes, datamap, day)
    return (*inconsistencies(view), *conflicts(view), *_proposed(view))


def _proposed(view: View) -> Iterator[Finding]:
    for rule in view.policy.rules:
        if rule.source is Source.DEFAULT:
            cited = () if rule.statute is None else (rule.statute,)
            law = ", ".join(view.statutes.article(code) for code in cited)
            text = f"{rule.keep.keep_for} is a proposal; it needs legal review"
            yield Finding(NEEDS_LEGAL_REVIEW, f"rules.{rule.rule_id}", text, articles=cited, law=law)
