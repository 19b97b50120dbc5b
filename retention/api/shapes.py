"""Bodies and answers, with examples. Strict: an unknown member is an error, so that nothing is silently left out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from retention.app.processing import Task
from retention.model.case import Case, CaseKind, CaseState
from retention.model.hold import PlacedHold
from retention.model.request import Request, RequestState
from retention.model.request_moves import Finding, Measure, Wait
from retention.model.terms import Filer, Ground, Refusal, Right
from retention.ports.ledger import StoredPlan

_NUMBER = r"-\d{8}-[a-z0-9]{6}$"
CaseNumber = Annotated[str, Field(pattern="^C" + _NUMBER, examples=["C-20261126-7f3k2q"])]
PlanNumber = Annotated[str, Field(pattern="^P" + _NUMBER, examples=["P-20261126-7f3k2q"])]
HoldNumber = Annotated[str, Field(pattern="^H" + _NUMBER, examples=["H-20261126-7f3k2q"])]
OrderNumber = Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$", examples=["3b3a5e0e-4b3c-4c0e-9d59-6a5f0f6a0d11"])]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,63}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+){0,12}$", max_length=100)]


Instant = Annotated[datetime, AfterValidator(lambda at: at.astimezone(UTC))]
"""In UTC: the same moment is the same text, and so the same ETag."""


class Shape(BaseModel):
    """What comes in or goes out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Subject(Shape):
    """The person, by any key that the data map knows. It stands in bodies only, never in an address."""

    key: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = Field(examples=["email"])
    value: Annotated[str, StringConstraints(min_length=1, max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$")] = Field(
        repr=False, examples=["hanako@example.com"]
    )

    def __str__(self) -> str:
        """Return `KEY=VALUE`."""
        return f"{self.key}={self.value}"


class Opening(Shape):
    """A person asks."""

    subject: Subject
    channel: Word = Field(examples=["post"], description="How the request came in; one of the policy's.")
    right: Right = Field(Right.ERASURE, description="What is asked for.")
    regime: Word | None = Field(None, examples=["jp.appi"], description="The law the person asks under; else all.")
    received_at: AwareDatetime | None = Field(None, description="When it arrived, if that was before now.")
    filer: Filer = Field(Filer.PERSON, description="Who asks.")
    language: Literal["ja", "en"] = "ja"
    reply: Literal["post", "email", "account"] = Field("post", description="How the person is answered.")
    address: Annotated[str, StringConstraints(max_length=2000)] | None = Field(
        None, repr=False, description="Where the answer goes; kept encrypted, and never shown."
    )
    items: list[Word] = Field([], max_length=50, description="Categories of the policy that it names.")
    ground: Ground | None = None


class Proof(Shape):
    """The identity was proven."""

    document: Word = Field(examples=["passport"], description="The kind of the document; it is not sent here.")
    authority: Word | None = Field(None, description="Of an agent: the kind of paper that shows he may.")


class LeftOut(Shape):
    """A category that an acceptance leaves out, and why."""

    item: Word
    reasons: list[Refusal] = Field(min_length=1, max_length=20)


class Decision(Shape):
    """What a person decided."""

    decision: Literal["accept", "deny"]
    reasons: list[Refusal] = Field([], max_length=20, examples=[["other-law"]], description="With `deny`: why.")
    left_out: list[LeftOut] = Field([], max_length=50, description="With `accept`: what it leaves out.")
    instead: Measure | None = Field(None, description="What is done in place of what was asked.")
    explanation: Annotated[str, StringConstraints(max_length=10_000)] | None = Field(
        None, repr=False, description="The reasons in words, as the person is told them; only a keyed digest is kept."
    )


class Waiting(Shape):
    """What the requester was asked for, or has sent."""

    waits: list[Wait] = Field(min_length=1, max_length=len(Wait), examples=[["papers"]])


class Found(Shape):
    """What an investigation found."""

    finding: Finding


class Redirection(Shape):
    """Whom the person was told to ask."""

    whom: Code = Field(examples=["controller"])


class Approval(Shape):
    """This plan and no other."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )


class Rejection(Shape):
    """The plan is not allowed."""

    reason: Literal["too-much", "too-little", "wrong-person", "not-now", "other"]


class Placing(Shape):
    """Disposal is paused for a person."""

    subject: Subject
    reason: Literal["litigation", "dispute", "investigation", "authority-order"]


class Acknowledgement(Shape):
    """What a processor did."""

    answer: Literal["done", "partial", "refused"]
    reason: Code | None = Field(None, examples=["kept-by-law"], description="Why not, or not all: a code.")


class CaseShape(Shape):
    """A case; nothing in it says whom it is about."""

    case_id: CaseNumber
    kind: CaseKind
    state: CaseState
    opened_at: Instant
    due_at: Instant | None = Field(description="By when the person must be answered.")
    identified_at: Instant | None
    decided_at: Instant | None
    regime: str | None
    right: str | None
    plan: PlanNumber | None = Field(description="The newest plan.")

    @classmethod
    def of(cls, case: Case, plans: tuple[StoredPlan, ...]) -> CaseShape:
        """Show the case."""
        return cls(
            case_id=case.case_id,
            kind=case.kind,
            state=case.state,
            opened_at=case.opened_at,
            due_at=case.due_at,
            identified_at=case.identified_at,
            decided_at=case.decided_at,
            regime=case.regime,
            right=case.right.value if case.right else None,
            plan=plans[0].plan_id if plans else None,
        )


class CaseList(Shape):
    """Cases, newest first."""

    cases: list[CaseShape]
    next_before: CaseNumber | None = Field(description="Ask with `before` for what follows; null at the end.")


class RequestShape(Shape):
    """Where a request is between the letter and the closed file; the case of the same number carries it out."""

    case_id: CaseNumber
    state: RequestState
    right: Right
    regime: str | None
    channel: str
    filer: Filer
    language: str
    received_at: Instant
    due_on: date = Field(description="The last day for the answer, in the policy's time zone.")
    extended: bool
    waiting_for: list[Wait]
    finding: Finding | None
    decided_at: Instant | None
    answered_at: Instant | None

    @classmethod
    def of(cls, request: Request) -> RequestShape:
        """Show the request."""
        return cls(
            case_id=request.case_id,
            state=request.state,
            right=request.right,
            regime=request.regime,
            channel=request.channel,
            filer=request.filer,
            language=request.language,
            received_at=request.received_at,
            due_on=request.due_on,
            extended=request.extended,
            waiting_for=sorted(request.waiting_for, key=lambda wait: wait.value),
            finding=request.finding,
            decided_at=request.decided_at,
            answered_at=request.answered_at,
        )


class PlanShape(Shape):
    """A plan with its digest: SHA-256 of the plan's canonical JSON (RFC 8785)."""

    digest: str
    approval: Literal["waiting", "approved", "rejected"]
    plan: dict[str, Any] = Field(description="Every step with its real count, what stays, and which limit it crosses.")


class Applied(Shape):
    """What became of carrying a plan out."""

    case_id: CaseNumber
    state: CaseState
    done: int
    failed: dict[str, str] = Field(description="Step → error code.")
    pending: dict[str, str] = Field(description="Step → for whom it waits.")


class Verified(Shape):
    """What the second look found, and where the case is now."""

    case_id: CaseNumber
    state: CaseState
    copies: int = Field(description="How many copies remain until their horizon.")
    copies_until: Instant | None


class HoldShape(Shape):
    """A hold; whom it is about is kept as a keyed digest only."""

    hold_id: HoldNumber
    reason: str
    placed_at: Instant
    released_at: Instant | None

    @classmethod
    def of(cls, hold: PlacedHold) -> HoldShape:
        """Show the hold."""
        return cls(hold_id=hold.hold_id, reason=hold.reason, placed_at=hold.placed_at, released_at=hold.released_at)


class HoldList(Shape):
    """Holds, oldest first."""

    holds: list[HoldShape]


class OrderShape(Shape):
    """An order to a processor, and what is to be done about it."""

    order_id: str
    case_id: CaseNumber
    processor: str
    answer: str
    reason: str | None
    due_at: Instant
    to_do: str

    @classmethod
    def of(cls, task: Task) -> OrderShape:
        """Show the order."""
        return cls(
            order_id=task.order_id,
            case_id=task.case_id,
            processor=task.processor,
            answer=task.said,
            reason=task.reason,
            due_at=task.due_at,
            to_do=task.to_do,
        )


class OrderList(Shape):
    """Orders, earliest due first."""

    orders: list[OrderShape]


class ProblemPart(Shape):
    """One thing that is wrong."""

    where: str
    expected: str
    found: str
    hint: str = ""


class ProblemShape(Shape):
    """Problem details (RFC 9457)."""

    type: str = Field(examples=["urn:retention:error:RET-304"])
    title: str = Field(examples=["The world changed since the plan was made; plan again"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["RET-304"])
    detail: str = Field(examples=["the policy changed since P-20261126-7f3k2q was made"])
    hint: str = Field("", examples=["make a new plan"])
    problems: list[ProblemPart] = Field([], description="Everything that is wrong with what was sent, at once.")
