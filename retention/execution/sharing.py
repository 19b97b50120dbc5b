"""Steps of joint use: intent, files, done, evidence. A set is noted before its first byte is written."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, TypeAlias

from retention.clocks import advance
from retention.deidentify.applying import apply
from retention.deidentify.files import as_files, table_of, tokens_of, without
from retention.deidentify.produced import leaks
from retention.deidentify.verdict import Masked, Refused, Verdict
from retention.errors import InputError, TerminalFailure
from retention.evidence import canonical
from retention.execution.counter import Counter, key_reference, token_keys
from retention.execution.counting import publish_counts
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.copies import Horizon, Why
from retention.model.facts import Disposed, KeyDestroyed, Pseudonymized, Remains
from retention.model.ids import DatasetId, SystemId
from retention.model.outcome import Done, Effect
from retention.model.period import Period
from retention.model.plan import DestroyTokenKey, ExportSet, ForgetInSet, PublishCounts, SharingStep, WithdrawSet
from retention.model.sharing import KeyAccess, KeyUse, SetState, SharedSet, TokenKey
from retention.ports.exports import ExportStore
from retention.ports.ledger import Phase
from retention.verification.selector import Selector

MadeStep: TypeAlias = ExportSet | ForgetInSet | WithdrawSet | PublishCounts
"""Steps after which there is something to look at."""
MANIFEST = "manifest.json"
FORMAT = "https://retention.example/joint-use-manifest/v1"


def share(site: Site, lines: Lines, step: SharingStep, now: datetime) -> Done:
    """Carry the step out, from wherever an earlier process left it.

    Raises:
        TransientFailure, TerminalFailure: from the store of exports or of the original; or the set is not
            what it was to be.

    """
    resumed = lines.find(step.step_id, Phase.INTENT) is not None
    lines.write(step.step_id, Phase.INTENT, now, {"rows": 0 if isinstance(step, DestroyTokenKey) else step.rows})
    if lines.find(step.step_id, Phase.DONE) is None:
        try:
            effect = _effect(site, step, now)
        except InputError as error:  # recipe and data, or dimensions and people, do not fit: no run will mend that
            raise TerminalFailure(
                str(error), hint="nothing was handed over; change the policy, then plan again"
            ) from None
        lines.write(step.step_id, Phase.DONE, now, {**effect, "resumed": resumed})
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        _evidence(site, lines, step, now)
    return Done(Effect(lines.body(step.step_id, Phase.DONE)["rows"]))


def _effect(site: Site, step: SharingStep, now: datetime) -> dict[str, Any]:
    match step:
        case ExportSet():
            return _export(site, step, now)
        case ForgetInSet():
            return _forget(site, step, now)
        case WithdrawSet():
            return _withdraw(site, step, now)
        case PublishCounts():
            return publish_counts(site, step, now)
        case DestroyTokenKey():
            return _destroy(site, step, now)


# -- handing over


def _export(site: Site, step: ExportSet, now: datetime) -> dict[str, Any]:
    counter = site.counter
    shared = SharedSet(
        export_id=step.export_id,
        joint_use=step.joint_use,
        set_name=step.set_name,
        member=step.member,
        purpose=step.purpose,
        dataset=step.dataset,
        key_name=step.key_name,
        epoch=step.epoch,
        person_column=step.person_column,
        label=step.label,
        rows=0,
        manifest_digest="",
        case_id=site.plan.case_id,
        made_at=now,
        until=step.until,
        state=SetState.WRITING,
    )
    counter.sharing.put_set(shared)
    original, table, verdict = _made(site, step, shared, now)
    if verdict.label != step.label:
        counter.sharing.put_set(replace(shared, state=SetState.WITHDRAWN))
        raise TerminalFailure(
            _unlike(step, verdict), hint="nothing was handed over; change the recipe, then plan again"
        )
    files = as_files(table, _metadata(step, shared))
    if found := [reason for content in files.values() for reason in leaks(content, original, counter.recipe(step))]:
        counter.sharing.put_set(replace(shared, state=SetState.WITHDRAWN))
        raise TerminalFailure(f"{step.set_name}: {'; '.join(map(str, found))}", hint="nothing was handed over")
    rows = table.num_rows
    manifest = _manifest(shared, files, rows, step.columns, {**counter.beside(step), "plan": site.digest})
    _put_all(counter.exports, shared.folder, {**files, MANIFEST: manifest})
    digest = hashlib.sha256(manifest).hexdigest()
    counter.sharing.put_set(replace(shared, rows=rows, manifest_digest=digest, state=SetState.LIVE))
    return {"rows": rows, "objects": len(files), "manifest": digest, "label": verdict.label}


def _made(site: Site, step: ExportSet, shared: SharedSet, now: datetime) -> tuple[Any, Any, Verdict]:
    """Return the original's rows, what the recipe makes of them, and its verdict.

    The seed is random and kept nowhere: it is destroyed when this returns (Enforcement Rules 35).
    """
    counter = site.counter
    recipe, dataset = counter.recipe(step), site.dataset(step)
    selector = Selector(site.keys)
    batches = (
        batch.filter(selector.mask(step.where, batch)) for batch in site.store(dataset).inspector().scan(dataset)
    )
    keys = None
    if step.key_name is not None:
        _begin_key(counter, step, now)
        keys = token_keys(counter, shared, KeyUse.EXPORT, site.plan.plan_id, now)
    try:
        original = table_of(batches, tuple(recipe.columns))
    except KeyError:
        raise TerminalFailure(
            f"{step.dataset}: a column that the recipe names is not there", hint="retention datamap check"
        ) from None
    table, verdict = apply(original, recipe, keys, secrets.randbits(128))
    return original, table, verdict


def _begin_key(counter: Counter, step: ExportSet, now: datetime) -> None:
    assert step.key_name is not None  # noqa: S101 -- narrows the type; the caller has asked
    if all(key.key_name != step.key_name for key in counter.sharing.token_keys()):
        check = _check_value(counter.keys.create(step.key_name))
        counter.sharing.put_key(
            TokenKey(step.key_name, step.purpose, step.member, step.dataset, step.epoch, check, now)
        )


def _check_value(key: bytes) -> str:
    return hmac.new(key, b"kcv", hashlib.sha256).hexdigest()[:16]


def _unlike(step: ExportSet, verdict: Verdict) -> str:
    reasons = verdict.reasons if isinstance(verdict, Masked | Refused) else ()
    why = "; ".join(str(reason) for reason in reasons)
    return f"{step.set_name}: expected a set that tests call {step.label}, found {verdict.label}: {why}"


def _metadata(step: ExportSet, shared: SharedSet) -> dict[str, str]:
    """Return what each file says of itself; the label first of all."""
    return {
        "label": step.label,
        "export": shared.export_id,
        "joint_use": step.joint_use,
        "recipient": step.member,
        "purpose": step.purpose,
        "until": step.until.isoformat(),
        "terms": "APPI 41: no matching to identify, no contact, no provision to third parties",
    }


def _manifest(
    shared: SharedSet, files: Mapping[str, bytes], rows: int, columns: tuple[str, ...], more: Mapping[str, str]
) -> bytes:
    return canonical(
        {
            "format": FORMAT,
            "export": shared.export_id,
            "jointUse": shared.joint_use,
            "set": shared.set_name,
            "recipient": shared.member,
            "purpose": shared.purpose,
            "original": shared.dataset,
            "label": shared.label,
            "rows": rows,
            "columns": list(columns),
            "files": _listed(files),
            "madeAt": shared.made_at.isoformat(),
            "until": shared.until.isoformat(),
            **more,
        }
    )


def _listed(files: Mapping[str, bytes]) -> list[dict[str, str | int]]:
    return [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]


def _put_all(exports: ExportStore, folder: str, files: Mapping[str, bytes]) -> None:
    """Put the files in place, the manifest last; what an attempt that died left beside them goes."""
    for name, content in sorted(files.items(), key=lambda item: item[0] == MANIFEST):
        exports.put(f"{folder}/{name}", content)
    for path in exports.paths(folder):
        if path.removeprefix(f"{folder}/") not in files:
            exports.remove(path)


# -- taking back


def files_of(exports: ExportStore, shared: SharedSet) -> Iterator[tuple[str, bytes]]:
    """Yield the set's Parquet files by path, as they lie there."""
    for path in exports.paths(shared.folder):
        content = exports.read(path) if path.endswith(".parquet") else None
        if content is not None:
            yield path, content


