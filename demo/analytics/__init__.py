"""An analytics company, simulated: a processor that speaks OpenDSR 2.0 over HTTP, as its own process.

    __main__    the program: `python -m demo.analytics --port N --folder DIR`, and `load`; start reading here
    service     the HTTP side
    erasing     does the work behind an order and calls back
    records     its SQLite file: people's viewing counts, and orders
    signing     its RSA key and certificate
    faults      what it does wrong on demand, for tests

It shares no code with the connector that talks to it: each is a reading of the specification.
"""

from __future__ import annotations

from demo.analytics.faults import Faults
from demo.analytics.records import Records
from demo.analytics.service import Settings, make_app

__all__ = ["Faults", "Records", "Settings", "make_app"]
