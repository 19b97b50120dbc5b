"""A set for the group: refused while the notice is not what the law asks, then handed over, labelled by tests."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from demo import operator, telling
from demo.buckets import EXPORTS, keys_of, s3_client
from demo.systems import Systems
from retention.app import App
from retention.errors import SharingError
from retention.model.ids import CaseId
from retention.wiring import open_app

_USE, _SET, _MEMBER = "group_pseudonymised", "viewing", "usen-next-holdings"
_OFFICE = "    responsible: {office: CX本部 CRM推進部長}\n    # Our proposal"
_ENTITY = (
    '    responsible: {entity: {ja: 株式会社U-NEXT, en: "U-NEXT Co., Ltd."}, '
    "address: 東京都品川区上大崎三丁目1番1号, representative: 代表取締役社長}\n    # Our proposal"
)


def name_the_entity(workspace: Path) -> None:
    """Do what `retention policy check` asks for: an entity answers for joint use, not an office."""
    policy = workspace / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace(_OFFICE, _ENTITY), encoding="utf-8")


def hand_over(workspace: Path, console: Console, systems: Systems, now: datetime) -> CaseId:
    """Tell the chapter; return its case."""
    with open_app(workspace, now) as app:
        for recipient in (_MEMBER, "ad-network"):
            try:
                app.plan_export(_USE, _SET, recipient, now)
            except SharingError as refusal:
                console.print(f"to {recipient}: {refusal}", style="yellow", markup=False, highlight=False)
        app.write_notices(_USE, workspace / "notices", now)
        app.publish_notice(_USE, "https://u-next.example/privacy/joint-use", now)
        console.print(f"the notice is public now, in Japanese and English: {workspace / 'notices'}", soft_wrap=True)
        case_id = _walk(workspace, console, app, now)
    _show(console, systems)
    return case_id


def _walk(workspace: Path, console: Console, app: App, now: datetime) -> CaseId:
    made = app.plan_export(_USE, _SET, _MEMBER, now)
    telling.plan(console, app.plan(made.plan_id)[0])
    operator.approve(workspace, made.plan_id, made.digest, "operator")
    app.apply(made.plan_id, now)
    app.verify(made.plan_id, now)
    app.seal(made.plan_id, now)
    telling.outcome(console, app, made.case_id)
    return made.case_id


def _show(console: Console, systems: Systems) -> None:
    """Read what lies in the bucket as the joint user does: manifest, label, a few rows."""
    client = s3_client(systems.s3_endpoint)
    bodies = {
        key: client.get_object(Bucket=EXPORTS, Key=key)["Body"].read() for key in keys_of(client, EXPORTS, _MEMBER)
    }
    (manifest,) = [json.loads(body) for key, body in bodies.items() if key.endswith("manifest.json")]
    rows = pq.read_table(io.BytesIO(next(body for key, body in bodies.items() if key.endswith(".parquet"))))
    table = Table(title=f"{manifest['recipient']} reads {manifest['rows']} rows, {manifest['label']}")
    for name in rows.column_names:
        table.add_column(name)
    for row in rows.slice(0, 3).to_pylist():
        table.add_row(*map(str, row.values()))
    console.print(table)


def rows_of(systems: Systems) -> int:
    """Count the rows in the joint user's hands."""
    client = s3_client(systems.s3_endpoint)
    parts = [key for key in keys_of(client, EXPORTS, _MEMBER) if key.endswith(".parquet")]
    bodies = (client.get_object(Bucket=EXPORTS, Key=key)["Body"].read() for key in parts)
    return sum(pq.ParquetFile(io.BytesIO(body)).metadata.num_rows for body in bodies)
