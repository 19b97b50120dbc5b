"""What a store did, as the journal keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from retention.model.outcome import Effect, Residue


def as_body(effect: Effect) -> dict[str, Any]:
    """Return the effect as JSON."""
    return {
        "rows": effect.rows,
        "rows_suppressed": effect.rows_suppressed,
        "objects_rewritten": effect.objects_rewritten,
        "versions_removed": effect.versions_removed,
        "markers_removed": effect.markers_removed,
        "residues": [[residue.what, residue.until.isoformat()] for residue in effect.residues],
    }


def as_effect(body: dict[str, Any]) -> Effect:
    """Read what `as_body` made."""
    return Effect(
        rows=body["rows"],
        rows_suppressed=body["rows_suppressed"],
        objects_rewritten=body["objects_rewritten"],
        versions_removed=body["versions_removed"],
        markers_removed=body["markers_removed"],
        residues=tuple(Residue(what, datetime.fromisoformat(until)) for what, until in body["residues"]),
    )


def together(effects: Iterable[Effect]) -> Effect:
    """Return the effects as one; what remains is told once."""
    parts = list(effects)
    residues = {residue for part in parts for residue in part.residues}
    return Effect(
        rows=sum(part.rows for part in parts),
        rows_suppressed=sum(part.rows_suppressed for part in parts),
        objects_rewritten=sum(part.objects_rewritten for part in parts),
        versions_removed=sum(part.versions_removed for part in parts),
        markers_removed=sum(part.markers_removed for part in parts),
        residues=tuple(sorted(residues, key=lambda residue: (residue.until, residue.what))),
    )
