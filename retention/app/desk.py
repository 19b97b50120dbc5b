"""What the desk does with people's requests, by name: the part of `App` that leads their lives."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime

from retention.app import alerting, answering, deciding, lives, papers, requesting, requests, ruling, warning
from retention.app.context import Context
from retention.app.requesting import Arrival
from retention.model.case import Case
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.model.request_moves import Finding, Lengthening, Measure, Move, Paper, RefusedItem, Wait
from retention.model.subject import SubjectKey
from retention.model.terms import Refusal, Right
from retention.requests import reason_of
from retention.requests.findings import Worksheet
from retention.requests.proof import Shown


class Desk:
    """The use cases of requests. `by` is the name of who acts, kept as a keyed reference."""

    context: Context

    def open_request(
        self, subject: str, channel: str, now: datetime, regime: str | None = None, *, right: Right = Right.ERASURE
    ) -> Case:
        """Open a case for `KEY=VALUE`: `receive` of a request of which no more is known."""
        person = requests.parse_subject(self.context, subject)
        return requesting.receive(self.context, Arrival(person, channel, right, regime), now)

    def subject_of(self, text: str) -> SubjectKey:
        """See `requests.parse_subject`."""
        return requests.parse_subject(self.context, text)

    def receive(self, arrival: Arrival, now: datetime) -> Case:
        """See `requesting.receive`."""
        return requesting.receive(self.context, arrival, now)

    def request(self, case_id: CaseId) -> Request:
        """See `lives.life_of`."""
        return lives.life_of(self.context, case_id)

    def request_moves(self, case_id: CaseId) -> tuple[Move, ...]:
        """Return everything that happened to the request, oldest first."""
        return self.context.ledger.requests.moves(case_id)

    def ruling(self, case_id: CaseId, now: datetime) -> ruling.Ruling:
        """See `ruling.ruling`."""
        return ruling.ruling(self.context, case_id, now)

    def ask(self, case_id: CaseId, waits: Sequence[Wait], now: datetime, *, by: str | None) -> Request:
        """See `requesting.ask`."""
        return requesting.ask(self.context, case_id, waits, by, now)

    def supply(self, case_id: CaseId, waits: Sequence[Wait], now: datetime, *, by: str | None) -> Request:
        """See `requesting.supply`."""
        return requesting.supply(self.context, case_id, waits, by, now)

    def charge(self, case_id: CaseId, amount: int, currency: str, now: datetime, *, by: str) -> Request:
        """See `requesting.charge`."""
        return requesting.charge(self.context, case_id, amount, currency, by=by, now=now)

    def settle_fee(self, case_id: CaseId, now: datetime, *, by: str, waived: bool = False) -> Request:
        """See `requesting.settle_fee`."""
        return requesting.settle_fee(self.context, case_id, by, now, waived=waived)

    def acknowledge_request(self, case_id: CaseId, letter: bytes, now: datetime, *, by: str | None) -> Request:
        """See `requesting.acknowledge`."""
        return requesting.acknowledge(self.context, case_id, letter, by, now)

    def identify(
        self,
        case_id: CaseId,
        document: str | Sequence[Shown],
        now: datetime,
        *,
        by: str = "",
        authority: str | None = None,
    ) -> Case:
        """See `requests.identify`; the kind of a document alone means that nothing is wrong with it."""
        papers = (Shown(document),) if isinstance(document, str) else document
        return requests.identify(self.context, case_id, papers, now, by=by or _whoever(), authority=authority)

    def investigate(
        self, case_id: CaseId, finding: Finding, now: datetime, *, by: str, report: bytes | None = None
    ) -> Request:
        """See `deciding.investigate`."""
        return deciding.investigate(self.context, case_id, finding, report, by=by, now=now)

    def weigh(self, case_id: CaseId, worksheet: Worksheet, now: datetime) -> Request:
        """See `deciding.weigh`."""
        return deciding.weigh(self.context, case_id, worksheet, now)

    def accept(
        self,
        case_id: CaseId,
        now: datetime,
        *,
        by: str = "",
        refused: Sequence[RefusedItem] = (),
        instead: Measure | None = None,
    ) -> Case:
        """See `deciding.grant`."""
        return deciding.grant(self.context, case_id, by=by or _whoever(), now=now, refused=refused, instead=instead)

    def refuse_case(
        self,
        case_id: CaseId,
        reasons: Sequence[Refusal],
        now: datetime,
        *,
        by: str,
        explanation: bytes | None = None,
        instead: Measure | None = None,
    ) -> Case:
        """Refuse a request, see `refuse`; a tenant's instruction, which has no life of its own, just ends."""
        if lives.has_life(self.context, case_id):
            self.refuse(case_id, reasons, now, by=by, explanation=explanation, instead=instead)
            return self.context.ledger.cases.get(case_id)
        return requests.deny(self.context, case_id, reasons[0].value, now)

    def refuse(
        self,
        case_id: CaseId,
        reasons: Sequence[Refusal],
        now: datetime,
        *,
        by: str,
        explanation: bytes | None = None,
        instead: Measure | None = None,
    ) -> Request:
        """See `deciding.refuse`."""
        return deciding.refuse(self.context, case_id, reasons, by=by, now=now, explanation=explanation, instead=instead)

    def deny(self, case_id: CaseId, reason: str, now: datetime, *, by: str = "") -> Case:
        """Refuse a request for one reason; a tenant's instruction, which has no life of its own, just ends."""
        if not lives.has_life(self.context, case_id):
            return requests.deny(self.context, case_id, reason, now)
        return self.refuse_case(case_id, [reason_of(reason)], now, by=by or _whoever())

    def extend(
        self, case_id: CaseId, regime: str, reason: Lengthening, letter: bytes, now: datetime, *, by: str
    ) -> Request:
        """See `deciding.extend`."""
        return deciding.extend(self.context, case_id, regime, reason, letter, by=by, now=now)

    def redirect(self, case_id: CaseId, whom: str, now: datetime, *, by: str, letter: bytes | None = None) -> Request:
        """See `deciding.redirect`."""
        return deciding.redirect(self.context, case_id, whom, letter, by=by, now=now)

    def withdraw_request(self, case_id: CaseId, now: datetime, *, by: str | None) -> Request:
        """See `deciding.withdraw`."""
        return deciding.withdraw(self.context, case_id, by, now)

    def done_by_hand(self, case_id: CaseId, report: bytes, now: datetime, *, by: str) -> Request:
        """See `answering.done_by_hand`."""
        return answering.done_by_hand(self.context, case_id, report, by, now)

    def done_by_event(self, case_id: CaseId, purposes: Sequence[str], now: datetime) -> Request:
        """See `answering.done_by_event`."""
        return answering.done_by_event(self.context, case_id, purposes, now)

    def answer(self, case_id: CaseId, letter: bytes, now: datetime, *, by: str | None) -> Request:
        """See `answering.answer`."""
        return answering.answer(self.context, case_id, letter, by, now)

    def keep_paper(self, case_id: CaseId, kind: str, content: bytes, now: datetime, *, by: str | None) -> Paper:
        """See `papers.keep_paper`."""
        return papers.keep_paper(self.context, case_id, kind, content, by=by, now=now)

    def see_paper(self, case_id: CaseId, digest: str, now: datetime, *, by: str) -> bytes:
        """See `papers.see_paper`."""
        return papers.see_paper(self.context, case_id, digest, by, now)

    def warn(self, now: datetime) -> tuple[warning.Told, ...]:
        """See `warning.warn_all`; whatever a dead process left of papers is destroyed too."""
        for case_id in tuple(papers.overdue_papers(self.context)):
            deciding.finish(self.context, case_id, now)
        return warning.warn_all(self.context, now)

    def alert_all(self, now: datetime) -> alerting.Alerted:
        """See `alerting.alert_all`."""
        return alerting.alert_all(self.context, now)

    def alert_of(self, case_id: CaseId, now: datetime) -> alerting.Alerted:
        """See `alerting.alert_of`."""
        return alerting.alert_of(self.context, case_id, now)


def _whoever() -> str:
    """Return who runs this process, as the command line takes him: an account of the machine, not a program's word."""
    return getpass.getuser()
