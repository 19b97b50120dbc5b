"""One plan carried out through the use cases over a store in memory that can be made to fail."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.memory import forget, make
from retention.app import App
from retention.errors import HeldError, StalePlanError, StateError, TransientFailure
from retention.execution.processors import order_id
from retention.model.case import CaseState
from retention.model.copies import Copy, Registered
from retention.model.datamap import ColumnType
from retention.model.period import Period
from retention.model.subject import SubjectKey
from retention.ports.ledger import Phase
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
systems:
  app: {connector: memory, url: "memory:run"}
"""
POLICY = """\
policy: p
controller: {name: {en: Shop}, address: Tokyo, responsible: Office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: A}, purposes: [P]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
DATAMAP = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.notes: {system: app, table: notes, primary_key: [id], parent: {app.customers: {customer_id: id}},
    fields: {text: {category: account, identifies: directly}}}
"""
TEXT = ColumnType.TEXT


class Failing:
    """A store whose eraser does not reach one table, or dies before or after it changed it."""

    def __init__(self, store, table, error, *, after=False):
        self._store, self.table, self.error, self.after = store, table, error, after
        self.capabilities = store.capabilities
        self.finder, self.inspector, self.close = store.finder, store.inspector, store.close
        self.surveyor = store.surveyor

    def eraser(self):
        """Return itself."""
        return self

    def erase_rows(self, dataset, selection):
        """Fail at the table, before or after its rows are gone."""
        if dataset.location == self.table and not self.after:
            raise self.error
        effect = self._store.eraser().erase_rows(dataset, selection)
        if dataset.location == self.table:
            raise self.error
        return effect


class Nightly:
    """A backup system with one copy."""

    def __init__(self):
        self.gone = False

    def keeper(self):
        """Return itself."""
        return self

    def copies(self):
        """Return the copy while it is there."""
        taken = NOW - timedelta(days=1)
        return () if self.gone else (Copy("nightly/1", "nightly", ("app",), taken, NOW + timedelta(days=34)),)

    def examine(self):
        """Return the copy, with nothing that does not fit."""
        return Registered("nightly", "folders", Period(days=35), None, "job", None, None, self.copies(), ())

    def exists(self, copy_id):
        """Whether the copy is there."""
        return copy_id == "nightly/1" and not self.gone

    def close(self):
        """Do nothing."""


@pytest.fixture
def database():
    """Two customers with a note each."""
    made = make("run")
    made.put("customers", {"id": TEXT, "name": TEXT}, [{"id": f"c{n}", "name": f"n{n}"} for n in (1, 2)])
    notes = [{"id": str(n), "customer_id": f"c{n}", "text": "t"} for n in (1, 2)]
    made.put("notes", {"id": TEXT, "customer_id": TEXT, "text": TEXT}, notes)
    yield made
    forget("run")


