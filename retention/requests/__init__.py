"""Requests: from the letter to the closed file, what is accepted on the way, and who decides what. Pure.

    lifecycle  which move may follow, in which state of a request
    folding    what its moves add up to
    intake     channel and identity documents
    deadline   the last instant for the answer
    regimes    under which laws a person asks
    routing    who answers: we, the enterprise, the client, the one responsible for joint use
    channels   which way in counts, and when a request arrived
    filing     agents and their papers; minors
    household  accounts that several people use
    proof      how well the requester must be known, and which papers show it
    fees       what it costs

Start at `lifecycle`.
"""

from __future__ import annotations

from retention.requests.deadline import due_at
from retention.requests.folding import begin, fold
from retention.requests.intake import REFUSALS, check_channel, check_refusal, identity_accepted
from retention.requests.lifecycle import DONE_BY, Bounds, advance, late_clocks, moment

__all__ = [
    "DONE_BY",
    "REFUSALS",
    "Bounds",
    "advance",
    "begin",
    "check_channel",
    "check_refusal",
    "due_at",
    "fold",
    "identity_accepted",
    "late_clocks",
    "moment",
]
