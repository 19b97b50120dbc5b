"""For which reasons a right may be refused, law by law.

APPI 32(2), 33(2), 34(2), 35(2)(4)(6) with its provisos; GDPR 12(5), 15(4), 17(3), 20(4), 21(1);
CCPA 1798.105(d), 1798.145. The codes are those of policies and letters (`Refusal`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention.law.regime import Regime
from retention.law.rights import CEASING
from retention.model.terms import Refusal, Right

PROCEDURAL = frozenset(
    {
        Refusal.IDENTITY_UNPROVEN,
        Refusal.AGENT_UNPROVEN,
        Refusal.FORM_DEFECTIVE,
        Refusal.FEE_UNPAID,
        Refusal.NOT_RETAINED_DATA,
        Refusal.NOT_REQUIRED,
    }
)
"""Not refusals of the right but of the form (APPI art. 37), or words that refer to the Act itself."""

_DISCLOSING = frozenset({Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE, Refusal.OTHER_LAW})
_CORRECTING = frozenset({Refusal.NO_GROUND, Refusal.OTHER_LAW})
_CEASING = frozenset({Refusal.NO_GROUND, Refusal.DIFFICULT_WITH_SUBSTITUTE, Refusal.OTHER_LAW})
NEED_MEASURE = frozenset({Refusal.RIGHTS_OF_OTHERS, Refusal.BUSINESS_HINDRANCE, Refusal.HARM_TO_COMPANY})
"""Words for a difficulty: under APPI art. 35 they refuse nothing unless another measure protects the person."""

APPI: Mapping[Right, tuple[str, frozenset[Refusal]]] = MappingProxyType(
    {
        Right.PURPOSE_NOTIFICATION: (
            "jp.appi.32-2",
            frozenset(
                {
                    Refusal.PURPOSE_EVIDENT,
                    Refusal.RIGHTS_OF_OTHERS,
                    Refusal.HARM_TO_COMPANY,
                    Refusal.PUBLIC_BODY,
                }
            ),
        ),
        Right.DISCLOSURE: ("jp.appi.33-2", _DISCLOSING),
        Right.PROVISION_RECORD_DISCLOSURE: ("jp.appi.33-5", _DISCLOSING | {Refusal.PUBLIC_BODY}),
        Right.CORRECTION: ("jp.appi.34-2", _CORRECTING),
        Right.ADDITION: ("jp.appi.34-2", _CORRECTING),
        Right.DELETION: ("jp.appi.34-2", _CORRECTING),
        Right.SUSPENSION: ("jp.appi.35-2", _CEASING),
        Right.ERASURE: ("jp.appi.35-2", _CEASING),
        Right.ITEM_DELETION: ("jp.appi.35-2", _CEASING),
        Right.STOP_PROVISION: ("jp.appi.35-4", _CEASING),
        Right.COMPLAINT: ("jp.appi.40", frozenset()),
    }
)
"""Right → the provision that says when it may be refused, and the grounds it admits."""

_UNFOUNDED = frozenset({Refusal.MANIFESTLY_UNFOUNDED})
_ERASING_EU = _UNFOUNDED | {
    Refusal.NO_GROUND,
    Refusal.EXPRESSION,
    Refusal.LEGAL_OBLIGATION,
    Refusal.OTHER_LAW,
    Refusal.PUBLIC_HEALTH,
    Refusal.ARCHIVING,
    Refusal.LEGAL_CLAIMS,
}
GDPR: Mapping[Right, tuple[str, frozenset[Refusal]]] = MappingProxyType(
    {
        Right.PURPOSE_NOTIFICATION: ("eu.gdpr.12-5", _UNFOUNDED),
        Right.DISCLOSURE: ("eu.gdpr.15-4", _UNFOUNDED | {Refusal.RIGHTS_OF_OTHERS}),
        Right.PROVISION_RECORD_DISCLOSURE: ("eu.gdpr.12-5", _UNFOUNDED),
        Right.CORRECTION: ("eu.gdpr.16", _UNFOUNDED | {Refusal.NO_GROUND}),
        Right.ADDITION: ("eu.gdpr.16", _UNFOUNDED | {Refusal.NO_GROUND}),
        Right.DELETION: ("eu.gdpr.16", _UNFOUNDED | {Refusal.NO_GROUND}),
        Right.SUSPENSION: ("eu.gdpr.18-1", _UNFOUNDED | {Refusal.NO_GROUND}),
        Right.RESTRICTION: ("eu.gdpr.18-1", _UNFOUNDED | {Refusal.NO_GROUND}),
        Right.ERASURE: ("eu.gdpr.17-3", _ERASING_EU),
        Right.ITEM_DELETION: ("eu.gdpr.17-3", _ERASING_EU),
        Right.CONSENT_WITHDRAWAL: ("eu.gdpr.7-3", frozenset()),
        Right.STOP_PROVISION: ("eu.gdpr.21-1", _UNFOUNDED | {Refusal.LEGAL_CLAIMS}),
        Right.PORTABILITY: ("eu.gdpr.20-4", _UNFOUNDED | {Refusal.NO_GROUND, Refusal.RIGHTS_OF_OTHERS}),
        Right.OBJECTION: ("eu.gdpr.21-1", _UNFOUNDED | {Refusal.LEGAL_CLAIMS}),
        Right.COMPLAINT: ("eu.gdpr.77", frozenset()),
    }
)
"""As `APPI`. Every right may be refused if manifestly unfounded or excessive (12(5)); the burden is the company's."""

