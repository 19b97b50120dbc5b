"""The gate in front of a restored store: shut until nobody is in it who must not come back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retention.app.gating import GateReport
from retention.app.readmitting import Reason
from retention.evidence import verify
from retention.evidence.log import EvidenceLog
from retention.model.case import CaseState
from retention.model.copies import Horizon
from retention.model.restores import Verdict
from retention.store.restores import SqlRestores
from tests.doubles.naming import names

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
BACK = "shop_restored"


class Restored:
    """A shop from which c3 was erased, and a store restored from the night before."""

    def __init__(self, carried: Any, database: Path) -> None:
        self.shop, self.case = carried.shop, carried.case
        self.database = replace(carried.shop, database=database)
        self._moments = (LATER + timedelta(minutes=n) for n in range(1000))

    def gate(self, **more: Any) -> GateReport:
        """Ask the gate, each time a minute later."""
        with self.shop.app() as app:
            return app.restore_gate(BACK, next(self._moments), **more)

    def replay(self) -> None:
        """Walk the road."""
        with self.shop.app() as app:
            plan = app.plan_restore(BACK, LATER)
            app.approve(plan.plan_id, plan.digest, "office", LATER)
            app.apply(plan.plan_id, LATER)
            app.verify(plan.plan_id, LATER)
            app.seal(plan.plan_id, LATER)

    def verdicts(self, case: str) -> list[tuple[str, int]]:
        """What a case's bundle says of the gate."""
        with self.shop.app() as app:
            report = verify(app.bundle(case))
        assert report.authentic, report.broken
        return [(fact.text("verdict"), int(fact.text("found"))) for fact in report.facts if fact.kind == "restoreGate"]

    def others(self) -> str:
        """A digest over everybody else in the restored store."""
        tables = ("customers WHERE id != 'c3'", "notes WHERE customer_id != 'c3'", "orders WHERE customer_id != 'c3'")
        rows = [self.database.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.fixture
def restored(closed: Any, make_shop: Callable[[Path], Any], tmp_path: Path) -> Restored:
    """Last night's copy, put where retention.yaml says."""
    (tmp_path / "yesterday").mkdir()
    copy = make_shop(tmp_path / "yesterday")
    # what the sweep would take besides is not what these tests are about
    copy.change("DELETE FROM orders WHERE substr(paid_at, 1, 4) = '2016'")
    target = closed.shop.database.with_name("restored.sqlite")
    copy.database.rename(target)
    return Restored(closed, target)


def codes(report: GateReport) -> list[str]:
    """The findings' codes."""
    return [finding.code for finding in report.findings]


def test_the_gate_is_shut_until_the_erased_are_gone_again_and_says_so_in_both_bundles(restored):
    """She is back: shut. Replayed on the road: open, the others to the byte; the restore's bundle and hers say it."""
    others = restored.others()
    first = restored.gate()
    assert (first.verdict, first.found, codes(first)) == (Verdict.SHUT, 1, ["NOT_REPLAYED"])
    assert restored.database.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]
    restored.replay()
    last = restored.gate()
    assert (last.verdict, last.found, last.case_id) == (Verdict.OPEN, 0, first.case_id)
    assert restored.database.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    assert restored.others() == others
    assert restored.verdicts(first.case_id) == [("shut", 1), ("open", 0)]
    assert restored.verdicts(restored.case) == [("shut", 1), ("open", 0)]
    with restored.shop.app() as app:
        assert [look.verdict for look in app.restores()] == [Verdict.SHUT, Verdict.OPEN]
    assert restored.gate().case_id != last.case_id  # the next restore is another case


def test_a_store_that_brought_nobody_back_opens_at_once(restored):
    """Nothing to do: open, with a closed case that says it."""
    restored.database.change(
        "DELETE FROM notes WHERE customer_id = 'c3'", "DELETE FROM orders", "DELETE FROM customers"
    )
    report = restored.gate()
    assert report.verdict is Verdict.OPEN
    with restored.shop.app() as app:
        assert app.context.ledger.cases.get(report.case_id).state is CaseState.CLOSED
    assert restored.verdicts(report.case_id) == [("open", 0)]


