"""Ready policies as data: each pack is a folder with a workspace's files, and the statutes they cite.

`umu`, `three-regime`, `webmo`, `coorum` and `u-next` are companies' published policies with
proposed periods; `blank` is the smallest workspace that reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from retention.errors import UnknownNameError

__all__ = ["COMMITMENTS", "FILES", "STATUTES", "pack_names", "read_commitments_file", "read_pack", "read_statutes_file"]

FILES = ("retention.yaml", "policy.yaml", "datamap.yaml", "policy.tests.yaml")
"""What every pack has."""

STATUTES = "statutes.yaml"
"""The statutes that policies may cite."""


COMMITMENTS = "commitments.yaml"
"""The register of what the companies' policies commit them to."""


def read_commitments_file() -> str:
    """Return the text of the register."""
    return files(__name__).joinpath(COMMITMENTS).read_text(encoding="utf-8")


def pack_names() -> tuple[str, ...]:
    """Return the packs' names, sorted."""
    return tuple(sorted(entry.name for entry in files(__name__).iterdir() if entry.joinpath("policy.yaml").is_file()))


def read_pack(name: str) -> Mapping[str, str]:
    """Return the pack's files: name → text.

    Raises:
        UnknownNameError: there is no such pack.

    """
    if name not in pack_names():
        raise UnknownNameError(f"there is no pack `{name}`", hint=f"there are {', '.join(pack_names())}")
    folder = files(__name__).joinpath(name)
    return {file: folder.joinpath(file).read_text(encoding="utf-8") for file in FILES}


def read_statutes_file() -> str:
    """Return the text of the file of statutes."""
    return files(__name__).joinpath(STATUTES).read_text(encoding="utf-8")
