"""Clocks: when what is kept need not be kept any more. Pure; `now` is a parameter.

    calendar    arithmetic of the Japanese Civil Code: first free day, and its inverse for row clocks
    fold        events about a person → which count, and since when a clock runs
    needs       what must have happened before a rule is due: every need, by any of its triggers
    standing    what a rule says for one person or row: not started, running, open purposes, paused, due
    consent     whether a person's consent to a purpose stands
    preference  a person's own, shorter period
    restriction whether everything is paused, and whether the lifting counts
    bounces     whether an address is in doubt
    catalogue   which kinds of events start and stop a clock

Start at `calendar`: its docstring says how a period is counted.
"""

from __future__ import annotations

from retention.clocks.bounces import in_doubt
from retention.clocks.calendar import advance, due_before, first_free_day, fiscal_year_end_of, free_at
from retention.clocks.catalogue import EVENT_KINDS, STOPS, WITHDRAWN, stops_of
from retention.clocks.consent import CONSENT_KINDS, consents
from retention.clocks.fold import started_at, that_count, uncorrected
from retention.clocks.needs import Need, Trigger, kinds_that_move, needs_of
from retention.clocks.preference import as_wished, period_of
from retention.clocks.restriction import LiftWithoutNotice, RestrictedSince, Restriction, Unrestricted, restricted
from retention.clocks.standing import (
    Due,
    NotStarted,
    OpenPurposes,
    OutsideAudience,
    Paused,
    Running,
    Standing,
    addressed,
    row_standing,
    standing,
)

__all__ = [
    "CONSENT_KINDS",
    "EVENT_KINDS",
    "STOPS",
    "WITHDRAWN",
    "Due",
    "LiftWithoutNotice",
    "Need",
    "NotStarted",
    "OpenPurposes",
    "OutsideAudience",
    "Paused",
    "RestrictedSince",
    "Restriction",
    "Running",
    "Standing",
    "Trigger",
    "Unrestricted",
    "addressed",
    "advance",
    "as_wished",
    "consents",
    "due_before",
    "first_free_day",
    "fiscal_year_end_of",
    "free_at",
    "in_doubt",
    "kinds_that_move",
    "needs_of",
    "period_of",
    "restricted",
    "row_standing",
    "standing",
    "started_at",
    "stops_of",
    "that_count",
    "uncorrected",
]
