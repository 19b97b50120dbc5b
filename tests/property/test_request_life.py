"""Whatever is tried on a request, in whatever order and by whomever: five things never happen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retention.errors import RefusedError
from retention.model.ids import CaseId, CategoryId
from retention.model.period import Period
from retention.model.request import RequestState
from retention.model.request_moves import (
    Acknowledged,
    Alternative,
    Answered,
    Asked,
    CarriedOut,
    DeskWarned,
    Done,
    Extended,
    FeeAsked,
    FeePaid,
    FeeWaived,
    Finding,
    Granted,
    GrantedInPart,
    Identified,
    Investigated,
    Lengthening,
    Measure,
    Move,
    Paper,
    PaperKept,
    PapersDestroyed,
    PaperSeen,
    Received,
    Redirected,
    Refused,
    RefusedItem,
    Supplied,
    Wait,
    Warned,
    Withdrawn,
)
from retention.model.terms import Filer, Refusal, Right
from retention.requests import Bounds, advance, begin, fold, moment
from retention.requests.clocks import start_clocks, warnings_due
from retention.requests.workdays import japan

START = datetime(2026, 4, 1, 3, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
LAWS = ("jp.appi", "eu.gdpr", "us.ccpa")
DISCLOSING = {Right.DISCLOSURE}
ALLOWED = frozenset(
    {Refusal.IDENTITY_UNPROVEN, Refusal.FEE_UNPAID, Refusal.OTHER_LAW, Refusal.DIFFICULT_WITH_SUBSTITUTE}
)
PAPERS = (Paper("letter", "a" * 64), Paper("passport", "b" * 64))
ITEMS = (CategoryId("account"), CategoryId("notes"))
ENDED = Answered | Redirected | Withdrawn

people = st.sampled_from(["h:hanako", "h:taro", None])
reasons = st.lists(st.sampled_from([*ALLOWED, Refusal.NO_GROUND]), max_size=2, unique=True).map(tuple)
waits = st.lists(st.sampled_from(Wait), min_size=1, max_size=2, unique=True).map(tuple)
instead = st.sampled_from([None, Alternative(Measure.OTHER)])
happenings = st.one_of(
    st.builds(Acknowledged, st.just("d")),
    st.builds(Asked, waits),
    st.builds(Supplied, waits),
    st.builds(Identified, st.just("passport")),
    st.builds(Investigated, st.sampled_from(Finding)),
    st.just(Granted()),
    st.builds(
        GrantedInPart,
        st.lists(st.builds(RefusedItem, st.sampled_from(ITEMS), reasons), max_size=2, unique_by=lambda i: i.item).map(
            tuple
        ),
        instead,
    ),
    st.builds(Refused, reasons, st.none(), instead),
    st.builds(
        Extended,
        st.sampled_from(LAWS),
        st.integers(1, 100).map(lambda n: date(2026, 4, 1) + timedelta(days=n)),
        st.just(Lengthening.COMPLEXITY),
        st.just("d"),
    ),
    st.just(FeeAsked(1000, "JPY")),
    st.just(FeePaid()),
    st.just(FeeWaived()),
    st.builds(CarriedOut, st.sampled_from(Done), st.just("d")),
    st.just(Answered("d")),
    st.just(Redirected("tenant")),
    st.just(Withdrawn()),
    st.builds(PaperKept, st.sampled_from(PAPERS)),
    st.builds(PaperSeen, st.sampled_from([paper.digest for paper in PAPERS])),
    st.builds(PapersDestroyed, st.sampled_from([(), PAPERS[:1], PAPERS[1:], PAPERS, PAPERS[::-1]])),
)


def day(at: datetime) -> date:
    """Return the day in the policy's zone."""
    return at.astimezone(TOKYO).date()


def waited_for(open_: set[Wait], what: object) -> set[Wait]:
    """Return what is waited for after one more move."""
    match what:
        case Asked(waits):
            return open_ | set(waits)
        case FeeAsked():
            return open_ | {Wait.FEE}
        case Supplied(waits):
            return open_ - set(waits)
        case FeePaid() | FeeWaived():
            return open_ - {Wait.FEE}
        case Granted() | GrantedInPart() | Refused():
            return set()
    return open_


def due_days(moves: list[Move]) -> dict[str, date | None]:
    """Count the days anew from the moves alone: each law's last day after the last move; None: the clock stands."""
    first = moves[0].what
    assert isinstance(first, Received)
    due = {clock.regime: clock.due_on for clock in first.clocks}
    stops = {clock.regime: clock.stops_for for clock in first.clocks}
    open_: set[Wait] = set()
    stood: dict[str, date] = {}
    for move in moves[1:]:
        open_ = waited_for(open_, move.what)
        if isinstance(move.what, Extended):
            due[move.what.regime] = move.what.until
        for regime in due:
            if stops[regime] & open_:
                stood.setdefault(regime, day(move.at))
            elif regime in stood:
                due[regime] += day(move.at) - stood.pop(regime)
    return {regime: None if regime in stood else last for regime, last in due.items()}


