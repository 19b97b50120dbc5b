"""Recipients whom no system connects: what has to be written to them, and that somebody did.

The letter names the case and never the person: whom it is about goes by a road of its own, as agreed with the
recipient. A letter that was sent stands in the ledger as an order that is asked and not confirmed, and so in the
person's answer; nobody is ever said to have erased on a letter.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.records import stored
from retention.clocks import advance
from retention.errors import StateError, UnknownNameError
from retention.model.answer import BestEffort, Proof
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import PlacedOrder, Receipt
from retention.model.ids import CaseId, CategoryId, DatasetId, OrderId, StepId, SystemId
from retention.model.plan import Letter
from retention.model.processing import Note, NoteKind
from retention.model.processor_facts import OrderNoted
from retention.model.terms import Notice, Right
from retention.planning.letters import duty_of
from retention.ports.ledger import Phase

_TEXTS = {"order": Notice.PROCESSOR_ORDER, "notice": Notice.RECIPIENT}
CORRECTED_CATEGORY = "corrected"
"""Under this name the vault of a correction's case has the category that was put right; empty: anything."""


@dataclass(frozen=True, slots=True)
class Post:
    """One letter of a case that was carried out."""

    case_id: CaseId
    recipient: str
    named: tuple[str, ...]
    """Companies of that name, where the data says which."""
    duty: str
    """See `Letter.duty`."""
    told_at: datetime | None
    texts: Mapping[str, str]
    """What to write, by language; empty where the policy has no words, and for authorities."""


def letters(context: Context, case_id: CaseId | None, now: datetime) -> tuple[Post, ...]:
    """Return the letters of a case, or of every case; nothing before rows were touched.

    Raises:
        UnknownNameError: there is no such case.

    """
    cases = context.ledger.cases
    chosen: Iterable[Case] = cases.all() if case_id is None else (cases.get(case_id),)
    return tuple(post for case in chosen for post in _of_case(context, case, now))


def unwritten(context: Context, case_id: CaseId, now: datetime) -> tuple[str, ...]:
    """Return the recipients who work for us and have not been written to yet."""
    return tuple(
        post.recipient for post in letters(context, case_id, now) if post.duty == "order" and post.told_at is None
    )


def told(context: Context, case_id: CaseId, recipient: str, by: str, now: datetime) -> PlacedOrder:
    """Note that somebody wrote to a recipient; the same word twice is one.

    Raises:
        UnknownNameError: there is no such case, or nobody of that name has to be written to.
        StateError: it is an authority: nobody is written to.

    """
    case = context.ledger.cases.get(case_id)
    post = next((each for each in _of_case(context, case, now) if each.recipient == recipient), None)
    if post is None:
        known = ", ".join(each.recipient for each in _of_case(context, case, now)) or "nobody"
        raise UnknownNameError(f"in {case_id} nobody called {recipient[:40]!r} is to be written to", hint=known)
    if post.duty == "none":
        raise StateError(f"{recipient} is an authority: it holds what a law gives it, and is not written to")
    named = order_id(case_id, recipient)
    digest = hashlib.sha256(f"{named}/asked".encode()).hexdigest()
    receipt = Receipt(named, BestEffort(), post.told_at or now, None, digest, None, Proof.NOBODY)
    answered = None if _corrected(context, case) is not None and post.duty == "order" else receipt
    order = PlacedOrder(
        named, case_id, StepId(f"letter-{recipient}"), SystemId(recipient), due_for(context, now), answered
    )
    if post.told_at is None:
        by_ref = context.ledger.secret_reference(by)
        context.ledger.copies.put_order(order)
        context.record(case_id, OrderNoted(named, order.processor, NoteKind.ASKED.value, by_ref), now)
        context.ledger.processing.note(Note(named, NoteKind.ASKED, now, by_ref))
    return order


def order_id(case_id: CaseId, recipient: str) -> OrderId:
    """Return the letter's number, the same on every attempt."""
    derived = hashlib.sha256(f"letter/{case_id}/{recipient}".encode()).digest()
    return OrderId(str(uuid.UUID(bytes=derived[:16], version=4)))


