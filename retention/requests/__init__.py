"""Requests: by when a person is answered, and what is accepted on the way in. Pure.

    intake     channel and identity documents
    deadline   the last instant for the answer

Start at `intake`.
"""

from __future__ import annotations

from retention.requests.deadline import due_at
from retention.requests.intake import REFUSALS, check_channel, check_refusal, identity_accepted

__all__ = ["REFUSALS", "check_channel", "check_refusal", "due_at", "identity_accepted"]
