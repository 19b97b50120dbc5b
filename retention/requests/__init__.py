"""Requests: who decides what, and whether; by when a person is answered. Pure.

    intake     channel and identity documents
    deadline   the last instant for the answer
    regimes    under which laws a person asks
    routing    who answers: we, the enterprise, the client, the one responsible for joint use
    channels   which way in counts, and when a request arrived
    filing     agents and their papers; minors
    household  accounts that several people use
    proof      how well the requester must be known, and which papers show it
    fees       what it costs

Start at `intake`.
"""

from __future__ import annotations

from retention.requests.deadline import due_at
from retention.requests.intake import REFUSALS, check_channel, check_refusal, identity_accepted

__all__ = ["REFUSALS", "check_channel", "check_refusal", "due_at", "identity_accepted"]
