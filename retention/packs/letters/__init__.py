"""The forms of the letters that people receive, as data: `ja.yaml`, `en.yaml`."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["read_forms_file"]


def read_forms_file(language: str) -> str:
    """Return the text of the forms in the language, `ja` or `en`."""
    return files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
