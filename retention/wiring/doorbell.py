"""Is anything waiting? Asked every few seconds by Airflow's triggerer, so that it opens as little as it can."""

from __future__ import annotations

from pathlib import Path

from retention.model.parcel import ParcelState
from retention.store import open_ledger
from retention.wiring.intake import connect_intake
from retention.wiring.opening import ledger_url, read_text
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.settings import read_settings
from retention.wiring.subject_keys import open_ledger_keys


def count_waiting(folder: Path) -> int:
    """Return how many parcels wait: in queues (about), and in the inbox unfolded or with a case to be opened.

    Nothing is taken: no message is received, and none is read.

    Raises:
        SettingsError: retention.yaml is wrong.
        TransientFailure: the ledger or a queue cannot be reached.

    """
    keep_data_out_of_logs()
    settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    waiting = 0
    for queue in connect_intake(settings.events, settings.folder).queues.values():
        waiting += queue.depth()
        queue.close()
    ledger = open_ledger(ledger_url(settings), open_ledger_keys(settings.keys, settings.key_holder))
    try:
        counts = ledger.inbox.counts()
    finally:
        ledger.close()
    return waiting + counts.get(ParcelState.WAITING, 0) + counts.get(ParcelState.OPENING, 0)