class Life(RuleBasedStateMachine):
    """A desk that tries everything, and a clock that runs, on one request; the rules must hold it back."""

    @initialize(
        right=st.sampled_from([Right.ERASURE, Right.DISCLOSURE, Right.CORRECTION, Right.COMPLAINT]),
        laws=st.lists(st.sampled_from(LAWS), min_size=1, max_size=3, unique=True),
        items=st.sampled_from([(), ITEMS]),
        filer=st.sampled_from(Filer),
        begun=st.tuples(st.sampled_from([0, 3, 20, 60]), st.integers(0, 4)),
    )
    def receive(
        self, right: Right, laws: list[str], items: tuple[CategoryId, ...], filer: Filer, begun: tuple[int, int]
    ) -> None:
        """A letter comes in, and is some way on when it begins."""
        self.charged = right in DISCLOSING and laws == ["jp.appi"]
        self.bounds = Bounds(ALLOWED, self.charged, right is not Right.COMPLAINT, right is Right.CORRECTION)
        clocks = start_clocks(START, TOKYO, laws, Period(days=14), may_charge=self.charged)
        received = Received(right, None, START, "Asia/Tokyo", "post", "ja", filer, "post", clocks, items)
        self.now, self.moves = START, [Move(START, None, received)]
        self.request = begin(CaseId("C-20260401-abcdef"), self.moves[0])
        self.go_on(*begun)

    @rule(days=st.sampled_from([-1, 3, 15]))
    def wait(self, days: int) -> None:
        """Time goes by; or another machine, whose clock is slow, goes on."""
        self.now += timedelta(days=days)

    @rule(what=happenings, by=people)
    def attempt(self, what: object, by: str | None) -> None:
        """Someone, or a program, tries something."""
        self._try(Move(moment(self.request, self.now), by, what))

    @rule()
    def tick(self) -> None:
        """The daily look at the clocks."""
        for warning in warnings_due(self.request, self.now, japan):
            assert self._try(Move(moment(self.request, self.now), None, warning))

    @precondition(lambda self: self.request.state is not RequestState.CLOSED)
    @rule(by=people)
    def charge(self, by: str | None) -> None:
        """A fee is asked for, lawful or not."""
        self._try(Move(moment(self.request, self.now), by, FeeAsked(1000, "JPY")))

    @rule(by=people, reasons=reasons)
    def refuse(self, by: str | None, reasons: tuple[Refusal, ...]) -> None:
        """It is refused, with reasons or without, by a person or a program."""
        self._try(Move(moment(self.request, self.now), by, Refused(reasons)))

    @rule(paper=st.sampled_from(PAPERS))
    def keep(self, paper: Paper) -> None:
        """A paper comes, in time or late."""
        self._try(Move(moment(self.request, self.now), None, PaperKept(paper)))

    @rule(papers=st.sampled_from([(), PAPERS[:1], PAPERS[1:], PAPERS]))
    def destroy(self, papers: tuple[Paper, ...]) -> None:
        """Papers are to be destroyed, too early or not all of them."""
        self._try(Move(moment(self.request, self.now), None, PapersDestroyed(papers)))

    @rule(days=st.sampled_from([0, 20, 60]), steps=st.integers(1, 7))
    def go_on(self, days: int, steps: int) -> None:
        """The desk does what comes next, sometimes late, so that whole lives are walked often."""
        self.now += timedelta(days=days)
        for _ in range(steps):
            self._try(Move(moment(self.request, self.now), "h:taro", self._next()))

    def _next(self) -> object:
        r, done = self.request, Done.BY_HAND if self.request.right is Right.CORRECTION else Done.BY_ROAD
        waiting = r.waiting_for - {Wait.FEE}
        return {
            RequestState.RECEIVED: Identified("passport", "power-of-attorney"),
            RequestState.WAITING: Supplied(tuple(sorted(waiting, key=str))) if waiting else FeePaid(),
            RequestState.IDENTIFIED: Investigated(Finding.FOUNDED),
            RequestState.INVESTIGATING: Granted(),
            RequestState.DECIDED: Answered("d") if isinstance(r.decision, Refused) else CarriedOut(done, "d"),
            RequestState.CARRIED_OUT: Answered("d"),
        }.get(r.state, PapersDestroyed(r.papers))

    def _try(self, move: Move) -> bool:
        try:
            self.request = advance(self.request, move, self.bounds)
        except RefusedError:
            return False
        self.moves.append(move)
        self._judge(move)
        return True

    def _judge(self, move: Move) -> None:
        """Look at what was just let through, by the moves alone."""
        before, kinds = self.moves[:-1], [type(each.what) for each in self.moves[:-1]]
        last = next(
            (
                each
                for each in reversed(before)
                if isinstance(each.what, Granted | GrantedInPart | Refused | Investigated)
            ),
            None,
        )
        match move.what:
            case Answered():
                assert CarriedOut in kinds or isinstance(last and last.what, Refused)
                self._judge_time(move, before)
            case CarriedOut():
                assert last
                assert isinstance(last.what, Granted | GrantedInPart)
            case Granted() | GrantedInPart():
                assert move.by
                assert Identified in kinds or not self.bounds.identity_first
                assert self.request.charge is None or self.request.charge.state.value != "asked"
            case Refused(reasons):
                assert move.by
                assert reasons
                assert set(reasons) <= ALLOWED
            case FeeAsked():
                assert move.by
                assert self.charged
            case PaperKept() | PaperSeen():
                assert not [each for each in before if isinstance(each.what, ENDED)]
            case PapersDestroyed(papers):
                assert [each for each in before if isinstance(each.what, ENDED)]
                assert set(papers) == {each.what.paper for each in before if isinstance(each.what, PaperKept)}

    def _judge_time(self, move: Move, before: list[Move]) -> None:
        for regime, due in due_days(before).items():
            if due is not None and day(move.at) > due:
                assert DeskWarned(regime, Warned.ANSWER_LATE, due) in [each.what for each in before]

    @invariant()
    def the_moves_say_it_all(self) -> None:
        """What stands is the sum of what was recorded, in time's order, and a closed file holds no papers."""
        assert fold(self.request.case_id, self.moves) == self.request
        assert self.moves == sorted(self.moves, key=lambda move: move.at)
        if self.request.state is RequestState.CLOSED:
            assert self.request.papers == ()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=300, stateful_step_count=8)
