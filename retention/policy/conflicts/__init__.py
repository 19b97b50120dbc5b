"""Where what a policy says and what a statute says disagree.

    view       what a rule of the lint sees, and how it states what it found
    rights     which rights, on which grounds, refused why, filed by whom
    fees       what is charged for
    intake     ways in and identity documents
    sharing    joint use and pseudonymised information
    texts      consents, changes, citations, officers
    floors     disposal before a law allows it

Every rule is pure and looks at the policy's content alone: it finds the same mistake in
anybody's policy. A conflict is stated only if the policy is under the statute's regime and
the statute binds on the day (or is not in the file of statutes).
"""

from __future__ import annotations

from retention.policy.conflicts.all import conflicts
from retention.policy.conflicts.view import View

__all__ = ["View", "conflicts"]
