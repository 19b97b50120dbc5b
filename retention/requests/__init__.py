"""Requests: from the letter to the closed file, and what is accepted on the way. Pure.

    lifecycle  which move may follow, in which state of a request
    folding    what its moves add up to
    intake     channel and identity documents
    deadline   the last instant for the answer

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
