"""A tenant's instruction, from the inbox to evidence; and a restriction that comes between plan and run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import HeldError, InputError, RefusedError
from retention.evidence import verify
from retention.model.case import CaseState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
YEAR_AGO = NOW - timedelta(days=365)


@pytest.fixture
def firm(shop):
    """The shop, two of whose notes about c3 belong to the company acme, with a contract that runs."""
    shop.change(
        "ALTER TABLE notes ADD COLUMN company TEXT",
        "INSERT INTO notes (customer_id, body, written_at, company) VALUES "
        "('c3', 'acme one', '2026-10-01 00:00:00.000000', 'acme'), "
        "('c3', 'acme two', '2026-10-01 00:00:00.000000', 'acme')",
    )
    file = shop.folder / "datamap.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("    table: notes\n", "    table: notes\n    tenant: {company: company}\n"), encoding="utf-8"
    )
    with shop.app() as app:
        happened(app, "contract.started", "s1", YEAR_AGO)
        happened(app, "instruction.received", "i1", NOW)
    return shop


def happened(app, kind, event_id, at, subject="company=acme"):
    """Record an event about the company."""
    app.record_event(subject, kind, event_id=event_id, occurred_at=at, now=NOW)


def notes(shop):
    """The bodies of the notes about c3."""
    return [body for (body,) in shop.rows("SELECT body FROM notes WHERE customer_id = 'c3' ORDER BY id")]


def test_an_instruction_erases_the_tenants_rows_and_its_evidence_verifies(firm):
    """Only the company's two notes go; no passport is asked for; a person decides and approves (UMU-04, UMU-27)."""
    with firm.app() as app:
        case = app.open_instructed("user_id=c3", "company=acme", "i1", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
        assert app.seal(plan.plan_id, NOW).state is CaseState.CLOSED
        report = verify(app.bundle(case.case_id))
        assert report.authentic, report.broken
        assert app.context.ledger.cases.get(case.case_id).instruction == "i1"
        carried_out, _ = app.plan(plan.plan_id)
        assert {rule for step in carried_out.steps for rule in step.because.statutes} == {"jp.appi.25"}
        assert not app.context.ledger.requests.moves(case.case_id)
    assert notes(firm) == ["note about c3"]
    assert firm.rows("SELECT count(*) FROM customers") == [(10,)]


def test_without_an_instruction_nothing_of_the_tenant_moves(firm):
    """The person's own request takes what is hers and leaves the company's two notes, tied to nobody else."""
    app, _, plan_id = firm.approved_request("user_id=c3")
    with app:
        plan, _ = app.plan(plan_id)
        app.apply(plan_id, NOW)
    assert ("shop.notes", 2, "tenant-controlled") in {(w.dataset, w.rows, w.statute) for w in plan.withheld}
    assert notes(firm) == ["acme one", "acme two"]


def test_an_instruction_that_nobody_gave_is_refused(firm):
    """Neither an unknown id nor another company's instruction moves anything (UMU-04, UMU-27)."""
    with firm.app() as app:
        for tenant, instruction in (("company=acme", "i9"), ("company=other", "i1")):
            with pytest.raises(InputError, match="nobody has instructed"):
                app.open_instructed("user_id=c3", tenant, instruction, NOW)


def test_an_instruction_is_good_within_the_contract_only(firm):
    """Before the contract has begun and after it has ended it is refused, at opening and at planning (UMU-04)."""
    with firm.app() as app:
        case = app.open_instructed("user_id=c3", "company=acme", "i1", NOW)
        app.accept(case.case_id, NOW)
        happened(app, "contract.ended", "x1", NOW - timedelta(days=1))
        with pytest.raises(RefusedError, match="has ended"):
            app.plan_request(case.case_id, NOW)
        happened(app, "instruction.received", "i2", NOW, "company=newco")
        with pytest.raises(RefusedError, match="has not begun"):
            app.open_instructed("user_id=c3", "company=newco", "i2", NOW)


def test_one_instruction_is_about_one_person(firm):
    """A second case on the same instruction is refused."""
    with firm.app() as app:
        app.open_instructed("user_id=c3", "company=acme", "i1", NOW)
        with pytest.raises(RefusedError, match="rests on this instruction already"):
            app.open_instructed("user_id=c4", "company=acme", "i1", NOW)


def test_a_restriction_placed_after_the_plan_stops_the_run(shop):
    """An approval does not outlive a new restriction: the run is refused and nothing is touched."""
    with shop.app() as app:
        closed = NOW - timedelta(days=60)
        app.record_event("user_id=c7", "account.closed", event_id="e1", occurred_at=closed, now=NOW)
        plan = app.plan_sweep(NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.record_event("email=c7@mail.example", "restriction.placed", event_id="e2", occurred_at=NOW, now=NOW)
        with pytest.raises(HeldError):
            app.apply(plan.plan_id, NOW)
    assert shop.rows("SELECT name FROM customers WHERE id = 'c7'") == [("Name c7",)]
