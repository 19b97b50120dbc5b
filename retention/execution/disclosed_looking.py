"""Verification of an export for a person, before anybody is given it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from retention.datamap import is_secret, of_person
from retention.errors import StateError
from retention.execution.disclosing import export_of, phrase_or_none
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.disclosure import DeliverExport, DiscloseRows, DisclosureStep
from retention.model.facts import Looked
from retention.model.ids import DatasetId
from retention.ports.ledger import Phase
from retention.verification import Look
from retention.verification.disclosed import Sealed, Source, look_at_disclosure
from retention.verification.selector import Selector


def look_at_disclosed(site: Site, now: datetime) -> dict[DatasetId, Look]:
    """Open every export that the plan made, and compare it with a fresh look; record what was seen, passed or not.

    Raises:
        StateError: a step has not been carried out yet.
        TransientFailure, TerminalFailure: from the stores.

    """
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    seen: dict[DatasetId, Look] = {}
    for step in site.plan.steps:
        if isinstance(step, DisclosureStep) and lines.find(step.step_id, Phase.DONE) is None:
            raise StateError(f"step {step.step_id} has not been carried out", hint="apply the plan, then verify")
        if not isinstance(step, DeliverExport):
            continue
        found = _look(site, step)
        site.record(_fact(site, step.dataset, found), now)
        phase = Phase.VERIFIED if found.passed else Phase.FAILED
        lines.write(step.step_id, phase, now, {"summary": found.summary, "failed": list(found.failed)})
        seen[step.dataset] = found
    return seen


def _look(site: Site, step: DeliverExport) -> Look:
    export = export_of(site, step)
    content = None if export is None else site.handing_out.exports.read(export.path)
    phrase = None if export is None else phrase_or_none(site, export)
    sealed = Sealed(content, "" if export is None else export.file_digest, phrase)
    sources = [_source(site, each) for each in site.plan.steps if isinstance(each, DiscloseRows)]
    return look_at_disclosure(sealed, sources, Selector(site.keys), site.ledger.vault.get(site.plan.case_id, "salt"))


def _source(site: Site, step: DiscloseRows) -> Source:
    dataset = site.datamap.datasets[step.dataset]
    secrets = tuple(column for column in of_person(dataset) if is_secret(dataset, column))
    return Source(step, site.store(dataset).inspector().scan(dataset), secrets)


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
        smallest_class=None,
        expectations=found.expectations,
        suite_digest=hashlib.sha256(found.summary.encode()).hexdigest(),
    )
