"""Whose data a case was about: committed to when it is sealed, confirmed for whoever knows the person."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.clocks import advance
from retention.errors import FoundError, StateError, UnknownNameError
from retention.evidence import receipt, subjects, verifier
from retention.evidence.receipt import Committed
from retention.evidence.subjects import Opening
from retention.execution.site import People, fetch_keys
from retention.model.case import CaseKind
from retention.model.facts import SubjectsCommitted
from retention.model.ids import CaseId
from retention.model.plan import Plan
from retention.model.subject import SubjectKey
from retention.planning import codec
from retention.planning.held import held_keys
from retention.ports.batches import Kept
from retention.ports.ledger import Phase, StoredPlan

_DRAFT = "committed"
"""Under this name the vault holds whom the case is about, from before the first thing is published."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A person's data was dealt with in a case, and what proves it."""

    case_id: CaseId
    at: str
    """When the case was sealed (RFC 3339)."""
    index: int
    """The entry of the log that commits to the person."""
    actions: tuple[str, ...]
    """What the case's entries say was done: `erasure of app.customers`."""
    under: tuple[str, ...]
    """Rules and statutes that they rest on."""
    kept: tuple[str, ...]
    """What stays: `app.payments: amount under jp.corporate-tax-act until …`."""


def commit_subjects(context: Context, kept: StoredPlan, plan: Plan, now: datetime) -> None:
    """Commit to the people of a case that is about to be sealed; the case key must still be there.

    Whom it is about is written to the vault first, and everything else follows from that and the case's
    salt: a repeat after a crash makes the same root. A case that names nobody (rows by date, a restore or a
    return, whose people are those of earlier cases, a batch, whose people have cases of their own) commits to nobody.
    """
    people = _drafted(context, plan, now)
    if not people:
        return
    secret = context.ledger.vault.get(plan.case_id, "salt")
    committed = _Committed(context, kept.digest, now)
    kept_of, fact = committed.to(plan.case_id, secret, people)
    context.ledger.openings.put(committed.epoch.name, plan.case_id, kept_of.openings)
    if plan.kind is CaseKind.REQUEST:
        epoch = committed.epoch.name
        context.ledger.openings.put_receipt(epoch, plan.case_id, kept_of.receipt, kept_of.expires_at)
    context.record(plan.case_id, fact, now)


def commit_each(context: Context, kept: StoredPlan, people: People, now: datetime) -> dict[CaseId, SubjectsCommitted]:
    """Commit to the people of a batch, each under his own case; return what is to be stated of each.

    The cases' own keys must still be there. A repeat after a crash makes the same roots.
    """
    secrets = context.ledger.many_vaults.read(people, "salt")
    committed = _Committed(context, kept.digest, now)
    made = {case_id: committed.to(case_id, secrets[case_id], keys) for case_id, keys in people.items()}
    context.ledger.openings.put_many(committed.epoch.name, (kept_of for kept_of, _ in made.values()))
    return {case_id: fact for case_id, (_, fact) in made.items()}


class _Committed:
    """Commitments under one plan, in the epoch of now."""

    def __init__(self, context: Context, plan_digest: str, now: datetime) -> None:
        local = now.astimezone(context.zone)
        self.epoch = context.ledger.openings.begin(f"{local:%Y}", _end_of_epoch(context, now))
        self._plan_digest = plan_digest
        until = advance(local.date() + timedelta(days=1), context.terms.receipts_for)
        self._expires_at = datetime.combine(until, datetime.min.time(), context.zone)

    def to(self, case_id: CaseId, secret: bytes, people: Sequence[SubjectKey]) -> tuple[Kept, SubjectsCommitted]:
        """Return what is kept of these keys and what is stated; a receipt is of one person, the key given first."""
        made = subjects.commit(secret, case_id, self._plan_digest, people)
        openings = dict(made.openings())
        own = json.dumps([_plain(openings[key]) for key in people if key in openings]).encode()
        packed = tuple((key, _packed(opening)) for key, opening in openings.items())
        root, scheme, epoch = made.root.hex(), subjects.SCHEME, self.epoch
        fact = SubjectsCommitted(self._plan_digest, made.count, root, scheme, epoch.name, epoch.destroy_at)
        return Kept(case_id, packed, own, self._expires_at), fact


def write_receipt(context: Context, case_id: CaseId) -> bytes | None:
    """Return the person's receipt; None if the case has none or we keep it no longer."""
    content = context.ledger.openings.receipt(case_id)
    entry = next((e for e in context.log.sequence.of_case(case_id) if _is_commitment(e.envelope)), None)
    if content is None or entry is None:
        return None
    return receipt.write_receipt(context.log, entry, [_opening(item) for item in json.loads(content)])


def confirm(context: Context, bundle: bytes, key: SubjectKey, vkey: str | None) -> tuple[Confirmation, ...]:
    """Say in which cases of the bundle the person's data was dealt with, asking the vault of openings.

    Raises:
        FoundError: the bundle is broken, or none of its cases is about the person.
        StateError: the epoch's key is destroyed: nobody can tell any more.
        UnknownNameError: this workspace has no such epoch.

    """
    report = verifier.verify(bundle, vkey)
    if not report.authentic:
        raise FoundError(f"the bundle is broken: {report.broken}")
    facts = [fact for fact in report.facts if fact.kind == receipt.KIND]
    if not facts:
        raise FoundError("no: the bundle commits to nobody (rows chosen by date, a restore, or a case not sealed)")
    found: list[Confirmation] = []
    destroyed: StateError | None = None
    for fact in facts:
        try:
            if _is_about(context, receipt.committed(fact.told), key):
                found.append(_confirmation(report.facts, fact))
        except StateError as error:
            destroyed = error
    if not found and destroyed is not None:
        raise destroyed
    if not found:
        raise FoundError("no: the vault knows no opening that ties this person to the bundle")
    return tuple(found)


