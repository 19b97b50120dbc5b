"""Who visits, as Airflow knows him; and what he may here, by what he may do to our requests' DAG.

    may read runs of `subject_request`                →  auditor: cases, evidence
    may answer what waits for people there, besides   →  approver: the same
    may start runs of `subject_request`, besides      →  operator: certificates too

Under the simple auth manager viewers are auditors, and users, operators and admins are operators; an auth manager with
rights by DAG tells them apart as finely as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Request

from airflow_plugin import PREFIX
from airflow_plugin.runs import ROOT
from retention.model.access import Role
from retention.pages.application import Visitor

REQUESTS = "subject_request"
"""The DAG whose rights are the rights here."""


@dataclass(frozen=True, slots=True)
class AirflowVisitor(Visitor):
    """Somebody signed in to Airflow."""

    user: Any
    """As the auth manager knows him."""

    def may_see(self, dag_id: str) -> bool:
        """Whether he may read the DAG's runs."""
        return _may(self.user, "GET", DagAccessEntity.RUN, dag_id)


def visitor(user: GetUserDep) -> Visitor:
    """Return who is signed in; `GetUserDep` refuses everybody else with 401."""
    return AirflowVisitor(str(user.get_name()), frozenset(_roles(user)), user)


def _roles(user: Any) -> set[Role]:  # noqa: ANN401 -- each auth manager has users of its own kind
    if not _may(user, "GET", DagAccessEntity.RUN):
        return set()
    roles = {Role.AUDITOR}
    if _may(user, "PUT", DagAccessEntity.HITL_DETAIL):
        roles.add(Role.APPROVER)
    if _may(user, "POST", DagAccessEntity.RUN):
        roles.add(Role.OPERATOR)
    return roles


def _may(user: Any, method: Any, entity: DagAccessEntity, dag_id: str = REQUESTS) -> bool:  # noqa: ANN401 -- see above
    details = DagDetails(id=dag_id)
    return bool(get_auth_manager().is_authorized_dag(method=method, access_entity=entity, details=details, user=user))


def sign_in(request: Request) -> str:
    """Return the address of Airflow's login, which leads back to the page that was asked for."""
    page = request.scope["path"].removeprefix(request.scope.get("root_path", "")) or "/"
    return str(get_auth_manager().get_url_login(next_url=f"{ROOT}{PREFIX}{page}"))
