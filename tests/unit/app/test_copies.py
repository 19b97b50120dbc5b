"""Following copies: what a case is told when stores change, are late, held, silent, or hold more than they said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from retention.app.copies import attest, follow_up, hold_copy, survey, table
from retention.errors import StateError, TransientFailure, UnknownNameError
from retention.execution.elsewhere import MARGIN, horizon_of
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Copy, CopyKind, End, Fault, Horizon, Registered, Suppression, UseTests, Why
from retention.model.facts import BeyondUse, Expired, Remains
from retention.model.hold import PlacedHold
from retention.model.horizons import disagreements
from retention.model.ids import CaseId, CopyId, HoldId, SystemId
from retention.model.period import Period
from retention.store import FileKeyStore, open_ledger

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
DAY = timedelta(days=1)
CASE, NIGHTLY, TAPE = CaseId("C-20261123-aaaaaa"), SystemId("nightly"), SystemId("tape")
END = NOW + 34 * DAY
HOLD = HoldId("H-20261123-aaaaaa")


class Shelf:
    """A system of copies that says what it is told to say."""

    def __init__(self, system: SystemId) -> None:
        self.system = system
        self.kept: list[Copy] = []
        self.hidden: set[str] = set()
        """There, and on no list."""
        self.silent = False
        self.deaf = False
        """It lists, and does not answer when it is asked for one."""

    def keeper(self) -> Shelf:
        """Return itself."""
        return self

    def examine(self) -> Registered:
        """Say what is kept."""
        if self.silent:
            raise TransientFailure(f"{self.system} is silent")
        copies = tuple(self.kept)
        found = tuple(finding for copy in copies for finding in disagreements(copy))
        return Registered(self.system, "folders", Period(days=35), None, "store", None, None, copies, found)

    def exists(self, copy_id: CopyId) -> bool:
        """Whether it is there, listed or not."""
        if self.deaf:
            raise TransientFailure(f"{self.system} is deaf")
        return copy_id in {copy.copy_id for copy in self.kept} | self.hidden


class Scene:
    """One sealed case with one copy in each of two systems."""

    def __init__(self, ledger: Any) -> None:
        self.facts: list[Any] = []
        self.shelves = {name: Shelf(name) for name in (NIGHTLY, TAPE)}
        self.context: Any = SimpleNamespace(ledger=ledger, copies=dict(self.shelves), record=self.record)
        self.ledger = ledger
        ledger.cases.add(Case(CASE, CaseKind.REQUEST, CaseState.SEALED, NOW, NOW))
        ledger.copies.suppress([Suppression("user_id", "d" * 64, "request", CASE, NOW, END + MARGIN)])
        for name, shelf in self.shelves.items():
            shelf.kept = [copy(name)]
            ledger.copies.add_horizon(horizon_of(CASE, shelf.kept[0], NOW))

    def record(self, _: CaseId | None, fact: Any, __: datetime) -> None:
        """Keep a fact once, as the log does."""
        if fact not in self.facts:
            self.facts.append(fact)

    def change(self, name: SystemId, **more: Any) -> None:
        """Let the system's copy be another."""
        self.shelves[name].kept = [replace(each, **more) for each in self.shelves[name].kept]

    def look(self, now: datetime = NOW) -> list[tuple[str, Fault]]:
        """Follow up; return what is found: the copy and what is wrong."""
        return [(found.what, found.fault) for found in follow_up(self.context, now).findings]

    def horizon(self, name: SystemId) -> Horizon:
        """Return the case's horizon in the system."""
        (found,) = [horizon for horizon in self.ledger.copies.horizons(CASE) if horizon.system == name]
        return found  # type: ignore[no-any-return]

    @property
    def state(self) -> CaseState:
        """Return the case's state."""
        return self.ledger.cases.get(CASE).state  # type: ignore[no-any-return]

    @property
    def suppressed_until(self) -> datetime | None:
        """Return until when the person is known as somebody who must not come back."""
        (kept,) = list(self.ledger.copies.suppressions(NOW))
        return kept.expires_at  # type: ignore[no-any-return]