def _is_about(context: Context, statement: Committed, key: SubjectKey) -> bool:
    """Look the person up.

    Raises:
        FoundError: the vault's opening does not lead to the root in the log.

    """
    for case_id, content in context.ledger.openings.find(statement.epoch, key):
        if case_id == statement.case_id:
            if not _opening(json.loads(content)).shows(case_id, key, statement.root):
                raise FoundError(f"{case_id}: the vault's opening does not lead to the root in the log")
            return True
    return False


def _confirmation(facts: Iterable[verifier.Fact], about: verifier.Fact) -> Confirmation:
    case_id = about.text("caseId")
    own = [fact for fact in facts if fact.text("caseId") == case_id]
    done = [fact for fact in own if fact.kind in ("deletion", "anonymize", "pseudonymize")]
    shares = [fact for fact in own if fact.kind == "batchShare"]
    parts = [f"{part['action']} {part['dataset']}" for fact in shares for part in _records(fact.told["done"])]
    reasons = [str(name) for fact in done for part in ("rules", "statutes") for name in _listed(fact.told.get(part))]
    return Confirmation(
        case_id=CaseId(case_id),
        at=about.at,
        index=about.index,
        actions=(*(f"{fact.text('action')} {fact.text('dataset')}" for fact in done), *parts),
        under=tuple(dict.fromkeys(reasons)),
        kept=(
            *(_kept(fact.told) for fact in own if fact.kind == "kept"),
            *(_kept(line) for fact in shares for line in _records(fact.told["kept"])),
        ),
    )


def _kept(told: Mapping[str, object]) -> str:
    until = told.get("until") or "a date nobody can say yet"
    fields = ", ".join(map(str, _listed(told.get("fields"))))
    return f"{told['dataset']}: {fields} under {told['statute']} until {until}"


def _records(value: object) -> list[Mapping[str, object]]:
    return [item for item in _listed(value) if isinstance(item, dict)]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _drafted(context: Context, plan: Plan, now: datetime) -> tuple[SubjectKey, ...]:
    """Return whom the case is about, as first written down."""
    vault = context.ledger.vault
    try:
        body = vault.get(plan.case_id, _DRAFT)
    except UnknownNameError:
        people = tuple(dict.fromkeys(_people(context, plan, now)))
        body = json.dumps([[key.name, key.value] for key in people], ensure_ascii=False).encode()
        vault.put(plan.case_id, _DRAFT, body)
    return tuple(SubjectKey(name, value) for name, value in json.loads(body))


def _people(context: Context, plan: Plan, now: datetime) -> Iterator[SubjectKey]:
    """Yield every key of everyone whose data the case's plans disposed of; of the requester, the given key first."""
    if plan.kind in (CaseKind.RESTORE, CaseKind.RETURN, CaseKind.BATCH):
        return
    if plan.kind is CaseKind.REQUEST and not plan.lifts:
        start = json.loads(context.ledger.vault.get(plan.case_id, "start"))
        yield SubjectKey(start["name"], str(start["value"]))
    held = set(_held(context, plan, now))
    for kept in context.ledger.plans.of_case(plan.case_id):
        if not any(line.phase is Phase.DONE for line in context.ledger.journal.entries(kept.plan_id)):
            continue
        keys = fetch_keys(context.ledger.vault, plan.case_id, kept.plan_id)
        for replay in codec.decode(kept.body).replays:
            for value in sorted(map(str, keys[replay.keys.keyset_id])):
                key = SubjectKey(replay.key_name, value)
                if (key.name, key.compared) not in held:
                    yield key


def _held(context: Context, plan: Plan, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield who was due in a sweep and under a hold when it was planned: of them, nothing was disposed of."""
    if plan.kind is CaseKind.SWEEP:
        holds = [h for h in context.ledger.holds.all() if h.released_at is None or h.released_at >= plan.made_at]
        world = context.world(context.datamap, now)
        for key in held_keys(world, holds, context.lookup_digest) if holds else ():
            yield key.name, key.compared


def _end_of_epoch(context: Context, now: datetime) -> datetime:
    """Return when openings of this year may go: the period counts from its end."""
    next_year = now.astimezone(context.zone).date().replace(month=1, day=1)
    until = advance(next_year.replace(year=next_year.year + 1), context.terms.openings_for)
    return datetime.combine(until, datetime.min.time(), context.zone)


def _is_commitment(envelope: bytes) -> bool:
    statement = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    return bool(statement["predicate"]["kind"] == receipt.KIND)


def _packed(opening: Opening) -> bytes:
    return json.dumps(_plain(opening)).encode()


def _plain(opening: Opening) -> list[object]:
    hashes = [base64.b64encode(part).decode() for part in (opening.salt, *opening.path)]
    return [opening.key_name, opening.index, opening.count, hashes]


def _opening(body: list[object]) -> Opening:
    name, index, count, hashes = body
    salt, *path = (base64.b64decode(part) for part in _listed(hashes))  # type: ignore[arg-type]  # our own JSON
    return Opening(str(name), int(str(index)), int(str(count)), salt, tuple(path))
