"""What may be charged: under APPI 38 for two kinds of request, under GDPR 12(5) and CCPA 1798.130(a)(2) for none."""

from __future__ import annotations

from retention.law.regime import Regime
from retention.model.terms import Right

MAY_COST = frozenset({Right.DISCLOSURE, Right.PROVISION_RECORD_DISCLOSURE, Right.PURPOSE_NOTIFICATION})
"""Requests for which APPI art. 38(1) allows a fee, reasonable in view of the actual cost (38(2))."""

FREE = {Regime.GDPR: "eu.gdpr.12-5", Regime.CCPA: "us.ccpa.1798-130-a-2"}
"""Laws under which an answer is free of charge, and where they say so."""
