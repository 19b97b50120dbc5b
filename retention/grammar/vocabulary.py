"""Words that may stand in a policy: kinds of events and the clocks they move.

It lies below `policy` and `clocks`, which both need it and do not see each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FISCAL_YEAR_CLOSED = "fiscal_year.closed"
"""Not recorded as an event: the calendar says when it happens."""

WITHDRAWN = "withdrawn"
"""The kind of a correction that says: the corrected event never happened."""

EVENT_KINDS = frozenset(
    [
        "account.closed",
        "account.reopened",
        "ad.optout",
        "applicant.hired",
        "applicant.rejected",
        "breach.confirmed",
        "campaign.prizes_dispatched",
        "card.replaced",
        "commission.settled",
        "consent.given",
        "consent.withdrawn",
        "contract.ended",
        "contractor.ended",
        "controller.succession_planned",
        "cookie.refused",
        "deletion_info.leaked",
        "employee.retired",
        "fee.paid",
        "form.returned",
        "group.member_removed",
        "inquiry.closed",
        "instruction.received",
        "legal_hold.placed",
        "legal_hold.released",
        "mail.bounced",
        "notice.delivered",
        "objection",
        "pack.activated",
        "pack.announced",
        "partner.withdrew",
        "permission.revoked",
        "purpose.accomplished",
        "recovery.completed",
        "response.completed",
        "restore.completed",
        "restriction.lifted",
        "restriction.placed",
        "service.terminated",
        "session.ended",
        "shareholder.ceased",
        "subject.corrected",
        "subject.deceased",
        "survey.closed",
        "wrongful_deletion",
    ]
)
"""Kinds of events that can start or stop a clock."""

STOPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "account.closed": frozenset({"account.reopened"}),
        "applicant.rejected": frozenset({"applicant.hired"}),
        "consent.withdrawn": frozenset({"consent.given"}),
        "legal_hold.placed": frozenset({"legal_hold.released"}),
        "restriction.placed": frozenset({"restriction.lifted"}),
    }
)
"""Start event → the events that stop its clock; a clock not named here cannot be stopped."""
