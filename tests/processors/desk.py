"""A whole case around one processor: one person asks, one order goes out; the rest is for the test."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.memory import forget, make
from retention.app import App
from retention.model.answer import Answer
from retention.model.case import CaseState
from retention.model.copies import PlacedOrder
from retention.model.datamap import ColumnType
from retention.wiring import open_app

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PERSON = "c1@mail.example"
SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: shop.example/log}}
systems:
  app: {{connector: memory, url: "memory:order_faults"}}
  crm: {system}
"""
POLICY = """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: Account, ja: 会員情報}, purposes: [P]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
processors:
  crm: {categories: [account], key: email, answer_within: P14D}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {email: email},
    fields: {name: {category: account, identifies: directly}}}
"""


@dataclass
class Desk:
    """One request about one person, as far as its approved plan; `apply` and `seal` go on with it."""

    app: App
    far: Any
    plan_id: str
    case_id: str
    now: datetime = NOW

    def apply(self, after: timedelta = timedelta()) -> CaseState:
        """Carry the plan out some time later; return the case's state."""
        self.now += after
        return self.app.apply(self.plan_id, self.now).state

    def seal(self, after: timedelta = timedelta()) -> CaseState:
        """Verify, and seal if the processor has answered."""
        self.now += after
        if self.state is CaseState.APPLIED:
            self.app.verify(self.plan_id, self.now)
            assert self.state is CaseState.VERIFIED
        return self.app.seal(self.plan_id, self.now).state

    def facts(self, kind: str) -> list[dict[str, Any]]:
        """Return what evidence states of the kind."""
        entries = self.app.context.log.sequence.entries(0, self.app.context.log.publish().size)
        told = [json.loads(b64decode(json.loads(each.envelope)["payload"]))["predicate"] for each in entries]
        return [each for each in told if each["kind"] == kind]

    def close(self) -> None:
        """Close the workspace and forget its rows."""
        self.app.close()
        forget("order_faults")

    @property
    def state(self) -> CaseState:
        """Where the case is."""
        return self.app.context.ledger.cases.get(self.case_id).state

    @property
    def order(self) -> PlacedOrder:
        """The order as the ledger has it."""
        return self.app.context.ledger.copies.orders(self.case_id)[0]

    @property
    def answer(self) -> Answer | None:
        """What the processor said last."""
        return self.order.receipt.answer if self.order.receipt else None


def open_desk(folder: Path, far: Any, **more: str) -> Desk:
    """Reset the processor, open a workspace with it, and bring a request as far as its approved plan.

    `far` has `reset()` and `settings(**more)`, the options of retention.yaml.
    """
    far.reset()
    settings = far.settings(**more)
    texts = {"retention": SETTINGS.format(system=json.dumps(settings)), "policy": POLICY, "datamap": DATAMAP}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    columns = {"id": ColumnType.TEXT, "email": ColumnType.TEXT, "name": ColumnType.TEXT}
    rows = [{"id": "1", "email": PERSON, "name": "n"}, {"id": "2", "email": "c2@mail.example", "name": "m"}]
    make("order_faults").put("customers", columns, rows)
    app = open_app(folder)
    return Desk(app, far, *approved(app, f"email={PERSON}"))


def approved(app: App, subject: str) -> tuple[str, str]:
    """Bring the person's request as far as its approved plan; return the plan's number and the case's."""
    case = app.open_request(subject, "post", NOW)
    app.identify(case.case_id, "passport", NOW)
    app.accept(case.case_id, NOW)
    plan = app.plan_request(case.case_id, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    return plan.plan_id, case.case_id
