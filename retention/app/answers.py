"""What is handed out: the bundle for an auditor, the certificate for the person."""

from __future__ import annotations

from retention.app.context import Context
from retention.evidence import export_bundle
from retention.model.ids import CaseId


def bundle(context: Context, case_id: CaseId) -> bytes:
    """Return the case's evidence bundle, with the plan and the policy it was made under.

    Raises:
        UnknownNameError: there is no such case.

    """
    context.ledger.cases.get(case_id)
    attachments: dict[str, bytes] = {}
    plans = context.ledger.plans.of_case(case_id)
    if plans:
        attachments["plan.json"] = plans[0].body
        attachments["policy.yaml"] = context.policy_text.encode()
        attachments["datamap.yaml"] = context.datamap_text.encode()
    return export_bundle(context.log, case_id, attachments)
