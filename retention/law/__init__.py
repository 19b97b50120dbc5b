"""What the laws give people, and what they allow companies, in tables. Pure; no rule of a company's own.

    regime     the three laws, and which of them a statute belongs to
    rights     which law gives which right
    grounds    on which grounds a right may be used
    refusals   for which reasons it may be refused
    charges    what may be charged for
    documents  kinds of identity document that ended, or carry what nobody may collect

The lint (`policy.conflicts`) measures a text by these tables and the decision (`requests`) a case:
both read the same ones. What the provisions themselves say stands in packs/statutes.yaml.
"""

from __future__ import annotations

from retention.law.regime import Regime

__all__ = ["Regime"]