def _of_case(context: Context, case: Case, now: datetime) -> list[Post]:
    """Join the letters of every plan of the case that touched something: a second plan sees only what is left."""
    if case.kind is CaseKind.JOINT_USE:
        return []
    if (corrected := _corrected(context, case)) is not None:
        return [_post(context, case, letter, now) for letter in _to_correct(context, corrected)]
    duties: dict[str, str] = {}
    names: dict[str, set[str]] = defaultdict(set)
    for kept in context.ledger.plans.of_case(case.case_id):
        if any(line.phase is Phase.DONE for line in context.ledger.journal.entries(kept.plan_id)):
            for letter in stored(context, kept.plan_id)[1].letters:
                duties[letter.recipient] = letter.duty
                names[letter.recipient] |= set(letter.named)
    found = (Letter(name, duty, tuple(sorted(names[name]))) for name, duty in sorted(duties.items()))
    return [_post(context, case, letter, now) for letter in found]


def _corrected(context: Context, case: Case) -> str | None:
    """Return what the case's person put right in his account: a category, or anything (""); None: that is over."""
    if case.right is not Right.CORRECTION or case.state is not CaseState.OPEN:
        return None
    try:
        return context.ledger.vault.get(case.case_id, CORRECTED_CATEGORY).decode()
    except (StateError, UnknownNameError):
        return None  # it is being closed; or a person asked us to correct it, and the desk does that


def _to_correct(context: Context, category: str) -> list[Letter]:
    """Return who has a copy of it, connected or not: no system's road carries a correction."""
    duties = dict.fromkeys(_joint_users(context, category), "notice") | dict.fromkeys(
        _caches(context, category), "order"
    )
    for recipient in context.policy.terms.recipients:
        # of whom nobody says what he receives, anything may be there
        if not category or not recipient.categories or category in recipient.categories:
            duties[recipient.name] = duty_of(recipient.kind)
    return [Letter(name, duty, ()) for name, duty in sorted(duties.items())]


def _caches(context: Context, category: str) -> Iterator[str]:
    """Yield our own systems that keep something made from other data, and so may keep what it was before."""
    for dataset in context.datamap.datasets.values():
        if dataset.derived_from and _holds(context, dataset.dataset_id, dataset.fields, category):
            yield dataset.system


def _joint_users(context: Context, category: str) -> Iterator[str]:
    """Yield those to whom a set with it is handed."""
    for use in context.policy.terms.joint_uses:
        if any(_holds(context, each.dataset, each.columns, category) for each in use.sets):
            yield from (member.member_id for member in use.members if member.member_id is not None)


def _holds(context: Context, dataset: DatasetId, columns: Iterable[str], category: str) -> bool:
    fields = context.datamap.datasets[dataset].fields
    return any(name in fields and category in ("", fields[name].category) for name in columns)


def _post(context: Context, case: Case, letter: Letter, now: datetime) -> Post:
    notes = context.ledger.processing.notes(order_id(case.case_id, letter.recipient))
    told_at = next((note.noted_at for note in notes if note.kind is NoteKind.ASKED), None)
    texts = _texts(context, case, letter, now)
    return Post(case.case_id, letter.recipient, letter.named, letter.duty, told_at, texts)


def _texts(context: Context, case: Case, letter: Letter, now: datetime) -> Mapping[str, str]:
    """Fill the policy's words: the case's number stands for the person."""
    corrected = _corrected(context, case)
    kind = _TEXTS.get(letter.duty) if corrected is None or letter.duty == "none" else Notice.CORRECTION
    if kind is None:
        return {}
    terms = context.policy.terms
    recipient = next((each for each in terms.recipients if each.name == letter.recipient), None)
    due = now if kind is Notice.RECIPIENT else due_for(context, now)
    named = (corrected,) if corrected else () if recipient is None else recipient.categories
    day = due.astimezone(context.zone).date().isoformat()
    return {
        language: text.format(reference=case.case_id, date=day, category=_categories(context, named, language))
        for language, text in terms.notices.get(kind, {}).items()
    }


def _categories(context: Context, named: Iterable[str], language: str) -> str:
    known = context.policy.categories
    titles = [known[CategoryId(each)].title.get(language, each) for each in named if each in known]
    return ("、" if language == "ja" else ", ").join(titles) or {"ja": "個人データ"}.get(language, "personal data")


def due_for(context: Context, now: datetime) -> datetime:
    """Return when an answer is expected: as soon as the policy promises one to people."""
    day = advance(now.astimezone(context.zone).date(), context.policy.requests.answer_within)
    return datetime.combine(day, datetime.min.time(), context.zone)
