"""Evidence: signed facts in an append-only log that anyone can check and that names nobody.

canonical    canonical JSON (RFC 8785)
shapes       what may stand in a statement; its JSON Schema
statement    a fact as an in-toto statement, and its id
dsse         the signed envelope
merkle       hashes, roots, proofs (RFC 6962)
tiles        the log as static files (C2SP tlog-tiles)
note         signers, verifier keys, checkpoints (C2SP signed-note)
log          record, publish
index        what the log holds about each case, rule and dataset
bundle       everything about one case, rule, dataset or period in one file
verifier     checks a bundle; one file, standard library only
certificate  what the person receives
report       what an auditor or manager reads about a run
page         the look that both share

Start reading at `log.py`, then `verifier.py`. Formats: docs/evidence/README.md.
"""

from __future__ import annotations

from pathlib import Path

from retention.evidence import verifier
from retention.evidence.bundle import (
    Gathered,
    OfCase,
    OfDataset,
    OfPeriod,
    OfRule,
    Scope,
    bundle_of,
    export_bundle,
    gather,
)
from retention.evidence.canonical import canonical
from retention.evidence.certificate import Certificate, KeptLine, Line, ProcessorLine, RemainsLine, render
from retention.evidence.log import EvidenceLog
from retention.evidence.note import Checkpoint, Signer, Verifier
from retention.evidence.report import Checked, Remaining, Report, Row, Stop, render_report
from retention.evidence.shapes import json_schema
from retention.evidence.statement import column_name, kind_of, statement, statement_id
from retention.evidence.verifier import Report as BundleReport


def verify(data: bytes, vkey: str | None = None) -> BundleReport:
    """Check a bundle as `verifier.verify` does, with the signatures checked by `cryptography`: the same, faster.

    Raises:
        ValueError: `vkey` is not a verifier key.

    """
    return verifier.verify(data, vkey, signed_by=_signed_by)


def _signed_by(public: bytes, message: bytes, signature: bytes, /) -> bool:
    return Verifier("", public).accepts(message, signature)


def verifier_source() -> bytes:
    """Return the single-file verifier, to be put beside a bundle."""
    return Path(verifier.__file__).read_bytes()


def browser_page() -> bytes:
    """Return the page that verifies bundles and receipts in a browser, offline."""
    return Path(verifier.__file__).with_name("verifier.html").read_bytes()


__all__ = [
    "BundleReport",
    "Certificate",
    "Checked",
    "Checkpoint",
    "EvidenceLog",
    "Gathered",
    "KeptLine",
    "Line",
    "OfCase",
    "OfDataset",
    "OfPeriod",
    "OfRule",
    "ProcessorLine",
    "Remaining",
    "RemainsLine",
    "Report",
    "Row",
    "Scope",
    "Signer",
    "Stop",
    "Verifier",
    "browser_page",
    "bundle_of",
    "canonical",
    "column_name",
    "export_bundle",
    "gather",
    "json_schema",
    "kind_of",
    "render",
    "render_report",
    "statement",
    "statement_id",
    "verifier_source",
    "verify",
]
