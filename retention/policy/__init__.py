"""The policy file: what was promised, read and checked.

    reader    the whole file → `Policy`, or every problem at once
    clauses   its parts: rules, holds, clocks
    commitments  the register of what companies promised, and what became of it
    purposes  purposes and categories
    rights    how requests are taken, and which rights the text offers
    sharing   joint use, pseudonymised use, processors, recipients
    texts     consents, notices, citations
    statutes  the file of statutes → `Statutes`
    floors    whether a clock can end before a statute's
    examples  what a lawyer expects of an example → `Example`
    review    what a lawyer or an owner should look at, and what cannot be right
    conflicts     … where it disagrees with statutes
    consistency   … where it contradicts itself
    layers    terms of one service or campaign over the policy
    versions  the chain of versions, and what holds for whom on a day
    changes   what one version changes for people against another (`change`, `term_changes`)
    lengths   which of two periods is longer
    concept   the deletion concept document (`classes`, `paper`); words in ja and en: `wording`

Start at `reader.read_policy`.
"""

from __future__ import annotations

from retention.grammar import Finding
from retention.policy.change import Change, Effect
from retention.policy.changes import changes, rules_on
from retention.policy.commitments import read_commitments
from retention.policy.examples import read_examples
from retention.policy.layers import read_terms, under_terms
from retention.policy.reader import read_policy
from retention.policy.review import review
from retention.policy.statutes import read_statutes, shipped_statutes
from retention.policy.versions import InForce, Written, in_force, read_chain

__all__ = [
    "Change",
    "Effect",
    "Finding",
    "InForce",
    "Written",
    "changes",
    "in_force",
    "read_chain",
    "read_commitments",
    "read_examples",
    "read_policy",
    "read_statutes",
    "read_terms",
    "review",
    "rules_on",
    "shipped_statutes",
    "under_terms",
]