def test_who_was_let_in_again_is_new_or_old_by_the_age_of_the_copy(restored):
    """Shut if its age is unknown; one from before she was let in holds what was erased, a later one may keep her."""
    let_in = NOW + timedelta(hours=2)
    with restored.shop.app() as app:
        app.readmit("user_id=c3", Reason.CONTRACT, "hanako", let_in)
    assert codes(restored.gate()) == ["AGE_UNKNOWN"]
    before = restored.gate(taken_at=NOW - timedelta(days=1))
    assert (before.found, codes(before)) == (1, ["NOT_REPLAYED"])
    after = restored.gate(taken_at=let_in + timedelta(hours=1))
    assert (after.verdict, after.found) == (Verdict.OPEN, 0)


def test_what_is_on_the_way_is_not_done(restored):
    """Applied and not looked at again is shut, whatever the rows look like; the next command stands there."""
    with restored.shop.app() as app:
        plan = app.plan_restore(BACK, LATER)
        app.approve(plan.plan_id, plan.digest, "office", LATER)
        app.apply(plan.plan_id, LATER)
    report = restored.gate()
    assert codes(report) == ["UNFINISHED"]
    assert report.findings[0].text.endswith(f"next: retention verify {plan.plan_id}")


def test_what_a_hold_keeps_does_not_keep_the_gate_shut(restored):
    """A hold on the person counts in the restored store as everywhere: she stays, is counted, and the store opens."""
    with restored.shop.app() as app:
        app.place_hold("user_id=c3", "litigation", NOW)
    report = restored.gate()
    assert (report.verdict, report.found) == (Verdict.OPEN, 1)


def test_sweeps_by_date_are_replayed_by_the_predicate(restored):
    """Nobody need be known: rows that were due go again by their own clock."""
    restored.database.change("UPDATE notes SET written_at = '2020-01-01 00:00:00.000000' WHERE customer_id = 'c5'")
    restored.replay()
    assert restored.gate().verdict is Verdict.OPEN
    assert restored.database.rows("SELECT count(*) FROM notes WHERE customer_id = 'c5'") == [(0,)]
    assert restored.database.rows("SELECT count(*) FROM notes") == [(8,)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("CREATE TABLE leads (email TEXT)", "UNMAPPED_TABLE"),
        ("ALTER TABLE customers ADD COLUMN nickname TEXT", "UNMAPPED_COLUMN"),
        ("ALTER TABLE customers DROP COLUMN email", "MISSING_COLUMN"),
    ],
)
def test_where_somebody_could_hide_the_gate_is_shut(restored, change, code):
    """What the map does not know, and a missing key column, are findings; what can be searched is searched."""
    restored.database.change(change)
    report = restored.gate()
    assert report.verdict is Verdict.SHUT
    assert codes(report) == [code, "NOT_REPLAYED"]
    assert report.found == 1


def test_a_copy_older_than_a_field_or_a_table_is_cleaned_all_the_same(restored):
    """What did not exist yet hides nobody: noted, and everything else is replayed, verified and opened."""
    restored.database.change("ALTER TABLE customers DROP COLUMN name", "DROP TABLE notes")
    first = restored.gate()
    assert codes(first) == ["NOT_REPLAYED"]
    assert [note.where for note in first.notes] == ["shop.notes", "shop.customers.name"]
    restored.replay()
    last = restored.gate()
    assert (last.verdict, last.missing) == (Verdict.OPEN, ("shop.notes",))
    assert restored.database.rows("SELECT count(*) FROM customers") == [(9,)]


def test_an_empty_store_does_not_pass_for_a_clean_one(restored):
    """Nothing restored yet is no clean restore."""
    restored.database.change("DROP TABLE notes", "DROP TABLE orders", "DROP TABLE customers")
    assert codes(restored.gate()) == ["NOTHING_RESTORED"]


def test_who_was_erased_before_the_copy_was_taken_has_come_anew(restored):
    """With the copy's date, a person who registered again after her erasure is left alone."""
    assert restored.gate(taken_at=NOW - timedelta(hours=1)).verdict is Verdict.SHUT
    report = restored.gate(taken_at=NOW + timedelta(hours=1))
    assert (report.verdict, report.suppressions) == (Verdict.OPEN, 0)
    assert restored.gate().verdict is Verdict.SHUT  # another restore, of which nobody has said how old it is


