"""The checkpoint on paper: once a month into the audit binder, so that no change of all that is digital goes unseen."""

from __future__ import annotations

from datetime import datetime
from html import escape

from retention.evidence import qr
from retention.evidence.note import Checkpoint
from retention.evidence.page import document
from retention.evidence.witnessing import Witnessed

_LARGEST = 2_953
"""Bytes in one QR code with error correction L."""


def checkpoint_page(checkpoint: Checkpoint, note: bytes, vkey: str, witnessed: Witnessed | None, at: datetime) -> str:
    """Return one page: the signed note as text and as QR code, and how to compare it later.

    Args:
        checkpoint: the head of the log.
        note: its signed note with the cosignatures.
        vkey: the log's verifier key.
        witnessed: who cosigned; None if the log has no witnesses.
        at: when the page is made, in the zone it is to show.

    """
    facts = {
        "Log": checkpoint.origin,
        "Entries": f"{checkpoint.size:,}",
        "Root": checkpoint.root.hex(),
        "Verifier key": vkey,
        "Printed": f"{at:%Y-%m-%d %H:%M %Z}",
        "Witnesses": _witnesses(witnessed),
    }
    told = "".join(f"<dt>{name}</dt><dd><code>{escape(text)}</code></dd>" for name, text in facts.items())
    content = note if len(note) <= _LARGEST else checkpoint.note
    body = (
        "<h1>Checkpoint of the evidence log</h1>"
        "<p class='sub'>For the audit binder. Sign and date it by hand, and keep it where the log's operator cannot "
        "change it.</p>"
        f"<dl>{told}</dl><h2>Signed note</h2><p><code style='white-space:pre-wrap'>{escape(note.decode())}</code></p>"
        f"<figure style='width:78mm'>{_code(content)}</figure>"
        "<p class='note'>To use it: scan the code, save the text as <code>checkpoint</code>, and ask for a consistency "
        "proof from this size to today's. If none can be given, the log was rewritten since this page was printed.</p>"
        "<h2>Seen and filed</h2><p>Name, date, signature: ______________________________________</p>"
    )
    return document(f"Checkpoint {checkpoint.size} of {checkpoint.origin}", "en", body)


def _witnesses(witnessed: Witnessed | None) -> str:
    if witnessed is None:
        return "none: this log has no witnesses"
    signed = "; ".join(f"{name} at {at}" for name, at in sorted(witnessed.cosigned.items())) or "nobody"
    verdict = "reached" if witnessed.is_quorum else "NOT REACHED"
    return f"cosigned by {signed}; quorum {witnessed.needed}: {verdict}"


def _code(content: bytes) -> str:
    matrix = qr.modules(content)
    size = len(matrix) + 2 * qr.QUIET
    path = "".join(f"M{x + qr.QUIET} {y + qr.QUIET}h{length}v1h-{length}z" for x, y, length in qr.runs(matrix))
    return (
        f"<svg viewBox='0 0 {size} {size}' shape-rendering='crispEdges' role='img' aria-label='QR code of the note'>"
        f"<rect width='{size}' height='{size}' fill='#fff'/><path d='{path}' fill='#000'/></svg>"
    )
