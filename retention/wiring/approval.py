"""Was something said of a plan? Asked every minute by Airflow's triggerer, so that it opens the ledger alone."""

from __future__ import annotations

from pathlib import Path

from retention.app.questions import mark
from retention.model.ids import PlanId
from retention.store import open_ledger
from retention.wiring.opening import ledger_url, read_text
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.settings import read_settings
from retention.wiring.subject_keys import open_ledger_keys


def approval_mark(folder: Path, plan_id: PlanId) -> str:
    """Return the plan's mark; see `questions.mark`.

    Raises:
        SettingsError: retention.yaml is wrong.
        UnknownNameError: there is no such plan.
        TransientFailure: the ledger cannot be reached.

    """
    keep_data_out_of_logs()
    settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    ledger = open_ledger(ledger_url(settings), open_ledger_keys(settings.keys, settings.key_holder))
    try:
        return mark(ledger, plan_id)
    finally:
        ledger.close()