_KNOWING_US = _UNFOUNDED | {Refusal.RIGHTS_OF_OTHERS, Refusal.OTHER_LAW}
_CORRECTING_US = _UNFOUNDED | {Refusal.NO_GROUND, Refusal.OTHER_LAW}
_ERASING_US = _UNFOUNDED | {
    Refusal.CCPA_EXCEPTION,
    Refusal.LEGAL_OBLIGATION,
    Refusal.OTHER_LAW,
    Refusal.EXPRESSION,
    Refusal.ARCHIVING,
}
CCPA: Mapping[Right, tuple[str, frozenset[Refusal]]] = MappingProxyType(
    {
        Right.PURPOSE_NOTIFICATION: ("us.ccpa.1798-145", _KNOWING_US),
        Right.DISCLOSURE: ("us.ccpa.1798-145", _KNOWING_US),
        Right.PROVISION_RECORD_DISCLOSURE: ("us.ccpa.1798-145", _KNOWING_US),
        Right.PORTABILITY: ("us.ccpa.1798-145", _KNOWING_US),
        Right.CORRECTION: ("us.ccpa.1798-106-a", _CORRECTING_US),
        Right.ADDITION: ("us.ccpa.1798-106-a", _CORRECTING_US),
        Right.DELETION: ("us.ccpa.1798-106-a", _CORRECTING_US),
        Right.ERASURE: ("us.ccpa.1798-105-d", _ERASING_US),
        Right.ITEM_DELETION: ("us.ccpa.1798-105-d", _ERASING_US),
        Right.STOP_PROVISION: ("us.ccpa.1798-120-a", frozenset()),
    }
)
"""As `APPI`; who opts out of sale and sharing (1798.120) is not refused."""

LAWS: Mapping[Regime, Mapping[Right, tuple[str, frozenset[Refusal]]]] = MappingProxyType(
    {Regime.APPI: APPI, Regime.GDPR: GDPR, Regime.CCPA: CCPA}
)
"""Law → right → provision and admitted reasons. A right that is missing is none that the law knows."""

ABROAD = GDPR[Right.ERASURE][1] | CCPA[Right.ERASURE][1]
"""Grounds on which GDPR art. 17(3) or CCPA 1798.105(d) lets erasure be refused."""

PROCEDURE: Mapping[Refusal, Mapping[Regime, str]] = MappingProxyType(
    {
        Refusal.IDENTITY_UNPROVEN: {
            Regime.APPI: "jp.appi.37-1",
            Regime.GDPR: "eu.gdpr.12-6",
            Regime.CCPA: "us.ccpa.regs-7022",
        },
        Refusal.AGENT_UNPROVEN: {
            Regime.APPI: "jp.appi.37-3",
            Regime.GDPR: "eu.gdpr.12-6",
            Regime.CCPA: "us.ccpa.regs-7063",
        },
        Refusal.FORM_DEFECTIVE: {Regime.APPI: "jp.appi.37-1"},
        Refusal.FEE_UNPAID: {Regime.APPI: "jp.appi.38-1"},
        Refusal.NOT_RETAINED_DATA: {
            Regime.APPI: "jp.appi.16-4",
            Regime.GDPR: "eu.gdpr.28-3",
            Regime.CCPA: "us.ccpa.1798-140",
        },
    }
)
"""Reasons of form → where each law admits them. The GDPR and the CCPA let nobody insist on a form or a fee."""

OF_THE_LIVING = frozenset({Regime.APPI, Regime.GDPR})
"""Laws that speak of the living only (APPI art. 2(1), GDPR art. 4(1) with recital 27); the CCPA does not say."""


def measured(right: Right, regime: Regime) -> frozenset[Refusal]:
    """Return the words for a difficulty that refuse the right only beside another measure (APPI art. 35 provisos)."""
    return NEED_MEASURE if regime is Regime.APPI and right in CEASING else frozenset()