def copy(system: SystemId, until: datetime | None = END, why: Why = Why.LIFECYCLE, day: int = 22) -> Copy:
    """Return a copy taken the day before the erasure."""
    ends = (End(Why.DECLARED, END), End(why, until))
    taken = datetime(2026, 11, day, 3, tzinfo=UTC)
    kind = CopyKind.FOLDER
    return Copy(CopyId(f"{system}/2026-11-{day}"), system, (SystemId("app"),), taken, until, ends, kind, "r")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """The case, on a real ledger."""
    ledger = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", FileKeyStore(tmp_path / "keys"))
    yield Scene(ledger)
    ledger.close()


def test_a_look_that_finds_nothing_new_states_nothing(scene: Scene) -> None:
    """Copies that are as they were told to be cause no finding and no statement, however often one looks."""
    assert scene.look() == scene.look(NOW + DAY) == []
    assert (scene.facts, scene.state) == ([], CaseState.SEALED)


def test_the_case_closes_when_the_last_copy_is_seen_gone(scene: Scene) -> None:
    """Each copy is stated as expired once; the first alone closes nothing."""
    scene.shelves[NIGHTLY].kept = []
    assert scene.look(END) == [("tape/2026-11-22", Fault.LATE)]
    assert scene.state is CaseState.SEALED
    scene.shelves[TAPE].kept = []
    (closed,) = follow_up(scene.context, END + DAY).closed
    assert (closed.case_id, scene.state) == (CASE, CaseState.CLOSED)
    expired = [Expired(name, CopyId(f"{name}/2026-11-22")) for name in (NIGHTLY, TAPE)]
    assert [fact for fact in scene.facts if isinstance(fact, Expired)] == expired


def test_a_later_truth_moves_the_horizon_and_the_suppression(scene: Scene) -> None:
    """A weakened rule: the case is told the later date, and the person stays suppressed as long as the copy."""
    scene.change(NIGHTLY, expires_at=END + 300 * DAY)
    assert ("nightly/2026-11-22", Fault.MOVED) in scene.look()
    assert scene.horizon(NIGHTLY).until == END + 300 * DAY
    assert scene.facts == [Remains(NIGHTLY, "nightly/2026-11-22", END + 300 * DAY, "declared")]
    assert scene.suppressed_until == END + 300 * DAY + MARGIN


def test_no_date_is_later_than_any(scene: Scene) -> None:
    """A rule that was removed: nobody can say, the person stays suppressed, and the case stays open for years."""
    endless = copy(NIGHTLY, None, Why.NO_EXPIRY)
    scene.shelves[NIGHTLY].kept = [endless]
    found = scene.look()
    assert {("nightly/2026-11-22", Fault.MOVED), ("nightly/2026-11-22", Fault.NO_EXPIRY)} <= set(found)
    assert scene.suppressed_until is None
    scene.shelves[TAPE].kept = []
    scene.look(END + 3000 * DAY)
    assert scene.state is CaseState.SEALED
    scene.shelves[NIGHTLY].kept = []
    scene.look(END + 3001 * DAY)
    assert scene.state is CaseState.CLOSED
    assert scene.suppressed_until == END + 3001 * DAY + MARGIN


def test_an_earlier_truth_never_shortens_the_suppression(scene: Scene) -> None:
    """A date that comes nearer again is told; who must not come back stays known for as long as was needed once."""
    scene.change(NIGHTLY, expires_at=END + 300 * DAY)
    scene.look()
    scene.change(NIGHTLY, expires_at=END)
    scene.look()
    assert scene.horizon(NIGHTLY).until == END
    assert scene.suppressed_until == END + 300 * DAY + MARGIN


def test_a_late_copy_is_found_at_every_look_and_stated_once(scene: Scene) -> None:
    """It has no date any more: nobody can say when a copy goes that should have gone."""
    for day in (0, 1, 2):
        assert scene.look(END + day * DAY).count(("nightly/2026-11-22", Fault.LATE)) == 1
    late = Remains(NIGHTLY, "nightly/2026-11-22", None, "late")
    assert [fact for fact in scene.facts if fact == late] == [late]
    assert {line.state for line in table(scene.context, END, CASE)} == {"late"}


def test_what_is_on_no_list_is_looked_for_once_more(scene: Scene) -> None:
    """A list that leaves a copy out does not make it gone: two looks must agree."""
    scene.shelves[NIGHTLY].kept = []
    scene.shelves[NIGHTLY].hidden = {"nightly/2026-11-22"}
    assert scene.look(END + DAY)[0] == ("nightly/2026-11-22", Fault.LATE)
    assert scene.horizon(NIGHTLY).gone_at is None


