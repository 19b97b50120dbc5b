"""Verification of sets for joint users: the files as they lie there, against what was to be done."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from retention.deidentify.files import tokens_of
from retention.errors import StateError
from retention.execution.counter import Counter, token_keys
from retention.execution.counting import look_at_published
from retention.execution.lines import Lines
from retention.execution.sharing import MANIFEST, MadeStep, files_of, place_of
from retention.execution.site import Site
from retention.model.datamap import Identifies
from retention.model.facts import Looked
from retention.model.ids import DatasetId
from retention.model.plan import ExportSet, ForgetInSet, PublishCounts, WithdrawSet
from retention.model.sharing import KeyUse, SetState
from retention.ports.ledger import Phase
from retention.verification import Look
from retention.verification.shared import SharedLook, identifiers_in, look_at_files

_NOTHING = hashlib.sha256(b"").hexdigest()
"""Of no file at all."""


def look_at_sets(site: Site, counter: Counter, now: datetime) -> dict[DatasetId, Look]:
    """Look at every set that the plan made, changed or took back; record what was seen, passed or not.

    Raises:
        StateError: a step has not been carried out yet.
        TransientFailure, TerminalFailure: from the stores.

    """
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    seen: dict[DatasetId, Look] = {}
    for step in site.plan.steps:
        if not isinstance(step, MadeStep):
            continue
        if lines.find(step.step_id, Phase.DONE) is None:
            raise StateError(f"step {step.step_id} has not been carried out", hint="apply the plan, then verify")
        found = _look(site, counter, lines, step, now)
        place = place_of(step)
        site.record(_fact(site, place, found), now)
        phase = Phase.VERIFIED if found.passed else Phase.FAILED
        lines.write(step.step_id, phase, now, {"summary": found.summary, "failed": list(found.failed)})
        seen[place] = found
    return seen


def _look(site: Site, counter: Counter, lines: Lines, step: MadeStep, now: datetime) -> Look:
    match step:
        case ExportSet():
            return _look_at_export(site, counter, lines, step)
        case ForgetInSet():
            return _look_for_person(site, counter, step, now)
        case WithdrawSet():
            return _look_for_rest(counter, step)
        case PublishCounts():
            return look_at_published(site, step, lines.body(step.step_id, Phase.DONE))


def _look_at_export(site: Site, counter: Counter, lines: Lines, step: ExportSet) -> Look:
    shared = counter.sharing.get_set(step.export_id)
    dataset = site.dataset(step)
    directly = {name for name, each in dataset.fields.items() if each.identifies is Identifies.DIRECTLY}
    telling = sorted(directly | {*dataset.linking_columns})
    identifiers = identifiers_in(site.store(dataset).inspector().scan(dataset), telling)
    found = look_at_files(dict(files_of(counter.exports, shared)), identifiers)
    manifest = counter.exports.read(f"{shared.folder}/{MANIFEST}") or b"{}"
    body = lines.body(step.step_id, Phase.DONE)
    wrong = {
        "columns": found.columns != step.columns,
        "count": found.rows != body["rows"],
        "digest": _listed(manifest) != {name.rpartition("/")[2]: d for name, d in found.digests.items()},
        "identifiers": found.identifiers > 0,
        "label": found.labels != (step.label,) or json.loads(manifest).get("label") != step.label,
    }
    return _as_look(found, wrong, (step.of_rows, body["rows"]), body["manifest"], hashlib.sha256(manifest).hexdigest())


def _look_for_person(site: Site, counter: Counter, step: ForgetInSet, now: datetime) -> Look:
    shared = counter.sharing.get_set(step.export_id)
    column = shared.person_column
    assert column is not None  # noqa: S101 -- narrows the type; the plan found rows by it
    keys = token_keys(counter, shared, KeyUse.VERIFICATION, site.plan.plan_id, now)
    tokens = tokens_of(site.keys[step.keys.keyset_id], keys, column)
    found = look_at_files(dict(files_of(counter.exports, shared)), column=column, tokens=tokens)
    manifest = hashlib.sha256(counter.exports.read(f"{shared.folder}/{MANIFEST}") or b"").hexdigest()
    wrong = {
        "count": found.rows != step.of_rows - step.rows,
        "digest": manifest != shared.manifest_digest,
        "label": found.labels != (shared.label,),
        "residual": found.held > 0,
    }
    return _as_look(found, wrong, (step.of_rows, step.of_rows - step.rows), shared.manifest_digest, manifest)


def _look_for_rest(counter: Counter, step: WithdrawSet) -> Look:
    shared = counter.sharing.get_set(step.export_id)
    left = counter.exports.paths(shared.folder)
    found = look_at_files(dict(files_of(counter.exports, shared)))
    wrong = {"residual": bool(left), "state": shared.state is not SetState.WITHDRAWN}
    digest = hashlib.sha256("\n".join(left).encode()).hexdigest()
    return _as_look(found, wrong, (step.rows, 0), _NOTHING, digest)


def _listed(manifest: bytes) -> dict[str, str]:
    return {entry["name"]: entry["sha256"] for entry in json.loads(manifest).get("files", ())}


def _as_look(found: SharedLook, wrong: dict[str, bool], rows: tuple[int, int], expected: str, digest: str) -> Look:
    return Look(
        rows_before=rows[0],
        rows_after=found.rows,
        rows_expected=rows[1],
        residual=found.identifiers + found.held,
        residual_past=0,
        digest_expected=expected,
        digest_found=digest,
        smallest_class=None,
        expectations=len(wrong),
        failed=tuple(sorted(code for code, is_wrong in wrong.items() if is_wrong)),
        summary=found.summary(),
    )


def _fact(site: Site, place: DatasetId, found: Look) -> Looked:
    return Looked(
        plan_digest=site.digest,
        dataset=place,
        passed=found.passed,
        rows_before=found.rows_before,
        rows_after=found.rows_after,
        residual=found.residual,
        expected_digest=found.digest_expected,
        found_digest=found.digest_found,
        smallest_class=found.smallest_class,
        expectations=found.expectations,
        suite_digest=hashlib.sha256(found.summary.encode()).hexdigest(),
    )