def _forget(site: Site, step: ForgetInSet, now: datetime) -> dict[str, Any]:
    counter = site.counter
    shared = counter.sharing.get_set(step.export_id)
    column = shared.person_column
    assert column is not None  # noqa: S101 -- narrows the type; the plan found rows by it
    keys = token_keys(counter, shared, KeyUse.ERASURE, site.plan.plan_id, now)
    tokens = tokens_of(site.keys[step.keys.keyset_id], keys, column)
    files, gone, left = {}, 0, 0
    for path, content in files_of(counter.exports, shared):
        kept, rows, stay = without(content, column, tokens)
        files[path.rpartition("/")[2]], gone, left = kept, gone + rows, left + stay
    _order(site, shared, step, now, sorted(tokens))
    _rewrite(
        counter, shared, files, left
    )  # also if nothing was left to do: an attempt may have died before the manifest
    return {"rows": gone, "objects": len(files) if gone else 0}


def _rewrite(counter: Counter, shared: SharedSet, files: Mapping[str, bytes], rows: int) -> None:
    before = json.loads(counter.exports.read(f"{shared.folder}/{MANIFEST}") or b"{}")
    manifest = canonical({**before, "rows": rows, "files": _listed(files)})
    _put_all(counter.exports, shared.folder, {**files, MANIFEST: manifest})
    digest = hashlib.sha256(manifest).hexdigest()
    counter.sharing.put_set(replace(shared, rows=rows, manifest_digest=digest))


