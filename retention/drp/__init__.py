"""We as a business of the Data Rights Protocol, version 0.9: authorized agents send requests to delete.

    endpoint   method, path, headers and body → reply; start reading here
    reading    signed messages, checked in the order of 3.07
    saying     the bodies of our answers

The specification: github.com/consumer-reports-innovation-lab/data-rights-protocol, `data-rights-protocol.md`, 0.9.4
(read 2026-11-26); section numbers are its.
"""

from __future__ import annotations

from retention.drp.endpoint import LARGEST_REQUEST, Endpoint

__all__ = ["LARGEST_REQUEST", "Endpoint"]
