"""Secrets by reference: `env:NAME` or `file:PATH`. Values never stand in retention.yaml, nor in a message."""

from __future__ import annotations

import os
from pathlib import Path

from retention.errors import SettingsError


def resolve(reference: str, folder: Path, where: str) -> str:
    """Return what the reference stands for; text that is no reference is returned as it is.

    Raises:
        SettingsError: the variable or file does not exist.

    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if value is None:
            raise SettingsError(f"{where}: the environment variable {name} is not set", hint=f"export {name}=…")
        return value
    if kind == "file":
        path = folder / name
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{where}: {path} cannot be read ({error.strerror})", hint="write the secret there"
            ) from None
    return reference