def test_a_silent_system_changes_nothing_and_stops_nobody_else(scene: Scene) -> None:
    """Its copies are neither gone nor late; the other system's are followed, and the silence is told."""
    scene.shelves[NIGHTLY].silent = True
    scene.shelves[TAPE].kept = []
    followed = follow_up(scene.context, END + DAY)
    assert [str(failure) for failure in followed.unreachable] == ["RET-401: nightly is silent"]
    assert followed.findings == ()
    assert scene.horizon(NIGHTLY).gone_at is None
    assert scene.horizon(TAPE).gone_at == END + DAY


def test_a_second_look_that_fails_proves_nothing(scene: Scene) -> None:
    """What is on no list and cannot be asked for is not gone; everything else is followed all the same."""
    for shelf in scene.shelves.values():
        shelf.kept = []
    scene.shelves[NIGHTLY].deaf = True
    followed = follow_up(scene.context, END + DAY)
    assert [str(failure) for failure in followed.unreachable] == ["RET-401: nightly is deaf"]
    assert (scene.horizon(NIGHTLY).gone_at, scene.horizon(TAPE).gone_at) == (None, END + DAY)


def test_a_system_that_was_taken_out_of_the_settings_is_not_gone(scene: Scene) -> None:
    """Nobody can look for its copies: a finding, and the case stays open."""
    del scene.context.copies[NIGHTLY]
    assert ("nightly/2026-11-22", Fault.NO_SUCH_SYSTEM) in scene.look(END + DAY)
    assert scene.horizon(NIGHTLY).gone_at is None


def test_what_a_live_store_keeps_for_itself_goes_by_declaration(scene: Scene) -> None:
    """A write-ahead log's horizon is its end: there is nothing to look for."""
    scene.ledger.copies.add_horizon(Horizon(CASE, SystemId("app"), "write-ahead-log", END))
    scene.look(END - DAY)
    assert scene.horizon(SystemId("app")).gone_at is None
    scene.look(END)
    assert scene.horizon(SystemId("app")).gone_at == END


def test_a_copy_that_turns_up_later_is_followed_as_well(scene: Scene) -> None:
    """A snapshot that was copied has the age of its original; what was taken after the erasure holds nobody."""
    scene.shelves[NIGHTLY].kept += [copy(NIGHTLY, day=20), copy(NIGHTLY, day=24)]
    assert scene.look() == [("nightly/2026-11-20", Fault.FOUND_LATER)]
    assert {horizon.what for horizon in scene.ledger.copies.horizons(CASE) if horizon.system == NIGHTLY} == {
        *("nightly/2026-11-22", "nightly/2026-11-20")
    }
    assert scene.look() == []


def test_a_held_copy_is_withheld_and_not_late(scene: Scene) -> None:
    """While the hold is in force it has no date and is no finding; when it is released, it is late."""
    scene.ledger.holds.place(PlacedHold(HOLD, "litigation", "user_id", "e" * 64, NOW))
    legal = copy(NIGHTLY)
    scene.shelves[NIGHTLY].kept = [replace(legal, ends=(*legal.ends, End(Why.LEGAL_HOLD, None)), expires_at=None)]
    hold_copy(scene.context, NIGHTLY, "nightly/2026-11-22", HOLD, NOW)
    scene.shelves[TAPE].kept = []
    assert scene.look(END + DAY) == []
    line = next(line for line in table(scene.context, END + DAY, CASE) if line.horizon.system == NIGHTLY)
    assert (line.state, line.held_by, line.horizon.until, line.horizon.why) == (
        *("withheld", HOLD, None),
        Why.LEGAL_HOLD,
    )
    scene.ledger.holds.release(HOLD, END + DAY)
    scene.shelves[NIGHTLY].kept = [legal]
    assert ("nightly/2026-11-22", Fault.LATE) in scene.look(END + 2 * DAY)