@pytest.fixture
def app(tmp_path, database):
    """The workspace over them."""
    del database
    for name, text in (("retention", SETTINGS), ("policy", POLICY), ("datamap", DATAMAP)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    with open_app(tmp_path) as opened:
        yield opened


def approved(app):
    """Take a request for c1 as far as its approved plan."""
    case = app.open_request("user_id=c1", "post", NOW)
    app.identify(case.case_id, "passport", NOW)
    app.accept(case.case_id, NOW)
    plan = app.plan_request(case.case_id, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    return case.case_id, plan.plan_id


def with_store(app, wrap):
    """The same use cases over a wrapped store."""
    return App(replace(app.context, stores={"app": wrap(app.context.stores["app"])}))


def phases(app, plan_id):
    """The journal as (step's kind, phase)."""
    return [(e.step_id, e.phase) for e in app.context.ledger.journal.entries(plan_id)]


def test_a_run_writes_intent_done_and_evidence_step_by_step(app):
    """Children first; the dataset's measure before its first step; each line before the next thing."""
    _, plan_id = approved(app)
    report = app.apply(plan_id, NOW)
    assert (report.state, report.done, report.failed) == (CaseState.APPLIED, 2, {})
    first, second = "001-erase-app.notes", "002-erase-app.customers"
    assert phases(app, plan_id) == [
        ("look-app.notes", Phase.INTENT),
        *((first, phase) for phase in (Phase.INTENT, Phase.DONE, Phase.EVIDENCE)),
        ("look-app.customers", Phase.INTENT),
        *((second, phase) for phase in (Phase.INTENT, Phase.DONE, Phase.EVIDENCE)),
    ]


def test_a_failing_step_stops_the_run_and_running_again_finishes(app, database):
    """The case is PARTIAL with the reason's code; parents are not touched before their children; the rerun ends it."""
    _, plan_id = approved(app)
    failing = with_store(app, lambda store: Failing(store, "notes", TransientFailure("the store is busy")))
    report = failing.apply(plan_id, NOW)
    assert report.state is CaseState.PARTIAL
    assert {step: (failed.code, failed.transient) for step, failed in report.failed.items()} == {
        "001-erase-app.notes": ("RET-401", True)
    }
    assert len(database.rows("customers")) == 2
    assert phases(app, plan_id)[-1] == ("001-erase-app.notes", Phase.FAILED)
    with pytest.raises(StateError):
        app.verify(plan_id, NOW)
    assert app.apply(plan_id, NOW).state is CaseState.APPLIED
    app.verify(plan_id, NOW)
    assert [row["id"] for row in database.rows("customers")] == ["c2"]


def erasures(app, case_id):
    """What the log states about rows of the case: (dataset, rows, resumed)."""
    envelopes = [json.loads(entry.envelope) for entry in app.context.ledger.log.of_case(case_id)]
    bodies = [json.loads(b64decode(envelope["payload"])) for envelope in envelopes]
    facts = [body["predicate"] for body in bodies]
    return [(f["dataset"], f["effect"]["rows"], f["resumed"]) for f in facts if f["kind"] == "deletion"]


def test_a_run_that_died_after_the_effect_states_what_was_done_once(app, database):
    """The second attempt meets nothing; the statement still says one row, and is recorded once."""
    case_id, plan_id = approved(app)
    dying = with_store(app, lambda store: Failing(store, "notes", KeyboardInterrupt(), after=True))
    with pytest.raises(KeyboardInterrupt):
        dying.apply(plan_id, NOW)
    assert len(database.rows("notes")) == 1
    assert app.context.ledger.cases.get(case_id).state is CaseState.APPLYING
    assert app.apply(plan_id, NOW).state is CaseState.APPLIED
    intent = next(e for e in app.context.ledger.journal.entries(plan_id) if e.step_id.startswith("001"))
    assert json.loads(intent.body) == {"rows": 1}
    done = [json.loads(e.body) for e in app.context.ledger.journal.entries(plan_id) if e.phase is Phase.DONE]
    assert [(body["rows"], body["resumed"]) for body in done] == [(0, True), (1, False)]
    assert erasures(app, case_id) == [("app.notes", 1, True), ("app.customers", 1, False)]
    size = app.context.ledger.log.size()
    app.apply(plan_id, NOW)
    assert app.context.ledger.log.size() == size


def test_who_must_not_come_back_is_known_before_the_first_erasure(app):
    """A store that dies at the first step leaves the suppression behind, by digest only."""
    _, plan_id = approved(app)
    dying = with_store(app, lambda store: Failing(store, "notes", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        dying.apply(plan_id, NOW)
    (found,) = app.context.ledger.copies.suppressions(NOW)
    assert (found.key_name, found.scope) == ("user_id", "request")
    assert found.digest == app.context.suppression_digest(SubjectKey("user_id", "c1"))


def test_a_run_that_died_can_be_planned_again_when_the_world_forbids_going_on(app):
    """A hold placed meanwhile refuses the rest; the case becomes PARTIAL, so that a new plan can replace it."""
    case_id, plan_id = approved(app)
    dying = with_store(app, lambda store: Failing(store, "customers", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        dying.apply(plan_id, NOW)
    with pytest.raises(StateError):
        app.plan_request(case_id, NOW)
    assert app.plan(plan_id)  # the refused plan did not take the old one's place
    assert len(app.context.ledger.plans.of_case(case_id)) == 1
    hold = app.place_hold("user_id=c2", "dispute", NOW)
    with pytest.raises(HeldError):
        app.apply(plan_id, NOW)
    assert app.context.ledger.cases.get(case_id).state is CaseState.PARTIAL
    app.release_hold(hold.hold_id, NOW)
    plan = app.plan_request(case_id, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    assert app.apply(plan.plan_id, NOW).state is CaseState.APPLIED


def test_a_new_row_makes_the_plan_stale_before_the_first_step_only(app, database):
    """Nothing is touched: neither the new row nor the planned ones, and no suppression is written."""
    _, plan_id = approved(app)
    rows = [*database.rows("notes"), {"id": "3", "customer_id": "c1", "text": "late"}]
    database.put("notes", {"id": TEXT, "customer_id": TEXT, "text": TEXT}, rows)
    with pytest.raises(StalePlanError, match="approved for 1 rows and would now touch 2"):
        app.apply(plan_id, NOW)
    assert len(database.rows("notes")) == 3
    assert not list(app.context.ledger.copies.suppressions(NOW))


def test_a_copy_is_pending_until_its_horizon_and_the_case_closes_when_it_is_gone(app):
    """The horizon is the copy's expiry; a copy that should be gone and is not keeps the case open."""
    nightly = Nightly()
    app = App(replace(app.context, copies={"nightly": nightly}, copied={"nightly": ("app",)}))
    case_id, plan_id = approved(app)
    report = app.apply(plan_id, NOW)
    assert [(p.waiting_for, p.until) for p in report.pending.values()] == [("copies:nightly", NOW + timedelta(days=34))]
    app.verify(plan_id, NOW)
    sealed = app.seal(plan_id, NOW)
    assert (sealed.state, sealed.until) == (CaseState.SEALED, NOW + timedelta(days=34))
    later = NOW + timedelta(days=35)
    assert app.follow_up(later).closed == ()
    nightly.gone = True
    assert [case.case_id for case in app.follow_up(later).closed] == [case_id]


def test_a_seal_that_died_after_the_shredding_can_be_finished(app):
    """The key is gone and the case still VERIFIED: sealing again closes it and states the shredding once."""
    case_id, plan_id = approved(app)
    app.apply(plan_id, NOW)
    app.verify(plan_id, NOW)
    app.context.ledger.vault.destroy(case_id)
    assert app.seal(plan_id, NOW).state is CaseState.CLOSED
    size = app.context.ledger.log.size()
    assert app.seal(plan_id, NOW + timedelta(days=1)).log_size == size


def test_an_order_has_the_same_id_on_every_attempt():
    """Derived from plan and step: another step or plan is another order."""
    assert order_id("P-1", "s") == order_id("P-1", "s")
    assert len({order_id("P-1", "s"), order_id("P-1", "t"), order_id("P-2", "s")}) == 3
