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
    offered    what the text offers for a right, and which laws know it
    grounds    whether there is a ground, and whether it is looked into first
    findings   what facts alone say of a ground; the weighing of likely harm
    refusals   for which reasons it may be refused
    measures   what is offered in place of what is difficult
    fees       what it costs
    repeated   the same request again: merged, or too much
    allowing   all of that as the bounds of one request's life

Start at `lifecycle`.
"""

from __future__ import annotations

from retention.requests.deadline import due_at
from retention.requests.folding import begin, fold
from retention.requests.intake import REFUSALS, channel_closed, check_refusal, reason_of
from retention.requests.lifecycle import DONE_BY, Bounds, advance, late_clocks, moment

__all__ = [
    "DONE_BY",
    "REFUSALS",
    "Bounds",
    "advance",
    "begin",
    "channel_closed",
    "check_refusal",
    "due_at",
    "fold",
    "late_clocks",
    "moment",
    "reason_of",
]