def test_a_hold_that_the_store_does_not_know_is_found(scene: Scene) -> None:
    """The store would delete what a court wants: said before it happens."""
    scene.ledger.holds.place(PlacedHold(HOLD, "litigation", "user_id", "e" * 64, NOW))
    hold_copy(scene.context, NIGHTLY, "nightly/2026-11-22", HOLD, NOW)
    assert scene.look() == [("nightly/2026-11-22", Fault.HOLD_NOT_IN_STORE)]


def test_only_what_is_known_can_be_held(scene: Scene) -> None:
    """An unknown system, copy or hold, and a hold that is over, are wrong input."""
    scene.ledger.holds.place(PlacedHold(HOLD, "litigation", "user_id", "e" * 64, NOW))
    for system, what, hold in (
        (SystemId("nix"), "nix/1", HOLD),
        (NIGHTLY, "nightly/nix", HOLD),
        (NIGHTLY, "nightly/2026-11-22", HoldId("H-nix")),
    ):
        with pytest.raises(UnknownNameError):
            hold_copy(scene.context, system, what, hold, NOW)
    scene.ledger.holds.release(HOLD, NOW)
    with pytest.raises(StateError):
        hold_copy(scene.context, NIGHTLY, "nightly/2026-11-22", HOLD, NOW)


@pytest.mark.parametrize("no", ["no_decisions", "no_access", "secured", "will_delete"])
def test_one_no_of_four_is_not_beyond_use(scene: Scene, no: str) -> None:
    """The newest answers count, each case that waits is told of them, and a "no" is a finding until it is a "yes"."""
    yes = UseTests(NIGHTLY, True, True, True, True, "h:" + "a" * 64, NOW)  # noqa: FBT003
    attest(scene.context, replace(yes, **{no: False}))
    assert [(found.what, found.fault) for found in survey(scene.context).findings] == [
        ("beyond use", Fault.NOT_BEYOND_USE)
    ]
    attest(scene.context, replace(yes, attested_at=NOW + DAY))
    assert survey(scene.context).findings == ()
    assert [fact.will_delete for fact in scene.facts if isinstance(fact, BeyondUse)] == [no != "will_delete", True]
    line = next(line for line in table(scene.context, NOW, CASE) if line.horizon.system == NIGHTLY)
    assert line.tests is not None
    assert line.tests.beyond_use


def test_answers_for_no_system_are_refused(scene: Scene) -> None:
    """Only a system of copies can be beyond use."""
    with pytest.raises(UnknownNameError, match="known: nightly, tape"):
        attest(scene.context, UseTests(SystemId("nix"), True, True, True, True, "h:" + "a" * 64, NOW))  # noqa: FBT003


WRITES = ("revise_horizon", "prolong_suppressions", "mark_gone", "add_horizon", "settle_suppressions")


class KilledError(Exception):
    """The process was killed here."""


def dying(scene: Scene, number: int, when: str) -> None:
    """Let the follow-up die before or after one of its writes, statements included."""
    count = 0

    def trapped(write: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal count
            count += 1
            mine = count
            if (mine, when) == (number, "before"):
                raise KilledError
            done = write(*arguments)
            if (mine, when) == (number, "after"):
                raise KilledError
            return done

        return call

    for name in WRITES:
        setattr(scene.ledger.copies, name, trapped(getattr(scene.ledger.copies, name)))
    scene.context.record = trapped(scene.record)
    with pytest.raises(KilledError):
        scene.look(END + DAY)
    for name in WRITES:
        delattr(scene.ledger.copies, name)
    scene.context.record = scene.record


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 9))
def test_a_follow_up_that_dies_is_finished_by_the_next(scene: Scene, number: int, when: str) -> None:
    """One copy late, one gone, one found later: the same end and the same statements, wherever it died."""
    scene.shelves[TAPE].kept = []
    scene.shelves[NIGHTLY].kept += [copy(NIGHTLY, END + 99 * DAY, day=20)]
    dying(scene, number, when)
    scene.look(END + DAY)
    assert {(horizon.what, horizon.until, horizon.gone_at) for horizon in scene.ledger.copies.horizons(CASE)} == {
        ("nightly/2026-11-22", None, None),
        ("nightly/2026-11-20", END + 99 * DAY, None),
        ("tape/2026-11-22", END, END + DAY),
    }
    assert len(scene.facts) == 3
    assert (scene.state, scene.suppressed_until) == (CaseState.SEALED, None)
