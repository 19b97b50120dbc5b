"""Words that may stand in a policy: kinds of events and the clocks they move.

It lies below `policy` and `clocks`, which both need it and do not see each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

FISCAL_YEAR_CLOSED = "fiscal_year.closed"
"""Not recorded as an event: the calendar says when it happens."""

PURPOSES_ENDED = "purposes.ended"
"""Not recorded as an event: it happens when the last purpose of a category has ended."""

WITHDRAWN = "withdrawn"
"""The kind of a correction that says: the corrected event never happened."""

AGREED = "policy.agreed"
"""The person agreed to a version of the policy."""

PREFERENCE = "preference.set"
"""The person said how long data should be kept; one that names no period takes earlier ones back."""

DIED = "subject.deceased"
"""Starts no clock unless a rule says so, and stops none: what is kept of the dead is kept as long as before."""

CORRECTED = "subject.corrected"
"""The person put something right in his account: whoever received it is told (GDPR art. 19)."""

BOUNCED = "mail.bounced"
UNVERIFIED = "contact.unverified"
VERIFIED = "contact.verified"
"""Mail comes back; it came back so often that somebody must look; somebody has looked, and it is right."""

PLACED = "restriction.placed"
LIFTED = "restriction.lifted"
NOTIFIED = "notice.delivered"
"""A restriction's beginning and end, and what must come before the end."""

OVERUSED = "use.out_of_purpose"
"""The person's data was used beyond the purposes it is held for (APPI arts. 18(1), 35(1))."""

EVENT_KINDS = frozenset(
    [
        "account.closed",
        "account.opened",
        "account.reopened",
        "acquisition.unlawful",
        "ad.optout",
        "applicant.hired",
        "applicant.rejected",
        "breach.confirmed",
        "campaign.lost",
        "campaign.prizes_dispatched",
        "card.replaced",
        "commission.settled",
        "consent.given",
        "consent.withdrawn",
        "contact.unverified",
        "contact.verified",
        "contract.data_returned",
        "contract.ended",
        "contract.started",
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
        "parcel.returned",
        "pack.activated",
        "pack.announced",
        "partner.withdrew",
        "permission.revoked",
        "policy.agreed",
        "preference.set",
        "purpose.accomplished",
        "recovery.completed",
        "recovery.expired",
        "response.completed",
        "restore.completed",
        "restriction.lifted",
        "restriction.placed",
        "service.terminated",
        "session.ended",
        "session.started",
        "shareholder.ceased",
        "subject.corrected",
        "subject.deceased",
        "survey.closed",
        OVERUSED,
        "wrongful_deletion",
    ]
)
"""Kinds of events that can start or stop a clock."""

STOPS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "account.closed": frozenset({"account.opened", "account.reopened"}),
        "applicant.rejected": frozenset({"applicant.hired"}),
        "campaign.prizes_dispatched": frozenset({"parcel.returned"}),
        "consent.withdrawn": frozenset({"consent.given"}),
        UNVERIFIED: frozenset({VERIFIED, CORRECTED}),
        "contract.ended": frozenset({"contract.started"}),
        "legal_hold.placed": frozenset({"legal_hold.released"}),
        "restriction.placed": frozenset({"restriction.lifted"}),
        "session.ended": frozenset({"session.started"}),
    }
)
"""Start event → the events that stop its clock; a clock not named here cannot be stopped."""


OPENINGS = frozenset(["account.opened", "account.reopened", "applicant.hired", "consent.given", "contract.started"])
"""Events by which somebody comes to us anew, by contract or consent."""


class About(Enum):
    """What an event of some kind is about, beside the person."""

    PURPOSE = "purpose"
    """A purpose of the policy; without one, every purpose that the event can end."""
    CATEGORY = "category"
    """A category of the policy; without one, anything."""
    VERSION = "version"
    """A version of the policy."""
    PERIOD = "period"
    """A period in ISO 8601: how long the person wants the data to be kept."""
    NOTICE = "notice"
    """A kind of notice (`restriction-lift`), or a version of the policy that was notified."""


ABOUT: Mapping[str, About] = MappingProxyType(
    {
        "consent.given": About.PURPOSE,
        "consent.withdrawn": About.PURPOSE,
        "notice.delivered": About.NOTICE,
        "objection": About.PURPOSE,
        "policy.agreed": About.VERSION,
        "preference.set": About.PERIOD,
        "purpose.accomplished": About.PURPOSE,
        CORRECTED: About.CATEGORY,
    }
)
"""Kinds of events that may say what they are about; for others `about` is a mistake."""

RESTRICTION_LIFT = "restriction-lift"
"""The notice without which a restriction does not lift (GDPR art. 18(3))."""
