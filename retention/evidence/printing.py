"""Documents on paper, where the extra `pdf` is installed."""

from __future__ import annotations

from importlib import import_module, util

from retention.evidence.blocks import Document


def to_pdf(document: Document) -> bytes | None:
    """Return the document as PDF with its fonts inside, or None if the extra `pdf` is not installed."""
    if util.find_spec("fpdf") is None or util.find_spec("pylopdf_fonts_jp") is None:
        return None
    printed: bytes = import_module("retention.evidence.paper").print_document(document)
    return printed
