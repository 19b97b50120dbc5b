"""A business that takes requests over the Data Rights Protocol, version 0.9.4 (the draft of 1.0).

    settings   the options of retention.yaml, checked
    wire       what is sent and read: signed requests, statuses
    processor  the client: submit, status, callback, withdraw

We are the authorized agent and speak for people whose identity we have proven. The specification:
github.com/consumer-reports-innovation-lab/data-rights-protocol, `data-rights-protocol.md`; section numbers are its.
"""

from __future__ import annotations
