"""Names of things, so that a case id is never passed where a plan id is meant."""

from __future__ import annotations

from typing import NewType

CaseId = NewType("CaseId", str)
"""One sweep, request or restore: `C-20261123-7f3k2q`; says nothing about the person."""
PlanId = NewType("PlanId", str)
"""One plan of a case: `P-…`."""
StepId = NewType("StepId", str)
"""One step of a plan, unique in the plan: `03-erase-app.customers`."""
RuleId = NewType("RuleId", str)
"""A rule of the policy."""
HoldId = NewType("HoldId", str)
"""A hold of the policy, or one that a person placed."""
CategoryId = NewType("CategoryId", str)
"""A category of personal data, as the policy names it."""
DatasetId = NewType("DatasetId", str)
"""A dataset of the data map: `app.customers`."""
SystemId = NewType("SystemId", str)
"""A system of retention.yaml: `app`."""
KeySetId = NewType("KeySetId", str)
"""A set of keys kept encrypted in the vault; plans hold this name, never the keys."""
StatementId = NewType("StatementId", str)
"""A signed fact; derived from what it states, so that it is appended once."""
OrderId = NewType("OrderId", str)
"""An order to a processor: a UUID (form of version 4, as OpenDSR 1.1 asks) derived from the step."""
CopyId = NewType("CopyId", str)
"""One backup copy: `nightly/2026-11-22`."""
