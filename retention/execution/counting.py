"""Counts for partners: made from the store, small cells protected, written, and stated as anonymous."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from retention.deidentify.files import as_files
from retention.deidentify.statistics import Statistics, publishable
from retention.evidence import canonical
from retention.execution.site import Site
from retention.model.plan import PublishCounts
from retention.model.predicate import Selection
from retention.model.transform import Value, apply
from retention.verification import Look
from retention.verification.counts import look_at_counts

CSV, PARQUET, MANIFEST = "counts.csv", "counts.parquet", "manifest.json"


def publish_counts(site: Site, step: PublishCounts, now: datetime) -> dict[str, Any]:
    """Count people, protect, write; return what the journal keeps.

    Raises:
        InputError: a small cell cannot be protected; nothing is written.

    """
    people = {_personal(step, row) for row in _rows(site, step)}
    tallies = Counter(cell for _, cell in people)
    made = publishable(tallies, step.columns, step.at_least)
    (parquet,) = as_files(made.table(), {"label": "anonymous", "at_least": str(step.at_least)}).values()
    files = {CSV: made.csv().encode(), PARQUET: parquet}
    manifest = canonical(_manifest(step, made, files, now))
    for name, content in {**files, MANIFEST: manifest}.items():
        site.counter.exports.put(f"{folder_of(step)}/{name}", content)
    return {"rows": len({person for person, _ in people}), "objects": len(files), "manifest": _sha256(manifest)}


def folder_of(step: PublishCounts) -> str:
    """Return where the files lie in the store of exports."""
    return step.dataset.replace(".", "/").lower()


def look_at_published(site: Site, step: PublishCounts, body: dict[str, Any]) -> Look:
    """Read the files again, and solve for the cells that were left out."""
    exports = site.counter.exports
    csv = (exports.read(f"{folder_of(step)}/{CSV}") or b"").decode()
    manifest = exports.read(f"{folder_of(step)}/{MANIFEST}") or b"{}"
    found = look_at_counts(csv, exports.read(f"{folder_of(step)}/{PARQUET}") or b"", step.at_least)
    listed = {entry["name"]: entry["sha256"] for entry in json.loads(manifest).get("files", ())}
    wrong = {
        "digest": _sha256(manifest) != body["manifest"] or listed.get(CSV) != _sha256(csv.encode()),
        "exposed": found.exposed > 0,
        "small": found.small > 0,
        "totals": not found.adds_up,
    }
    return Look(
        rows_before=body["rows"],
        rows_after=found.cells,
        rows_expected=found.cells,
        residual=found.small + found.exposed,
        residual_past=0,
        digest_expected=body["manifest"],
        digest_found=_sha256(manifest),
        smallest_class=found.smallest,
        expectations=len(wrong),
        failed=tuple(sorted(code for code, is_wrong in wrong.items() if is_wrong)),
        summary=found.summary(),
    )


def _rows(site: Site, step: PublishCounts) -> Iterator[tuple[Value, ...]]:
    dataset = site.datamap.datasets[step.source]
    finder = site.store(dataset).finder()
    yield from finder.values(dataset, [step.person, *step.columns], Selection(step.where, site.keys))


def _personal(step: PublishCounts, row: tuple[Value, ...]) -> tuple[str, tuple[str, ...]]:
    person, *values = row
    return str(person), tuple(_text(step, name, value) for name, value in zip(step.columns, values, strict=True))


def _text(step: PublishCounts, name: str, value: Value) -> str:
    """Return the dimension's value as text; rows without one are counted as such."""
    how = step.transforms.get(name)
    made = value if how is None else apply(how, value)
    return "" if made is None else str(made)


def _manifest(step: PublishCounts, made: Statistics, files: dict[str, bytes], now: datetime) -> dict[str, Any]:
    return {
        "format": "https://retention.example/statistics-manifest/v1",
        "name": step.name,
        "label": "anonymous",
        "dimensions": list(step.columns),
        "atLeast": step.at_least,
        "recipients": list(step.recipients),
        "cells": len(made.counts),
        "leftOut": len(made.hidden),
        "madeAt": now.isoformat(),
        "files": [{"name": name, "sha256": _sha256(content)} for name, content in sorted(files.items())],
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
