"""Whether those who work for us were chosen, bound and looked after (APPI art. 25; guideline 3-4-4).

Facts stand in the policy, under `processors` and `recipients`. While there is a lapse no further
data should go there: run `retention processors check NAME` before a transfer, it exits with 1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from retention.clocks import advance
from retention.model.period import Period
from retention.model.recipient import ENTRUSTED, Recipient, RecipientKind, Transfer
from retention.policy.transfers import DESIGNATED, is_guarded

_HOME = "JP"
_YEARLY = Period(years=1)


@dataclass(frozen=True, slots=True)
class Lapse:
    """One thing that is missing, late or in the wrong order."""

    processor: str
    code: str
    says: str
    statute: str


def lapses(recipient: Recipient, today: date, regimes: Collection[str] = ()) -> Iterator[Lapse]:
    """Yield what is wrong with one recipient's facts; authorities and third parties are not ours to supervise.

    `regimes` are the policy's: under the GDPR a recipient elsewhere needs one of its safeguards as well.
    """
    if recipient.kind in ENTRUSTED:
        yield from _contract(recipient)
        yield from _supervision(recipient, today)
    if recipient.kind is RecipientKind.LLM:
        yield from _certificate(recipient, today)
    if recipient.country not in {None, _HOME}:
        yield from _abroad(recipient, today)
    if "eu.gdpr" in regimes and not is_guarded(recipient):
        says = f"it is in {recipient.country}, without an adequacy decision or standard clauses (`transfer: scc`)"
        yield _lapse(recipient, "TRANSFER_UNGUARDED", says, "eu.gdpr.46")


def _contract(recipient: Recipient) -> Iterator[Lapse]:
    if recipient.contracted_on is None:
        yield _lapse(recipient, "CONTRACT_NOT_STATED", "no day of a contract stands in the policy (`contracted`)")
    if recipient.nda_on is None:
        yield _lapse(recipient, "NDA_NOT_STATED", "no agreement on confidentiality stands in the policy (`nda`)")
    elif recipient.first_transfer_on is not None and recipient.first_transfer_on < recipient.nda_on:
        says = f"data went there on {recipient.first_transfer_on}, before the agreement of {recipient.nda_on}"
        yield _lapse(recipient, "NDA_AFTER_TRANSFER", says)


def _supervision(recipient: Recipient, today: date) -> Iterator[Lapse]:
    seen = recipient.supervised_on or recipient.contracted_on
    if seen is None:
        yield _lapse(recipient, "SUPERVISION_NOT_STATED", "nobody has looked after it yet (`supervised`)")
        return
    due = advance(seen, recipient.supervise_every)
    if due < today:
        yield _lapse(recipient, "SUPERVISION_OVERDUE", f"it was to be looked after by {due}, and was last on {seen}")


def _certificate(recipient: Recipient, today: date) -> Iterator[Lapse]:
    if recipient.certified_until is None:
        yield _lapse(recipient, "CERTIFICATE_NOT_STATED", "no certification stands in the policy (`certified_until`)")
    elif recipient.certified_until < today:
        yield _lapse(recipient, "CERTIFICATE_EXPIRED", f"its certification ended on {recipient.certified_until}")


def _abroad(recipient: Recipient, today: date) -> Iterator[Lapse]:
    unfounded = recipient.transfer is Transfer.ADEQUACY and recipient.country not in DESIGNATED
    if unfounded or recipient.transfer in {None, Transfer.NONE}:
        says = f"it is in {recipient.country}, and nothing holds on which the transfer could rest (`transfer`)"
        yield _lapse(recipient, "TRANSFER_UNSUPPORTED", says, "jp.appi.28-1")
    if recipient.transfer is Transfer.CONSENT and recipient.informed_on is None:
        says = f"it rests on consent, and nothing says that people are told of {recipient.country} (`informed`)"
        yield _lapse(recipient, "COUNTRY_NOT_TOLD", says, "jp.appi.28-2")
    if recipient.transfer is Transfer.EQUIVALENT:
        seen = recipient.confirmed_on
        if seen is None or advance(seen, _YEARLY) < today:
            says = "its equivalent measures were not confirmed within a year (`confirmed`)"
            yield _lapse(recipient, "EQUIVALENCE_NOT_CONFIRMED", says, "jp.appi.28-3")


def _lapse(recipient: Recipient, code: str, says: str, statute: str = "jp.appi.25") -> Lapse:
    return Lapse(recipient.name, code, says, statute)
