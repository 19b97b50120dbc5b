"""What may be typed into Airflow about our DAGs: numbers, and names of things; nothing that could be about a person.

Airflow keeps what is typed into it, refused or not: in runs, notes and its audit log. So the forms of the DAGs have
these patterns, and the plugin refuses, before Airflow keeps it, whatever else is sent about one of these DAGs.
"""

from __future__ import annotations

from collections.abc import Mapping

from retention.model.approval_facts import REJECTIONS

CASE = r"^C-[0-9]{8}-[0-9a-z]{6}$"
PLAN = r"^P-[0-9]{8}-[0-9a-z]{6}$"
SYSTEM = r"^[a-z][a-z0-9_-]*$"
NAME = r"^[a-z0-9][a-z0-9_-]*$"
"""Of a joint use, a set, a joint user: as the policy writes it."""
MOMENT = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2}))?$"
"""A date and time with its offset, or nothing."""

FORMS: Mapping[str, Mapping[str, str]] = {
    "subject_request": {"case_id": CASE},
    "carry_out": {"plan_id": PLAN},
    "restore_gate": {"system_id": SYSTEM, "taken_at": MOMENT},
    "joint_use_export": {"joint_use": NAME, "set_name": NAME, "recipient": NAME},
    "request_batch": {},
    "retention_sweep": {},
    "joint_use_withdrawals": {},
    "unfinished": {},
    "letters": {},
    "request_clocks": {},
    "event_intake": {},
    "client_calls": {},
    "copies_follow_up": {},
    "canary": {},
    "evidence_seal": {},
    "evidence_binder": {},
    "expiries": {},
    "standing_checks": {},
    "erasure_lineage": {},
    "metrics": {},
}
"""Each of our DAGs, and what its form asks for: the field, and the pattern of its answer."""

ANSWER: Mapping[str, str] = {"digest": r"^[0-9a-f]{64}$", "reason": f"^({'|'.join(REJECTIONS)})$"}
"""What is sent with an answer to the question whether a plan may be carried out."""
