"""Runs and their cases, as Airflow's database knows them: by the numbers that a run was given or has returned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from airflow.api_fastapi.app import API_ROOT_PATH
from airflow.models.dagrun import DagRun
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from sqlalchemy import select

from airflow_plugin import PREFIX, ROUTE
from retention.model.ids import PlanId
from retention.pages.case import RunLink

ROOT = API_ROOT_PATH.removesuffix("/")
"""The path below which Airflow is served; empty where it has a host of its own."""
_RETURNED = "return_value"
_NUMBER = re.compile(r"[CP]-\d{8}-[a-z0-9]{6}")
_CASE_OR_PLAN = {"C": "cases", "P": "plans"}
_MOST = 20


def page_of_run(dag_id: str, run_id: str) -> str:
    """Return the address of the page, framed by Airflow, of the case that a run carries out; empty if it has none."""
    number = next(_numbers(dag_id, run_id), None)
    return f"{ROOT}/plugin/{ROUTE}{PREFIX}/{_CASE_OR_PLAN[number[0]]}/{number}" if number else ""


def _numbers(dag_id: str, run_id: str) -> Iterator[str]:
    """Yield the case or plan that the run was given, then the plans that its tasks returned."""
    with create_session() as session:
        conf = session.scalar(select(DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        given = conf.values() if isinstance(conf, dict) else ()
        returned = session.scalars(
            select(XComModel.value)
            .where(XComModel.dag_id == dag_id, XComModel.run_id == run_id, XComModel.key == _RETURNED)
            .order_by(XComModel.timestamp)
        ).all()
    for value in (*given, *returned):
        text = value.strip('"') if isinstance(value, str) else ""
        if _NUMBER.fullmatch(text):
            yield text


def runs_of_plans(plans: Sequence[PlanId]) -> tuple[tuple[str, RunLink], ...]:
    """Return DAG and link of each run in which a task returned one of the plans, newest first."""
    wanted = [form for plan in plans for form in (str(plan), json.dumps(plan))]  # tasks' values are JSON in JSON
    if not wanted:
        return ()
    with create_session() as session:
        found = session.execute(
            select(DagRun.dag_id, DagRun.run_id, DagRun.state, DagRun.start_date)
            .join(XComModel, XComModel.dag_run_id == DagRun.id)
            .where(XComModel.key == _RETURNED, XComModel.value.in_(wanted))
            .distinct()
            .order_by(DagRun.start_date.desc())
            .limit(_MOST)
        ).all()
    return tuple(
        (dag_id, RunLink(dag_id, f"{ROOT}/dags/{quote(dag_id)}/runs/{quote(run_id)}", str(state), began_at))
        for dag_id, run_id, state, began_at in found
    )
