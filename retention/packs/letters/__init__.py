"""The forms of letters to people, as data: `ja.yaml`, `en.yaml`; `samples.yaml` fills a sample of each."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["SAMPLES", "read_forms_file", "read_samples_file"]

SAMPLES = "samples.yaml"
"""What fills the samples."""


def read_forms_file(language: str) -> str:
    """Return the text of the forms in the language, `ja` or `en`."""
    return files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")


def read_samples_file() -> str:
    """Return the text of the samples' values."""
    return files(__name__).joinpath(SAMPLES).read_text(encoding="utf-8")
