"""On which grounds a right may be used, law by law.

APPI 34(1), 35(1)(3)(5); GDPR 15-18, 20, 21; CCPA 1798.105, 106, 110, 120.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from retention.law.regime import Regime
from retention.model.terms import Ground, Right

LATER_GROUNDS = (Ground.NO_LONGER_NEEDED, Ground.BREACH, Ground.LIKELY_HARM)
"""The grounds of APPI art. 35(5), in force since 2022."""

_LATER = dict.fromkeys(LATER_GROUNDS, "jp.appi.35-5")
_CEASE = {
    Ground.OUT_OF_PURPOSE: "jp.appi.35-1",
    Ground.UNLAWFUL_USE: "jp.appi.35-1",
    Ground.UNLAWFUL_ACQUISITION: "jp.appi.35-1",
    **_LATER,
}
_UNTRUE_JP = {Ground.UNTRUE: "jp.appi.34-1"}
_APPI = {
    Right.PURPOSE_NOTIFICATION: {Ground.NONE_NEEDED: "jp.appi.32-2"},
    Right.DISCLOSURE: {Ground.NONE_NEEDED: "jp.appi.33-1"},
    Right.PROVISION_RECORD_DISCLOSURE: {Ground.NONE_NEEDED: "jp.appi.33-5"},
    Right.CORRECTION: _UNTRUE_JP,
    Right.ADDITION: _UNTRUE_JP,
    Right.DELETION: _UNTRUE_JP,
    Right.SUSPENSION: _CEASE,
    Right.ERASURE: _CEASE,
    Right.ITEM_DELETION: _CEASE,
    Right.STOP_PROVISION: {Ground.UNLAWFUL_PROVISION: "jp.appi.35-3", **_LATER},
    Right.COMPLAINT: {Ground.NONE_NEEDED: "jp.appi.40"},
}

_ACCESS_EU = {Ground.NONE_NEEDED: "eu.gdpr.15-1"}
_UNTRUE_EU = {Ground.UNTRUE: "eu.gdpr.16"}
_RESTRICT = dict.fromkeys(
    (
        Ground.CONTESTED,
        Ground.OUT_OF_PURPOSE,
        Ground.UNLAWFUL_USE,
        Ground.UNLAWFUL_ACQUISITION,
        Ground.NO_LONGER_NEEDED,
        Ground.OBJECTION,
    ),
    "eu.gdpr.18-1",
)
_ERASE = dict.fromkeys(
    (
        Ground.NO_LONGER_NEEDED,
        Ground.CONSENT_WITHDRAWN,
        Ground.OBJECTION,
        Ground.OUT_OF_PURPOSE,
        Ground.UNLAWFUL_USE,
        Ground.UNLAWFUL_ACQUISITION,
        Ground.UNLAWFUL_PROVISION,
        Ground.LEGAL_OBLIGATION,
        Ground.CHILD_SERVICE,
    ),
    "eu.gdpr.17-1",
)
_GDPR = {
    Right.PURPOSE_NOTIFICATION: _ACCESS_EU,
    Right.DISCLOSURE: _ACCESS_EU,
    Right.PROVISION_RECORD_DISCLOSURE: _ACCESS_EU,
    Right.CORRECTION: _UNTRUE_EU,
    Right.ADDITION: _UNTRUE_EU,
    Right.DELETION: _UNTRUE_EU,
    Right.SUSPENSION: _RESTRICT,
    Right.RESTRICTION: _RESTRICT,
    Right.ERASURE: _ERASE,
    Right.ITEM_DELETION: _ERASE,
    Right.STOP_PROVISION: {
        Ground.OBJECTION: "eu.gdpr.21-1",
        Ground.CONSENT_WITHDRAWN: "eu.gdpr.7-3",
        Ground.UNLAWFUL_PROVISION: "eu.gdpr.18-1",
    },
    Right.PORTABILITY: {Ground.NONE_NEEDED: "eu.gdpr.20-1"},
    Right.OBJECTION: {Ground.NONE_NEEDED: "eu.gdpr.21-1", Ground.OBJECTION: "eu.gdpr.21-1"},
    Right.CONSENT_WITHDRAWAL: {Ground.NONE_NEEDED: "eu.gdpr.7-3"},
    Right.COMPLAINT: {Ground.NONE_NEEDED: "eu.gdpr.77"},
}

_KNOW_US = {Ground.NONE_NEEDED: "us.ccpa.1798-110-a"}
_UNTRUE_US = {Ground.UNTRUE: "us.ccpa.1798-106-a"}
_CCPA = {
    Right.PURPOSE_NOTIFICATION: _KNOW_US,
    Right.DISCLOSURE: _KNOW_US,
    Right.PROVISION_RECORD_DISCLOSURE: _KNOW_US,
    Right.PORTABILITY: _KNOW_US,
    Right.CORRECTION: _UNTRUE_US,
    Right.ADDITION: _UNTRUE_US,
    Right.DELETION: _UNTRUE_US,
    Right.ERASURE: {Ground.NONE_NEEDED: "us.ccpa.1798-105-a"},
    Right.ITEM_DELETION: {Ground.NONE_NEEDED: "us.ccpa.1798-105-a"},
    Right.STOP_PROVISION: {Ground.NONE_NEEDED: "us.ccpa.1798-120-a"},
}

GROUNDS: Mapping[Regime, Mapping[Right, Mapping[Ground, str]]] = MappingProxyType(
    {Regime.APPI: _APPI, Regime.GDPR: _GDPR, Regime.CCPA: _CCPA}
)
"""Law → right → ground → the provision that gives it. `none-needed`: the law asks for no reason."""
