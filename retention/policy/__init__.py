"""The policy file: what was promised, read and checked.

    reader    the whole file → `Policy`, or every problem at once
    clauses   its parts: rules, holds, clocks
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

Start at `reader.read_policy`.
"""

from __future__ import annotations

from retention.grammar import Finding
from retention.policy.examples import read_examples
from retention.policy.reader import read_policy
from retention.policy.review import review
from retention.policy.statutes import read_statutes, shipped_statutes

__all__ = ["Finding", "read_examples", "read_policy", "read_statutes", "review", "shipped_statutes"]
