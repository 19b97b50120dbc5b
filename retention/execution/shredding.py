"""Keys of people are shredded, and backups that nobody can read without them are left to expire.

Shredding cannot be undone. So it is done last, and only after another look: should a row be there that only
these keys open (it came in meanwhile, or a step before failed), nothing is shredded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import assert_never

from retention.errors import TerminalFailure
from retention.execution.elsewhere import suppressions
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Horizon
from retention.model.facts import KeyDestroyed, Remains
from retention.model.horizons import latest
from retention.model.ids import SystemId
from retention.model.key_steps import KeyStep, LeaveUnreadable, ShredKeys
from retention.model.outcome import Done, Effect, Outcome
from retention.model.predicate import AllOf, Among, Populated, Selection
from retention.model.subject import SubjectKey
from retention.model.subject_keys import KeyOwner, KeyRef
from retention.ports.ledger import Phase


def shred(site: Site, lines: Lines, step: KeyStep, now: datetime) -> Outcome:
    """Carry out one step on keys.

    Raises:
        TransientFailure, TerminalFailure: from the keys' system, the stores or the backups; also if a row
            that stays is encrypted under one of the keys.

    """
    if lines.find(step.step_id, Phase.INTENT) is None:
        lines.write(step.step_id, Phase.INTENT, now, {})
    match step:
        case ShredKeys():
            _shred_keys(site, lines, step, now)
            return Done(Effect(step.keys.size))
        case LeaveUnreadable():
            _leave(site, lines, step, now)
            return Done(Effect(0))
        case _:
            assert_never(step)


def owners(site: Site, step: ShredKeys) -> tuple[KeyOwner, ...]:
    """Return whose keys the step is about."""
    values = sorted(site.keys[step.keys.keyset_id], key=str)
    return tuple(KeyOwner(SubjectKey(step.key_name, str(value)), step.category) for value in values)


def epoch_name(epoch: int) -> str:
    """Return what a horizon calls the wrapped keys of an epoch, of which old copies may exist."""
    return f"epoch/{epoch}"


def epoch_of(what: str) -> int | None:
    """Read what `epoch_name` wrote; None for anything else."""
    name, _, number = what.partition("/")
    return int(number) if name == "epoch" and number.isdecimal() else None


def shredded_reference(system: SystemId, ref: KeyRef) -> str:
    """Return the SHA-256 (hex) of the key's name, by which evidence names it."""
    return hashlib.sha256(f"{system}/{ref}".encode()).hexdigest()


def _shred_keys(site: Site, lines: Lines, step: ShredKeys, now: datetime) -> None:
    if lines.find(step.step_id, Phase.DONE) is None:
        _refuse_needed(site, step)
        left = site.subject_keys[step.system].shredder().shred(owners(site, step), now)
        if len(left) != step.keys.size:
            raise TerminalFailure(
                f"{step.system}: the plan shreds {step.keys.size} keys, and {len(left)} are there",
                hint="someone removed rows of the wrapped keys; make a new plan",
            )
        keys = [[shredded_reference(step.system, key.ref), key.check_value] for key in left]
        epochs = sorted({key.epoch for key in left})
        lines.write(step.step_id, Phase.DONE, now, {"keys": keys, "epochs": epochs, "until": step.until.isoformat()})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        for horizon in _horizons(site, lines, step):
            site.ledger.copies.add_horizon(horizon)
            site.record(Remains(horizon.system, horizon.what, horizon.until), done.at)
        for reference, check in lines.body(step.step_id, Phase.DONE)["keys"]:
            site.record(KeyDestroyed(reference, check), done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {})


def _horizons(site: Site, lines: Lines, step: ShredKeys) -> Iterator[Horizon]:
    """Yield until when an old copy of the wrapped keys could still be opened; it ends with its epoch's key."""
    body = lines.body(step.step_id, Phase.DONE)
    for epoch in body["epochs"]:
        yield Horizon(site.plan.case_id, step.system, epoch_name(epoch), datetime.fromisoformat(body["until"]))


def _refuse_needed(site: Site, step: ShredKeys) -> None:
    """Stop where a live row is readable only with these keys: what was shredded cannot be brought back."""
    for dataset in site.datamap.datasets.values():
        under = dataset.encrypted
        if under is None or (under.keys, under.by) != (step.system, step.key_name):
            continue
        fields = tuple(sorted(name for name in under.fields if dataset.fields[name].category == step.category))
        if fields:
            where = AllOf((Among(dataset.subject[under.by], step.keys), Populated(fields)))
            rows = site.store(dataset).finder().count(dataset, Selection(where, site.keys))
            if rows:
                raise TerminalFailure(
                    f"{step.step_id}: {rows} rows of {dataset.dataset_id} can be read only with these keys; "
                    "none was shredded",
                    hint="they came in meanwhile, or a step before failed: make a new plan",
                )


def _leave(site: Site, lines: Lines, step: LeaveUnreadable, now: datetime) -> None:
    """Let the copies expire; a restore of one is still replayed, so that unreadable rows do not come back."""
    if lines.find(step.step_id, Phase.DONE) is None:
        copies = site.keepers[step.system].copies()
        site.ledger.copies.suppress(suppressions(site, now, latest([now, *(copy.expires_at for copy in copies)])))
        lines.write(step.step_id, Phase.DONE, now, {"copies": len(copies)})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        lines.write(step.step_id, Phase.EVIDENCE, now, {})