def _withdraw(site: Site, step: WithdrawSet, now: datetime) -> dict[str, Any]:
    counter = site.counter
    shared = counter.sharing.get_set(step.export_id)
    paths = counter.exports.paths(shared.folder)
    _order(site, shared, step, now, "everything")
    for path in paths:
        counter.exports.remove(path)
    counter.sharing.put_set(replace(shared, state=SetState.WITHDRAWN))
    return {"rows": shared.rows, "objects": len(paths)}


def _order(
    site: Site, shared: SharedSet, step: ForgetInSet | WithdrawSet, now: datetime, what: list[str] | str
) -> None:
    """Tell the joint user, where he fetches his sets, what to erase in his own copy and by when."""
    by = _due(now, step.answer_within).isoformat()
    told = canonical({"export": shared.export_id, "case": site.plan.case_id, "by": by, "erase": what})
    path = f"{shared.member}/orders/{site.plan.case_id.lower()}-{step.step_id.partition('-')[0]}.json"
    site.counter.exports.put(path, told)


def _due(now: datetime, within: Period) -> datetime:
    return datetime.combine(advance(now.date() + timedelta(days=1), within), time.min, now.tzinfo)


def _destroy(site: Site, step: DestroyTokenKey, now: datetime) -> dict[str, Any]:
    counter = site.counter
    known = counter.sharing.get_key(step.key_name)
    counter.sharing.note_access(KeyAccess(step.key_name, KeyUse.DESTRUCTION, site.plan.plan_id, now))
    counter.keys.shred(step.key_name)
    counter.sharing.put_key(replace(known, destroyed_at=known.destroyed_at or now))
    return {"rows": 0, "objects": 0}


# -- evidence


def _evidence(site: Site, lines: Lines, step: SharingStep, now: datetime) -> None:
    counter = site.counter
    intent, done = lines.find(step.step_id, Phase.INTENT), lines.find(step.step_id, Phase.DONE)
    assert intent is not None  # noqa: S101 -- narrows the type; written before
    assert done is not None  # noqa: S101 -- same
    body = lines.body(step.step_id, Phase.DONE)
    if isinstance(step, DestroyTokenKey):
        check = counter.sharing.get_key(step.key_name).check_value
        entry = site.record(KeyDestroyed(key_reference(step.key_name), check), done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {"index": entry.index})
        return
    if isinstance(step, ForgetInSet | WithdrawSet):
        shared = counter.sharing.get_set(step.export_id)
        horizon = Horizon(
            site.plan.case_id,
            SystemId(shared.member),  # a joint user holds a copy as a system does
            f"joint/{shared.set_name}/{shared.export_id}",
            _due(done.at, step.answer_within),
            why=Why.DECLARED,
        )
        site.ledger.copies.add_horizon(horizon)
        site.record(Remains(horizon.system, horizon.what, horizon.until, horizon.why.value), done.at)
    rows = step.rows if body["resumed"] and isinstance(step, ForgetInSet) else body["rows"]
    effect = Effect(rows=rows, objects_rewritten=body["objects"])
    fact = _fact(site, step, effect, (intent.at, done.at), resumed=body["resumed"])
    entry = site.record(fact, done.at)
    lines.write(step.step_id, Phase.EVIDENCE, now, {"index": entry.index})


def _fact(
    site: Site,
    step: MadeStep,
    effect: Effect,
    span: tuple[datetime, datetime],
    *,
    resumed: bool,
) -> Disposed | Pseudonymized:
    """State an export as what it made, under the place of the set; taking back as an erasure there."""
    place = place_of(step)
    common: dict[str, Any] = {
        "step_id": step.step_id,
        "plan_digest": site.digest,
        "dataset": place,
        "rules": step.because.rules,
        "statutes": step.because.statutes,
        "rows_planned": step.rows,
        "effect": effect,
        "started_at": span[0],
        "finished_at": span[1],
        "resumed": resumed,
    }
    if isinstance(step, ExportSet) and step.key_name is not None:
        domain = step.key_name.removeprefix("joint-use/")[:63]
        return Pseudonymized(domain=domain, key_ref=key_reference(step.key_name), **common)
    return Disposed(action="anonymize" if isinstance(step, ExportSet | PublishCounts) else "erase", **common)


def place_of(step: MadeStep) -> DatasetId:
    """Return what evidence calls the set."""
    if isinstance(step, ExportSet):
        return DatasetId(f"joint.{step.member}.{step.set_name}.{step.export_id}")
    return step.dataset
