"""`retention doctor`: look at everything that a run needs, and change nothing.

examine   start here: every check, one after another
patient   the workspace as far as it can be read
machine   software, files, disk, the clock
inside    data map, packs, connectors, ledger, keys, log
outside   buckets, queues, mail, time-stamps, witnesses, Airflow
needs     which extras a workspace needs, and what of them is not installed
"""

from __future__ import annotations

from retention.wiring.doctor.examine import examine

__all__ = ["examine"]
