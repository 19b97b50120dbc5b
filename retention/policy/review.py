"""What is not wrong with a policy, but needs someone to look at it."""

from __future__ import annotations

from retention.grammar import Finding
from retention.model.policy import Policy, Source

NEEDS_LEGAL_REVIEW = "NEEDS_LEGAL_REVIEW"
CATEGORY_WITHOUT_RULE = "CATEGORY_WITHOUT_RULE"


def review(policy: Policy) -> tuple[Finding, ...]:
    """Return the findings in the file's order: rules first, then categories."""
    proposed = (
        Finding(NEEDS_LEGAL_REVIEW, rule.rule_id, f"{rule.keep.keep_for} is a proposal; it needs legal review")
        for rule in policy.rules
        if rule.source is Source.DEFAULT
    )
    ruled = {rule.category for rule in policy.rules}
    forgotten = (
        Finding(CATEGORY_WITHOUT_RULE, category, "no rule says when it goes; it is kept until someone asks")
        for category in policy.categories
        if category not in ruled
    )
    return (*proposed, *forgotten)