def test_how_old_the_copy_is_need_be_said_once(restored):
    """Plan and last look know it from the first: who came anew since does not keep the gate shut for ever."""
    restored.database.change("UPDATE notes SET written_at = '2020-01-01 00:00:00.000000' WHERE customer_id = 'c5'")
    assert codes(restored.gate(taken_at=NOW + timedelta(hours=1))) == ["NOT_REPLAYED"]
    restored.replay()
    assert restored.gate().verdict is Verdict.OPEN
    assert restored.database.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]


def test_a_rule_that_is_no_more_cannot_be_replayed_in_silence(restored):
    """Somebody was disposed of under a rule that the policy has lost: shut, and the rule is named."""
    with restored.shop.app() as app:
        ledger = app.context.ledger.copies
        ledger.suppress([replace(each, scope="lost-rule") for each in ledger.suppressions(NOW)])
    report = restored.gate()
    assert [finding.where for finding in report.findings if finding.code == "UNKNOWN_RULE"] == ["lost-rule"]


def test_the_keyed_ledger_forgets_when_no_copy_can_hold_the_person(restored):
    """Past the last copy's horizon and the margin nobody is looked for; a copy not seen to be gone keeps it alive."""
    far = LATER + timedelta(days=400)
    with restored.shop.app() as app:
        copies = app.context.ledger.copies
        horizon = Horizon(restored.case, "nightly", "nightly/2026-11-22", NOW + timedelta(days=35))
        copies.add_horizon(horizon)
        assert copies.expire_suppressions(far) == 0
        assert app.restore_gate(BACK, far).found == 1
        copies.mark_gone(horizon, far)
        assert app.restore_gate(BACK, far).found == 0
        assert copies.expire_suppressions(far) == 0  # the second looks at the live stores have not been taken
        app.rescan(far)
        assert copies.expire_suppressions(far) == 2
        assert list(copies.suppressions(NOW)) == []


class Killed(BaseException):
    """The process ends here."""


def dying(monkeypatch: Any, owner: type, method: str, calls: Iterator[int]) -> None:
    """Let the process die before a call of the method, for a certain call."""
    real = getattr(owner, method)

    def call(*arguments: Any, **more: Any) -> Any:
        if next(calls) == 0:
            raise Killed
        return real(*arguments, **more)

    monkeypatch.setattr(owner, method, call)


@pytest.mark.parametrize("write", [("record", 0), ("record", 1), ("add_look", 0), ("keep", 0), ("publish", 0)])
def test_a_gate_killed_anywhere_says_the_same_when_it_is_asked_again(restored, monkeypatch, write):
    """Die before any of its writes: nothing opens by it, one case, and the next look ends like the first would have."""
    method, call = write
    owner = SqlRestores if method in {"add_look", "keep"} else EvidenceLog
    with monkeypatch.context() as patch:
        dying(patch, owner, method, iter(range(-call, 100)))
        with pytest.raises(Killed):
            restored.gate()
    report = restored.gate()
    assert (report.verdict, report.found) == (Verdict.SHUT, 1)
    with restored.shop.app() as app:
        assert len([case for case in app.context.ledger.cases.all() if case.restored_system == BACK]) == 1


def test_the_command_says_what_to_do_and_exits_by_the_verdict(restored, cli):
    """1 while it is shut, 4 when the store is not there, 0 when it may open; JSON names nobody."""
    shut = cli("restore", "gate", BACK, folder=restored.shop.folder)
    assert shut.code == 1
    assert f"retention plan restore {BACK}" in shut.out
    (restored.shop.folder / "restored_url").write_text("sqlite:////nowhere/at-all.sqlite", encoding="utf-8")
    assert cli("restore", "gate", BACK, folder=restored.shop.folder).code == 4
    restored.shop.folder.joinpath("restored_url").write_text(f"sqlite:///{restored.database.database}")
    restored.replay()
    said = cli("restore", "gate", BACK, "--json", folder=restored.shop.folder)
    assert said.code == 0
    assert json.loads(said.out)["verdict"] == "open"
    listed = cli("restore", "list", "--json", folder=restored.shop.folder)
    assert [look["verdict"] for look in json.loads(listed.out)] == ["shut", "open"]
    assert not names(said.out + listed.out, "c3")
    assert cli("restore", "gate", BACK, "--taken", "yesterday", folder=restored.shop.folder).code == 2
