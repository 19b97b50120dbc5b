"""A witness: run by an auditor, a joint user or a processor, it cosigns the logs of others that only grow.

    folder   its key, the logs it knows, what it has signed: durable
    server   the protocol over HTTP (C2SP tlog-witness)

Start at `server`. What is decided and signed stands in `retention.evidence.cosigning`.
"""

from __future__ import annotations

from retention.witness.folder import KnownLog, WitnessFolder
from retention.witness.server import WitnessServer

__all__ = ["KnownLog", "WitnessFolder", "WitnessServer"]
